#pragma once

#include "core/image/image.h"

#include <QString>

namespace prunescope {

/// Writes a picture that came from no file (pasted, or out of a session) to one, without loss, so
/// that other programs can open it; named by its content, and the oldest of many go.
/// @return its path; "" when it cannot be written
QString keepPicture(const Image& image, const QString& folder);

}  // namespace prunescope
