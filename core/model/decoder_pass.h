#pragma once

#include "core/model/kv_cache.h"
#include "core/model/layers.h"

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

class LanguageModel;

/// Rows that go on between two layers: kept ones, and means of others put among them.
struct RowChange {
    std::vector<std::int64_t> keep;                ///< ascending rows of the sequence
    std::vector<std::vector<std::int64_t>> means;  ///< rows whose plain mean becomes a new row
    std::int64_t means_at = 0;                     ///< place of the new rows among the kept ones
    std::vector<std::int64_t> positions;           ///< [T'] position ids from here on
    std::int64_t next_position = 0;                ///< id of the token that comes after the prompt
};

/// A whole prompt on its way through the decoder, halted wherever rows may leave between two
/// layers, so that what stays is known before the layers above have run. Its cache then holds fewer
/// entries in the layers above. Lives on the engine's thread, shorter than its model.
class DecoderPass {
public:
    /// @param cache       empty
    /// @param embeddings  [T, Dt] of the whole prompt, T at most the cache's capacity
    DecoderPass(const LanguageModel& model,
                std::shared_ptr<KvCache> cache,
                const at::Tensor& embeddings);

    int nextLayer() const { return next_; }

    std::int64_t rows() const { return hidden_.size(0); }

    const std::vector<std::int64_t>& positions() const { return positions_; }

    /// Runs the layers before `layer`. Checks `stop` in every layer.
    void advance(int layer, const std::stop_token& stop);

    /// What can be read between two layers, float32. methods.md 3; see DecoderView.
    at::Tensor hidden() const;    ///< [T, Dt]
    at::Tensor normed() const;    ///< [T, Dt]
    at::Tensor lastKeys() const;  ///< [Hkv, T, dh] of the layer that just ran
    at::Tensor lastAttention(const std::vector<std::int64_t>& rows) const;  ///< [H, r, T]
    at::Tensor nextAttention(const std::vector<std::int64_t>& rows) const;  ///< [H, r, T]

    /// Once per halt, after reading. Means are taken in float32.
    void change(const RowChange& change);

    /// Runs what is left; the cache then holds the prompt.
    /// @return logits of the last row, float32 [V] on the CPU; with `all_rows` [T', V] of those
    /// that reached the end
    at::Tensor finish(bool all_rows, const std::stop_token& stop);

    const std::shared_ptr<KvCache>& cache() const { return cache_; }

private:
    void setPositions(std::vector<std::int64_t> positions);

    const LanguageModel& model_;
    std::shared_ptr<KvCache> cache_;
    std::int64_t n_prompt_;
    int next_ = 0;
    at::Tensor hidden_;    ///< [T, Dt] input of layer `next_`, in the model's dtype
    at::Tensor previous_;  ///< input of the layer before, until rows change
    std::vector<std::int64_t> positions_;
    std::int64_t next_position_;
    RotaryTable turn_;  ///< [T, dh] rows of the cache's table at `positions_`
};

}  // namespace prunescope
