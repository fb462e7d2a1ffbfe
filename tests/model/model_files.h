#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace prunescope::test {

/// A folder of its own, removed at the end.
class TempFolder {
public:
    TempFolder();
    ~TempFolder();
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }

    std::filesystem::path write(const std::string& name, std::string_view contents) const;

private:
    std::filesystem::path path_;
};

std::string readText(const std::filesystem::path& path);

/// The bytes of a safetensors file: length, header, data.
std::string safetensorsBytes(std::string_view header, std::size_t data_bytes);

/// A folder of tests/golden/data.
std::filesystem::path goldenFolder(const std::string& name);

/// A copy of a golden folder's files in `target`.
void copyGolden(const std::string& name, const std::filesystem::path& target);

/// Reads a JSON file, lets `change` at it, writes it back.
void changeJson(const std::filesystem::path& path,
                const std::function<void(nlohmann::json&)>& change);

/// The message of the Error(Model) that `work` throws; "" when it throws none.
std::string modelError(const std::function<void()>& work);

}  // namespace prunescope::test
