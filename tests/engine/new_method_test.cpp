// The claim of core/prune/README.md: a method is added with one file pair, one line in the registry
// and one entry in the catalog. This program is the engine with exactly these three (CMakeLists.txt
// makes the two changed files of the real ones), and the method runs like any other.
#include "core/engine/run.h"
#include "core/image/decode.h"
#include "core/prune/prune_method.h"
#include "core/trace/trace_json.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {
namespace {

namespace fs = std::filesystem;

const fs::path kSources = PRUNESCOPE_SOURCE_DIR;

std::shared_ptr<const Image> samplePicture() {
    for (const auto& entry : fs::directory_iterator(kSources / "tests/golden/starter/samples")) {
        if (entry.path().extension() == ".png") {
            return std::make_shared<const Image>(loadImage(entry.path()).image);
        }
    }
    return nullptr;
}

RunRequest stripeRequest() {
    RunRequest request;
    request.image = samplePicture();
    request.image_name = "sample.png";
    request.prompt = "Is there a dog in the picture?";
    request.settings.method = "stripe";
    request.settings.budget = 16;
    request.settle_ms = 0;
    return request;
}

// The file without its comments, in which a method may be an example.
std::string codeOf(const fs::path& path) {
    std::ifstream file(path);
    std::string code;
    for (std::string line; std::getline(file, line);) {
        code += line.substr(0, line.find("//")) + '\n';
    }
    return code;
}

bool isSource(const fs::path& path) {
    return path.extension() == ".cpp" || path.extension() == ".h";
}

// Ids that mean something else as well.
bool isEverydayWord(const std::string& id) {
    return id == "none" || id == "random" || id == "grid" || id == "scope";
}

}  // namespace

TEST(NewMethod, HasItsParametersAndRanges) {
    const MethodSpec* spec = findMethod("stripe");
    ASSERT_NE(spec, nullptr);
    RunSettings settings = stripeRequest().settings;
    EXPECT_THAT(checkSettings(settings), ::testing::IsEmpty());
    settings.params["offset"] = 9.0;
    ASSERT_EQ(checkSettings(settings).size(), 1U);
    EXPECT_EQ(checkSettings(settings)[0].message, "offset must be between 0 and 8, not 9.");
}

TEST(NewMethod, RunsFromPictureToAnswerAndTrace) {
    const auto vlm = Vlm::load(kSources / "tests/golden/starter",
                               {.device = "cpu", .dtype = "fp32", .threads = 2});
    StageCache cache;
    RunRequest request = stripeRequest();
    const RunTrace trace = run({*vlm, cache, request});
    const ViewTrace& view = trace.views.at(0);
    EXPECT_EQ(trace.tokens.visual_kept, 16);
    EXPECT_EQ(view.kept.size(), 16U);
    EXPECT_EQ(view.kept[1], 36);
    EXPECT_EQ(view.rows.back(), (OutputRow{RowKind::Merged, 540}));
    EXPECT_TRUE(view.shift.kappa.has_value());
    EXPECT_GT(view.shift.null_band.draws, 0);
    EXPECT_TRUE(trace.answer.complete);
    const std::vector<PatchFate> fates = patchFates(view, 0);
    EXPECT_EQ(std::ranges::count(fates, PatchFate::Kept), 15);
    EXPECT_EQ(std::ranges::count(fates, PatchFate::Enriched), 1);
    EXPECT_EQ(std::ranges::count(fates, PatchFate::Merged), 560);
    EXPECT_EQ(traceToJson(traceFromJson(traceToJson(trace))), traceToJson(trace));

    request.settings.params["offset"] = 5.0;
    EXPECT_EQ(run({*vlm, cache, request}).views[0].kept[0], 5)
        << "its parameter is in the cache key";
}

TEST(NewMethod, NothingOutsidePruneNamesAMethod) {
    for (const char* folder : {"core", "ui", "app"}) {
        for (const auto& entry : fs::recursive_directory_iterator(kSources / folder)) {
            const std::string name = fs::relative(entry.path(), kSources).generic_string();
            const bool is_exempt = name.starts_with("core/prune/") ||
                                   name == "core/trace/settings.h" ||  // the default of a new run
                                   name == "app/screenshots.cpp";      // pictures of some methods
            if (!entry.is_regular_file() || !isSource(entry.path()) || is_exempt) {
                continue;
            }
            const std::string text = codeOf(entry.path());
            for (const MethodSpec& method : methodCatalog()) {
                EXPECT_TRUE(isEverydayWord(method.id) ||
                            text.find('"' + method.id + '"') == std::string::npos)
                    << name << " knows of " << method.id;
            }
        }
    }
}

}  // namespace prunescope
