#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace prunescope {

enum class PictureFormat { Other, Png, Jpeg, Bmp, WebP };

/// What a picture file says about itself before anything is decoded.
struct PictureHeader {
    PictureFormat format = PictureFormat::Other;
    std::string name;  ///< "PNG"; for Other what the bytes look like: "a GIF picture"
    std::int64_t width = 0;
    std::int64_t height = 0;
    int channels = 3;          ///< that the decoder gives: 1, 3 or 4
    int bits = 8;              ///< per channel: 8 or 16
    int exif_orientation = 1;  ///< 1..8
    bool ends_early = false;   ///< the file was cut
    std::string problem;       ///< why it cannot be decoded; empty when it can
};

/// Tells the format by the bytes and reads size and orientation; never throws, never allocates more
/// than the header. Every offset that the bytes state is checked against their number.
PictureHeader readPictureHeader(std::span<const std::uint8_t> bytes);

}  // namespace prunescope
