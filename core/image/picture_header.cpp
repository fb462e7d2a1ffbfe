#include "core/image/picture_header.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace prunescope {

namespace {

using Bytes = std::span<const std::uint8_t>;

/// Reads integers at offsets that come from the file: outside the bytes everything is 0.
class Reader {
public:
    explicit Reader(Bytes bytes) : bytes_(bytes) {}

    std::uint64_t size() const { return bytes_.size(); }

    std::uint32_t byte(std::uint64_t at) const { return at < bytes_.size() ? bytes_[at] : 0U; }

    std::uint32_t big16(std::uint64_t at) const { return byte(at) << 8 | byte(at + 1); }

    std::uint32_t big32(std::uint64_t at) const { return big16(at) << 16 | big16(at + 2); }

    std::uint32_t little16(std::uint64_t at) const { return byte(at) | byte(at + 1) << 8; }

    std::uint32_t little32(std::uint64_t at) const { return little16(at) | little16(at + 2) << 16; }

    bool has(std::uint64_t at, std::string_view text) const {
        if (at > bytes_.size() || text.size() > bytes_.size() - at) {
            return false;
        }
        return std::equal(text.begin(),
                          text.end(),
                          bytes_.begin() + static_cast<std::ptrdiff_t>(at),
                          [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
    }

    Bytes part(std::uint64_t at, std::uint64_t count) const {
        if (at >= bytes_.size()) {
            return {};
        }
        return bytes_.subspan(at, std::min<std::uint64_t>(count, bytes_.size() - at));
    }

private:
    Bytes bytes_;
};

using namespace std::string_view_literals;

struct Signature {
    std::uint64_t at;
    std::string_view bytes;
    std::string_view name;
};

/// Formats that we name and refuse.
constexpr std::array kOthers{
    Signature{0, "GIF8"sv, "a GIF picture"},
    Signature{0, "II*\0"sv, "a TIFF picture"},
    Signature{0, "MM\0*"sv, "a TIFF picture"},
    Signature{0, "II+\0"sv, "a TIFF picture"},
    Signature{0, "MM\0+"sv, "a TIFF picture"},
    Signature{128, "DICM"sv, "a DICOM file"},
    Signature{0, "\x76\x2F\x31\x01"sv, "an OpenEXR picture"},
    Signature{0, "%PDF"sv, "a PDF document"},
    Signature{0, "<svg"sv, "an SVG drawing"},
    Signature{0, "<?xml"sv, "an XML file, perhaps an SVG drawing"},
    Signature{4, "ftyphei"sv, "a HEIC picture"},
    Signature{4, "ftypmif1"sv, "a HEIC picture"},
    Signature{4, "ftypavif"sv, "an AVIF picture"},
    Signature{4, "ftyp"sv, "a video"},
    Signature{0, "\xFF\x0A"sv, "a JPEG XL picture"},
    Signature{4, "JXL "sv, "a JPEG XL picture"},
    Signature{4, "jP  "sv, "a JPEG 2000 picture"},
    Signature{0, "\xFF\x4F\xFF\x51"sv, "a JPEG 2000 picture"},
    Signature{0, "8BPS"sv, "a Photoshop picture"},
    Signature{0, "#?"sv, "a Radiance HDR picture"},
    Signature{0, "\0\0\1\0"sv, "an icon"},
    Signature{0, "PK\3\4"sv, "a ZIP archive"},
    Signature{0, "\x1F\x8B"sv, "a gzip archive"},
    Signature{0, "<!DOCTYPE"sv, "a web page"},
    Signature{0, "<html"sv, "a web page"},
};

std::string nameOfOther(const Reader& in) {
    for (const Signature& signature : kOthers) {
        if (in.has(signature.at, signature.bytes)) {
            return std::string(signature.name);
        }
    }
    if (in.byte(0) == 'P' && in.byte(1) >= '1' && in.byte(1) <= '7' && in.byte(2) <= ' ') {
        return "a PNM picture";
    }
    return "not a picture that we know";
}

/// Orientation of the first directory of a TIFF block; 1 when there is none or it is broken.
int tiffOrientation(Bytes block) {
    const Reader in(block);
    const bool is_little = in.has(0, "II");
    if (!is_little && !in.has(0, "MM")) {
        return 1;
    }
    const auto read16 = [&](std::uint64_t at) {
        return is_little ? in.little16(at) : in.big16(at);
    };
    const auto read32 = [&](std::uint64_t at) {
        return is_little ? in.little32(at) : in.big32(at);
    };
    if (read16(2) != 42) {
        return 1;
    }
    const std::uint64_t directory = read32(4);
    const std::uint32_t n_entries = read16(directory);
    for (std::uint32_t i = 0; i < n_entries; ++i) {
        const std::uint64_t entry = directory + 2 + std::uint64_t{12} * i;
        if (entry + 12 > in.size()) {
            break;
        }
        if (read16(entry) == 0x0112) {
            const std::uint32_t value = read16(entry + 8);
            return read16(entry + 2) == 3 && value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
        }
    }
    return 1;
}

void readPng(const Reader& in, PictureHeader& header) {
    if (!in.has(12, "IHDR")) {
        header.problem = "its header is broken";
        header.ends_early = in.size() < 29;
        return;
    }
    header.width = in.big32(16);
    header.height = in.big32(20);
    header.bits = in.byte(24) == 16 ? 16 : 8;
    const std::uint32_t colour = in.byte(25);
    header.channels = colour == 0 ? 1 : colour == 4 || colour == 6 ? 4 : 3;
    header.ends_early = true;
    std::uint64_t at = 8;
    while (at + 12 <= in.size()) {
        const std::uint64_t length = in.big32(at);
        if (at + 12 + length > in.size()) {
            return;
        }
        if (in.has(at + 4, "IEND")) {
            header.ends_early = false;
            return;
        }
        if (in.has(at + 4, "tRNS") && colour != 0) {
            header.channels = 4;
        }
        if (in.has(at + 4, "eXIf")) {
            header.exif_orientation = tiffOrientation(in.part(at + 8, length));
        }
        at += 12 + length;
    }
}

bool isFrameHeader(std::uint32_t marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

void readJpegFrame(const Reader& in,
                   std::uint64_t at,
                   std::uint32_t marker,
                   PictureHeader& header) {
    header.height = in.big16(at + 5);
    header.width = in.big16(at + 7);
    header.channels = in.byte(at + 9) == 1 ? 1 : 3;
    if (in.byte(at + 4) != 8) {
        header.problem = "it has " + std::to_string(in.byte(at + 4)) + " bits a channel";
    } else if (marker == 0xC3 || marker >= 0xC5) {
        header.problem = "it is compressed in a rare way (lossless, hierarchical or arithmetic)";
    }
}

/// Position after the entropy-coded data that starts at `at`: the next marker, or the end.
std::uint64_t skipScan(const Reader& in, std::uint64_t at) {
    while (at + 1 < in.size()) {
        const std::uint32_t next = in.byte(at + 1);
        if (in.byte(at) == 0xFF && next != 0 && next != 0xFF && (next < 0xD0 || next > 0xD7)) {
            return at;
        }
        ++at;
    }
    return in.size();
}

void readJpeg(const Reader& in, PictureHeader& header) {
    bool has_exif = false;
    header.ends_early = true;
    std::uint64_t at = 2;
    while (at + 1 < in.size()) {
        const std::uint32_t marker = in.byte(at + 1);
        if (in.byte(at) != 0xFF || marker == 0xFF || marker == 0) {
            ++at;  // fill bytes and rubbish between segments: libjpeg skips them too
            continue;
        }
        if (marker == 0xD9) {
            header.ends_early = false;
            break;
        }
        if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8)) {
            at += 2;
            continue;
        }
        const std::uint64_t length = in.big16(at + 2);
        if (isFrameHeader(marker) && header.width == 0 && at + 10 <= in.size()) {
            readJpegFrame(in, at, marker, header);
        } else if (marker == 0xE1 && !has_exif && in.has(at + 4, "Exif\0\0"sv) && length > 8) {
            header.exif_orientation = tiffOrientation(in.part(at + 10, length - 8));
            has_exif = true;
        }
        at += 2 + std::max<std::uint64_t>(length, 2);
        if (marker == 0xDA) {
            at = skipScan(in, at);
        }
    }
}

void readBmp(const Reader& in, PictureHeader& header) {
    const std::uint64_t offset = in.little32(10);
    const std::uint32_t info_size = in.little32(14);
    std::uint32_t bits = 0;
    std::uint32_t compression = 0;
    if (info_size == 12) {
        header.width = in.little16(18);
        header.height = in.little16(20);
        bits = in.little16(24);
    } else if (info_size >= 36) {
        header.width = static_cast<std::int32_t>(in.little32(18));
        header.height = static_cast<std::int32_t>(in.little32(22));
        header.height = header.height < 0 ? -header.height : header.height;  // rows from the top
        bits = in.little16(28);
        compression = in.little32(30);
    } else {
        header.problem = "its header is broken";
        return;
    }
    header.channels = bits == 32 ? 4 : 3;
    if ((compression == 0 || compression == 3) && header.width > 0) {
        const auto width = static_cast<std::uint64_t>(header.width);
        const auto height = static_cast<std::uint64_t>(header.height);
        const std::uint64_t stride = (width * bits + 31) / 32 * 4;
        header.ends_early = offset + stride * height > in.size();
    }
}

void readWebP(const Reader& in, PictureHeader& header) {
    header.ends_early = std::uint64_t{in.little32(4)} + 8 > in.size();
    header.channels = 4;
    if (in.has(12, "VP8 ") && in.has(23, "\x9D\x01\x2A")) {
        header.width = in.little16(26) & 0x3FFF;
        header.height = in.little16(28) & 0x3FFF;
        header.channels = 3;
    } else if (in.has(12, "VP8L") && in.byte(20) == 0x2F) {
        const std::uint32_t packed = in.little32(21);
        header.width = (packed & 0x3FFF) + 1;
        header.height = ((packed >> 14) & 0x3FFF) + 1;
        header.channels = (packed >> 28 & 1) != 0 ? 4 : 3;
    } else if (in.has(12, "VP8X")) {
        header.width = (in.little32(24) & 0xFFFFFF) + 1;
        header.height = (in.little32(27) & 0xFFFFFF) + 1;
        header.channels = (in.byte(20) & 0x10) != 0 ? 4 : 3;
        if ((in.byte(20) & 0x02) != 0) {
            header.problem = "it is animated";
        }
    } else {
        header.problem = "its header is broken";
    }
    for (std::uint64_t at = 12; at + 8 <= in.size();) {
        const std::uint64_t length = in.little32(at + 4);
        if (in.has(at, "EXIF")) {
            const std::uint64_t skip = in.has(at + 8, "Exif\0\0"sv) ? 6 : 0;
            header.exif_orientation = tiffOrientation(in.part(at + 8 + skip, length));
        }
        at += 8 + length + (length & 1);
    }
}

}  // namespace

PictureHeader readPictureHeader(std::span<const std::uint8_t> bytes) {
    const Reader in(bytes);
    PictureHeader header;
    if (in.has(0, "\x89PNG\r\n\x1A\n")) {
        header.format = PictureFormat::Png;
        header.name = "PNG";
        readPng(in, header);
    } else if (in.has(0, "\xFF\xD8\xFF")) {
        header.format = PictureFormat::Jpeg;
        header.name = "JPEG";
        readJpeg(in, header);
    } else if (in.has(0, "RIFF") && in.has(8, "WEBP")) {
        header.format = PictureFormat::WebP;
        header.name = "WebP";
        readWebP(in, header);
    } else if (in.has(0, "BM") && in.little32(14) >= 12 && in.little32(14) <= 124) {
        header.format = PictureFormat::Bmp;
        header.name = "BMP";
        readBmp(in, header);
    } else {
        header.name = nameOfOther(in);
    }
    return header;
}

}  // namespace prunescope
