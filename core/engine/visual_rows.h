#pragma once

#include "core/engine/attribution.h"
#include "core/engine/stages.h"

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// What the language model reads of the picture, row by row, and changes to single rows behind the
/// selection. The rows left are read as if the method had chosen them so: position ids go on
/// without a gap, as in every run of a method that prunes before the language model.

/// [sum of output rows] in the order of projectStage(), CLS and padding included.
std::vector<PlacedRow> visualRows(const RunContext& context,
                                  const PerView<SelectedTokens>& selections);

/// The row that stands for a patch. @throws Error(Usage) when none does
int rowOf(const std::vector<PlacedRow>& rows, const ViewPatch& patch);

/// Where a dropped patch is put back: before the first row of its view that stands for a higher
/// patch, else behind the view's last row that is not padding.
/// @throws Error(Usage) when the view lacks the patch or a row stands for it
int placeFor(const std::vector<PlacedRow>& rows, const ViewPatch& patch, const RunTrace& trace);

/// What a dropped patch is to the language model: its features of the un-pruned encoder pass behind
/// the projector, [1, Dt]. Not what a method that prunes inside the encoder would have made of it.
at::Tensor projectedPatch(const RunContext& context,
                          const PerView<FullFeatures>& full,
                          const ViewPatch& patch);

/// [n, Dt] -> [n - 1, Dt]
at::Tensor withoutRow(const at::Tensor& visual, int row);

/// [n, Dt] -> [n + 1, Dt]; `added` [1, Dt] becomes row `place`.
at::Tensor withRow(const at::Tensor& visual, int place, const at::Tensor& added);

/// @throws Error(Usage) where the method prunes inside the language model: there a token is no row
/// that could be taken out behind the selection
void requireRowsBeforeModel(const RunContext& context);

/// The projected rows with the request's `leave_in` put back and its `omit` taken away.
at::Tensor changedRows(const RunContext& context,
                       const PerView<FullFeatures>& full,
                       const PerView<SelectedTokens>& selections,
                       at::Tensor visual,
                       RunTrace& trace);

}  // namespace prunescope
