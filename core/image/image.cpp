#include "core/image/image.h"

#include "core/base/hash.h"

namespace prunescope {

std::uint64_t contentHash(const Image& image) {
    return Hasher().add(image.width).add(image.height).add(std::span(image.rgb)).value();
}

}  // namespace prunescope
