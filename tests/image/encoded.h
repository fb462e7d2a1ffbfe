#pragma once

#include "core/image/image.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

namespace prunescope::encoded {

using Bytes = std::vector<std::uint8_t>;

inline cv::Mat bgr(const Image& image) {
    cv::Mat mat(image.height, image.width, CV_8UC3);
    for (std::size_t i = 0; i < image.rgb.size(); ++i) {
        mat.data[i] = image.rgb[i - i % 3 + (2 - i % 3)];
    }
    return mat;
}

/// `mat` as a file; WebP without loss.
inline Bytes as(const std::string& extension, const cv::Mat& mat) {
    Bytes bytes;
    std::vector<int> options;
    if (extension == ".webp") {
        options = {cv::IMWRITE_WEBP_QUALITY, 101};
    }
    cv::imencode(extension, mat, bytes, options);
    return bytes;
}

/// A JPEG with an EXIF block right after its start.
inline Bytes withExif(const Bytes& jpeg, int orientation, bool is_little) {
    const auto value = static_cast<std::uint8_t>(orientation & 255);
    const auto high = static_cast<std::uint8_t>(orientation >> 8);
    Bytes block{0xFF, 0xE1, 0, 34, 'E', 'x', 'i', 'f', 0, 0};
    const Bytes little{'I', 'I', 42, 0, 8, 0,     0,    0, 1, 0, 0x12, 0x01, 3,
                       0,   1,   0,  0, 0, value, high, 0, 0, 0, 0,    0,    0};
    const Bytes big{'M', 'M', 0, 42, 0, 0,    0,     8, 0, 1, 0x01, 0x12, 0,
                    3,   0,   0, 0,  1, high, value, 0, 0, 0, 0,    0,    0};
    const Bytes& tiff = is_little ? little : big;
    block.insert(block.end(), tiff.begin(), tiff.end());
    Bytes out = jpeg;
    out.insert(out.begin() + 2, block.begin(), block.end());
    return out;
}

}  // namespace prunescope::encoded
