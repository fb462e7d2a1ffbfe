#pragma once

#include "core/model/layers.h"

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// Keys and values of everything fed so far, in buffers of fixed size: writing a position is a copy
/// into its place, nothing is ever joined. Layers may hold different numbers of entries, so that
/// tokens can be dropped inside the language model.
class KvCache {
public:
    /// Keys and values of one layer, [Hkv, capacity, dh]; keys are rotated already.
    struct Layer {
        at::Tensor keys;
        at::Tensor values;
        std::int64_t length = 0;
    };

    KvCache(int n_layers,
            std::int64_t n_heads,
            std::int64_t head_dim,
            int capacity,
            RotaryTable rotary,
            const at::TensorOptions& options);

    int capacity() const { return capacity_; }

    /// Positions fed so far: the next token gets this position id.
    int length() const { return position_; }

    /// Forgets everything from position `length` on. No effect when it holds no more than that.
    /// Only for caches whose layers all hold every position.
    void truncate(int length);

    const Layer& layer(int index) const { return layers_.at(static_cast<std::size_t>(index)); }

    const RotaryTable& rotary() const { return rotary_; }

    /// Writes [Hkv, n, dh] behind what layer `index` holds. It counts from commit() on, so that a
    /// stopped pass leaves the cache as it was.
    void write(int index, const at::Tensor& keys, const at::Tensor& values);

    /// `n` positions have been written in every layer.
    void commit(std::int64_t n);

private:
    int capacity_;
    int position_ = 0;
    RotaryTable rotary_;
    std::vector<Layer> layers_;
};

}  // namespace prunescope
