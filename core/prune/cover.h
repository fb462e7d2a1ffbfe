#pragma once

#include "core/prune/select.h"

#include <span>
#include <vector>

namespace prunescope {

/// A table of cosines on the host, row-major.
template <typename Number>
struct CosineTable {
    std::vector<Number> values;
    int rows = 0;
    int cols = 0;

    std::span<const Number> row(int i) const {
        return std::span(values).subspan(toSize(i) * toSize(cols), toSize(cols));
    }
};

/// In float32: what a choice among hundreds of tokens reads. Equal rows give equal cosines, and
/// cosines above 1 - 1e-6 are 1, so that exact ties stay ties.
using CosineMatrix = CosineTable<float>;

/// In double: for what is centred or scaled afterwards.
using FineCosines = CosineTable<double>;

/// Cosine of every row with every row of the other.
CosineMatrix cosineMatrix(const at::Tensor& rows, const at::Tensor& others);
FineCosines fineCosines(const at::Tensor& rows, const at::Tensor& others);

/// Greedy choices of k representatives from a similarity matrix; k is at least the pinned and at
/// most the un-banned slots.
struct CoverInput {
    const CosineMatrix& similarity;     ///< [M, M], symmetric
    std::span<const float> mass;        ///< [M] w
    std::span<const float> preference;  ///< [M] c: decides ties; empty where there is none
    const SlotRules* rules = nullptr;   ///< pinned slots are picked first, banned ones never
};

/// rows * rows^T, exactly symmetric: only one of two mirrored blocks is computed.
/// @param rows  float32 or float64 [N, D]
/// @return      [N, N] on the host, of the same dtype
at::Tensor symmetricProduct(const at::Tensor& rows);

/// Of a set with itself: exactly symmetric, with a diagonal of exactly 1 (0 for zero rows).
CosineMatrix selfCosines(const at::Tensor& rows);

/// What a token is worth beside its coverage.
struct Saliency {
    std::span<const double> factor = {};  ///< [M] or empty (1)
    std::span<const double> bonus = {};   ///< [M] or empty (0)
};

/// Facility location: k times the largest factor_j G_j + bonus_j with the gain
/// G_j = sum_i w_i max(0, S_ij - m_i), m_i the coverage so far. Slots in the order of picking.
/// methods.md 4.3 TATCS step 2; with saliency, 2.5.
std::vector<int> facilityLocation(const CoverInput& in, int k, const Saliency& saliency);

/// Farthest point by distance 1 - S. methods.md 3.5.
std::vector<int> farthestPoints(const CoverInput& in, int k);

}  // namespace prunescope
