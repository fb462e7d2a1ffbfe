#pragma once

#include "core/prune/select.h"

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// From the rows that a method decided on to the selection with its trace.

/// A reduction carried out: rows gathered or mixed, norms kept where it says so.
at::Tensor reducedRows(const Reduction& reduction, const at::Tensor& rows);

/// Rows of kind Patch for these patches, in this order.
std::vector<OutputRow> patchRows(std::span<const std::int32_t> patches);

/// The patches that rows stand for, ascending: a selection's `kept`.
std::vector<std::int32_t> keptPatches(std::span<const OutputRow> rows);

/// One output row before it is made.
struct PlannedRow {
    RowKind kind = RowKind::Patch;
    std::int64_t slot = -1;  ///< of the pool: the row itself (Patch), or whose place it takes
                             ///< (Merged); -1 for the other kinds
};

/// The output rows of a method, in its order.
struct RowPlan {
    std::vector<PlannedRow> rows;  ///< Padding rows last
    at::Tensor mix;            ///< float32 [rows, M], read for rows of kind Merged and Extra only;
                               ///< undefined where there are none
    std::vector<float> score;  ///< [M] what decided, for the trace; empty where nothing is ranked
    std::vector<std::int32_t> cluster_of = {};  ///< [M] group of each pool row, -1 none; or empty
    std::vector<std::int64_t> centres = {};     ///< per group: the slot in its middle; or empty
};

/// Carries a plan out: tokens, rows, kept, one stage "select" with its transfers and masses, kappa.
///
/// A pool row that leaves and that other rows took in is in `transfers`, by its share in each of
/// them; towards a row without a patch as -1.
Selection planned(const SelectView& view, const RowPlan& plan, const Stopwatch& watch);

/// A selection that keeps rows of the pool as they are.
/// @param slots  in output order
/// @param score  per slot of the pool, or empty where nothing is ranked
Selection plainSelection(const SelectView& view,
                         const std::vector<std::int64_t>& slots,
                         std::span<const float> score,
                         const Stopwatch& watch);

}  // namespace prunescope
