#pragma once

#include "core/trace/run_trace.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace prunescope {

/// How much of the objects in a picture the kept tokens hold.
struct ObjectCoverage {
    int object_patches = 0;  ///< patches that belong to an object, over all views
    int kept = 0;            ///< patches the output tokens stand for, over all views
    int kept_in_object = 0;

    /// Share of the kept tokens that lie on an object, in [0, 1]; nothing when none is kept.
    std::optional<double> shareOfKept() const;

    /// Share of the objects' patches that are kept, in [0, 1]; nothing when no view sees one.
    std::optional<double> shareOfObject() const;

    bool operator==(const ObjectCoverage&) const = default;
};

/// The patches of a view, ascending, whose centre lies in one of `boxes` (picture pixels; left and
/// top edges belong to a box, right and bottom do not). A box too small to hold a centre has the
/// patch that its own centre lies in.
std::vector<std::int32_t> objectPatches(const ViewTrace& view, const std::vector<RectF>& boxes);

/// Over all views of a run; nothing when there are no boxes.
std::optional<ObjectCoverage> objectCoverage(const RunTrace& trace,
                                             const std::vector<RectF>& boxes);

}  // namespace prunescope
