#pragma once

#include <cstdint>
#include <vector>

namespace prunescope {

/// A picture as values: RGB, 8 bits a channel, row-major, no padding.
struct Image {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> rgb;  ///< [height, width, 3]

    bool operator==(const Image&) const = default;
};

/// Hash of size and pixels: the picture's identity in caches and traces.
std::uint64_t contentHash(const Image& image);

}  // namespace prunescope
