#include "core/model/safetensors.h"

#include "core/base/descriptor.h"
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace prunescope {

namespace {

using Json = nlohmann::json;

static_assert(std::endian::native == std::endian::little, "safetensors data is little-endian");
static_assert(sizeof(std::size_t) == 8, "files larger than 4 GB are mapped whole");

constexpr std::uint64_t kMaxHeaderBytes = 32u << 20;
constexpr std::size_t kMaxTensors = 10'000;  // a 7B model has 686
constexpr std::size_t kMaxNameLength = 512;
constexpr std::size_t kMaxRank = 8;
constexpr int kMaxDepth = 4;
/// A file that shrinks while it is mapped kills the process; below this it is read instead.
constexpr std::uint64_t kReadBelow = 64u << 20;

constexpr std::array<std::pair<std::string_view, unsigned>, 22> kBitsOfDtype{{
    {"F4", 4},          {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"BOOL", 8},    {"U8", 8},
    {"I8", 8},          {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8},
    {"F8_E5M2FNUZ", 8}, {"I16", 16},    {"U16", 16},    {"F16", 16},    {"BF16", 16},
    {"I32", 32},        {"U32", 32},    {"F32", 32},    {"C64", 64},    {"F64", 64},
    {"I64", 64},        {"U64", 64},
}};

/// Says every finding in the same form: the file, then what is wrong.
struct Report {
    std::string file;

    [[noreturn]] void fail(const std::string& what) const {
        throw Error(ErrorCode::Model,
                    inQuotes(file) + " is not a sound safetensors file: " + what,
                    "Download the file again.");
    }
};

std::uint64_t wholeNumber(const Json& value, const std::string& what, const Report& report) {
    if (!value.is_number_unsigned()) {
        report.fail(what + " must be a whole number that is not negative");
    }
    const auto result = value.get<std::uint64_t>();
    if (result > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
        report.fail(what + " is larger than 2^63 - 1");
    }
    return result;
}

void checkName(const std::string& name, const Report& report) {
    if (name.empty() || name.size() > kMaxNameLength) {
        report.fail("a tensor's name has " + std::to_string(name.size()) + " characters; 1 to " +
                    std::to_string(kMaxNameLength) + " are allowed");
    }
    const bool has_control = std::any_of(name.begin(), name.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F;
    });
    if (has_control) {
        report.fail("the tensor name " + inQuotes(name) + " has control characters");
    }
}

void checkMetadata(const Json& metadata, const Report& report) {
    if (!metadata.is_object()) {
        report.fail("__metadata__ is not an object");
    }
    for (const auto& item : metadata.items()) {
        if (!item.value().is_string()) {
            report.fail("__metadata__ " + inQuotes(item.key()) + " is not text");
        }
    }
}

unsigned bitsOf(const std::string& dtype, const std::string& name, const Report& report) {
    const auto* const it = std::find_if(kBitsOfDtype.begin(),
                                        kBitsOfDtype.end(),
                                        [&](const auto& entry) { return entry.first == dtype; });
    if (it == kBitsOfDtype.end()) {
        report.fail("tensor " + inQuotes(name) + " has the unknown dtype " + inQuotes(dtype));
    }
    return it->second;
}

void checkKeys(const Json& entry, const std::string& name, const Report& report) {
    if (!entry.is_object()) {
        report.fail("the entry of tensor " + inQuotes(name) + " is not an object");
    }
    for (const auto& item : entry.items()) {
        if (item.key() != "dtype" && item.key() != "shape" && item.key() != "data_offsets") {
            report.fail("tensor " + inQuotes(name) + " has the unknown key " +
                        inQuotes(item.key()));
        }
    }
    for (const char* key : {"dtype", "shape", "data_offsets"}) {
        if (!entry.contains(key)) {
            report.fail("tensor " + inQuotes(name) + " has no " + key);
        }
    }
    if (!entry["dtype"].is_string()) {
        report.fail("the dtype of tensor " + inQuotes(name) + " is not text");
    }
}

StoredTensor parseEntry(const Json& entry, const std::string& name, const Report& report) {
    checkKeys(entry, name, report);
    StoredTensor tensor;
    tensor.dtype = entry["dtype"].get<std::string>();
    const std::uint64_t bits_each = bitsOf(tensor.dtype, name, report);

    const Json& shape = entry["shape"];
    if (!shape.is_array() || shape.size() > kMaxRank) {
        report.fail("the shape of tensor " + inQuotes(name) + " is not a list of at most " +
                    std::to_string(kMaxRank) + " numbers");
    }
    std::uint64_t bits = bits_each;
    for (const Json& extent : shape) {
        const std::uint64_t size = wholeNumber(extent, "an extent of " + inQuotes(name), report);
        if (__builtin_mul_overflow(bits, size, &bits)) {
            report.fail("the shape of tensor " + inQuotes(name) + " overflows");
        }
        tensor.shape.push_back(static_cast<std::int64_t>(size));
    }
    const Json& offsets = entry["data_offsets"];
    if (!offsets.is_array() || offsets.size() != 2) {
        report.fail("data_offsets of tensor " + inQuotes(name) + " is not a pair");
    }
    tensor.begin = wholeNumber(offsets[0], "an offset of " + inQuotes(name), report);
    tensor.end = wholeNumber(offsets[1], "an offset of " + inQuotes(name), report);
    if (tensor.end < tensor.begin) {
        report.fail("tensor " + inQuotes(name) + " ends before it begins");
    }
    if (bits % 8 != 0) {
        report.fail("tensor " + inQuotes(name) + " does not fill whole bytes");
    }
    if (bits / 8 != tensor.end - tensor.begin) {
        report.fail("tensor " + inQuotes(name) + " needs " + std::to_string(bits / 8) +
                    " bytes by its shape and has " + std::to_string(tensor.end - tensor.begin) +
                    " by its offsets");
    }
    return tensor;
}

/// Sorted by place, the tensors cover the data without hole, overlap or rest.
void checkCover(const std::map<std::string, StoredTensor>& tensors,
                std::uint64_t data_bytes,
                const Report& report) {
    std::vector<std::pair<const std::string*, const StoredTensor*>> order;
    for (const auto& [name, tensor] : tensors) {
        order.emplace_back(&name, &tensor);
    }
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
        return std::pair(a.second->begin, a.second->end) <
               std::pair(b.second->begin, b.second->end);
    });
    std::uint64_t at = 0;
    for (const auto& [name, tensor] : order) {
        if (tensor->begin != at) {
            report.fail("tensor " + inQuotes(*name) + " begins at byte " +
                        std::to_string(tensor->begin) + " of the data, where " +
                        std::to_string(at) + " is expected (a hole or an overlap)");
        }
        at = tensor->end;
    }
    if (at != data_bytes) {
        report.fail("the tensors fill " + std::to_string(at) + " bytes, the file holds " +
                    std::to_string(data_bytes) + " (cut off, or with bytes nobody names)");
    }
}

