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
                              QColor(0xf26a1b),
                              QColor(okabe::kOrange),
                              QColor(0, 190, 140, 64),
                              QColor(86, 180, 233, 34)};
    return kTheme;
}

const Theme& highContrastTheme(bool dark) {
    static const Theme kLight{false,
                              QColor(Qt::white),
                              QColor(Qt::black),
                              QColor(0x404040),
                              QColor(255, 255, 255, 255),
                              QColor(0x003f7d),
                              QColor(0x8f2d00),
                              QColor(0x6b2c00),
                              QColor(0, 110, 80, 90),
                              QColor(0, 60, 120, 60)};
    static const Theme kDark{true,
                             QColor(Qt::black),
                             QColor(Qt::white),
                             QColor(0xc8c8c8),
                             QColor(0, 0, 0, 255),
                             QColor(0x9ad7ff),
                             QColor(0xffa66b),
                             QColor(0xffc04d),
                             QColor(0, 220, 165, 100),
                             QColor(120, 200, 255, 70)};
    return dark ? kDark : kLight;
}

const Theme& themeFor(const QPalette& palette) {
    const QColor window = palette.color(QPalette::Window);
    if (window == QColor(Qt::white) || window == QColor(Qt::black)) {
        return highContrastTheme(window == QColor(Qt::black));
    }
    return palette.color(QPalette::Window).lightness() < 128 ? darkTheme() : lightTheme();
}

}  // namespace prunescope
