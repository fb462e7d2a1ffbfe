#pragma once

#include "core/prune/prune_method.h"
#include "core/prune/select.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope::testing {

/// Seeded tensors and a toy encoder that drives a method the way the engine does.

/// float32, independent normals times `scale`.
at::Tensor normals(std::vector<std::int64_t> shape, std::uint64_t seed, double scale = 1.0);

/// float32 [n] or [rows, cols] from a list.
at::Tensor vectorOf(const std::vector<float>& values);
at::Tensor matrixOf(const std::vector<float>& values, int cols);

struct ToyEncoder {
    PatchGrid grid{6, 6, 14};
    int last_layer = 6;
    int width = 12;
    int heads = 3;
    int text_tokens = 5;
    std::uint64_t seed = 1;
    enum class Content { Normal, Constant, NanAttention, ZeroAttention } content = Content::Normal;
};

/// What a layer shows to a method.
struct LayerTensors {
    at::Tensor attention;  ///< float32 [H, 1 + n] row of CLS
    at::Tensor keys;       ///< float32 [H, 1 + n, dh]
    at::Tensor values;     ///< float32 [H, 1 + n, dh]
};

/// One run of a method: what left the encoder, what every event did, and the selection.
struct ToyRun {
    std::vector<std::int32_t> pool;
    std::vector<int> event_layers;
    std::vector<Reduction> events;
    std::vector<std::vector<std::int32_t>> patches_before;  ///< per event
    at::Tensor full;                                        ///< float32 [N, D]
    at::Tensor tokens;                                      ///< float32 [M, D] the pool's rows
    at::Tensor cls;                                         ///< float32 [1, D]
    at::Tensor projected;                                   ///< float32 [M, Dt] Z
    std::vector<LayerTensors> layers;                       ///< [S + 1], for methods in the encoder
    LayerTensors last;                                      ///< of the pool, at selection
    WideTaps wide;                                          ///< of the pool, at selection
    ShiftThreshold threshold;                               ///< at selection
    Selection selection;
};

/// A pool in plain doubles, for tests that compute a method in plain loops.
struct PlainPool {
    std::vector<std::vector<double>> tokens;  ///< [M][D]
    std::vector<std::vector<double>> keys;    ///< [M][dh] mean over heads
    std::vector<double> attention;            ///< [M] of CLS, mean over heads
};

PlainPool plainPool(const ToyRun& run);
double plainCosine(const std::vector<double>& a, const std::vector<double>& b);

/// Indices by falling value, ties to the lower index.
std::vector<int> plainOrder(const std::vector<double>& values);

ToyRun runToy(const ToyEncoder& encoder, const RunSettings& settings);

}  // namespace prunescope::testing