void readInto(int fd, std::byte* target, std::uint64_t size, const Report& report) {
    std::uint64_t done = 0;
    while (done < size) {
        const ssize_t n = ::read(fd, target + done, size - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            report.fail("it became shorter while it was read");
        }
        done += static_cast<std::uint64_t>(n);
    }
}

}  // namespace

std::uint64_t StoredTensor::elements() const {
    std::uint64_t product = 1;
    for (const std::int64_t extent : shape) {
        product *= static_cast<std::uint64_t>(extent);
    }
    return product;
}

std::map<std::string, StoredTensor> parseSafetensorsHeader(std::string_view header,
                                                           std::uint64_t data_bytes,
                                                           const std::string& file_name) {
    const Report report{file_name};
    if (header.empty() || header.front() != '{') {
        report.fail("its header does not begin with '{'");
    }
    // Told before parsing: the parser's time grows with the square of an object's members.
    const auto n_brackets =
        std::count_if(header.begin(), header.end(), [](char c) { return c == '{' || c == '['; });
    constexpr std::size_t kBracketsPerTensor = 3;
    if (static_cast<std::size_t>(n_brackets) > kBracketsPerTensor * kMaxTensors + 2) {
        report.fail("it names more than " + std::to_string(kMaxTensors) + " tensors");
    }
    const Json json = parseJson(header,
                                "The header of " + inQuotes(file_name),
                                ErrorCode::Model,
                                {.max_bytes = kMaxHeaderBytes, .max_depth = kMaxDepth});
    if (!json.is_object()) {
        report.fail("its header is not an object");
    }
    std::map<std::string, StoredTensor> tensors;
    for (const auto& item : json.items()) {
        if (item.key() == "__metadata__") {
            checkMetadata(item.value(), report);
            continue;
        }
        checkName(item.key(), report);
        tensors.emplace(item.key(), parseEntry(item.value(), item.key(), report));
    }
    checkCover(tensors, data_bytes, report);
    return tensors;
}

