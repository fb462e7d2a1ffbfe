// Pillow's ImagingResample on uint8 RGB, bit for bit: coefficients in double, quantised to 22
// fractional bits, two passes, rounded to uint8 in between. checkpoints.md 4.3.
#include "core/image/resample.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <vector>

namespace prunescope {

namespace {

constexpr int kPrecisionBits = 22;

double sinc(double x) {
    return x == 0.0 ? 1.0 : std::sin(x * std::numbers::pi) / (x * std::numbers::pi);
}

double weightAt(Resample filter, double x) {
    switch (filter) {
        case Resample::Bilinear:
            x = std::abs(x);
            return x < 1.0 ? 1.0 - x : 0.0;
        case Resample::Bicubic: {
            constexpr double a = -0.5;
            x = std::abs(x);
            if (x < 1.0) {
                return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
            }
            return x < 2.0 ? (((x - 5) * x + 8) * x - 4) * a : 0.0;
        }
        case Resample::Lanczos:
            return -3.0 <= x && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0;
    }
    throw Error(ErrorCode::Internal, "unknown resample filter");
}

double supportOf(Resample filter) {
    return filter == Resample::Bilinear ? 1.0 : filter == Resample::Bicubic ? 2.0 : 3.0;
}

/// Weights of one axis for the outputs begin..begin+count-1.
struct Axis {
    struct Taps {
        int first = 0;  ///< input position of the first weight
        int count = 0;
        std::size_t offset = 0;  ///< of the first weight in `weights`
    };

