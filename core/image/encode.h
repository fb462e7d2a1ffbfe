#pragma once

#include "core/image/image.h"

#include <string>

namespace prunescope {

/// The picture as the bytes of a PNG file: lossless, so decodeImage() gives back the same pixels.
/// @throws Error(Input) for an empty picture, Error(Failure) when encoding fails
std::string encodePng(const Image& image);

}  // namespace prunescope
