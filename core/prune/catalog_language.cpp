#include "core/prune/catalog_params.h"

namespace prunescope {

// Methods that prune inside the language model.
std::vector<MethodSpec> languageMethods() {
    return {};
}

}  // namespace prunescope
