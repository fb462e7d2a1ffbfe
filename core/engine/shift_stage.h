#pragma once

#include "core/engine/stages.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace prunescope {

/// The full set's side of D, kept in the cache: as the metric and the place of the settings want
/// it, made when it is first asked for.

/// Stands for the selected features where others are named by their encoder layer.
constexpr int kSelectedPlace = -1;

/// X_f at an encoder layer (patch rows of its output), or of the selected features. The projector
/// belongs to the selected features alone: with ShiftPlace::Projected the layers stay unprojected.
std::shared_ptr<const ShiftReference> referenceAt(const RunContext& context,
                                                  RunTrace& trace,
                                                  const FullFeatures& full,
                                                  int layer);

/// The same of several layers; those that are not in the cache are made side by side.
std::vector<std::shared_ptr<const ShiftReference>> referencesAt(const RunContext& context,
                                                                RunTrace& trace,
                                                                const FullFeatures& full,
                                                                std::span<const int> layers);

/// Names what referenceAt() gives.
std::uint64_t referenceKey(const RunContext& context, const FullFeatures& full, int layer);

/// Rows that are compared with referenceAt() of the same layer. @param rows float32 [n, D]
at::Tensor rowsAt(const RunContext& context, const at::Tensor& rows, int layer);

/// Output rows of a view that D is measured on: all but padding.
int measuredRows(const ViewTrace& view);

}  // namespace prunescope
