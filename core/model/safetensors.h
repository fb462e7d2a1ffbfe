#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prunescope {

/// One entry of a safetensors header, checked.
struct StoredTensor {
    std::string dtype;                ///< "F32", "BF16", …
    std::vector<std::int64_t> shape;  ///< every extent >= 0
    std::uint64_t begin = 0;          ///< bytes from the start of the data
    std::uint64_t end = 0;

    std::uint64_t elements() const;  ///< product of the shape; checked when it was read
};

/// A safetensors file, its header checked (checkpoints.md 6.2): no holes, no overlap, no trailing
/// bytes, no duplicate keys, sizes that agree. Small files are held in memory, larger ones mapped
/// for reading; symbolic links are followed. Bytes are viewed, nothing is allocated from a shape.
class SafetensorsFile {
public:
    /// @throws Error(Model) that names the file and the rule it breaks
    static std::shared_ptr<const SafetensorsFile> open(const std::filesystem::path& path);

    ~SafetensorsFile();
    SafetensorsFile(const SafetensorsFile&) = delete;
    SafetensorsFile& operator=(const SafetensorsFile&) = delete;

    const std::map<std::string, StoredTensor>& tensors() const { return tensors_; }

    /// The bytes [begin, end) of a tensor of this file.
    std::span<const std::byte> bytesOf(const StoredTensor& tensor) const;

    std::uint64_t fileBytes() const { return size_; }

    /// Hash of the header's bytes and the file's size.
    std::uint64_t headerHash() const { return header_hash_; }

private:
    SafetensorsFile() = default;

    std::map<std::string, StoredTensor> tensors_;
    std::unique_ptr<std::byte[]> copy_;  ///< small files
    void* mapping_ = nullptr;            ///< larger ones
    const std::byte* start_ = nullptr;
    std::uint64_t size_ = 0;
    std::uint64_t data_ = 0;  ///< where the data begins
    std::uint64_t header_hash_ = 0;
};

/// The checks of a header alone. `data_bytes` is what follows it in the file.
/// @throws Error(Model)
std::map<std::string, StoredTensor> parseSafetensorsHeader(std::string_view header,
                                                           std::uint64_t data_bytes,
                                                           const std::string& file_name);

}  // namespace prunescope
