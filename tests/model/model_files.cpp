#include "tests/model/model_files.h"

#include "core/base/error.h"

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace prunescope::test {

namespace fs = std::filesystem;

TempFolder::TempFolder() {
    std::string name = (fs::temp_directory_path() / "prunescope-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("no temporary folder");
    }
    path_ = name;
}

TempFolder::~TempFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

fs::path TempFolder::write(const std::string& name, std::string_view contents) const {
    const fs::path path = path_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << contents;
    return path;
}

std::string readText(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string safetensorsBytes(std::string_view header, std::size_t data_bytes) {
    const std::uint64_t length = header.size();
    std::string bytes(sizeof length, '\0');
    std::memcpy(bytes.data(), &length, sizeof length);
    bytes += header;
    bytes.append(data_bytes, '\0');
    return bytes;
}

fs::path goldenFolder(const std::string& name) {
    return fs::path(PRUNESCOPE_TEST_DATA) / name;
}

void copyGolden(const std::string& name, const fs::path& target) {
    fs::copy(goldenFolder(name), target, fs::copy_options::recursive);
}

void changeJson(const fs::path& path, const std::function<void(nlohmann::json&)>& change) {
    nlohmann::json values = nlohmann::json::parse(readText(path));
    change(values);
    std::ofstream(path, std::ios::binary) << values.dump();
}

std::string modelError(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ErrorCode::Model) << e.what();
        return e.what();
    }
    return {};
}

}  // namespace prunescope::test
