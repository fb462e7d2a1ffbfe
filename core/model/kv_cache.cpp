#include "core/model/kv_cache.h"

#include "core/base/error.h"

#include <algorithm>
#include <utility>

#include <ATen/ops/empty.h>

namespace prunescope {

KvCache::KvCache(int n_layers,
                 std::int64_t n_heads,
                 std::int64_t head_dim,
                 int capacity,
                 RotaryTable rotary,
                 const at::TensorOptions& options)
    : capacity_(capacity), rotary_(std::move(rotary)) {
    for (int l = 0; l < n_layers; ++l) {
        layers_.push_back({at::empty({n_heads, capacity, head_dim}, options),
                           at::empty({n_heads, capacity, head_dim}, options)});
    }
}

void KvCache::truncate(int length) {
    require(length >= 0, "a cache cannot be cut to " + std::to_string(length));
    if (length >= position_) {
        return;
    }
    for (Layer& layer : layers_) {
        require(layer.length == position_, "only a cache without dropped tokens can be cut");
        layer.length = length;
    }
    position_ = length;
}

void KvCache::write(int index, const at::Tensor& keys, const at::Tensor& values) {
    const Layer& layer = layers_.at(static_cast<std::size_t>(index));
    const std::int64_t n = keys.size(1);
    require(layer.length + n <= capacity_, "the key-value cache is full");
    layer.keys.narrow(1, layer.length, n).copy_(keys);
    layer.values.narrow(1, layer.length, n).copy_(values);
}

void KvCache::commit(std::int64_t n) {
    for (Layer& layer : layers_) {
        layer.length += n;
    }
    position_ += static_cast<int>(n);
}

}  // namespace prunescope
