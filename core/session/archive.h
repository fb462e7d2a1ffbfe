#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace prunescope {

/// One file of an archive.
struct ArchiveEntry {
    std::string name;  ///< relative, '/' between parts
    std::string bytes;

    bool operator==(const ArchiveEntry&) const = default;
};

/// What an archive from outside may be at most; checked against its directory before anything is
/// unpacked, and again while unpacking.
struct ArchiveLimits {
    std::size_t max_entries = 64;
    std::uint64_t max_entry_bytes = 320u << 20;
    std::uint64_t max_total_bytes = 512u << 20;
    std::size_t max_name_length = 128;
};

/// Unpacks a zip archive held in memory. Refuses: no zip, encrypted entries, compression other than
/// deflate, two entries of one name, names that are absolute, hold "..", a backslash, a control
/// character or a drive letter, wrong checksums, and what exceeds the limits.
/// @throws Error(Input) naming the entry
std::vector<ArchiveEntry> unpackArchive(const std::vector<std::uint8_t>& bytes,
                                        const std::string& what,
                                        const ArchiveLimits& limits = {});

/// Packs entries (at least one) in their order, all with the same fixed time, so that equal
/// contents give equal bytes. PNG and JPEG entries are stored as they are.
/// @throws Error(Failure)
std::string packArchive(const std::vector<ArchiveEntry>& entries);

}  // namespace prunescope
