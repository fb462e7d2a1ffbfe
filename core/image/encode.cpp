#include "core/image/encode.h"

#include "core/base/error.h"

#include <vector>

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

namespace prunescope {

std::string encodePng(const Image& image) {
    if (image.width < 1 || image.height < 1) {
        throw Error(ErrorCode::Input, "The picture is empty and cannot be written.");
    }
    require(image.rgb.size() ==
                static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) * 3,
            "a picture's pixels do not fit its size");
    try {
        cv::Mat bgr;
        // OpenCV wants a mutable pointer; it only reads.
        const cv::Mat rgb(image.height,
                          image.width,
                          CV_8UC3,
                          const_cast<std::uint8_t*>(
                              image.rgb.data()));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
        cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
        std::vector<std::uint8_t> bytes;
        if (cv::imencode(".png", bgr, bytes)) {
            return {bytes.begin(), bytes.end()};
        }
    } catch (const cv::Exception&) {
        // Falls through to the one message.
    }
    throw Error(ErrorCode::Failure, "The picture cannot be encoded as PNG.");
}

}  // namespace prunescope
