#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace prunescope::testing {

/// Inputs of golden cases, made instead of stored: the twin of `tests/golden/golden_inputs.py`, bit
/// for bit after rounding to float32. Every array has its own SplitMix64 stream.

/// Seed of array `index` of the case `seed`.
std::uint64_t goldenStream(std::uint64_t seed, std::uint64_t index);

/// `count` bell-shaped numbers of mean 0 and variance 1: four uniforms each.
std::vector<double> goldenBells(std::uint64_t stream, std::size_t count);

/// `count` numbers in [0, 1).
std::vector<double> goldenUniforms(std::uint64_t stream, std::size_t count);

/// Rounded to float32.
std::vector<float> goldenSingles(const std::vector<double>& values);

/// Token features [count, width], row-major.
/// @param content  normal, clusters, ties, constant, sinks or centred, as golden_inputs.py says
std::vector<float> goldenFeatures(const std::string& content,
                                  std::uint64_t seed,
                                  std::size_t count,
                                  std::size_t width);

/// Which row each row of a `ties` content is a copy of.
std::vector<std::size_t> goldenTwins(std::size_t count);

}  // namespace prunescope::testing
