#include "core/engine/greedy.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>

namespace prunescope {

namespace {

struct Softmax {
    const float* values;
    const float* best;
    double sum;  ///< of exp(value - best)
};

Softmax softmaxOf(const at::Tensor& logits, std::int64_t limit) {
    const float* values = logits.const_data_ptr<float>();
    const auto n = std::min<std::int64_t>(limit, logits.numel());
    const float* best = std::max_element(values, values + n);
    double sum = 0;
    for (std::int64_t i = 0; i < n; ++i) {
        sum += std::exp(static_cast<double>(values[i]) - static_cast<double>(*best));
    }
    return {values, best, sum};
}

}  // namespace

Choice greedy(const at::Tensor& logits, std::int64_t limit) {
    const Softmax softmax = softmaxOf(logits, limit);
    return {softmax.best - softmax.values, static_cast<float>(1.0 / softmax.sum)};
}

double logProbability(const at::Tensor& logits, std::int64_t limit, std::int64_t id) {
    require(id >= 0 && id < std::min<std::int64_t>(limit, logits.numel()),
            "an answer token lies outside the vocabulary");
    const Softmax softmax = softmaxOf(logits, limit);
    return static_cast<double>(softmax.values[id]) - static_cast<double>(*softmax.best) -
           std::log(softmax.sum);
}

}  // namespace prunescope
