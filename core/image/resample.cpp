// Pillow's ImagingResample on uint8 RGB, bit for bit: coefficients in double, quantised to 22
// fractional bits, horizontal pass first, rounded to uint8 in between. checkpoints.md 4.3.
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

}  // namespace

Image resizeWindow(
    const RowSource& source, int width, int height, const Window& window, Resample resample) {
    require(source.width > 0 && source.height > 0 && width > 0 && height > 0 && window.x >= 0 &&
                window.y >= 0 && window.width > 0 && window.height > 0 &&
                window.x <= width - window.width && window.y <= height - window.height,
            "resize of an empty picture or outside of the result");
    const Axis across = makeAxis(source.width, width, window.x, window.width, resample);
    const Axis down = makeAxis(source.height, height, window.y, window.height, resample);

    const int first_row = down.taps.front().first;
    const int end_row = down.taps.back().first + down.taps.back().count;
    const std::size_t stride = static_cast<std::size_t>(window.width) * 3;
    // [input rows used, window width, 3], already rounded to uint8
    std::vector<std::uint8_t> between(static_cast<std::size_t>(end_row - first_row) * stride);
    for (int y = first_row; y < end_row; ++y) {
        std::uint8_t* out = between.data() + static_cast<std::size_t>(y - first_row) * stride;
        if (across.is_copy) {
            std::memcpy(out, source.row(y) + static_cast<std::size_t>(window.x) * 3, stride);
        } else {
            resampleRow(source, y, across, out);
        }
    }

    Image result{window.width, window.height, {}};
    result.rgb.resize(stride * static_cast<std::size_t>(window.height));
    std::vector<std::int32_t> sums(stride);
    for (std::size_t y = 0; y < down.taps.size(); ++y) {
        const Axis::Taps& taps = down.taps[y];
        const std::uint8_t* in =
            between.data() + static_cast<std::size_t>(taps.first - first_row) * stride;
        std::uint8_t* out = result.rgb.data() + y * stride;
        if (down.is_copy) {
            std::memcpy(out, in, stride);
            continue;
        }
        std::fill(sums.begin(), sums.end(), 1 << (kPrecisionBits - 1));
        for (int i = 0; i < taps.count; ++i, in += stride) {
            const std::int32_t weight = down.weights[taps.offset + static_cast<std::size_t>(i)];
            for (std::size_t x = 0; x < stride; ++x) {
                sums[x] += in[x] * weight;
            }
        }
        std::transform(sums.begin(), sums.end(), out, toByte);
    }
    return result;
}

Image resize(const Image& image, int width, int height, Resample resample) {
    const std::size_t stride = static_cast<std::size_t>(image.width) * 3;
    RowSource rows{.width = image.width, .height = image.height};
    rows.row = [&image, stride](int y) {
        return image.rgb.data() + static_cast<std::size_t>(y) * stride;
    };
    return resizeWindow(rows, width, height, {0, 0, width, height}, resample);
}

}  // namespace prunescope
