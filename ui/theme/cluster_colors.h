#pragma once

#include "core/image/patch_grid.h"
#include "ui/theme/palette.h"

#include <array>
#include <cstdint>
#include <vector>

namespace prunescope {

inline constexpr std::array<QRgb, 6> kClusterHues{okabe::kSkyBlue,
                                                  okabe::kOrange,
                                                  okabe::kGreen,
                                                  okabe::kPurple,
                                                  okabe::kYellow,
                                                  okabe::kVermillion};

/// A hue (index into kClusterHues) per cluster such that clusters which touch, also at a corner,
/// get different ones wherever six suffice.
std::vector<int> clusterHues(const PatchGrid& grid, const std::vector<std::int32_t>& cluster_of);

}  // namespace prunescope
