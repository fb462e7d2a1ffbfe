#include "tests/support/golden_inputs.h"

#include "core/base/random.h"

#include <algorithm>

namespace prunescope::testing {

std::uint64_t goldenStream(std::uint64_t seed, std::uint64_t index) {
    constexpr std::uint64_t kStreams = 64;
    return seed * kStreams + index;
}

std::vector<double> goldenUniforms(std::uint64_t stream, std::size_t count) {
    SplitMix64 random(stream);
    std::vector<double> out(count);
    std::ranges::generate(out, [&] { return random.uniform(); });
    return out;
}

std::vector<double> goldenBells(std::uint64_t stream, std::size_t count) {
    constexpr double kSqrt3 = 1.7320508075688772;
    SplitMix64 random(stream);
    std::vector<double> out(count);
    for (double& value : out) {
        double total = random.uniform();
        for (int i = 0; i < 3; ++i) {
            total += random.uniform();
        }
        value = (total - 2.0) * kSqrt3;
    }
    return out;
}

std::vector<float> goldenSingles(const std::vector<double>& values) {
    return {values.begin(), values.end()};
}

std::vector<std::size_t> goldenTwins(std::size_t count) {
    std::vector<std::size_t> out(count);
    for (std::size_t i = 0; i < count; ++i) {
        out[i] = i % ((count + 1) / 2);
    }
    return out;
}

std::vector<float> goldenFeatures(const std::string& content,
                                  std::uint64_t seed,
                                  std::size_t count,
                                  std::size_t width) {
    constexpr std::size_t kCentres = 5;
    const std::vector<double> noise = goldenBells(goldenStream(seed, 0), count * width);
    const std::vector<double> mean = goldenBells(goldenStream(seed, 1), width);
    const std::vector<double> centres = goldenBells(goldenStream(seed, 2), kCentres * width);
    const std::vector<std::size_t> twins = goldenTwins(count);
    std::vector<double> out(count * width);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t source = content == "ties" ? twins[i] : i;
        for (std::size_t c = 0; c < width; ++c) {
            double value = noise[source * width + c];
            if (content == "constant") {
                value = mean[c];
            } else if (content == "clusters") {
                value = centres[(i % kCentres) * width + c] + value * 0.25 + mean[c] * 0.5;
            } else if (content != "centred") {
                value += mean[c] * 0.5;
            }
            out[i * width + c] = content == "sinks" && i % 7 == 1 ? value * 6.0 : value;
        }
    }
    return goldenSingles(out);
}

}  // namespace prunescope::testing
