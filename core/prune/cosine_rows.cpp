#include "core/prune/cosine_rows.h"

#include "core/prune/select.h"

#include <algorithm>
#include <limits>

#include <ATen/ops/matmul.h>

namespace prunescope {

double cosineDistance(double cosine) {
    constexpr double kRounding = 1e-12;
    return 1.0 - cosine < kRounding ? 0.0 : 1.0 - cosine;
}

CosineRows::CosineRows(const at::Tensor& rows) : unit_(unitRows(rows.to(at::kDouble))) {
    for (const float length : toHostVector(rowNorms(unit_))) {
        own_.push_back(length > 0.5F ? 1.0 : 0.0);
    }
}

int CosineRows::count() const {
    return static_cast<int>(unit_.size(0));
}

std::vector<double> CosineRows::row(int i) const {
    const at::Tensor product = at::matmul(unit_, unit_.select(0, i)).to(at::kCPU).contiguous();
    const double* data = product.const_data_ptr<double>();
    std::vector<double> out(data, data + product.numel());
    out[toSize(i)] = own_[toSize(i)];
    return out;
}

double CosineRows::nearestDistance(int i) const {
    std::vector<double> cosines = row(i);
    cosines[toSize(i)] = -std::numeric_limits<double>::infinity();
    return cosineDistance(*std::max_element(cosines.begin(), cosines.end()));
}

int CosineRows::loneliest(std::span<const char> open) const {
    const auto n = toSize(count());
    if (n == 1) {
        return 0;
    }
    // Float32 sums of unit rows are off by some 1e-6 at most, so this margin leaves nobody out.
    constexpr double kMargin = 1e-4;
    const at::Tensor narrow = unit_.to(at::kFloat);
    const HostMatrix cosines = toHost(at::matmul(narrow, narrow.transpose(0, 1)));
    std::vector<double> distance(n);
    for (std::size_t i = 0; i < n; ++i) {
        const std::span<const float> row = cosines.row(static_cast<int>(i));
        float nearest = -std::numeric_limits<float>::infinity();
        for (std::size_t j = 0; j < n; ++j) {
            nearest = i == j ? nearest : std::max(nearest, row[j]);
        }
        const bool may = open.empty() || open[i] != 0;
        distance[i] = may ? cosineDistance(static_cast<double>(nearest))
                          : -std::numeric_limits<double>::infinity();
    }
    const double close = *std::max_element(distance.begin(), distance.end()) - kMargin;
    std::vector<char> candidate(n, 0);
    for (std::size_t i = 0; i < n; ++i) {
        if (distance[i] >= close) {
            candidate[i] = 1;
            distance[i] = nearestDistance(static_cast<int>(i));
        }
    }
    return bestSlot(distance, candidate, {});
}

}  // namespace prunescope
