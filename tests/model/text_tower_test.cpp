// The text side of a CLIP against transformers, and how its folder is found.
#include "core/model/text_tower.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/stop.h"
#include "core/model/vlm.h"
#include "tests/model/golden_case.h"
#include "tests/model/model_files.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kLlava = "clip_llama_default";

fs::path clipFolder() {
    return test::goldenFolder("text_tower") / "clip";
}

std::unique_ptr<Vlm> load(const fs::path& model,
                          const fs::path& tower,
                          const char* dtype = "fp32") {
    LoadOptions options;
    options.device = "cpu";
    options.dtype = dtype;
    options.threads = 1;
    options.text_tower = tower;
    return Vlm::load(model, options);
}

/// A copy of the golden CLIP, to be changed.
void copyClip(const fs::path& target) {
    fs::create_directories(target);
    for (const char* name : {"config.json", "model.safetensors", "tokenizer.json"}) {
        fs::copy_file(clipFolder() / name, target / name);
    }
}

/// Sets every value of a float32 tensor to 0.5.
void overwrite(const fs::path& weights, const std::string& tensor) {
    std::string bytes = test::readText(weights);
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    const auto header = nlohmann::json::parse(bytes.substr(sizeof length, length));
    const auto place = header.at(tensor).at("data_offsets").get<std::vector<std::size_t>>();
    constexpr float kValue = 0.5F;
    for (std::size_t at = place[0]; at < place[1]; at += sizeof kValue) {
        std::memcpy(bytes.data() + sizeof length + length + at, &kValue, sizeof kValue);
    }
    std::ofstream(weights, std::ios::binary) << bytes;
}

struct Golden {
    nlohmann::json facts = readJsonFile(test::goldenFolder("text_tower") / "case.json");
    std::map<std::string, at::Tensor> expected =
        test::readTensors(test::goldenFolder("text_tower") / "expected.safetensors");

    void expectTexts(const TextTower& tower, const std::string& prefix) const {
        const auto questions = facts.at("questions").get<std::vector<std::string>>();
        ASSERT_EQ(questions.size(), 5u);
        for (std::size_t i = 0; i < questions.size(); ++i) {
            EXPECT_LT(test::relativeError(tower.question(questions[i], {}),
                                          expected.at(prefix + std::to_string(i))),
                      1e-5)
                << prefix << i;
        }
    }
};

TEST(TextTower, EqualsTransformers) {
    const Golden golden;
    const auto vlm = load(test::goldenFolder(kLlava), clipFolder());
    ASSERT_NE(vlm->textTower(), nullptr);
    golden.expectTexts(*vlm->textTower(), "text_");
    const test::GoldenCase llava(kLlava);
    EXPECT_LT(test::relativeError(vlm->textTower()->patches(llava.expected("features")),
                                  golden.expected.at("patches")),
              1e-5);
    EXPECT_THAT(vlm->report().architecture, HasSubstr(", text tower of clip "));
    EXPECT_GT(vlm->report().memory_bytes, llava.vlm().report().memory_bytes);
    EXPECT_EQ(llava.vlm().textTower(), nullptr) << "none lies beside the golden models";
}

// Early configs say eos_token_id 2, whatever the tokenizer's is.
TEST(TextTower, EarlyConfigsPoolAtTheLargestId) {
    const Golden golden;
    const test::TempFolder folder;
    copyClip(folder.path() / "clip");
    test::changeJson(folder.path() / "clip/config.json", [](nlohmann::json& c) {
        c["text_config_dict"] = {{"eos_token_id", 2}};  // which comes before text_config
    });
    const auto vlm = load(test::goldenFolder(kLlava), folder.path() / "clip");
    golden.expectTexts(*vlm->textTower(), "old_text_");
}

TEST(TextTower, HalfPrecisionStaysNear) {
    const Golden golden;
    const auto vlm = load(test::goldenFolder(kLlava), clipFolder(), "bf16");
    const at::Tensor text = vlm->textTower()->question("Is the cat on the picture?", {});
    EXPECT_EQ(text.scalar_type(), at::kFloat);
    EXPECT_LT(test::relativeError(text, golden.expected.at("text_0")), 3e-2);
}

TEST(TextTower, IsFoundInsideTheModelAndBesideIt) {
    const test::TempFolder folder;
    const fs::path model = folder.path() / "llava";
    fs::create_directories(model);
    test::copyGolden(kLlava, model);
    EXPECT_EQ(load(model, {})->textTower(), nullptr);
    copyClip(folder.path() / "tower");
    EXPECT_THAT(load(model, {})->report().architecture, HasSubstr(", text tower of tower "));
    copyClip(model / "clip");
    EXPECT_THAT(load(model, {})->report().architecture, HasSubstr(", text tower of clip "));
}

