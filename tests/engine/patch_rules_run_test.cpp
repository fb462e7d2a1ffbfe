#include "core/base/error.h"
#include "core/engine/run.h"
#include "core/image/decode.h"
#include "core/prune/catalog.h"
#include "core/trace/patch_rules.h"
#include "tests/engine/starter.h"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

namespace fs = std::filesystem;

/// Pins and bans on the way from picture to answer, with the bundled model.
struct PatchRulesRun : ::testing::Test {
    PatchRulesRun() {
        std::vector<fs::path> pictures;
        for (const auto& entry : fs::directory_iterator(kStarter / "samples")) {
            if (entry.path().extension() == ".png") {
                pictures.push_back(entry.path());
            }
        }
        request.image = std::make_shared<const Image>(loadImage(std::ranges::min(pictures)).image);
        request.image_name = "sample.png";
        request.prompt = "Is there a dog in the picture?";
        request.settings.budget = 16;
        request.settle_ms = 0;
        request.want_answer = false;
    }

    RunTrace go() { return run({starter(), cache, request}); }

    void rules(const std::string& pin, const std::string& ban) {
        request.settings.patch_rules.clear();
        addRules(request.settings, pin, PatchRule::Pinned, "--pin");
        addRules(request.settings, ban, PatchRule::Banned, "--ban");
    }

    std::string refusal() {
        try {
            go();
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::Usage);
            return error.what();
        }
        return "ran";
    }

    StageCache cache;
    RunRequest request;
};

bool keeps(const RunTrace& trace, std::int32_t patch) {
    return std::ranges::binary_search(trace.views[0].kept, patch);
}

TEST_F(PatchRulesRun, EveryMethodKeepsPinsAndTheCount) {
    for (const MethodSpec& method : methodCatalog()) {
        SCOPED_TRACE(method.id);
        request.settings.method = method.id;
        request.settings.budget = method.inside_layer ? 64 : 16;
        request.settings.patch_rules.clear();
        const RunTrace free_run = go();
        const std::int32_t banned = free_run.views[0].kept.at(3);
        std::int32_t pinned = 100;
        while (method.uses_budget && keeps(free_run, pinned)) {
            ++pinned;
        }
        rules(std::to_string(pinned), std::to_string(banned));
        const RunTrace trace = go();
        EXPECT_TRUE(keeps(trace, pinned));
        EXPECT_FALSE(keeps(trace, banned));
        EXPECT_EQ(trace.tokens.visual_kept,
                  free_run.tokens.visual_kept - (method.uses_budget ? 0 : 1));
        EXPECT_EQ(trace.views[0].rows.size(),
                  free_run.views[0].rows.size() - (method.uses_budget ? 0U : 1U));
        EXPECT_EQ(trace.notes, free_run.notes);
        const std::vector<PatchFate> fates =
            patchFates(trace.views[0], static_cast<int>(trace.views[0].stages.size()) - 1);
        for (std::size_t patch = 0; patch < fates.size(); ++patch) {
            const PatchFate fate = fates[patch];
            const bool is_kept = fate == PatchFate::Kept || fate == PatchFate::Enriched ||
                                 fate == PatchFate::Reselected;
            EXPECT_EQ(is_kept, keeps(trace, static_cast<std::int32_t>(patch))) << patch;
        }
    }
}

TEST_F(PatchRulesRun, ClearedRulesAreTheRunFromBefore) {
    const RunTrace before = go();
    rules("100,101", "5");
    EXPECT_NE(go().views[0].kept, before.views[0].kept);
    request.settings.patch_rules.clear();
    const RunTrace again = go();
    EXPECT_EQ(again.views[0].kept, before.views[0].kept);
    EXPECT_EQ(again.views[0].rows, before.views[0].rows);
    EXPECT_EQ(again.views[0].shift, before.views[0].shift);
    EXPECT_FALSE(again.reused.empty());
}

TEST_F(PatchRulesRun, PinsWithoutRoomAreSaid) {
    request.settings.budget = 3;
    rules("7,100-103", "5");
    const RunTrace trace = go();
    EXPECT_EQ(trace.views[0].kept, (std::vector<std::int32_t>{7, 100, 101}));
    ASSERT_EQ(trace.notes.size(), 1U);
    EXPECT_EQ(
        trace.notes[0],
        "A budget of 3 has room for 3 of 5 pinned patches: not certain to stay are 102, 103.");
    request.settings.method = "fastv";
    const RunTrace inside = go();
    EXPECT_EQ(inside.views[0].kept, (std::vector<std::int32_t>{7, 100, 101}));
    ASSERT_EQ(inside.notes.size(), 1U);
    EXPECT_EQ(inside.notes[0],
              "The last stage keeps 3 of the 5 pinned patches for certain, the first ones.");
}

TEST_F(PatchRulesRun, BansLeaveWhatIsThere) {
    request.settings.budget = 576;
    rules("3", "10-19");
    RunTrace trace = go();
    EXPECT_EQ(trace.tokens.visual_kept, 566);
    ASSERT_EQ(trace.notes.size(), 1U);
    EXPECT_EQ(trace.notes[0],
              "Budget 576 is more than the 566 patches that are not banned: 566 taken.");
    rules("3", "0-2,4-575");
    trace = go();
    EXPECT_EQ(trace.views[0].kept, std::vector<std::int32_t>{3});
}

TEST_F(PatchRulesRun, WhatCannotBeIsRefused) {
    rules("576", "0");
    EXPECT_EQ(refusal(), "There is no patch 576 to pin: view 0 has patches 0 to 575.");
    rules("1:5", "0");
    EXPECT_EQ(refusal(), "Pins or bans name view 1; the picture has 1.");
    rules("5", "5");
    EXPECT_EQ(refusal(), "Pinned and banned at once: patch 5.");
    request.settings.patch_rules.clear();
    addRules(request.settings, "0-575", PatchRule::Banned, "--ban");
    EXPECT_EQ(refusal(), "Every patch of view 0 is banned; at least one has to stay.");
    request.settings.patch_rules.clear();
    EXPECT_EQ(refusal(), "ran");
}

TEST_F(PatchRulesRun, ADcpPinIsAnAnchorAtEveryEvent) {
    rules("0,23", "300");
    const RunTrace trace = go();
    for (const StageTrace& stage : trace.views[0].stages) {
        EXPECT_GE(stage.slot_from_patch.at(0), 0);
        EXPECT_GE(stage.slot_from_patch.at(23), 0);
        EXPECT_EQ(stage.slot_from_patch.at(300), -1);
    }
    const std::vector<Transfer>& first = trace.views[0].stages.front().transfers;
    EXPECT_TRUE(std::ranges::any_of(first, [](const Transfer& t) { return t.from_patch == 300; }));
}

}  // namespace
}  // namespace prunescope
