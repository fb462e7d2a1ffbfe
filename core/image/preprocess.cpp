// Hugging Face's slow CLIPImageProcessor step by step; LLaVA's padding before it. checkpoints.md 4.
#include "core/image/preprocess.h"

#include "core/base/error.h"
#include "core/image/resample.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace prunescope {

namespace {

int floorHalf(int n) {
    return n >= 0 ? n / 2 : -((1 - n) / 2);
}

/// The picture, or the square around it, to be read row by row.
class Canvas {
public:
    Canvas(const Image& image, bool pad_to_square, const std::array<float, 3>& mean)
        : image_(image), width_(image.width), height_(image.height) {
        if (!pad_to_square || width_ == height_) {
            return;
        }
        width_ = height_ = std::max(image.width, image.height);
        left_ = (width_ - image.width) / 2;
        top_ = (height_ - image.height) / 2;
        empty_row_.resize(static_cast<std::size_t>(width_) * 3);
        for (std::size_t i = 0; i < empty_row_.size(); ++i) {
            empty_row_[i] = static_cast<std::uint8_t>(static_cast<int>(mean[i % 3] * 255.0));
        }
        padded_row_ = empty_row_;
    }

    Canvas(const Canvas&) = delete;
    Canvas& operator=(const Canvas&) = delete;

    int width() const { return width_; }

    int height() const { return height_; }

    int left() const { return left_; }

    int top() const { return top_; }

    RowSource rows() {
        RowSource source;
        source.width = width_;
        source.height = height_;
        source.row = [this](int y) { return row(y); };
        source.content_x = left_;
        source.content_y = top_;
        source.content_width = image_.width;
        source.content_height = image_.height;
        if (!empty_row_.empty()) {
            std::copy_n(empty_row_.begin(), 3, source.fill.begin());
        }
        return source;
    }

private:
    const std::uint8_t* row(int y) {
        const std::size_t stride = static_cast<std::size_t>(image_.width) * 3;
        if (y < top_ || y >= top_ + image_.height) {
            return empty_row_.data();
        }
        const std::uint8_t* in = image_.rgb.data() + static_cast<std::size_t>(y - top_) * stride;
        if (padded_row_.empty()) {
            return in;
        }
        std::copy_n(in, stride, padded_row_.begin() + static_cast<std::ptrdiff_t>(left_) * 3);
        return padded_row_.data();
    }

    const Image& image_;
    int width_;
    int height_;
    int left_ = 0;
    int top_ = 0;
    std::vector<std::uint8_t> empty_row_;
    std::vector<std::uint8_t> padded_row_;
};

struct Size {
    int width = 0;
    int height = 0;
};

int longEdge(int edge, int long_in, int short_in) {
    const std::int64_t length = std::int64_t{edge} * long_in / short_in;
    if (length > std::numeric_limits<std::int32_t>::max() / 4) {
        throw Error(ErrorCode::Input,
                    "The picture is too narrow to be resized: " + std::to_string(long_in) + " by " +
                        std::to_string(short_in) + " pixels");
    }
    return static_cast<int>(length);
}

/// Size after the resize step; integer division is Python's int() on a quotient of integers.
Size resizedSize(const PreprocessConfig& config, Size in) {
    if (!config.do_resize) {
        return in;
    }
    if (config.shortest_edge <= 0) {
        return {config.resize_width, config.resize_height};
    }
    const int edge = config.shortest_edge;
    if (in.width <= in.height) {
        return {edge, longEdge(edge, in.height, in.width)};
    }
    return {longEdge(edge, in.width, in.height), edge};
}

/// The square [height, width, 3] cut out of the resized canvas; black where it reaches beyond.
Image cutOut(Canvas& canvas, Size resized, const Window& crop, Resample resample) {
    const int x0 = std::max(crop.x, 0);
    const int y0 = std::max(crop.y, 0);
    const int x1 = std::min(crop.x + crop.width, resized.width);
    const int y1 = std::min(crop.y + crop.height, resized.height);
    const Window inside{x0, y0, x1 - x0, y1 - y0};
    Image part = resizeWindow(canvas.rows(), resized.width, resized.height, inside, resample);
    if (inside.width == crop.width && inside.height == crop.height) {
        return part;
    }
    Image whole{crop.width, crop.height, {}};
    whole.rgb.assign(
        static_cast<std::size_t>(crop.width) * static_cast<std::size_t>(crop.height) * 3, 0);
    const std::size_t stride = static_cast<std::size_t>(part.width) * 3;
    for (int y = 0; y < part.height; ++y) {
        const auto to =
            static_cast<std::size_t>(y + y0 - crop.y) * static_cast<std::size_t>(crop.width) * 3 +
            static_cast<std::size_t>(x0 - crop.x) * 3;
        std::copy_n(
            part.rgb.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(y) * stride),
            stride,
            whole.rgb.begin() + static_cast<std::ptrdiff_t>(to));
    }
    return whole;
}

/// Rescale in double, cast to float, then normalise in float: numpy's order of rounding.
std::vector<float> normalised(const Image& image, const PreprocessConfig& config) {
    const std::size_t plane = image.rgb.size() / 3;
    std::vector<float> pixels(plane * 3);  // [3, height, width]
    for (std::size_t c = 0; c < 3; ++c) {
        std::array<float, 256> table{};
        for (std::size_t v = 0; v < table.size(); ++v) {
            const auto level = static_cast<double>(v);
            float value =
                static_cast<float>(config.do_rescale ? level * config.rescale_factor : level);
            if (config.do_normalize) {
                value = (value - config.mean[c]) / config.std[c];
            }
            table[v] = value;
        }
        for (std::size_t i = 0; i < plane; ++i) {
            pixels[c * plane + i] = table[image.rgb[i * 3 + c]];
        }
    }
    return pixels;
}

}  // namespace

std::vector<View> preprocess(const Image& image,
                             const PreprocessConfig& config,
                             ImageMode mode,
                             int patch_px) {
    require(image.width > 0 && image.height > 0 && patch_px > 0, "preprocess of an empty picture");
    require(image.rgb.size() ==
                static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) * 3,
            "a picture's size and pixels do not agree");
    Canvas canvas(image, mode == ImageMode::Pad, config.mean);
    Size resized = resizedSize(config, {canvas.width(), canvas.height()});
    if (mode == ImageMode::Squash) {
        resized = config.do_center_crop || config.shortest_edge > 0
                      ? Size{config.crop_width, config.crop_height}
                      : Size{config.resize_width, config.resize_height};
    }
    Window crop{0, 0, resized.width, resized.height};
    if (config.do_center_crop) {
        crop = {floorHalf(resized.width - config.crop_width),
                floorHalf(resized.height - config.crop_height),
                config.crop_width,
                config.crop_height};
    }
    const Image square = cutOut(canvas, resized, crop, config.resample);

    View view;
    view.pixels = normalised(square, config);
    view.width = square.width;
    view.height = square.height;
    view.grid = {square.height / patch_px, square.width / patch_px, patch_px};
    const double picture_px_x = static_cast<double>(canvas.width()) / resized.width;
    const double picture_px_y = static_cast<double>(canvas.height()) / resized.height;
    view.source = {crop.x * picture_px_x - canvas.left(),
                   crop.y * picture_px_y - canvas.top(),
                   crop.width * picture_px_x,
                   crop.height * picture_px_y};
    return {view};
}

}  // namespace prunescope
