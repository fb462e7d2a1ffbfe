#include "core/image/decode.h"
#include "core/model/kv_cache.h"
#include "core/model/vlm.h"
#include "tests/model/model_files.h"

#include <filesystem>
#include <map>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace prunescope {
namespace {

std::vector<std::int64_t> answer(const Vlm& vlm,
                                 const at::Tensor& visual,
                                 const TokenSequence& text) {
    constexpr int kMaxNew = 12;
    const at::Tensor embeddings =
        at::cat({vlm.embed(text.before), visual, vlm.embed(text.after)}, 0);
    const auto cache = vlm.newCache(static_cast<int>(embeddings.size(0)) + kMaxNew);
    at::Tensor logits = vlm.feed(*cache, embeddings, false, {});
    std::vector<std::int64_t> ids;
    while (static_cast<int>(ids.size()) < kMaxNew) {
        const auto id = logits.slice(0, 0, vlm.vocabularyLimit()).argmax().item<std::int64_t>();
        ids.push_back(id);
        if (vlm.isStopToken(id)) {
            break;
        }
        logits = vlm.feed(*cache, vlm.embed({id}), false, {});
    }
    return ids;
}

TEST(Starter, AnswersAsTransformersDoes) {
    const auto folder =
        std::filesystem::path(PRUNESCOPE_SOURCE_DIR) / "tests" / "golden" / "starter";
    const auto samples = nlohmann::json::parse(test::readText(folder / "samples" / "samples.json"));
    LoadOptions options;
    options.device = "cpu";
    options.dtype = "fp32";
    const auto vlm = Vlm::load(folder, options);
    std::map<std::string, at::Tensor> visual;
    for (const auto& sample : samples) {
        const auto picture = sample.at("image").get<std::string>();
        if (!visual.contains(picture)) {
            const Image image = loadImage(folder / "samples" / picture).image;
            const auto views =
                preprocess(image, vlm->preprocessConfig(), ImageMode::Crop, vlm->patchSize());
            visual[picture] = vlm->project(vlm->encode(views.at(0), {}, false, {}).features);
        }
        const auto question = sample.at("prompt").get<std::string>();
        const TokenSequence text =
            buildPrompt(vlm->tokenizer(), vlm->chatTemplate(), vlm->imageToken(), question);
        EXPECT_EQ(answer(*vlm, visual[picture], text),
                  sample.at("answer_ids").get<std::vector<std::int64_t>>())
            << picture << ": " << question;
    }
}

}  // namespace
}  // namespace prunescope
