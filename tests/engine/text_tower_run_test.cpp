// CDPruner in whole runs of a model whose CLIP is at hand.
#include "core/engine/run.h"
#include "core/image/decode.h"
#include "tests/model/golden_case.h"
#include "tests/model/model_files.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {
namespace {

using testing::ElementsAre;

struct TextTowerRun : ::testing::Test {
    TextTowerRun() {
        const auto folder = test::goldenFolder("clip_llama_default");
        LoadOptions options;
        options.device = "cpu";
        options.dtype = "fp32";
        options.threads = 1;
        options.text_tower = test::goldenFolder("text_tower") / "clip";
        vlm = Vlm::load(folder, options);
        request.image = std::make_shared<const Image>(loadImage(folder / "picture.png").image);
        request.prompt = "Is the cat on the picture?";
        request.settings.method = "cdpruner";
        request.settings.budget = 6;
        request.want_answer = false;
    }

    RunTrace go() { return run({*vlm, cache, request}); }

    std::int64_t projections() const {
        return cache.counters().at(static_cast<std::size_t>(CachedStage::Projection)).misses;
    }

    std::unique_ptr<Vlm> vlm;
    StageCache cache;
    RunRequest request;
};

TEST_F(TextTowerRun, RelevanceIsThatOfTransformers) {
    const auto expected =
        test::readTensors(test::goldenFolder("text_tower") / "expected.safetensors");
    const RunTrace trace = go();
    const StageTrace& stage = trace.views.at(0).stages.back();
    EXPECT_THAT(trace.notes, ElementsAre("CDPruner: relevance by CLIP's text tower."));
    const at::Tensor& relevance = expected.at("relevance_0");
    ASSERT_EQ(static_cast<std::int64_t>(stage.score.size()), relevance.numel());
    for (std::size_t p = 0; p < stage.score.size(); ++p) {
        EXPECT_NEAR(stage.score[p], relevance.const_data_ptr<float>()[p], 1e-4) << "patch " << p;
    }
    EXPECT_EQ(trace.views[0].kept.size(), 6u);
}

TEST_F(TextTowerRun, ProjectorSpaceIsThereToCompareWith) {
    const RunTrace by_clip = go();
    request.settings.params["relevance"] = "projector";
    const RunTrace by_projector = go();
    EXPECT_THAT(by_projector.notes,
                ElementsAre("CDPruner: relevance in projector space, as asked for."));
    EXPECT_NE(by_clip.views.at(0).stages.back().score,
              by_projector.views.at(0).stages.back().score);
}

TEST_F(TextTowerRun, TheTowerRunsOncePerQuestionAndPicture) {
    go();
    EXPECT_EQ(projections(), 3) << "Z, the patches, the question";
    EXPECT_EQ(go().notes.size(), 1u) << "also where the selection is reused";
    request.settings.budget = 4;
    go();
    EXPECT_EQ(projections(), 3);
    request.prompt = "  THE\n\tcat's   12 pictures -- don't!  ";
    go();
    EXPECT_EQ(projections(), 4) << "another question";
}

}  // namespace
}  // namespace prunescope
