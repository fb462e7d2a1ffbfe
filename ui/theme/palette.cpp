#include "ui/theme/palette.h"

namespace prunescope {

const Theme& lightTheme() {
    static const Theme kTheme{false,
                              QColor(0xfafafa),
                              QColor(0x1a1a1a),
                              QColor(0x767676),
                              QColor(255, 255, 255, 236),
                              QColor(okabe::kBlue),
                              QColor(okabe::kVermillion),
                              QColor(0xa34700),
                              QColor(0, 158, 115, 50),
                              QColor(0, 114, 178, 26)};
    return kTheme;
}

const Theme& darkTheme() {
    static const Theme kTheme{true,
                              QColor(0x1e1e1e),
                              QColor(0xececec),
                              QColor(0x9a9a9a),
                              QColor(36, 36, 36, 236),
                              QColor(okabe::kSkyBlue),
                              QColor(0xff8a3d),
                              QColor(okabe::kOrange),
                              QColor(0, 190, 140, 64),
                              QColor(86, 180, 233, 34)};
    return kTheme;
}

const Theme& themeFor(const QPalette& palette) {
    return palette.color(QPalette::Window).lightness() < 128 ? darkTheme() : lightTheme();
}

}  // namespace prunescope
