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

private:
    struct Layer {
        Norm input_norm;
        Linear q, k, v, o;
        Norm post_norm;
        Linear gate, up, down;
    };

    at::Tensor attend(int index, const at::Tensor& x, const at::Tensor& mask, KvCache& cache) const;

    TextConfig config_;
    at::Tensor embeddings_;  ///< [V, Dt]
    std::vector<Layer> layers_;
    Norm norm_;
    Linear head_;  ///< [V, Dt]
};

}  // namespace prunescope
