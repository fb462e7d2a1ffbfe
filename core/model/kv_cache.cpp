#include "core/model/kv_cache.h"

#include "core/base/error.h"

#include <utility>

#include <ATen/ops/empty.h>

namespace prunescope {

KvCache::KvCache(int n_layers,
                 std::int64_t n_heads,
                 std::int64_t head_dim,
                 int capacity,
                 RotaryTable rotary,
                 const at::TensorOptions& options)
    : capacity_(capacity),
      n_heads_(n_heads),
      head_dim_(head_dim),
      options_(options),
      rotary_(std::move(rotary)),
      layers_(static_cast<std::size_t>(n_layers)),
      pending_(static_cast<std::size_t>(n_layers)) {}

KvCache::Mark KvCache::mark() const {
    Mark mark;
    mark.positions = position_;
    for (const Layer& layer : layers_) {
        mark.layers.push_back({layer.length, layer.next_position});
    }
    return mark;
}

void KvCache::rewind(const Mark& mark) {
    require(mark.layers.size() == layers_.size() && mark.positions <= position_,
            "a cache can only go back to a mark of its own");
    for (std::size_t l = 0; l < layers_.size(); ++l) {
        require(mark.layers[l].length <= layers_[l].length,
                "a cache can only go back to a mark of its own");
        layers_[l].length = mark.layers[l].length;
        layers_[l].next_position = mark.layers[l].next_position;
    }
    position_ = mark.positions;
}

void KvCache::write(int index,
                    const at::Tensor& keys,
                    const at::Tensor& values,
                    std::int64_t next_position,
                    std::int64_t room) {
    Layer& layer = layers_.at(static_cast<std::size_t>(index));
    const std::int64_t n = keys.size(1);
    if (!layer.keys.defined()) {
        layer.keys = at::empty({n_heads_, n + room, head_dim_}, options_);
        layer.values = at::empty({n_heads_, n + room, head_dim_}, options_);
    }
    require(layer.length + n <= layer.keys.size(1), "the key-value cache is full");
    layer.keys.narrow(1, layer.length, n).copy_(keys);
    layer.values.narrow(1, layer.length, n).copy_(values);
    pending_[static_cast<std::size_t>(index)] = {layer.length + n, next_position};
}

void KvCache::commit(std::int64_t n) {
    for (std::size_t l = 0; l < layers_.size(); ++l) {
        layers_[l].length = pending_[l].length;
        layers_[l].next_position = pending_[l].next_position;
    }
    position_ += static_cast<int>(n);
}

}  // namespace prunescope
