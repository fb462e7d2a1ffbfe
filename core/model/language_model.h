#pragma once

#include "core/model/config.h"
#include "core/model/kv_cache.h"
#include "core/model/weights.h"

#include <memory>
#include <stop_token>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// A Llama-like decoder: Llama, Mistral and Qwen2 differ in biases and numbers only.
class LanguageModel {
public:
    /// @param has_own_head  else the embeddings serve as head
    LanguageModel(const TextConfig& config, const WeightMap& weights, bool has_own_head);

    /// [n] ids -> [n, Dt]
    /// @throws Error(Input) for ids outside the table
    at::Tensor embed(const std::vector<std::int64_t>& ids) const;

    /// [n, Dt] -> float32 logits [V] of the last position, or [n, V] of all.
    /// @throws Error(Input) when the cache has no room left
    at::Tensor feed(KvCache& cache,
                    const at::Tensor& embeddings,
                    bool all_positions,
                    const std::stop_token& stop) const;

    /// @throws Error(Input) when `capacity` exceeds the context length
    std::unique_ptr<KvCache> newCache(int capacity) const;

    int layers() const { return config_.layers; }

    /// float32 [dh / 2] radians per position, on the model's device.
    at::Tensor rotaryFrequencies() const;

    /// Where the rows of a layer's input stand.
    struct RowPlaces {
        RotaryTable turn;                ///< [n, dh] rows of the table at their position ids
        at::Tensor mask;                 ///< bool [n, total], undefined: causal in an empty layer
        std::int64_t next_position = 0;  ///< as KvCache::write
        std::int64_t room = 0;           ///< as KvCache::write
    };

    /// One layer over x [n, Dt]; its keys and values go to the cache.
    at::Tensor runLayer(int index,
                        const at::Tensor& x,
                        const RowPlaces& places,
                        KvCache& cache,
                        const std::stop_token& stop) const;

    /// softmax(q k^T / sqrt(dh)) of some rows of a layer, which fused attention never shows:
    /// x [T, Dt] its input, keys float32 [Hkv, T, dh] rotated, rows [r] -> float32 [H, r, T],
    /// causal.
    at::Tensor attentionRows(int index,
                             const at::Tensor& x,
                             const RotaryTable& turn,
                             const at::Tensor& keys,
                             const at::Tensor& rows) const;

    /// [Hkv, T, dh] keys of layer `index` for its input x [T, Dt].
    at::Tensor rotatedKeys(int index, const at::Tensor& x, const RotaryTable& turn) const;

    at::Tensor finalNorm(const at::Tensor& x) const;

    /// x [n, Dt] as it leaves the last layer -> float32 logits [V] of its last row, or [n, V].
    at::Tensor logitsOf(const at::Tensor& x, bool all_positions) const;

    /// [n, Dt] on the model's device and in its dtype; the shape is checked.
    at::Tensor asInput(const at::Tensor& embeddings) const;

    /// @throws Error(Input) when `n` more positions do not fit
    void checkRoom(const KvCache& cache, std::int64_t n) const;

private:
    struct Layer {
        Norm input_norm;
        Linear q, k, v, o;
        Norm post_norm;
        Linear gate, up, down;
    };

    at::Tensor attend(int index,
                      const at::Tensor& x,
                      const RowPlaces& places,
                      KvCache& cache) const;

    TextConfig config_;
    at::Tensor embeddings_;  ///< [V, Dt]
    std::vector<Layer> layers_;
    Norm norm_;
    Linear head_;  ///< [V, Dt]
};

}  // namespace prunescope
