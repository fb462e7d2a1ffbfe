#include "core/session/archive.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string_view>
#include <zip.h>

namespace prunescope {

namespace {

struct CloseFile {
    void operator()(zip_file_t* file) const { zip_fclose(file); }
};

struct DiscardArchive {
    void operator()(zip_t* archive) const { zip_discard(archive); }
};

using OpenFile = std::unique_ptr<zip_file_t, CloseFile>;
using OpenArchive = std::unique_ptr<zip_t, DiscardArchive>;

constexpr zip_uint64_t kEverything = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE |
                                     ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
// 2020-01-01 00:00 as an MS-DOS date; the time of writing would make equal contents differ.
constexpr zip_uint16_t kDosDate = ((2020 - 1980) << 9) | (1 << 5) | 1;

[[noreturn]] void refuse(const std::string& what, const std::string& why) {
    throw Error(ErrorCode::Input, what + " cannot be opened: " + why + ".");
}

bool isSafeName(std::string_view name, std::size_t max_length) {
    if (name.empty() || name.size() > max_length || name.front() == '/') {
        return false;
    }
    const bool has_bad_byte = std::any_of(name.begin(), name.end(), [](char c) {
        return c == '\\' || c == ':' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    });
    if (has_bad_byte) {
        return false;
    }
    for (std::size_t at = 0; at <= name.size();) {
        const std::size_t end = std::min(name.find('/', at), name.size());
        const std::string_view part = name.substr(at, end - at);
        if (part.empty() || part == "." || part == "..") {
            return false;
        }
        at = end + 1;
    }
    return true;
}

std::string reasonOf(zip_error_t* error) {
    std::string text = zip_error_strerror(error);
    zip_error_fini(error);
    return text;
}

OpenArchive openBytes(const std::vector<std::uint8_t>& bytes, const std::string& what) {
    if (bytes.empty()) {  // libzip takes this for an archive without entries
        refuse(what, "it is no zip archive: it is empty");
    }
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
    if (source == nullptr) {
        refuse(what, reasonOf(&error));
    }
    zip_t* archive = zip_open_from_source(source, ZIP_RDONLY, &error);
    if (archive == nullptr) {
        zip_source_free(source);
        refuse(what, "it is no zip archive or is damaged (" + reasonOf(&error) + ")");
    }
    zip_error_fini(&error);
    return OpenArchive(archive);
}

zip_stat_t checkedStat(zip_t* archive,
                       zip_uint64_t index,
                       const std::string& what,
                       const ArchiveLimits& limits) {
    zip_stat_t info;
    zip_stat_init(&info);
    if (zip_stat_index(archive, index, 0, &info) != 0 ||
        (info.valid & kEverything) != kEverything) {
        refuse(what, "its entry " + std::to_string(index) + " is damaged");
    }
    const std::string name = inQuotes(info.name);
    if (!isSafeName(info.name, limits.max_name_length)) {
        refuse(what, "the entry name " + name + " is not allowed");
    }
    if (info.encryption_method != ZIP_EM_NONE) {
        refuse(what, "its entry " + name + " is encrypted");
    }
    if (info.comp_method != ZIP_CM_STORE && info.comp_method != ZIP_CM_DEFLATE) {
        refuse(what, "its entry " + name + " is compressed in a way that is not supported");
    }
    if (info.size > limits.max_entry_bytes) {
        refuse(what,
               "its entry " + name + " has " + humanBytes(info.size) + "; at most " +
                   humanBytes(limits.max_entry_bytes) + " are read");
    }
    return info;
}

/// Grows with what is really there: a directory that promises more costs nothing.
std::string readEntry(zip_t* archive,
                      zip_uint64_t index,
                      const zip_stat_t& info,
                      const std::string& what) {
    const OpenFile file(zip_fopen_index(archive, index, 0));
    const std::string name = inQuotes(info.name);
    if (!file) {
        refuse(what, "its entry " + name + " is damaged");
    }
    constexpr std::size_t kChunk = std::size_t{1} << 20;
    std::string bytes;
    while (bytes.size() < info.size) {
        const std::size_t done = bytes.size();
        bytes.resize(done + std::min<std::size_t>(kChunk, info.size - done));
        const zip_int64_t n = zip_fread(file.get(), bytes.data() + done, bytes.size() - done);
        if (n <= 0) {
            refuse(what, "its entry " + name + " is damaged");
        }
        bytes.resize(done + static_cast<std::size_t>(n));
    }
    // Reading past the end is what makes libzip compare the checksum.
    char more = 0;
    if (zip_fread(file.get(), &more, 1) != 0) {
        refuse(what, "its entry " + name + " is damaged: its size or checksum is wrong");
    }
    return bytes;
}

bool isCompressedAlready(std::string_view name) {
    return name.ends_with(".png") || name.ends_with(".jpg");
}

void addEntry(zip_t* archive, const ArchiveEntry& entry) {
    zip_source_t* source = zip_source_buffer(archive, entry.bytes.data(), entry.bytes.size(), 0);
    const zip_int64_t index =
        source == nullptr ? -1
                          : zip_file_add(archive, entry.name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
        zip_source_free(source);
        throw Error(ErrorCode::Failure,
                    "The entry " + inQuotes(entry.name) +
                        " cannot be packed: " + zip_strerror(archive) + ".");
    }
    const auto at = static_cast<zip_uint64_t>(index);
    zip_set_file_compression(
        archive, at, isCompressedAlready(entry.name) ? ZIP_CM_STORE : ZIP_CM_DEFLATE, 6);
    zip_file_set_dostime(archive, at, 0, kDosDate, 0);
}

}  // namespace

std::vector<ArchiveEntry> unpackArchive(const std::vector<std::uint8_t>& bytes,
                                        const std::string& what,
                                        const ArchiveLimits& limits) {
    const OpenArchive archive = openBytes(bytes, what);
    const zip_int64_t n = zip_get_num_entries(archive.get(), 0);
    if (n < 0 || static_cast<std::size_t>(n) > limits.max_entries) {
        refuse(what,
               "it holds " + std::to_string(n) + " entries; at most " +
                   std::to_string(limits.max_entries) + " are read");
    }
    std::vector<zip_stat_t> stats;
    std::set<std::string> names;
    std::uint64_t total = 0;
    for (zip_int64_t i = 0; i < n; ++i) {
        stats.push_back(checkedStat(archive.get(), static_cast<zip_uint64_t>(i), what, limits));
        total += stats.back().size;  // at most 64 * 320 MiB: no overflow
        if (!names.insert(stats.back().name).second) {
            refuse(what, "it holds two entries named " + inQuotes(stats.back().name));
        }
    }
    if (total > limits.max_total_bytes) {
        refuse(what,
               "unpacked it has " + humanBytes(total) + "; at most " +
                   humanBytes(limits.max_total_bytes) + " are read");
    }
    std::vector<ArchiveEntry> entries;
    for (std::size_t i = 0; i < stats.size(); ++i) {
        entries.push_back({stats[i].name, readEntry(archive.get(), i, stats[i], what)});
    }
    return entries;
}

std::string packArchive(const std::vector<ArchiveEntry>& entries) {
    require(!entries.empty(), "an archive needs an entry");
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* target = zip_source_buffer_create(nullptr, 0, 0, &error);
    zip_t* archive =
        target == nullptr ? nullptr : zip_open_from_source(target, ZIP_TRUNCATE, &error);
    if (archive == nullptr) {
        zip_source_free(target);
        throw Error(ErrorCode::Failure, "An archive cannot be made: " + reasonOf(&error) + ".");
    }
    zip_error_fini(&error);
    OpenArchive open(archive);
    zip_source_keep(target);  // the bytes are read after the archive is closed
    const std::unique_ptr<zip_source_t, void (*)(zip_source_t*)> kept(target, zip_source_free);
    for (const ArchiveEntry& entry : entries) {
        addEntry(archive, entry);
    }
    if (zip_close(archive) != 0) {
        throw Error(ErrorCode::Failure,
                    std::string("An archive cannot be written: ") + zip_strerror(archive) + ".");
    }
    static_cast<void>(open.release());  // closed above

    zip_stat_t info;
    zip_stat_init(&info);
    std::string bytes;
    if (zip_source_stat(target, &info) == 0 && (info.valid & ZIP_STAT_SIZE) != 0 &&
        zip_source_open(target) == 0) {
        bytes.resize(info.size);
        const zip_int64_t n = zip_source_read(target, bytes.data(), bytes.size());
        zip_source_close(target);
        if (n == static_cast<zip_int64_t>(bytes.size())) {
            return bytes;
        }
    }
    throw Error(ErrorCode::Failure, "An archive cannot be read back after it was packed.");
}

}  // namespace prunescope
