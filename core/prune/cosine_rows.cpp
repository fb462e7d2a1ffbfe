#include "core/prune/cosine_rows.h"

#include "core/prune/cover.h"
#include "core/prune/select.h"

#include <algorithm>
#include <cmath>

namespace prunescope {

double cosineDistance(double cosine) {
    constexpr double kRounding = 1e-12;
    return 1.0 - cosine < kRounding ? 0.0 : 1.0 - cosine;
}

// Where the machine has them, wider instructions sum faster.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
double
dotProduct(std::span<const float> a, std::span<const float> b) {
    constexpr std::size_t kLanes = 16;
    const float* x = a.data();
    const float* y = b.data();
    double lane[kLanes] = {};
    std::size_t i = 0;
    for (; i + kLanes <= a.size(); i += kLanes) {
        for (std::size_t l = 0; l < kLanes; ++l) {
            lane[l] += double{x[i + l]} * double{y[i + l]};
        }
    }
    double sum = 0;
    for (const double part : lane) {
        sum += part;
    }
    for (; i < a.size(); ++i) {
        sum += double{x[i]} * double{y[i]};
    }
    return sum;
}

CosineRows::CosineRows(const at::Tensor& rows) : rows_(rows.to(at::kCPU, at::kFloat).contiguous()) {
    constexpr double kLeastNorm = 1e-12;
    const auto n = toSize(rows_.size(0));
    for (std::size_t i = 0; i < n; ++i) {
        const std::span<const float> own = row(static_cast<int>(i));
        const double length = std::sqrt(dotProduct(own, own));
        scale_.push_back(1.0 / std::max(length, kLeastNorm));
        own_.push_back(length * scale_.back() > 0.5 ? 1.0 : 0.0);
    }
}

std::span<const float> CosineRows::row(int i) const {
    const auto width = toSize(rows_.size(1));
    return {rows_.const_data_ptr<float>() + toSize(i) * width, width};
}

double CosineRows::at(int i, int j) const {
    return i == j ? own_[toSize(i)]
                  : dotProduct(row(i), row(j)) * scale_[toSize(i)] * scale_[toSize(j)];
}

double CosineRows::along(int i, std::span<const float> direction) const {
    return dotProduct(row(i), direction) * scale_[toSize(i)];
}

at::Tensor CosineRows::allRoughly() const {
    const at::Tensor product = symmetricProduct(rows_);
    float* value = product.mutable_data_ptr<float>();
    for (const double by_row : scale_) {
        for (const double by_col : scale_) {
            *value = static_cast<float>(double{*value} * by_row * by_col);
            ++value;
        }
    }
    return product;
}

}  // namespace prunescope
