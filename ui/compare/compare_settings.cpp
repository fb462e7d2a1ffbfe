#include "ui/compare/compare_settings.h"

#include <algorithm>

namespace prunescope {

void CompareSettings::setMode(CompareMode mode) {
    if (mode != mode_) {
        mode_ = mode;
        Q_EMIT changed();
    }
}

void CompareSettings::setDivider(double share) {
    share = std::clamp(share, 0.0, 1.0);
    if (share != divider_) {
        divider_ = share;
        Q_EMIT changed();
    }
}

}  // namespace prunescope
