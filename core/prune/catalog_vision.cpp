#include "core/prune/catalog_params.h"

namespace prunescope {

// Methods that prune before the language model: after the encoder, or inside it.
std::vector<MethodSpec> visionMethods() {
    return {};
}

}  // namespace prunescope
