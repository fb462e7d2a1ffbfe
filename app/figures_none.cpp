#include "app/figures.h"
#include "core/base/error.h"

namespace prunescope {

namespace {

[[noreturn]] void refuse() {
    throw Error(ErrorCode::Failure,
                "This program was built without the window, which draws the pictures.",
                "Configure with PRUNESCOPE_BUILD_UI=ON, or use --trace.");
}

}  // namespace

void writeOverlayFile(const RunTrace&, const Image&, const std::string&) {
    refuse();
}

void writeCurvePlotFile(const std::vector<MethodCurve>&, const RunSettings&, const std::string&) {
    refuse();
}

void writePlotFile(const RunTrace&, const std::string&) {
    refuse();
}

}  // namespace prunescope
