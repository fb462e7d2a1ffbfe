#include "core/model/checkpoint.h"

#include "core/base/error.h"
#include "core/model/precision.h"
#include "tests/model/model_files.h"

#include <filesystem>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace prunescope {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using test::modelError;
using testing::HasSubstr;

std::string nameOf(std::string_view raw) {
    const auto canonical = canonicalName(raw);
    return !canonical ? "?" : canonical->is_buffer ? "-" : canonical->name;
}

TEST(Naming, NormalisesTheThreeSpellings) {
    for (const char* raw : {"language_model.model.layers.0.mlp.up_proj.weight",
                            "model.language_model.layers.0.mlp.up_proj.weight",
                            "model.language_model.model.layers.0.mlp.up_proj.weight"}) {
        EXPECT_EQ(nameOf(raw), "lm.layers.0.mlp.up_proj.weight") << raw;
    }
    EXPECT_EQ(nameOf("language_model.lm_head.weight"), "lm_head.weight");
    EXPECT_EQ(nameOf("lm_head.weight"), "lm_head.weight");
    for (const char* raw : {"vision_tower.vision_model.pre_layrnorm.bias",
                            "model.vision_tower.vision_model.pre_layrnorm.bias",
                            "model.vision_tower.pre_layrnorm.bias",
                            "model.vision_tower.vision_tower.vision_model.pre_layrnorm.bias"}) {
        EXPECT_EQ(nameOf(raw), "vision.pre_layrnorm.bias") << raw;
    }
    EXPECT_EQ(nameOf("multi_modal_projector.linear_1.bias"), "proj.linear_1.bias");
    EXPECT_EQ(nameOf("model.multi_modal_projector.linear_2.weight"), "proj.linear_2.weight");
    EXPECT_EQ(nameOf("vision_tower.vision_model.embeddings.position_ids"), "-");
    EXPECT_EQ(nameOf("language_model.model.layers.0.self_attn.rotary_emb.inv_freq"), "-");
    EXPECT_EQ(nameOf("model.embed_tokens.weight"), "?");
    EXPECT_EQ(nameOf("something"), "?");
    EXPECT_EQ(nameOf(""), "?");
}

TEST(Naming, RefusesTwoNamesForOneTensor) {
    const test::TempFolder folder;
    folder.write(
        "model.safetensors",
        test::safetensorsBytes(
            R"({"language_model.lm_head.weight":{"dtype":"U8","shape":[],"data_offsets":[0,1]},)"
            R"("lm_head.weight":{"dtype":"U8","shape":[],"data_offsets":[1,2]}})",
            2));
    EXPECT_EQ(modelError([&] { openCheckpoint(folder.path()); }),
              "The weights hold \"lm_head.weight\" twice, as \"language_model.lm_head.weight\" and "
              "as \"lm_head.weight\"");
}

TEST(Checkpoint, UnderstandsTheGoldenFolders) {
    const Checkpoint a = openCheckpoint(test::goldenFolder("clip_llama_gqa_a_bf16"));
    const Checkpoint b = openCheckpoint(test::goldenFolder("clip_llama_gqa_b_fp16"));
    const Checkpoint c = openCheckpoint(test::goldenFolder("clip_llama_gqa_c_bf16"));
    EXPECT_EQ(a.naming, "A (hub)");
    EXPECT_EQ(b.naming, "B (module)");
    EXPECT_EQ(c.naming, "C (flattened tower)");
    EXPECT_EQ(a.stored_dtype, "bf16");
    EXPECT_EQ(b.stored_dtype, "fp16");
    EXPECT_EQ(a.parameters, c.parameters);
    for (const auto& [name, source] : a.tensors) {
        EXPECT_TRUE(b.tensors.contains(name)) << name;
        EXPECT_TRUE(c.tensors.contains(name)) << name;
    }
    const Checkpoint sharded = openCheckpoint(test::goldenFolder("clip_llama_default"));
    EXPECT_EQ(sharded.shards, 18);
    EXPECT_TRUE(sharded.warnings.empty());
}

