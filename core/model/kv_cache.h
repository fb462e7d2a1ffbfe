#pragma once

#include "core/model/layers.h"

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// Keys and values of everything fed so far, in buffers of fixed size: writing a position is a copy
/// into its place, nothing is ever joined. Layers may hold different numbers of entries and count
/// their position ids apart, so that tokens can be dropped inside the language model.
class KvCache {
public:
    /// Keys and values of one layer, [Hkv, room, dh]; keys are rotated already. Undefined before
    /// the first write: a pass that stops early takes no memory for the layers above.
    struct Layer {
        at::Tensor keys;
        at::Tensor values;
        std::int64_t length = 0;
        std::int64_t next_position = 0;  ///< position id of the next token in this layer
    };

    /// A state to come back to.
    struct Mark {
        struct Place {
            std::int64_t length = 0;
            std::int64_t next_position = 0;
        };

        int positions = 0;
        std::vector<Place> layers;
    };

    KvCache(int n_layers,
            std::int64_t n_heads,
            std::int64_t head_dim,
            int capacity,
            RotaryTable rotary,
            const at::TensorOptions& options);

    int capacity() const { return capacity_; }

    /// Positions fed so far, dropped ones included. Every layer's next position id is at most this.
    int length() const { return position_; }

    Mark mark() const;

    /// Forgets everything fed since `mark` was taken from this cache.
    void rewind(const Mark& mark);

    const Layer& layer(int index) const { return layers_.at(static_cast<std::size_t>(index)); }

    const RotaryTable& rotary() const { return rotary_; }

    /// Writes [Hkv, n, dh] behind what layer `index` holds. It counts from commit() on, so that a
    /// stopped pass leaves the cache as it was.
    /// @param next_position  id of the token that comes after these in this layer
    /// @param room  entries to leave space for behind these, where the layer is still empty
    void write(int index,
               const at::Tensor& keys,
               const at::Tensor& values,
               std::int64_t next_position,
               std::int64_t room);

    /// `n` positions have gone through every layer, each of which wrote those that reached it.
    void commit(std::int64_t n);

private:
    struct Pending {
        std::int64_t length = 0;
        std::int64_t next_position = 0;
    };

    int capacity_;
    int position_ = 0;
    std::int64_t n_heads_;
    std::int64_t head_dim_;
    at::TensorOptions options_;
    RotaryTable rotary_;
    std::vector<Layer> layers_;
    std::vector<Pending> pending_;
};

}  // namespace prunescope
