#pragma once

#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// Sum of products in double. The same for equal rows wherever they lie, which no matrix product
/// promises.
double dotProduct(std::span<const float> a, std::span<const float> b);

/// Cosines of a set of rows with itself, one pair at a time: a greedy choice of k tokens that looks
/// only at who could still win reads few of the N x N.
class CosineRows {
public:
    /// @param rows  [N, d]
    explicit CosineRows(const at::Tensor& rows);

    int count() const { return static_cast<int>(scale_.size()); }

    /// [N] of every row with itself: exactly 1, or 0 for a row of zeros.
    const std::vector<double>& own() const { return own_; }

    double at(int i, int j) const;

    /// Of row i with a row from elsewhere, times the length of that.
    double along(int i, std::span<const float> direction) const;

    /// float32 [N, N] of all pairs on the host, each to some 1e-6: one matrix product.
    at::Tensor allRoughly() const;

private:
    std::span<const float> row(int i) const;

    at::Tensor rows_;            // float32 [N, d], contiguous, on the host
    std::vector<double> scale_;  // 1 / length
    std::vector<double> own_;
};

/// 1 - cosine, and exactly 0 where only rounding is left of it.
double cosineDistance(double cosine);

}  // namespace prunescope
