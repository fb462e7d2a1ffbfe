#pragma once

#include "core/prune/select.h"

#include <span>
#include <vector>

namespace prunescope {

/// Cosines in double: small gains meet exact ties all the time (two tokens that cover only each
/// other), and in float32 their noise is larger than the tolerance of a tie.
struct CosineMatrix {
    std::vector<double> values;
    int rows = 0;
    int cols = 0;

    std::span<const double> row(int i) const {
        return std::span(values).subspan(toSize(i) * toSize(cols), toSize(cols));
    }
};

/// Cosine of every row with every row of the other.
CosineMatrix cosineMatrix(const at::Tensor& rows, const at::Tensor& others);

/// Greedy choices of k representatives from a similarity matrix; k is at least the pinned and at
/// most the un-banned slots.
struct CoverInput {
    const CosineMatrix& similarity;     ///< [M, M], symmetric
    std::span<const float> mass;        ///< [M] w
    std::span<const float> preference;  ///< [M] c: decides ties; empty where there is none
    const SlotRules* rules = nullptr;   ///< pinned slots are picked first, banned ones never
};

/// rows * rows^T, exactly symmetric: only one of two mirrored blocks is computed.
/// @param rows  float64 [N, D]
/// @return      [N * N]
std::vector<double> symmetricProduct(const at::Tensor& rows);

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
