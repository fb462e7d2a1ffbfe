#pragma once

#include "core/image/image.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace prunescope {

struct DecodeOptions {
    bool apply_exif_orientation = true;
    std::uint64_t max_file_bytes = 256u << 20;
    std::int64_t max_pixels = 100'000'000;
    int max_aspect = 200;  ///< longest : shortest edge
};

struct DecodedImage {
    Image image;
    std::string format;              ///< "PNG", "JPEG", "BMP", "WebP", …
    std::vector<std::string> notes;  ///< "damaged: the file ends early", "alpha dropped", …
};

/// Bytes of a picture file -> RGB. The kind is told by the bytes, never by the name; width and
/// height are read from the header and checked before anything is decoded. Alpha is dropped (as
/// Pillow's convert("RGB")), grey is replicated, 16-bit keeps the high byte.
/// @throws Error(Input) one sentence on what the bytes are and what can be opened
DecodedImage decodeImage(std::span<const std::uint8_t> bytes, const DecodeOptions& options = {});

/// readFile + decodeImage; the messages name the file.
DecodedImage loadImage(const std::filesystem::path& path, const DecodeOptions& options = {});

}  // namespace prunescope