TEST(TextTower, IsFoundInAHuggingFaceCache) {
    const test::TempFolder folder;
    const fs::path model = folder.path() / "models--llava-hf--llava/snapshots/1234";
    fs::create_directories(model);
    test::copyGolden(kLlava, model);
    copyClip(folder.path() / "models--openai--clip/snapshots/5678");
    EXPECT_THAT(load(model, {})->report().architecture, HasSubstr(", text tower of openai/clip "));
}

TEST(TextTower, AnotherVisionTowersIsNotTaken) {
    // The same shapes, other weights.
    const test::TempFolder folder;
    const fs::path model = folder.path() / "llava";
    fs::create_directories(model);
    test::copyGolden(kLlava, model);
    copyClip(folder.path() / "tower");
    overwrite(folder.path() / "tower/model.safetensors", "vision_model.embeddings.class_embedding");
    EXPECT_THAT(test::modelError([&] { load(model, folder.path() / "tower"); }),
                HasSubstr("is not the model's"));
    const auto vlm = load(model, {});
    EXPECT_EQ(vlm->textTower(), nullptr);
    EXPECT_THAT(vlm->report().warnings, testing::Contains(HasSubstr("is not used")));
    // Another shape is not even looked at.
    test::changeJson(folder.path() / "tower/config.json",
                     [](nlohmann::json& c) { c["vision_config"]["image_size"] = 35; });
    EXPECT_THAT(load(model, {})->report().warnings, IsEmpty());
}

TEST(TextTower, SaysWhatIsWrongWithAFolder) {
    const fs::path model = test::goldenFolder(kLlava);
    EXPECT_THAT(test::modelError([&] { load(model, "/nonexistent"); }), HasSubstr("not a folder"));
    EXPECT_THAT(test::modelError([&] { load(model, model); }), HasSubstr("type \"llava\""));
    const auto refusal = [&](const std::function<void(nlohmann::json&)>& change) {
        const test::TempFolder folder;
        copyClip(folder.path() / "clip");
        test::changeJson(folder.path() / "clip/config.json", change);
        return test::modelError([&] { load(model, folder.path() / "clip"); });
    };
    using Json = nlohmann::json;
    EXPECT_THAT(refusal([](Json& c) { c["projection_dim"] = 24; }), HasSubstr("has the shape"));
    EXPECT_THAT(refusal([](Json& c) { c["projection_dim"] = -1; }), HasSubstr("must lie between"));
    EXPECT_THAT(refusal([](Json& c) { c["text_config"]["num_hidden_layers"] = 4; }),
                HasSubstr("have no text.encoder.layers.3"));
    EXPECT_THAT(refusal([](Json& c) { c["text_config"]["num_hidden_layers"] = 1 << 30; }),
                HasSubstr("must lie between"));
    EXPECT_THAT(refusal([](Json& c) { c["text_config"]["num_attention_heads"] = 5; }),
                HasSubstr("cannot be divided"));
    EXPECT_THAT(refusal([](Json& c) { c["text_config"]["max_position_embeddings"] = 0; }),
                HasSubstr("must lie between"));
    EXPECT_THAT(refusal([](Json& c) { c["text_config"]["hidden_act"] = "tanh"; }),
                HasSubstr("an activation we do not have"));
    EXPECT_THAT(refusal([](Json& c) { c["text_config"] = 3; }), HasSubstr("must be an object"));
    EXPECT_THAT(refusal([](Json& c) { c["model_type"] = Json::array(); }),
                HasSubstr("must be text"));
    EXPECT_THAT(refusal([](Json& c) { c = Json::array(); }), HasSubstr("must hold an object"));
}

// Whatever a file says: an Error, or a tower that gives finite rows.
TEST(TextTower, CutFilesAreRefused) {
    const fs::path model = test::goldenFolder(kLlava);
    const test::TempFolder folder;
    copyClip(folder.path() / "clip");
    for (const char* name : {"config.json", "tokenizer.json", "model.safetensors"}) {
        const std::string whole = test::readText(clipFolder() / name);
        const std::size_t step = whole.size() / 23 + 1;
        for (std::size_t n = 0; n < whole.size(); n += step) {
            std::ofstream(folder.path() / "clip" / name, std::ios::binary) << whole.substr(0, n);
            EXPECT_NE(test::modelError([&] { load(model, folder.path() / "clip"); }), "")
                << name << " cut at " << n;
        }
        std::ofstream(folder.path() / "clip" / name, std::ios::binary) << whole;
    }
}

TEST(TextTower, StopsWhenAsked) {
    const auto vlm = load(test::goldenFolder(kLlava), clipFolder());
    std::stop_source source;
    source.request_stop();
    EXPECT_THROW(vlm->textTower()->question("Is it?", source.get_token()), Cancelled);
}

}  // namespace
}  // namespace prunescope
