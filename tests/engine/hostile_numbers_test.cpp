// Weights and pictures whose numbers no method was made for: whole runs end with a trace that can
// be shown, and say so by name.
#include "core/base/error.h"
#include "core/engine/run.h"
#include "core/prune/catalog.h"
#include "core/trace/trace_json.h"
#include "tests/model/model_files.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <numeric>
#include <set>
#include <vector>

#include <c10/util/Half.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {
namespace {

namespace fs = std::filesystem;
using test::TempFolder;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kModel = "dcp/grid6_layers8";  // float16, 36 patches
constexpr int kPatches = 36;

/// Writes the weights again as float32, with `value` in every tensor whose name holds `part`.
void fillWeights(const fs::path& folder, const std::string& part, float value) {
    const fs::path path = folder / "model.safetensors";
    const std::string bytes = test::readText(path);
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    auto header = nlohmann::json::parse(bytes.substr(8, length));
    header.erase("__metadata__");
    std::vector<float> data;
    int n_filled = 0;
    for (auto& [name, tensor] : header.items()) {
        ASSERT_EQ(tensor.at("dtype"), "F16") << name;
        const bool is_filled = name.find(part) != std::string::npos;
        n_filled += is_filled ? 1 : 0;
        const std::size_t begin = data.size() * sizeof value;
        const auto from = tensor.at("data_offsets").at(0).get<std::size_t>();
        const auto to = tensor.at("data_offsets").at(1).get<std::size_t>();
        for (std::size_t at = from; at < to; at += sizeof(c10::Half)) {
            c10::Half stored;
            std::memcpy(&stored, bytes.data() + 8 + length + at, sizeof stored);
            data.push_back(is_filled ? value : static_cast<float>(stored));
        }
        tensor["dtype"] = "F32";
        tensor["data_offsets"] = {begin, data.size() * sizeof value};
    }
    ASSERT_GT(n_filled, 0) << "no weight is called " << part;
    const std::string text = header.dump();
    length = text.size();
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(&length), sizeof length);
    file << text;
    file.write(reinterpret_cast<const char*>(data.data()),
               static_cast<std::streamsize>(data.size() * sizeof value));
}

std::shared_ptr<const Image> flatPicture(std::uint8_t level) {
    return std::make_shared<const Image>(
        Image{40, 30, std::vector<std::uint8_t>(std::size_t{40} * 30 * 3, level)});
}

std::shared_ptr<const Image> picture() {
    Image image{40, 30, {}};
    for (int i = 0; i < 40 * 30 * 3; ++i) {
        image.rgb.push_back(static_cast<std::uint8_t>(i * 37 % 251));
    }
    return std::make_shared<const Image>(std::move(image));
}

RunRequest requestOf(const std::shared_ptr<const Image>& image,
                     const std::string& method,
                     int budget) {
    RunRequest request;
    request.image = image;
    request.image_name = "picture.png";
    request.prompt = "what";
    request.settings.method = method;
    request.settings.budget = budget;
    request.settings.trigger = Trigger::Always;
    request.settings.max_new_tokens = 3;
    request.settle_ms = 0;
    return request;
}

/// What must hold of every trace, whatever the numbers were.
void expectSound(const RunTrace& trace, int n_patches, int budget) {
    ASSERT_EQ(trace.views.size(), 1U);
    const std::vector<int> kept(trace.views[0].kept.begin(), trace.views[0].kept.end());
    EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end()));
    EXPECT_EQ(std::set<int>(kept.begin(), kept.end()).size(), kept.size());
    // A decoder may be too shallow for tokens to leave inside it; the notes say so.
    if (trace.settings.method != "none" && !findMethod(trace.settings.method)->in_decoder) {
        EXPECT_LE(kept.size(), static_cast<std::size_t>(std::min(budget, n_patches)));
    }
    EXPECT_FALSE(trace.views[0].rows.empty());  // of patches, or of CLS and what was merged
    for (const int patch : kept) {
        EXPECT_GE(patch, 0);
        EXPECT_LT(patch, n_patches);
    }
    EXPECT_FALSE(trace.answer.ids.empty());
    const ShiftSummary& shift = trace.views[0].shift;
    for (const double value : {shift.kappa.value_or(0),
                               shift.kappa_after.value_or(0),
                               shift.tau,
                               shift.mean_term,
                               shift.variance_term,
                               shift.null_band.median}) {
        EXPECT_TRUE(std::isfinite(value));
    }
    for (const std::string& text : {traceToJson(trace), runToJson(trace)}) {
        EXPECT_NO_THROW(nlohmann::json::parse(text));  // refuses NaN and Infinity
    }
    EXPECT_EQ(traceToJson(traceFromJson(traceToJson(trace))), traceToJson(trace));
}

