#include "tests/engine/starter.h"

#include <memory>

namespace prunescope {

const Vlm& starter() {
    static const std::unique_ptr<Vlm> vlm =
        Vlm::load(kStarter, {.device = "cpu", .dtype = "fp32", .threads = 2});
    return *vlm;
}

}  // namespace prunescope
