#pragma once

#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// Cosines of a set of rows with itself in double, one row at a time: a greedy choice of k tokens
/// reads k rows of the N x N matrix, so all of them would be most of its cost.
class CosineRows {
public:
    /// @param rows  [N, d]
    explicit CosineRows(const at::Tensor& rows);

    int count() const;

    /// [N] of every row with itself: exactly 1, or 0 for a row of zeros.
    const std::vector<double>& own() const { return own_; }

    /// [N] of row i with every row.
    std::vector<double> row(int i) const;

    /// The row whose nearest other row is farthest by distance 1 - cosine; ties (methods.md 4.4) go
    /// to the lower row. Every pair is looked at in float32; who comes close to the answer is
    /// looked at again in double.
    /// @param open  [N] 1 for rows that may be the answer; empty: all
    int loneliest(std::span<const char> open = {}) const;

private:
    double nearestDistance(int i) const;

    at::Tensor unit_;  // float64 [N, d]
    std::vector<double> own_;
};

/// 1 - cosine, and exactly 0 where only rounding is left of it.
double cosineDistance(double cosine);

}  // namespace prunescope
