// The front door for picture files: the bytes are judged here, OpenCV only decodes what passed.
#include "core/image/decode.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/image/picture_header.h"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

namespace prunescope {

namespace {

constexpr std::uint64_t kMaxDecodedBytes = 640u << 20;
const std::string kHint = "PNG, JPEG, BMP and WebP pictures can be opened.";

[[noreturn]] void refuse(const std::string& message) {
    throw Error(ErrorCode::Input, message, kHint);
}

std::string sizeOf(const PictureHeader& header) {
    return std::to_string(header.width) + " x " + std::to_string(header.height) + " pixels";
}

/// Bytes that decoding takes: what OpenCV writes, our copy where it is not RGB, the turned copy.
std::uint64_t decodedBytes(const PictureHeader& header) {
    const auto pixels = static_cast<std::uint64_t>(header.width * header.height);
    const auto each = static_cast<std::uint64_t>(header.channels * header.bits / 8);
    const std::uint64_t copies = (each == 3 ? 0U : 3U) + (header.exif_orientation > 4 ? 3U : 0U);
    return pixels * (each + copies);
}

void checkHeader(const PictureHeader& header, const DecodeOptions& options) {
    if (header.format == PictureFormat::Other) {
        refuse("The bytes are " + header.name);
    }
    if (header.ends_early && header.format != PictureFormat::Jpeg) {
        refuse("The " + header.name + " picture is damaged: the file ends early");
    }
    if (!header.problem.empty()) {
        refuse("The " + header.name + " picture cannot be opened: " + header.problem);
    }
    if (header.width < 1 || header.height < 1) {
        refuse(header.ends_early ? "The JPEG picture is damaged: the file ends within its header"
                                 : "The " + header.name + " picture is empty: " + sizeOf(header));
    }
    // Divisions, because products of sizes from a file overflow.
    if (header.width > options.max_pixels / header.height) {
        refuse("The picture has " + sizeOf(header) + "; at most " +
               std::to_string(options.max_pixels / 1'000'000) + " megapixels can be opened");
    }
    const std::int64_t longest = std::max(header.width, header.height);
    const std::int64_t shortest = std::min(header.width, header.height);
    if (longest / shortest > options.max_aspect ||
        (longest / shortest == options.max_aspect && longest % shortest != 0)) {
        refuse("The picture is too narrow: " + sizeOf(header) + ", at most " +
               std::to_string(options.max_aspect) + " to 1 can be opened");
    }
    if (decodedBytes(header) > kMaxDecodedBytes) {
        refuse("The picture needs " + humanBytes(decodedBytes(header)) + " once decoded; at most " +
               humanBytes(kMaxDecodedBytes) + " are used for it");
    }
}

/// BGR, grey, BGRA and 16 bits -> RGB. When `mat` already lies in `rgb`, the colours are swapped
/// there.
void toRgb(const cv::Mat& mat, std::vector<std::uint8_t>& rgb) {
    const int channels = mat.channels();
    const std::size_t step = mat.depth() == CV_16U ? 2 : 1;
    // The high byte of a 16-bit value, on a little-endian machine the second.
    const std::size_t high = step == 2 && std::endian::native == std::endian::little ? 1 : 0;
    const std::size_t width = static_cast<std::size_t>(mat.cols);
    const std::size_t green = channels == 1 ? 0 : 1;
    const std::size_t red = channels == 1 ? 0 : 2;
    for (int y = 0; y < mat.rows; ++y) {
        const std::uint8_t* in = mat.ptr<std::uint8_t>(y) + high;
        std::uint8_t* out = rgb.data() + static_cast<std::size_t>(y) * width * 3;
        for (std::size_t x = 0; x < width; ++x, out += 3) {
            const std::uint8_t* pixel = in + x * static_cast<std::size_t>(channels) * step;
            const std::uint8_t b = pixel[0];
            const std::uint8_t g = pixel[green * step];
            out[0] = pixel[red * step];
            out[1] = g;
            out[2] = b;
        }
    }
}

/// Decodes into a zeroed buffer, so that what a broken file leaves out is black and not old memory.
/// Three 8-bit channels are decoded into the result itself.
Image decodePixels(std::span<const std::uint8_t> bytes, const PictureHeader& header) {
    const int width = static_cast<int>(header.width);
    const int height = static_cast<int>(header.height);
    Image image{width, height, {}};
    image.rgb.assign(static_cast<std::size_t>(header.width * header.height) * 3, 0);
    const int type = CV_MAKETYPE(header.bits == 16 ? CV_16U : CV_8U, header.channels);
    cv::Mat pixels = type == CV_8UC3 ? cv::Mat(height, width, type, image.rgb.data())
                                     : cv::Mat(cv::Mat::zeros(height, width, type));
    const cv::Mat input(1,
                        static_cast<int>(bytes.size()),
                        CV_8UC1,
                        const_cast<std::uint8_t*>(bytes.data()));  // OpenCV only reads it
    const int flags = cv::IMREAD_UNCHANGED | cv::IMREAD_IGNORE_ORIENTATION;
    const cv::Mat decoded = cv::imdecode(input, flags, &pixels);
    const int channels = decoded.channels();
    if (decoded.empty() || decoded.cols != width || decoded.rows != height ||
        (decoded.depth() != CV_8U && decoded.depth() != CV_16U) ||
        (channels != 1 && channels != 3 && channels != 4)) {
        refuse("The " + header.name + " picture is damaged and cannot be decoded");
    }
    toRgb(decoded, image.rgb);
    return image;
}

/// The picture turned upright. EXIF: 2 mirrored, 3 half turn, 4 flipped, 5 transposed, 6 to be
/// turned right, 7 transversed, 8 to be turned left.
Image upright(Image image, int orientation) {
    if (orientation <= 1 || orientation > 8) {
        return image;
    }
    const bool swaps = orientation > 4;
    Image out{swaps ? image.height : image.width, swaps ? image.width : image.height, {}};
    out.rgb.resize(image.rgb.size());
    const bool from_right =
        orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const bool from_bottom =
        orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    std::uint8_t* to = out.rgb.data();
    for (int y = 0; y < out.height; ++y) {
        for (int x = 0; x < out.width; ++x, to += 3) {
            const int across = swaps ? y : x;
            const int down = swaps ? x : y;
            const int from_x = from_right ? image.width - 1 - across : across;
            const int from_y = from_bottom ? image.height - 1 - down : down;
            const std::size_t at =
                (static_cast<std::size_t>(from_y) * static_cast<std::size_t>(image.width) +
                 static_cast<std::size_t>(from_x)) *
                3;
            std::copy_n(image.rgb.data() + at, 3, to);
        }
    }
    return out;
}

}  // namespace

DecodedImage decodeImage(std::span<const std::uint8_t> bytes, const DecodeOptions& options) {
    if (bytes.empty()) {
        refuse("The file is empty");
    }
    const std::uint64_t max_bytes = std::min<std::uint64_t>(options.max_file_bytes, 1u << 30);
    if (bytes.size() > max_bytes) {
        refuse("The picture file has " + humanBytes(bytes.size()) + "; at most " +
               humanBytes(max_bytes) + " are read");
    }
    const PictureHeader header = readPictureHeader(bytes);
    checkHeader(header, options);
    DecodedImage result;
    result.format = header.name;
    try {
        result.image = decodePixels(bytes, header);
        if (options.apply_exif_orientation && header.exif_orientation > 1) {
            result.image = upright(std::move(result.image), header.exif_orientation);
            result.notes.push_back("turned upright as its EXIF data say");
        }
    } catch (const cv::Exception&) {
        refuse("The " + header.name + " picture is damaged and cannot be decoded");
    } catch (const std::bad_alloc&) {
        throw Error(ErrorCode::OutOfMemory, "Not enough memory for a picture of " + sizeOf(header));
    }
    if (header.ends_early) {
        result.notes.push_back("damaged: the file ends early");
    }
    if (header.channels == 4) {
        result.notes.push_back("alpha dropped");
    }
    if (header.bits == 16) {
        result.notes.push_back("16 bits a channel cut to 8");
    }
    return result;
}

DecodedImage loadImage(const std::filesystem::path& path, const DecodeOptions& options) {
    const std::vector<std::uint8_t> bytes =
        readFile(path, options.max_file_bytes, ErrorCode::Input);
    try {
        return decodeImage(bytes, options);
    } catch (const Error& e) {
        throw Error(e.code(), inQuotes(path.string()) + ": " + e.what(), e.hint());
    }
}

}  // namespace prunescope
