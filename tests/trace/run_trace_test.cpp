#include "core/trace/run_trace.h"

#include "core/base/error.h"
#include "tests/trace/sample_trace.h"

#include <gtest/gtest.h>

namespace prunescope {
namespace {

TEST(PatchFates, BeforeTheFirstStageEverythingIsKept) {
    const RunTrace trace = sampleTrace();
    for (const PatchFate fate : patchFates(trace.views[0], -1)) {
        EXPECT_EQ(fate, PatchFate::Kept);
    }
}

TEST(PatchFates, SendersAreMergedAndReceiversEnriched) {
    const RunTrace trace = sampleTrace();
    const auto fates = patchFates(trace.views[0], 0);
    const std::vector expected{PatchFate::Enriched,
                               PatchFate::Enriched,
                               PatchFate::Merged,
                               PatchFate::Kept,
                               PatchFate::Kept,
                               PatchFate::Dropped};
    EXPECT_EQ(fates, expected);
}

TEST(PatchFates, ReselectionTellsChosenFromEvicted) {
    const RunTrace trace = sampleTrace();
    const auto fates = patchFates(trace.views[0], 1);
    const std::vector expected{PatchFate::Reselected,
                               PatchFate::Dropped,
                               PatchFate::Merged,
                               PatchFate::Evicted,
                               PatchFate::Kept,
                               PatchFate::Dropped};
    EXPECT_EQ(fates, expected);
}

TEST(PatchMass, FollowsTheSlots) {
    const RunTrace trace = sampleTrace();
    EXPECT_EQ(patchMass(trace.views[0], 0),
              (std::vector<float>{1.75F, 1.25F, 0.0F, 1.0F, 1.0F, 0.0F}));
    EXPECT_EQ(patchMass(trace.views[0], -1), std::vector<float>(6, 1.0F));
}

TEST(Settings, NamesRoundTrip) {
    for (const Trigger t : {Trigger::Auto, Trigger::Relative, Trigger::Always, Trigger::Never}) {
        EXPECT_EQ(triggerFrom(nameOf(t)), t);
    }
    for (const ImageMode m : {ImageMode::Crop, ImageMode::Pad, ImageMode::Squash}) {
        EXPECT_EQ(imageModeFrom(nameOf(m)), m);
    }
    try {
        triggerFrom("sometimes");
        FAIL() << "an unknown trigger was taken";
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "\"sometimes\" is not a known trigger.");
        EXPECT_EQ(error.hint(), "Choose one of: auto, relative, always, never.");
        EXPECT_EQ(exitCode(error.code()), 2);
    }
}

}  // namespace
}  // namespace prunescope
