#include "core/model/discover.h"

#include "core/model/load_report.h"
#include "core/model/precision.h"
#include "tests/model/model_files.h"

#include <cstdlib>
#include <filesystem>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace prunescope {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// Sets an environment variable, or removes it, for one test.
class Variable {
public:
    Variable(const char* name, const std::optional<std::string>& value) : name_(name) {
        if (const char* old = std::getenv(name)) {
            old_ = old;
        }
        set(value);
    }

    ~Variable() { set(old_); }

    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

private:
    void set(const std::optional<std::string>& value) const {
        if (value) {
            ::setenv(name_, value->c_str(), 1);
        } else {
            ::unsetenv(name_);
        }
    }

    const char* name_;
    std::optional<std::string> old_;
};

/// A cache as huggingface_hub lays it out: snapshots hold links into blobs.
class HubCache : public testing::Test {
protected:
    void add(const std::string& repository,
             const std::string& revision,
             const std::string& golden) {
        const fs::path base = hub() / repository;
        const fs::path snapshot = base / "snapshots" / revision;
        fs::create_directories(snapshot);
        fs::create_directories(base / "blobs");
        int n = 0;
        for (const auto& file : fs::directory_iterator(test::goldenFolder(golden))) {
            const std::string blob = revision + std::to_string(n++);
            fs::copy(file, base / "blobs" / blob);
            fs::create_symlink(fs::path("../../blobs") / blob, snapshot / file.path().filename());
        }
    }

    fs::path hub() const { return folder_.path() / "hub"; }

    test::TempFolder folder_;
    Variable hub_cache_{"HF_HUB_CACHE", std::nullopt};
    Variable hf_home_{"HF_HOME", std::nullopt};
    Variable xdg_{"XDG_CACHE_HOME", std::nullopt};
    Variable home_{"HOME", "/nonexistent"};
};

TEST_F(HubCache, FindsSnapshotsThroughLinksMainFirst) {
    add("models--llava-hf--tiny", "aaa", "clip_llama_gqa_a_bf16");
    add("models--llava-hf--tiny", "bbb", "clip_llama_gqa_b_fp16");
    add("models--other", "ccc", "clip_llama_default");
    folder_.write("hub/models--llava-hf--tiny/refs/main", "bbb\n");
    folder_.write("hub/models--some--text/snapshots/1/config.json", R"({"model_type":"llama"})");
    folder_.write("hub/models--some--broken/snapshots/1/config.json", "{");
    folder_.write("hub/datasets--some--data/snapshots/1/config.json", R"({"model_type":"llava"})");
    folder_.write("hub/version.txt", "1");
    const Variable variable("HF_HUB_CACHE", hub().string());
    const std::vector<ModelCandidate> found = findCachedModels();
    ASSERT_EQ(found.size(), 3u);
    EXPECT_EQ(found[0].name, "llava-hf/tiny");
    EXPECT_EQ(found[0].stored_dtype, "fp16");
    EXPECT_EQ(found[1].stored_dtype, "bf16");
    EXPECT_EQ(found[2].name, "other");
    for (const ModelCandidate& model : found) {
        EXPECT_EQ(model.why_not, "");
        EXPECT_TRUE(model.fits);
        EXPECT_GT(model.file_bytes, 0u);
        EXPECT_GT(model.memory_needed, 0u);
    }
}

TEST_F(HubCache, LooksWhereTheVariablesSay) {
    add("models--a--b", "1", "clip_llama_gqa_a_bf16");
    EXPECT_TRUE(findCachedModels().empty());
    {
        const Variable variable("HF_HOME", folder_.path().string());
        EXPECT_EQ(findCachedModels().size(), 1u);
        const Variable other("HF_HUB_CACHE", "/nonexistent");
        EXPECT_TRUE(findCachedModels().empty());
    }
    fs::create_directories(folder_.path() / "huggingface");
    fs::create_directory_symlink(hub(), folder_.path() / "huggingface" / "hub");
    {
        const Variable variable("XDG_CACHE_HOME", folder_.path().string());
        EXPECT_EQ(findCachedModels().size(), 1u);
    }
    fs::create_directories(folder_.path() / ".cache");
    fs::create_directory_symlink(folder_.path() / "huggingface",
                                 folder_.path() / ".cache" / "huggingface");
    const Variable variable("HOME", folder_.path().string());
    EXPECT_EQ(findCachedModels().size(), 1u);
}

TEST_F(HubCache, SaysWhatIsWrongWithAnUnfinishedDownload) {
    folder_.write("hub/models--a--b/snapshots/1/config.json", R"({"model_type":"llava"})");
    const Variable variable("HF_HUB_CACHE", hub().string());
    const auto found = findCachedModels();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_THAT(found[0].why_not, HasSubstr("has no model.safetensors"));
}

TEST(FolderOfModels, GivesTheCheckpointsInItOrItself) {
    const test::TempFolder folder;
    fs::copy(
        test::goldenFolder("clip_llama_default"), folder.path() / "b", fs::copy_options::recursive);
    fs::copy(test::goldenFolder("clip_llama_gqa_a_bf16"),
             folder.path() / "a",
             fs::copy_options::recursive);
    folder.write("text/config.json", R"({"model_type":"llama"})");
    folder.write("deep/er/config.json", R"({"model_type":"llava"})");
    folder.write("config.json", "no JSON");
    const std::vector<ModelCandidate> found = findModelsIn(folder.path());
    ASSERT_EQ(found.size(), 2u) << "one level deep, LLaVA alone";
    EXPECT_EQ(found[0].name, "a");
    EXPECT_EQ(found[1].name, "b");
    const std::vector<ModelCandidate> itself = findModelsIn(folder.path() / "b");
    ASSERT_EQ(itself.size(), 1u);
    EXPECT_EQ(itself[0].why_not, "");
    EXPECT_TRUE(findModelsIn("/nonexistent").empty());
    EXPECT_TRUE(findModelsIn(folder.path() / "config.json").empty());
}

TEST(InspectModel, NeverThrows) {
    EXPECT_THAT(inspectModel("/nonexistent").why_not, HasSubstr("is not a folder"));
    const test::TempFolder folder;
    EXPECT_EQ(inspectModel(folder.path()).why_not, "The folder has no config.json.");
    folder.write("config.json", "[");
    EXPECT_THAT(inspectModel(folder.path()).why_not, HasSubstr("not valid JSON"));
    const ModelCandidate good = inspectModel(test::goldenFolder("clip_llama_default") / "");
    EXPECT_EQ(good.name, "clip_llama_default");
    EXPECT_EQ(good.stored_dtype, "fp32");
    EXPECT_EQ(good.why_not, "");
}

TEST(Precision, TakesFloat32WhereItFitsComfortably) {
    constexpr std::uint64_t kGiga = 1'000'000'000;
    EXPECT_EQ(hostDtype(7 * kGiga, 23 * kGiga), "bf16");
    EXPECT_EQ(hostDtype(7 * kGiga, 128 * kGiga), "fp32");
    EXPECT_EQ(hostDtype(7 * kGiga, 0), "fp32");
    EXPECT_GT(availableMemory(), 0u);
}

TEST(LoadReport, IsWrittenAsJson) {
    LoadReport report;
    report.name = "broken \xff name";
    report.parameters = 7'063'427'072;
    report.ignored = {"a", "b"};
    const auto json = nlohmann::json::parse(reportToJson(report));
    EXPECT_EQ(json["parameters"], 7'063'427'072);
    EXPECT_EQ(json["ignored"].size(), 2u);
    EXPECT_TRUE(json.contains("warnings"));
}

}  // namespace
}  // namespace prunescope