std::shared_ptr<const SafetensorsFile> SafetensorsFile::open(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    const Report report{name};
    // Without O_NONBLOCK opening a pipe waits for its other end.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (file.get() < 0) {
        throw Error(ErrorCode::Model,
                    "Cannot open " + inQuotes(path.string()) + ": " + std::strerror(errno));
    }

    struct stat info {};

    if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
        throw Error(ErrorCode::Model, inQuotes(path.string()) + " is not a regular file");
    }
    const auto size = static_cast<std::uint64_t>(info.st_size);
    constexpr std::uint64_t kPrefix = 8;
    if (size < kPrefix) {
        report.fail("it has " + std::to_string(size) + " bytes; the length of its header takes 8");
    }
    std::shared_ptr<SafetensorsFile> result(new SafetensorsFile);
    result->size_ = size;
    if (size < kReadBelow) {
        result->copy_ = std::make_unique<std::byte[]>(size);
        readInto(file.get(), result->copy_.get(), size, report);
        result->start_ = result->copy_.get();
    } else {
        void* const place =
            ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_NORESERVE, file.get(), 0);
        if (place == MAP_FAILED) {
            throw Error(ErrorCode::OutOfMemory,
                        "Cannot map " + inQuotes(path.string()) + ": " + std::strerror(errno));
        }
        result->mapping_ = place;
        result->start_ = static_cast<const std::byte*>(place);
    }
    std::uint64_t header_bytes = 0;
    std::memcpy(&header_bytes, result->start_, sizeof header_bytes);
    if (header_bytes > kMaxHeaderBytes) {
        report.fail("its header claims " + std::to_string(header_bytes) + " bytes; at most " +
                    std::to_string(kMaxHeaderBytes) + " are read");
    }
    if (header_bytes > size - kPrefix) {
        report.fail("its header claims " + std::to_string(header_bytes) + " bytes, the file has " +
                    std::to_string(size));
    }
    const std::string_view header(reinterpret_cast<const char*>(result->start_ + kPrefix),
                                  header_bytes);
    result->data_ = kPrefix + header_bytes;
    result->tensors_ = parseSafetensorsHeader(header, size - result->data_, name);
    result->header_hash_ = Hasher().add(header).add(size).value();
    return result;
}

SafetensorsFile::~SafetensorsFile() {
    if (mapping_ != nullptr) {
        ::munmap(mapping_, size_);
    }
}

std::span<const std::byte> SafetensorsFile::bytesOf(const StoredTensor& tensor) const {
    require(tensor.begin <= tensor.end && tensor.end <= size_ - data_,
            "a tensor outside its safetensors file");
    return {start_ + data_ + tensor.begin, tensor.end - tensor.begin};
}

}  // namespace prunescope