TEST(Checkpoint, CountsThePublishedModel) {
    const Json published = {{"model_type", "llava"},
                            {"text_config", {{"vocab_size", 32064}}},
                            {"vision_feature_layer", -1}};
    const auto expected = expectedTensors(parseConfig(published), true);
    // post_layernorm, which nothing here reads, makes the published 686 and 7,063,427,072.
    EXPECT_EQ(expected.size(), 684u);
    EXPECT_EQ(elementsOf(expected) + 2048, 7'063'427'072u);
}

struct IndexFault {
    const char* name;
    std::function<void(Json&)> change;
    const char* message;
};

class BrokenIndex : public testing::TestWithParam<IndexFault> {};

TEST_P(BrokenIndex, IsRefused) {
    const test::TempFolder folder;
    test::copyGolden("clip_llama_default", folder.path());
    test::changeJson(folder.path() / "model.safetensors.index.json", GetParam().change);
    EXPECT_THAT(modelError([&] { openCheckpoint(folder.path()); }), HasSubstr(GetParam().message));
}

void pointAt(Json& index, const std::string& file) {
    index["weight_map"]["language_model.lm_head.weight"] = file;
}

INSTANTIATE_TEST_SUITE_P(
    Faults,
    BrokenIndex,
    testing::Values(
        IndexFault{"NoMap", [](Json& j) { j.erase("weight_map"); }, "no weight_map"},
        IndexFault{"EmptyMap", [](Json& j) { j["weight_map"] = Json::object(); }, "no weight_map"},
        IndexFault{"NotObject", [](Json& j) { j = Json::array(); }, "no weight_map"},
        IndexFault{
            "NotText", [](Json& j) { j["weight_map"]["x"] = 3; }, "the file of \"x\" is not text"},
        IndexFault{"Objects",
                   [](Json& j) {
                       for (int n = 0; n <= 1000; ++n) {
                           j["weight_map"][std::to_string(n)] = Json::object();
                       }
                   },
                   "holds objects"},
        IndexFault{"Parent", [](Json& j) { pointAt(j, "../a.safetensors"); }, "only plain names"},
        IndexFault{"Absolute", [](Json& j) { pointAt(j, "/a.safetensors"); }, "only plain names"},
        IndexFault{"Backslash", [](Json& j) { pointAt(j, "a\\b.safetensors"); }, "only plain"},
        IndexFault{"Nul",
                   [](Json& j) { pointAt(j, std::string("a\0.safetensors", 14)); },
                   "only plain names"},
        IndexFault{"Pickle", [](Json& j) { pointAt(j, "model.bin"); }, "only plain names"},
        IndexFault{"Missing", [](Json& j) { pointAt(j, "none.safetensors"); }, "Cannot open"},
        IndexFault{"Elsewhere",
                   [](Json& j) {
                       j["weight_map"]["vision_tower.pre_layrnorm.weight"] =
                           "model-00001-of-00018.safetensors";
                   },
                   "The index looks for"},
        IndexFault{"Promise",
                   [](Json& j) { j["weight_map"]["nobody"] = "model-00001-of-00018.safetensors"; },
                   "The index promises \"nobody\""}),
    [](const auto& instance) { return instance.param.name; });

TEST(Checkpoint, WarnsOfTensorsOutsideTheIndex) {
    const test::TempFolder folder;
    test::copyGolden("clip_llama_default", folder.path());
    test::changeJson(folder.path() / "model.safetensors.index.json",
                     [](Json& j) { j["weight_map"].erase(std::prev(j["weight_map"].end())); });
    EXPECT_THAT(openCheckpoint(folder.path()).warnings,
                testing::Contains(HasSubstr("1 tensors in the weight files are not in the index")));
}

TEST(Checkpoint, RefusesATensorInTwoShards) {
    const test::TempFolder folder;
    const auto shard = test::safetensorsBytes(
        R"({"lm_head.weight":{"dtype":"U8","shape":[],"data_offsets":[0,1]}})", 1);
    folder.write("a.safetensors", shard);
    folder.write("b.safetensors", shard);
    folder.write("model.safetensors.index.json",
                 R"({"weight_map":{"lm_head.weight":"a.safetensors","x":"b.safetensors"}})");
    EXPECT_THAT(modelError([&] { openCheckpoint(folder.path()); }), HasSubstr("two weight files"));
}

TEST(Checkpoint, NeverOpensPickles) {
    const test::TempFolder folder;
    EXPECT_THAT(modelError([&] { openCheckpoint(folder.path()); }),
                HasSubstr("has no model.safetensors"));
    folder.write("pytorch_model.bin", "x");
    EXPECT_THAT(modelError([&] { openCheckpoint(folder.path()); }), HasSubstr("can run code"));
}

TEST(Checkpoint, NamesMissingTensorsAndWrongShapes) {
    const auto folder = test::goldenFolder("clip_llama_gqa_a_bf16");
    VlmConfig config = readConfig(folder);
    Checkpoint checkpoint = openCheckpoint(folder);
    checkpoint.tensors.erase("lm.norm.weight");
    EXPECT_EQ(modelError([&] { checkTensors(expectedTensors(config, true), checkpoint); }),
              "The weights have no lm.norm.weight.");
    checkpoint = openCheckpoint(folder);
    config.text.vocab_size = 100;
    EXPECT_THAT(modelError([&] { checkTensors(expectedTensors(config, true), checkpoint); }),
                HasSubstr("embed_tokens.weight has the shape [112, 32]; config.json asks for "
                          "[100, 32] (and 1 more)"));
    checkpoint = openCheckpoint(folder);
    config = readConfig(folder);
    checkpoint.tensors.at("lm.norm.weight").stored.dtype = "I16";
    EXPECT_THAT(modelError([&] { checkTensors(expectedTensors(config, true), checkpoint); }),
                HasSubstr("has the dtype I16"));
}

TEST(Checkpoint, DecidesAboutTheHead) {
    const auto folder = test::goldenFolder("clip_llama_gqa_a_bf16");
    VlmConfig config = readConfig(folder);
    Checkpoint checkpoint = openCheckpoint(folder);
    EXPECT_TRUE(hasOwnHead(config, checkpoint));
    config.tied_head = true;
    EXPECT_FALSE(hasOwnHead(config, checkpoint));
    config.tied_head = false;
    checkpoint.tensors.erase("lm_head.weight");
    config.says_tied = false;
    EXPECT_FALSE(hasOwnHead(config, checkpoint));
    EXPECT_THAT(checkpoint.warnings, testing::Contains(HasSubstr("serve as head")));
    config.says_tied = true;
    EXPECT_THAT(modelError([&] { hasOwnHead(config, checkpoint); }), HasSubstr("not tied"));
}

TEST(Checkpoint, ListsWhatIsNotRead) {
    const auto folder = test::goldenFolder("clip_llama_gqa_a_bf16");
    Checkpoint checkpoint = openCheckpoint(folder);
    checkTensors(expectedTensors(readConfig(folder), true), checkpoint);
    EXPECT_THAT(checkpoint.ignored,
                testing::Contains("vision_tower.vision_model.post_layernorm.weight"));
    EXPECT_THAT(checkpoint.ignored,
                testing::Contains("vision_tower.vision_model.encoder.layers.3.mlp.fc1.weight"));
    EXPECT_EQ(checkpoint.ignored.size(), 18u);
}

}  // namespace
}  // namespace prunescope
