#pragma once

#include "core/prune/select.h"

#include <span>
#include <vector>

namespace prunescope {

/// Greedy choices of k representatives from a similarity matrix.
struct CoverInput {
    const HostMatrix& similarity;       ///< [M, M] cosines, symmetric
    std::span<const float> mass;        ///< [M] w
    std::span<const float> preference;  ///< [M] c: decides ties
};

/// Cosine similarity of all rows, exactly symmetric and with a diagonal of exactly 1 (0 for zero
/// rows): tokens that gain the same in exact arithmetic then also tie in ours.
HostMatrix cosineMatrix(const at::Tensor& rows);

/// Facility location: k times the largest G_j = f_j sum_i w_i max(0, S_ij - m_i), m_i the coverage
/// so far. Slots in the order of picking. methods.md 4.3 TATCS step 2; with a factor, 2.5.
/// @param factor  [M] or empty (1)
std::vector<int> facilityLocation(const CoverInput& in, int k, std::span<const float> factor);

/// Farthest point by distance 1 - S. methods.md 3.5.
std::vector<int> farthestPoints(const CoverInput& in, int k);

}  // namespace prunescope
