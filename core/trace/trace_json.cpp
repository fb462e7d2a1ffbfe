// Writing of traces, settings and runs; trace_read.cpp reads traces and settings.
#include "core/trace/trace_json.h"

#include "core/base/json.h"

#include <nlohmann/json.hpp>

namespace prunescope {

namespace {

using nlohmann::json;

constexpr const char* kRunSchema = "prunescope.run/1";

json finiteList(const std::vector<float>& values) {
    json list = json::array();
    for (const float value : values) {
        list.push_back(finiteOrNull(value));
    }
    return list;
}

json toJson(const RunSettings& s) {
    json params = json::object();
    for (const auto& [name, value] : s.params) {
        std::visit([&, &key = name](const auto& v) { params[key] = v; }, value);
    }
    json settings = {{"method", s.method},
                     {"budget", s.budget},
                     {"tau", s.tau},
                     {"trigger", nameOf(s.trigger)},
                     {"phi", s.phi},
                     {"seed", s.seed},
                     {"metric", s.metric},
                     {"place", nameOf(s.place)},
                     {"params", params},
                     {"image_mode", nameOf(s.image_mode)},
                     {"max_new_tokens", s.max_new_tokens}};
    if (!s.patch_rules.empty()) {
        json rules = json::array();
        for (const PatchRules& view : s.patch_rules) {
            rules.push_back({{"pin", view.pinned}, {"ban", view.banned}});
        }
        settings["patch_rules"] = std::move(rules);
    }
    return settings;
}

json toJson(const NullBand& band) {
    return {{"p5", finiteOrNull(band.p5)},
            {"median", finiteOrNull(band.median)},
            {"p95", finiteOrNull(band.p95)},
            {"draws", band.draws}};
}

json toJson(const RectF& r) {
    return json::array({r.x, r.y, r.width, r.height});
}

json toJson(const Site& site) {
    const char* kind = site.kind == Site::Kind::EncoderLayer   ? "encoder_layer"
                       : site.kind == Site::Kind::AfterEncoder ? "after_encoder"
                                                               : "decoder_layer";
    return {{"kind", kind}, {"layer", site.layer}};
}

json toJson(const StageTrace& stage) {
    json transfers = json::array();
    for (const Transfer& t : stage.transfers) {
        transfers.push_back(json::array({t.from_patch, t.to_patch, t.weight}));
    }
    return {{"site", toJson(stage.site)},
            {"name", stage.name},
            {"tokens_in", stage.tokens_in},
            {"tokens_out", stage.tokens_out},
            {"score", finiteList(stage.score)},
            {"slot_from_patch", stage.slot_from_patch},
            {"transfers", std::move(transfers)},
            {"mass", finiteList(stage.mass)},
            {"cluster_of", stage.cluster_of},
            {"centres", stage.centres},
            {"baseline", stage.baseline},
            {"chosen", stage.chosen},
            {"text_relevance", finiteList(stage.text_relevance)},
            {"shift_before", finiteOrNull(stage.shift_before)},
            {"shift_after", finiteOrNull(stage.shift_after)},
            {"null_band", toJson(stage.null_band)},
            {"ms", stage.ms}};
}

json toJson(const std::vector<ChannelShift>& channels) {
    json list = json::array();
    for (const ChannelShift& c : channels) {
        list.push_back({{"channel", c.channel},
                        {"share", finiteOrNull(c.share)},
                        {"mean_term", finiteOrNull(c.mean_term)},
                        {"variance_term", finiteOrNull(c.variance_term)}});
    }
    return list;
}

json toJson(const ShiftSummary& s) {
    return {{"metric", s.metric},
            {"place", nameOf(s.place)},
            {"kappa", finiteOrNull(s.kappa)},
            {"kappa_after", finiteOrNull(s.kappa_after)},
            {"mean_term", finiteOrNull(s.mean_term)},
            {"variance_term", finiteOrNull(s.variance_term)},
            {"tau", finiteOrNull(s.tau)},
            {"fired", s.fired},
            {"accepted", s.accepted},
            {"null_band", toJson(s.null_band)},
            {"channels", toJson(s.channels)}};
}

json toJson(const ViewTrace& view) {
    json stages = json::array();
    for (const StageTrace& stage : view.stages) {
        stages.push_back(toJson(stage));
    }
    json rows = json::array();
    for (const OutputRow& row : view.rows) {
        rows.push_back(json::array({nameOf(row.kind), row.patch}));
    }
    return {
        {"grid",
         {{"rows", view.grid.rows}, {"cols", view.grid.cols}, {"patch_px", view.grid.patch_px}}},
        {"source", toJson(view.source)},
        {"stages", std::move(stages)},
        {"kept", view.kept},
        {"rows", std::move(rows)},
        {"shift", toJson(view.shift)}};
}

json toJson(const Timings& t) {
    return {{"preprocess", t.preprocess},
            {"encode", t.encode},
            {"select", t.select},
            {"project", t.project},
            {"prefill", t.prefill},
            {"decode", t.decode},
            {"reference", t.reference}};
}

json toJson(const ModelIdentity& m) {
    return {{"name", m.name},
            {"fingerprint", m.fingerprint},
            {"device", m.device},
            {"dtype", m.dtype},
            {"attention", m.attention},
            {"layers", m.layers},
            {"threads", m.threads},
            {"decoder_layers", m.decoder_layers}};
}

json toJson(const ImageIdentity& i) {
    return {{"name", i.name}, {"hash", i.hash}, {"width", i.width}, {"height", i.height}};
}

json toJson(const TokenCounts& t) {
    return {{"visual_full", t.visual_full},
            {"visual_kept", t.visual_kept},
            {"text", t.text},
            {"layer_mean_in", t.layer_mean_in},
            {"layer_mean_out", t.layer_mean_out}};
}

json toJson(const AnswerTrace& a) {
    return {{"text", a.text},
            {"ids", a.ids},
            {"pieces", a.pieces},
            {"probability", finiteList(a.probability)},
            {"complete", a.complete},
            {"hit_length_limit", a.hit_length_limit}};
}

json toJson(const std::vector<StageCounter>& counters) {
    json list = json::array();
    for (const StageCounter& c : counters) {
        list.push_back({{"stage", c.stage}, {"hits", c.hits}, {"misses", c.misses}});
    }
    return list;
}

std::string dumped(const json& value, int indent) {
    return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

double mean(const std::vector<ViewTrace>& views, std::optional<double> ShiftSummary::*field) {
    double sum = 0;
    for (const ViewTrace& view : views) {
        sum += (view.shift.*field).value_or(0);
    }
    return sum / static_cast<double>(views.size());
}

json shiftSummaryJson(const ViewTrace& view) {
    json events = json::array();
    for (const StageTrace& stage : view.stages) {
        if (stage.shift_before) {
            events.push_back({{"layer", stage.site.layer},
                              {"tokens_in", stage.tokens_in},
                              {"tokens_out", stage.tokens_out},
                              {"value", finiteOrNull(*stage.shift_before)}});
        }
    }
    return {{"metric", view.shift.metric},
            {"place", nameOf(view.shift.place)},
            {"per_event", std::move(events)},
            {"kappa", finiteOrNull(view.shift.kappa)},
            {"kappa_after", finiteOrNull(view.shift.kappa_after)},
            {"tau", finiteOrNull(view.shift.tau)},
            {"fired", view.shift.fired},
            {"accepted", view.shift.accepted},
            {"mean_term", finiteOrNull(view.shift.mean_term)},
            {"variance_term", finiteOrNull(view.shift.variance_term)},
            {"channels", toJson(view.shift.channels)}};
}

json runShiftJson(const RunTrace& trace) {
    if (trace.views.empty()) {
        return nullptr;
    }
    json shift = shiftSummaryJson(trace.views.front());
    if (trace.views.size() > 1) {
        shift["views"] = json::array();
        bool any_fired = false;
        bool any_accepted = false;
        for (const ViewTrace& view : trace.views) {
            shift["views"].push_back(shiftSummaryJson(view));
            any_fired = any_fired || view.shift.fired;
            any_accepted = any_accepted || view.shift.accepted;
        }
        shift["kappa"] = finiteOrNull(mean(trace.views, &ShiftSummary::kappa));
        shift["kappa_after"] = finiteOrNull(mean(trace.views, &ShiftSummary::kappa_after));
        shift["fired"] = any_fired;
        shift["accepted"] = any_accepted;
    }
    return shift;
}

}  // namespace

std::string settingsToJson(const RunSettings& settings) {
    return dumped(toJson(settings), 1);
}

std::string traceToJson(const RunTrace& trace) {
    json views = json::array();
    for (const ViewTrace& view : trace.views) {
        views.push_back(toJson(view));
    }
    return dumped({{"schema", kTraceSchema},
                   {"version", trace.version},
                   {"settings", toJson(trace.settings)},
                   {"prompt", trace.prompt},
                   {"model", toJson(trace.model)},
                   {"image", toJson(trace.image)},
                   {"views", std::move(views)},
                   {"tokens", toJson(trace.tokens)},
                   {"answer", toJson(trace.answer)},
                   {"timings_ms", toJson(trace.timings_ms)},
                   {"cost_ms", toJson(trace.cost_ms)},
                   {"cache", toJson(trace.cache)},
                   {"reused", trace.reused},
                   {"notes", trace.notes}},
                  1);
}

std::string runToJson(const RunTrace& trace) {
    json kept = json::array();
    for (const ViewTrace& view : trace.views) {
        kept.push_back(view.kept);
    }
    json settings = toJson(trace.settings);
    settings["prompt"] = trace.prompt;
    settings["image"] = toJson(trace.image);
    settings["threads"] = trace.model.threads;
    return dumped({{"schema", kRunSchema},
                   {"answer", trace.answer.text},
                   {"answer_ids", trace.answer.ids},
                   {"tokens", toJson(trace.tokens)},
                   {"shift", runShiftJson(trace)},
                   {"kept", std::move(kept)},
                   {"timings_ms", toJson(trace.timings_ms)},
                   {"cost_ms", toJson(trace.cost_ms)},
                   {"model", trace.model.name},
                   {"model_fingerprint", trace.model.fingerprint},
                   {"device", trace.model.device},
                   {"dtype", trace.model.dtype},
                   {"attention", trace.model.attention},
                   {"settings", std::move(settings)},
                   {"notes", trace.notes},
                   {"version", trace.version}},
                  1);
}

}  // namespace prunescope
