#pragma once

#include "core/trace/run_trace.h"

#include <limits>

namespace prunescope {

/// A 2 x 3 grid that goes 6 -> 4 -> 2, with every field filled.
inline RunTrace sampleTrace() {
    StageTrace acgr;
    acgr.site = {Site::Kind::EncoderLayer, 3};
    acgr.name = "ACGR";
    acgr.tokens_in = 6;
    acgr.tokens_out = 4;
    acgr.score = {0.5F, 0.4F, 0.1F, 0.6F, 0.7F, 0.05F};
    acgr.slot_from_patch = {0, 1, -1, 2, 3, -1};
    acgr.transfers = {{2, 0, 0.75F}, {2, 1, 0.25F}};
    acgr.mass = {1.75F, 1.25F, 1.0F, 1.0F};
    acgr.shift_before = 0.25;
    acgr.null_band = {0.01, 0.02, 0.03, 200};
    acgr.ms = 1.5;

    const float nan = std::numeric_limits<float>::quiet_NaN();
    StageTrace tatcs;
    tatcs.site = {Site::Kind::AfterEncoder, 8};
    tatcs.name = "TATCS";
    tatcs.tokens_in = 4;
    tatcs.tokens_out = 2;
    tatcs.score = {0.5F, 0.4F, nan, 0.6F, 0.7F, nan};
    tatcs.slot_from_patch = {0, -1, -1, -1, 1, -1};
    tatcs.cluster_of = {0, 0, -1, 1, 1, -1};
    tatcs.centres = {1, 3};
    tatcs.baseline = {3, 4};
    tatcs.chosen = {0, 4};
    tatcs.text_relevance = {0.1F, 0.2F, nan, 1.0F, 0.0F, nan};
    tatcs.shift_before = 0.5;
    tatcs.shift_after = 0.125;

    RunTrace trace;
    trace.settings.params = {{"lambda", 0.5}, {"schedule", std::string("linear")}};
    trace.prompt = "Is there a \"dog\"?\n";
    trace.model = {"starter", "abc", "cpu", "fp32", "sdpa", 9, 2, 5};
    trace.image = {"scene.png", "0123", 640, 480};
    ViewTrace view;
    view.grid = {2, 3, 14};
    view.source = {80, 0, 480, 480};
    view.stages = {acgr, tatcs};
    view.kept = {0, 4};
    view.rows = {{RowKind::Merged, 4}, {RowKind::Patch, 0}};
    view.shift = {"klDiagFwd",
                  0.5,
                  0.125,
                  0.3,
                  0.2,
                  0.2,
                  true,
                  true,
                  {0.01, 0.02, 0.03, 200},
                  ShiftPlace::Normalised,
                  {{7, 0.5, 0.2, 0.05}, {0, 0.25, 0.0, 0.125}}};
    trace.settings.place = ShiftPlace::Normalised;
    trace.views = {view};
    trace.tokens = {6, 2, 12, 3.5, 2.75};
    trace.answer = {"Yes", {427, 2}, {"Yes", ""}, {0.75F, 0.5F}, true, false};
    trace.timings_ms = {1, 2, 3, 4, 5, 6, 7};
    trace.cost_ms = {11, 12, 13, 14, 15, 16, 17};
    trace.cache = {{"features", 3, 1}};
    trace.reused = {"features"};
    trace.notes = {"a note"};
    trace.version = "0.1.0";
    return trace;
}

}  // namespace prunescope
