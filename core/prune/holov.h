#pragma once

#include "core/prune/prune_method.h"

#include <cstdint>
#include <span>
#include <vector>

namespace prunescope {

/// HoloV: the sequence is cut into partitions, each gets a share of the budget by attention and
/// variety, and keeps the patches that CLS attends to most. Output: partition by partition, inside
/// it by falling attention; zero rows where a partition could not fill its share. methods.md 2.2
/// (arXiv 2510.02912).
class HoloV final : public PruneMethod {
public:
    Selection select(const SelectView& view) const override;
};

/// Contiguous runs of 0..n-1, the first n mod parts one longer; empty ones where n < parts.
std::vector<std::vector<std::int64_t>> sequenceParts(int n, int parts);

/// Rectangles of the grid, `side` x `side`, each cut as sequenceParts() along its axis (ours: the
/// paper speaks of crops, its code cuts the sequence).
std::vector<std::vector<std::int64_t>> spatialParts(const PatchGrid& grid, int side);

/// Steps 2 and 3: s of the rows of one partition.
/// @param rows       float32 [n, Dt] of Z, n >= 2
/// @param attention  [n] CLS attention, mean over heads
std::vector<double> holisticScore(const at::Tensor& rows,
                                  std::span<const float> attention,
                                  double alpha);

/// Steps 4 and 5: tokens each partition may keep. @param weight  w_c, >= 0
std::vector<int> holisticQuotas(const std::vector<double>& weight, int k);

}  // namespace prunescope
