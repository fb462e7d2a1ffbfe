#pragma once

#include <vector>

#include <QByteArray>
#include <QImage>

namespace prunescope {

/// One picture of an animation and how long it stays.
struct AnimationFrame {
    QImage image;
    int ms = 1000;  ///< 1 to 65535
};

/// An animated PNG (APNG specification 1.0) that plays for ever: lossless, and readers that know no
/// animation show the first frame. All frames have the size of the first. Empty: no frames, or
/// sizes that differ.
QByteArray encodeApng(const std::vector<AnimationFrame>& frames);

}  // namespace prunescope
