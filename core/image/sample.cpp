#include "core/image/sample.h"

namespace prunescope {

Image checkerImage(int width, int height, int cell) {
    Image image{width, height, {}};
    image.rgb.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            const bool light = (x / cell + y / cell) % 2 == 0;
            image.rgb.push_back(static_cast<std::uint8_t>(light ? 230 : x * 255 / width));
            image.rgb.push_back(static_cast<std::uint8_t>(light ? 220 : y * 255 / height));
            image.rgb.push_back(static_cast<std::uint8_t>(light ? 40 : 90));
        }
    }
    return image;
}

}  // namespace prunescope
