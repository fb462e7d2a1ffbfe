#include "core/prune/mixing.h"

#include "core/prune/select.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <ATen/ops/embedding_bag.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/matmul.h>

namespace prunescope {

namespace {

// Every fourth weight: beyond that the whole product is cheaper.
constexpr std::int64_t kDense = 4;

// The weights of a mix that are not 0, row after row.
struct Weights {
    std::vector<std::int64_t> column;
    std::vector<float> value;
    std::vector<std::int64_t> first;  // per row, where its weights begin
};

Weights weightsOf(const at::Tensor& mix) {
    const float* data = mix.const_data_ptr<float>();
    Weights out;
    for (std::int64_t r = 0; r < mix.size(0); ++r) {
        out.first.push_back(static_cast<std::int64_t>(out.value.size()));
        for (std::int64_t c = 0; c < mix.size(1); ++c, ++data) {
            if (*data != 0.0F) {  // a NaN stays
                out.column.push_back(c);
                out.value.push_back(*data);
            }
        }
    }
    return out;
}

at::Tensor indexOf(std::vector<std::int64_t>& values) {
    return at::from_blob(values.data(),
                         {static_cast<std::int64_t>(values.size())},
                         at::TensorOptions().dtype(at::kLong));
}

}  // namespace

at::Tensor mixedRows(const at::Tensor& mix, const at::Tensor& rows) {
    if (!rows.device().is_cpu()) {
        return at::matmul(sentTo(rows.device(), mix.to(at::kFloat)), rows);
    }
    const at::Tensor host = mix.to(at::kCPU, at::kFloat).contiguous();
    Weights weights = weightsOf(host);
    const auto n_weights = static_cast<std::int64_t>(weights.value.size());
    if (n_weights == 0 || n_weights * kDense > host.numel()) {
        return at::matmul(host, rows);
    }
    const at::Tensor value =
        at::from_blob(weights.value.data(), {n_weights}, at::TensorOptions().dtype(at::kFloat));
    constexpr std::int64_t kSum = 0;
    return std::get<0>(at::embedding_bag(rows.contiguous(),
                                         indexOf(weights.column),
                                         indexOf(weights.first),
                                         false,
                                         kSum,
                                         false,
                                         value));
}

}  // namespace prunescope
