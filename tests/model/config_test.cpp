#include "core/model/config.h"

#include "core/base/error.h"
#include "tests/model/model_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace prunescope {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

/// As llava-hf/llava-1.5-7b-hf publishes it.
Json published() {
    return Json::parse(R"({
        "architectures": ["LlavaForConditionalGeneration"], "ignore_index": -100,
        "image_token_index": 32000, "model_type": "llava", "pad_token_id": 32001,
        "projector_hidden_act": "gelu",
        "text_config": {"model_type": "llama", "max_position_embeddings": 4096,
                        "rms_norm_eps": 1e-05, "torch_dtype": "float16", "vocab_size": 32064},
        "tie_word_embeddings": false, "torch_dtype": "float16",
        "vision_config": {"model_type": "clip_vision_model", "hidden_size": 1024, "image_size": 336,
                          "intermediate_size": 4096, "num_attention_heads": 16,
                          "num_hidden_layers": 24, "patch_size": 14, "projection_dim": 768,
                          "vocab_size": 32000},
        "vision_feature_layer": -2, "vision_feature_select_strategy": "default",
        "vocab_size": 32064})");
}

std::string complaint(const std::function<void(Json&)>& change) {
    Json config = published();
    change(config);
    return test::modelError([&] { parseConfig(config); });
}

TEST(Config, FillsInWhatThePublishedFileLeavesOut) {
    const VlmConfig config = parseConfig(published());
    EXPECT_EQ(config.vision.activation, Activation::QuickGelu);
    EXPECT_DOUBLE_EQ(config.vision.layer_norm_eps, 1e-5);
    EXPECT_EQ(config.vision.gridSide(), 24);
    EXPECT_EQ(config.text.hidden_size, 4096);
    EXPECT_EQ(config.text.intermediate_size, 11008);
    EXPECT_EQ(config.text.layers, 32);
    EXPECT_EQ(config.text.kv_heads, 32);
    EXPECT_EQ(config.text.head_dim, 128);
    EXPECT_EQ(config.text.max_positions, 4096);
    EXPECT_DOUBLE_EQ(config.text.rms_norm_eps, 1e-5);
    EXPECT_DOUBLE_EQ(config.text.rope_theta, 10000.0);
    EXPECT_EQ(config.image_token_id, 32000);
    EXPECT_EQ(config.feature_layers, std::vector<int>{23});
    EXPECT_EQ(config.lastLayer(), 22);
    EXPECT_FALSE(config.keeps_cls);
    EXPECT_FALSE(config.tied_head);
    EXPECT_EQ(config.stop_ids, std::vector<std::int64_t>{2});
}

TEST(Config, SubstitutesBothModelsWhereTheyAreMissing) {
    for (const Json& config :
         {Json{{"model_type", "llava"}},
          Json{{"model_type", "llava"}, {"vision_config", nullptr}, {"text_config", nullptr}}}) {
        const VlmConfig parsed = parseConfig(config);
        EXPECT_EQ(parsed.vision.hidden_size, 1024);
        EXPECT_EQ(parsed.vision.gridSide(), 24);
        EXPECT_EQ(parsed.text.vocab_size, 32000);
        EXPECT_DOUBLE_EQ(parsed.text.rms_norm_eps, 1e-6);
    }
}

TEST(Config, TakesBothSpellings) {
    Json config = published();
    config.erase("image_token_index");
    config["image_token_id"] = 77;
    config["text_config"]["rope_parameters"] = {{"rope_theta", 5e5}, {"rope_type", "default"}};
    config["text_config"]["tie_word_embeddings"] = true;
    config["vision_feature_layer"] = {-3, -1};
    config["vision_feature_select_strategy"] = "full";
    const VlmConfig parsed = parseConfig(config);
    EXPECT_EQ(parsed.image_token_id, 77);
    EXPECT_DOUBLE_EQ(parsed.text.rope_theta, 5e5);
    EXPECT_TRUE(parsed.tied_head);
    EXPECT_EQ(parsed.feature_layers, (std::vector<int>{22, 24}));
    EXPECT_EQ(parsed.lastLayer(), 23);
    EXPECT_TRUE(parsed.keeps_cls);
}

TEST(Config, KnowsMistralAndQwen) {
    Json config = published();
    config["text_config"] = {{"model_type", "mistral"}, {"sliding_window", nullptr}};
    VlmConfig parsed = parseConfig(config);
    EXPECT_EQ(parsed.text.kv_heads, 8);
    EXPECT_EQ(parsed.text.intermediate_size, 14336);
    EXPECT_EQ(parsed.text.max_positions, 131072);
    EXPECT_FALSE(parsed.text.qkv_bias);
    config["text_config"].erase("sliding_window");
    EXPECT_EQ(parseConfig(config).text.max_positions, 4096);
    config["text_config"] = {{"model_type", "qwen2"}, {"sliding_window", 5}};
    parsed = parseConfig(config);
    EXPECT_TRUE(parsed.text.qkv_bias);
    EXPECT_FALSE(parsed.text.o_bias);
    EXPECT_EQ(parsed.text.max_positions, 32768);
    config["text_config"]["use_sliding_window"] = true;
    EXPECT_EQ(parseConfig(config).text.max_positions, 5);
}

