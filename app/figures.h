#pragma once

#include "core/engine/curve.h"
#include "core/image/image.h"
#include "core/trace/run_trace.h"

#include <string>
#include <vector>

namespace prunescope {

/// The pictures the window shows, written to a file by its ending: overlay png, svg, pdf or
/// apng (all stages); plot png, svg, pdf or csv. Needs no display.
/// @throws Error(Failure) when the program was built without the window, or the file cannot be
/// written
void writeOverlayFile(const RunTrace& trace, const Image& image, const std::string& path);
void writePlotFile(const RunTrace& trace, const std::string& path);

/// D against budget of several methods; the method of the settings stands out.
void writeCurvePlotFile(const std::vector<MethodCurve>& curves,
                        const RunSettings& settings,
                        const std::string& path);

}  // namespace prunescope