struct Weights {
    const char* name;
    const char* part;  ///< of the tensors' names
    float value;
    bool is_finite;  ///< what comes out of the encoder still is
};

class HostileWeights : public testing::TestWithParam<Weights> {};

TEST_P(HostileWeights, EveryMethodEndsWithASoundTraceAndSaysWhatIsWrong) {
    const Weights& weights = GetParam();
    const TempFolder folder;
    test::copyGolden(kModel, folder.path());
    fillWeights(folder.path(), weights.part, weights.value);
    const auto vlm = Vlm::load(folder.path(), {.device = "cpu", .dtype = "fp32", .threads = 1});
    StageCache cache;
    for (const MethodSpec& method : methodCatalog()) {
        for (const int budget : {1, 16, kPatches, kPatches + 1}) {
            SCOPED_TRACE(method.id + " with a budget of " + std::to_string(budget));
            const RunRequest request = requestOf(picture(), method.id, budget);
            const RunTrace trace = run({*vlm, cache, request});
            expectSound(trace, kPatches, budget);
            const auto says = Contains(HasSubstr("not finite"));
            if (weights.is_finite) {
                EXPECT_THAT(trace.notes, Not(says));
            } else {
                EXPECT_THAT(trace.notes, says);
            }
        }
    }
}

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

INSTANTIATE_TEST_SUITE_P(
    All,
    HostileWeights,
    testing::Values(Weights{"Nan", "vision", kNan, false},
                    Weights{"NanInOneLayer", "layers.3.mlp.fc1.weight", kNan, false},
                    Weights{"Infinite", "patch_embedding", kInf, false},
                    Weights{"Huge", "patch_embedding", 3e38F, false},
                    Weights{"Denormal", "vision", 1e-40F, true},
                    Weights{"Zero", "vision", 0, true},
                    Weights{"ConstantEmbeddings", "patch_embedding", 0.5F, true},
                    Weights{"SameEverywhere", "position_embedding", 0.25F, true},
                    Weights{"NanInTheLanguageModel", "language_model", kNan, false}),
    [](const auto& instance) { return std::string(instance.param.name); });

TEST(HostilePictures, FlatOnesGiveEqualTokensAndTheLowestPatchesWin) {
    const TempFolder folder;
    test::copyGolden(kModel, folder.path());
    fillWeights(folder.path(), "position_embedding", 0);  // then all tokens are the same
    const auto vlm = Vlm::load(folder.path(), {.device = "cpu", .dtype = "fp32", .threads = 1});
    StageCache cache;
    for (const std::uint8_t level : std::initializer_list<std::uint8_t>{0, 255, 90}) {
        for (const MethodSpec& method : methodCatalog()) {
            SCOPED_TRACE(method.id + " on level " + std::to_string(level));
            const RunRequest request = requestOf(flatPicture(level), method.id, 16);
            const RunTrace trace = run({*vlm, cache, request});
            expectSound(trace, kPatches, 16);
            StageCache fresh;
            EXPECT_EQ(run({*vlm, fresh, request}).views[0].kept, trace.views[0].kept);
            if (method.id == "cls-topk") {
                std::vector<std::int32_t> lowest(16);
                std::iota(lowest.begin(), lowest.end(), 0);
                EXPECT_EQ(trace.views[0].kept, lowest);
            }
        }
    }
}

TEST(HostileBudgets, OfTheBundledModel) {
    const auto vlm = Vlm::load(fs::path(PRUNESCOPE_SOURCE_DIR) / "tests/golden/starter",
                               {.device = "cpu", .dtype = "fp32", .threads = 2});
    StageCache cache;
    for (const std::string method : {"dcp", "cls-topk", "grid", "random"}) {
        for (const int budget : {1, 16, 576, 577}) {
            SCOPED_TRACE(method + " with a budget of " + std::to_string(budget));
            RunRequest request = requestOf(picture(), method, budget);
            request.prompt = "Is there a dog in the picture?";
            const RunTrace trace = run({*vlm, cache, request});
            expectSound(trace, 576, budget);
            EXPECT_EQ(trace.views[0].kept.size(), static_cast<std::size_t>(std::min(budget, 576)));
            EXPECT_EQ(trace.notes.empty(), budget <= 576);
        }
        RunRequest none = requestOf(picture(), method, 0);
        try {
            run({*vlm, cache, none});
            ADD_FAILURE() << method << " took a budget of 0";
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::Usage);
            EXPECT_THAT(error.what(), HasSubstr("at least 1 token"));
        }
    }
}

}  // namespace
}  // namespace prunescope