    std::vector<Taps> taps;  ///< one for each output of the window
    std::vector<std::int32_t> weights;
    bool is_copy = false;  ///< size unchanged: Pillow skips the pass
};

Axis makeAxis(int in, int out, int begin, int count, Resample filter) {
    Axis axis;
    axis.is_copy = in == out;
    const double scale = static_cast<double>(in) / out;
    const double filter_scale = std::max(scale, 1.0);
    const double support = supportOf(filter) * filter_scale;
    const double inverse = 1.0 / filter_scale;
    std::vector<double> exact;
    for (int o = begin; o < begin + count; ++o) {
        if (axis.is_copy) {
            axis.taps.push_back({o, 1, axis.weights.size()});
            axis.weights.push_back(1 << kPrecisionBits);
            continue;
        }
        const double centre = (o + 0.5) * scale;
        const int low = std::max(0, static_cast<int>(centre - support + 0.5));
        const int high = std::min(in, static_cast<int>(centre + support + 0.5));
        exact.assign(static_cast<std::size_t>(high - low), 0.0);
        double sum = 0;
        for (int i = low; i < high; ++i) {
            const double w = weightAt(filter, (i - centre + 0.5) * inverse);
            exact[static_cast<std::size_t>(i - low)] = w;
            sum += w;
        }
        axis.taps.push_back({low, high - low, axis.weights.size()});
        for (double w : exact) {
            w = sum != 0.0 ? w / sum : w;
            const double fixed = w * (1 << kPrecisionBits);
            axis.weights.push_back(
                static_cast<std::int32_t>(fixed < 0 ? fixed - 0.5 : fixed + 0.5));
        }
    }
    return axis;
}

std::uint8_t toByte(std::int32_t sum) {
    return static_cast<std::uint8_t>(std::clamp(sum >> kPrecisionBits, 0, 255));
}

RowSource wholeRows(int width, int height, const std::uint8_t* rgb) {
    const std::size_t stride = static_cast<std::size_t>(width) * 3;
    RowSource source;
    source.width = source.content_width = width;
    source.height = source.content_height = height;
    source.row = [rgb, stride](int y) { return rgb + static_cast<std::size_t>(y) * stride; };
    return source;
}

void resampleRow(const RowSource& source, int y, const Axis& axis, std::uint8_t* out) {
    const bool is_padding = y < source.content_y || y - source.content_y >= source.content_height;
    const std::uint8_t* in = is_padding ? nullptr : source.row(y);
    const int content_end = source.content_x + source.content_width;
    for (const Axis::Taps& taps : axis.taps) {
        // The weights add up to one, so nothing but padding gives its own colour: a picture of
        // extreme aspect costs what its own pixels cost, not what its square has.
        if (is_padding || taps.first >= content_end ||
            taps.first + taps.count <= source.content_x) {
            out = std::copy(source.fill.begin(), source.fill.end(), out);
            continue;
        }
        std::int32_t r = 1 << (kPrecisionBits - 1);
        std::int32_t g = r;
        std::int32_t b = r;
        const std::uint8_t* pixel = in + static_cast<std::size_t>(taps.first) * 3;
        const std::int32_t* weight = axis.weights.data() + taps.offset;
        for (int i = 0; i < taps.count; ++i, pixel += 3) {
            r += pixel[0] * weight[i];
            g += pixel[1] * weight[i];
            b += pixel[2] * weight[i];
        }
        *out++ = toByte(r);
        *out++ = toByte(g);
        *out++ = toByte(b);
    }
}

/// The horizontal pass over some rows: [rows, outputs of the window, 3].
std::vector<std::uint8_t> acrossPass(const RowSource& source,
                                     const Axis& across,
                                     int first_row,
                                     int n_rows) {
    const std::size_t stride = across.taps.size() * 3;
    std::vector<std::uint8_t> result(stride * static_cast<std::size_t>(n_rows));
    std::uint8_t* out = result.data();
    for (int y = first_row; y < first_row + n_rows; ++y, out += stride) {
        if (across.is_copy) {
            const auto first = static_cast<std::size_t>(across.taps.front().first);
            std::memcpy(out, source.row(y) + first * 3, stride);
        } else {
            resampleRow(source, y, across, out);
        }
    }
    return result;
}

/// The vertical pass: [outputs of the window, stride]. `row` gives `stride` bytes of an input row.
template <typename Row>
std::vector<std::uint8_t> downPass(const Row& row, std::size_t stride, const Axis& down) {
    std::vector<std::uint8_t> result(stride * down.taps.size());
    std::vector<std::int32_t> sums(stride);
    std::uint8_t* out = result.data();
    for (const Axis::Taps& taps : down.taps) {
        if (down.is_copy) {
            out = std::copy_n(row(taps.first), stride, out);
            continue;
        }
        std::fill(sums.begin(), sums.end(), 1 << (kPrecisionBits - 1));
        for (int i = 0; i < taps.count; ++i) {
            const std::uint8_t* in = row(taps.first + i);
            const std::int32_t weight = down.weights[taps.offset + static_cast<std::size_t>(i)];
            for (std::size_t x = 0; x < stride; ++x) {
                sums[x] += in[x] * weight;
            }
        }
        out = std::transform(sums.begin(), sums.end(), out, toByte);
    }
    return result;
}

/// Since version 13 Pillow begins with the height when much more of it goes than of the width; the
/// rounding in between makes that differ by a level. Pictures up to twice as high as wide that keep
/// their aspect come out the same in every version.
bool startsDown(const RowSource& source, int width, int height) {
    return height < source.height &&
           std::int64_t{source.height} - height > 2 * (std::int64_t{source.width} - width);
}

}  // namespace

Image resizeWindow(
    const RowSource& source, int width, int height, const Window& window, Resample resample) {
    require(source.width > 0 && source.height > 0 && width > 0 && height > 0 && window.x >= 0 &&
                window.y >= 0 && window.width > 0 && window.height > 0 &&
                window.x <= width - window.width && window.y <= height - window.height,
            "resize of an empty picture or outside of the result");
    Axis across = makeAxis(source.width, width, window.x, window.width, resample);
    const Axis down = makeAxis(source.height, height, window.y, window.height, resample);
    Image result{window.width, window.height, {}};
    if (startsDown(source, width, height)) {
        const int first = across.taps.front().first;
        const int end = across.taps.back().first + across.taps.back().count;
        const std::size_t offset = static_cast<std::size_t>(first) * 3;
        const std::size_t stride = static_cast<std::size_t>(end - first) * 3;
        const auto between = downPass([&](int y) { return source.row(y) + offset; }, stride, down);
        for (Axis::Taps& taps : across.taps) {
            taps.first -= first;
        }
        const RowSource rows = wholeRows(end - first, window.height, between.data());
        result.rgb = acrossPass(rows, across, 0, window.height);
    } else {
        const int first = down.taps.front().first;
        const int end = down.taps.back().first + down.taps.back().count;
        const std::size_t stride = static_cast<std::size_t>(window.width) * 3;
        const auto between = acrossPass(source, across, first, end - first);
        const auto row = [&](int y) {
            return between.data() + static_cast<std::size_t>(y - first) * stride;
        };
        result.rgb = downPass(row, stride, down);
    }
    return result;
}

Image resize(const Image& image, int width, int height, Resample resample) {
    return resizeWindow(wholeRows(image.width, image.height, image.rgb.data()),
                        width,
                        height,
                        {0, 0, width, height},
                        resample);
}

}  // namespace prunescope