TEST(Config, RefusesOtherArchitecturesInOneSentence) {
    EXPECT_EQ(complaint([](Json& c) { c["model_type"] = "llava_next"; }),
              "The folder holds a model of type \"llava_next\"; only \"llava\" is run.");
    EXPECT_EQ(complaint([](Json& c) { c["vision_config"]["model_type"] = "siglip_vision_model"; }),
              "The vision tower is \"siglip_vision_model\", which is not run yet.");
    EXPECT_EQ(complaint([](Json& c) { c["vision_config"]["model_type"] = "pixtral"; }),
              "The vision tower is \"pixtral\"; only clip_vision_model is run.");
    EXPECT_EQ(complaint([](Json& c) { c["text_config"]["model_type"] = "gemma"; }),
              "The language model is \"gemma\"; llama, mistral and qwen2 are run.");
    EXPECT_THAT(complaint([](Json& c) {
                    c["quantization_config"] = {{"bits", 4}};
                }),
                HasSubstr("quantised"));
    EXPECT_THAT(
        complaint([](Json& c) { c["text_config"]["quantization_config"] = Json::object(); }),
        HasSubstr("quantised"));
    EXPECT_THAT(complaint([](Json& c) {
                    c["text_config"]["rope_scaling"] = {{"type", "linear"}, {"factor", 2.0}};
                }),
                HasSubstr("\"linear\""));
    EXPECT_THAT(complaint([](Json& c) {
                    c["text_config"]["rope_parameters"] = {{"rope_type", "llama3"}};
                }),
                HasSubstr("\"llama3\""));
}

struct Wrong {
    const char* name;
    const char* path;
    Json value;
    const char* message;
};

class WrongValue : public testing::TestWithParam<Wrong> {};

TEST_P(WrongValue, IsRefusedByName) {
    EXPECT_THAT(
        complaint([](Json& c) { c[Json::json_pointer(GetParam().path)] = GetParam().value; }),
        HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Fields,
    WrongValue,
    testing::Values(
        Wrong{"Layers", "/text_config/num_hidden_layers", 0, "num_hidden_layers is 0"},
        Wrong{"TooManyLayers", "/vision_config/num_hidden_layers", 1001, "between 1 and 1000"},
        Wrong{"Huge", "/text_config/vocab_size", 18446744073709551615ULL, "vocab_size is 1844"},
        Wrong{"Negative", "/text_config/hidden_size", -4, "hidden_size is -4"},
        Wrong{"Float", "/text_config/hidden_size", 4096.5, "must be a whole number"},
        Wrong{"Text", "/text_config/hidden_size", "4096", "must be a whole number"},
        Wrong{"Heads", "/vision_config/num_attention_heads", 7, "cannot be divided among 7"},
        Wrong{"TextHeads", "/text_config/num_attention_heads", 3, "cannot be divided among 3"},
        Wrong{"KvHeads", "/text_config/num_key_value_heads", 5, "does not divide the 32 heads"},
        Wrong{"OddHead", "/text_config/head_dim", 7, "is odd"},
        Wrong{"Patch", "/vision_config/patch_size", 337, "is larger than the image"},
        Wrong{"Patches", "/vision_config/patch_size", 1, "patches; at most"},
        Wrong{"Channels", "/vision_config/num_channels", 1, "num_channels is 1"},
        Wrong{"Activation", "/vision_config/hidden_act", "mish", "\"mish\""},
        Wrong{"Eps", "/text_config/rms_norm_eps", -1.0, "rms_norm_eps is -1"},
        Wrong{"Theta", "/text_config/rope_theta", 0, "rope_theta is 0"},
        Wrong{"Layer", "/vision_feature_layer", 25, "vision_feature_layer is 25"},
        Wrong{"NoLayer", "/vision_feature_layer", Json::array(), "1 to 64 layers"},
        Wrong{"ZeroLayer", "/vision_feature_layer", 0, "the output of no layer"},
        Wrong{"LayerText", "/vision_feature_layer", "last", "must be a whole number"},
        Wrong{"Strategy", "/vision_feature_select_strategy", "cls", "\"cls\""},
        Wrong{"Bias", "/multimodal_projector_bias", 1, "must be true or false"},
        Wrong{"Vision", "/vision_config", 3, "must be an object"},
        Wrong{"Type", "/model_type", 3, "must be text"}),
    [](const auto& instance) { return instance.param.name; });

TEST(Config, ReadsStopTokensOfTheGenerationConfig) {
    const test::TempFolder folder;
    folder.write("config.json", published().dump());
    EXPECT_EQ(readConfig(folder.path()).stop_ids, std::vector<std::int64_t>{2});
    folder.write("generation_config.json", R"({"eos_token_id": [7, 9]})");
    EXPECT_EQ(readConfig(folder.path()).stop_ids, (std::vector<std::int64_t>{7, 9}));
    folder.write("generation_config.json", R"({"eos_token_id": "x"})");
    EXPECT_THAT(test::modelError([&] { readConfig(folder.path()); }), HasSubstr("eos_token_id"));
}

}  // namespace
}  // namespace prunescope
