#include "tests/ui/shell/fake_backend.h"

#include "core/base/error.h"
#include "core/base/stop.h"
#include "core/base/text.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <thread>

namespace prunescope::test {

namespace {

AnswerTrace fakeAnswer(int tokens, const std::string& last) {
    AnswerTrace answer;
    for (int i = 0; i < tokens; ++i) {
        const std::string piece = i + 1 == tokens ? last : "word" + std::to_string(i) + " ";
        answer.ids.push_back(i + 1 == tokens ? 1000 + last.front() : 100 + i);
        answer.pieces.push_back(piece);
        answer.probability.push_back(0.5F);
        answer.text += piece;
    }
    answer.complete = true;
    return answer;
}

StageTrace fakeStage(const std::string& name, Site site, int in, int out) {
    StageTrace stage;
    stage.name = name;
    stage.site = site;
    stage.tokens_in = in;
    stage.tokens_out = out;
    for (int patch = 0; patch < 16; ++patch) {
        stage.score.push_back(static_cast<float>(16 - patch));
        stage.slot_from_patch.push_back(patch < out ? patch : -1);
    }
    return stage;
}

std::string lastWord(const std::string& method) {
    return method == "none" ? "mouse" : method == "random" ? "dog" : "cat";
}

/// What a method after the encoder leaves: `random` takes others than the rest.
void addPlainSelection(ViewTrace& view, const RunSettings& settings) {
    const int kept = settings.method == "none" ? 16 : std::min(settings.budget, 8);
    const int first = settings.method == "random" ? 4 : 0;
    StageTrace stage = fakeStage("select", {Site::Kind::AfterEncoder, 4}, 16, kept);
    for (int patch = 0; patch < 16; ++patch) {
        const bool stays = patch >= first && patch < first + kept;
        stage.slot_from_patch[static_cast<std::size_t>(patch)] = stays ? patch - first : -1;
        if (stays) {
            view.kept.push_back(patch);
        }
    }
    view.stages.push_back(stage);
}

class FakeBackend : public Backend {
public:
    explicit FakeBackend(std::shared_ptr<Script> script) : script_(std::move(script)) {}

    LoadReport load(const LoadRequest& request, const JobContext& context) override {
        if (!script_->load_error.empty()) {
            throw Error(script_->code, script_->load_error, "Choose another model.");
        }
        context.emit(Progress{request.id, "load", 1, 2});
        fingerprint_ = request.directory;
        return fakeReport(request.directory);
    }

    void run(const RunRequest& request, const JobContext& context) override {
        ++script_->runs;
        context.emit(Progress{request.id, "encode", 1, 24});
        if (!script_->run_error.empty()) {
            throw Error(script_->code, script_->run_error, "Try another picture.");
        }
        const bool is_variant = !request.want_curve;
        if (is_variant && !script_->variant_error.empty()) {
            throw Error(script_->code, script_->variant_error);
        }
        if (is_variant && request.settings.method == script_->failing_method) {
            throw Error(ErrorCode::Model, "Not with this model.");
        }
        RunTrace trace = fakeTrace(request);
        trace.model.fingerprint = fingerprint_;
        trace.cost_ms.encode = script_->cost_ms;
        const AnswerTrace answer = fakeAnswer(script_->tokens, lastWord(request.settings.method));
        if (request.attribution) {
            attribute(request, context, trace, answer);
            return;
        }
        context.emit(Selected{request.id, std::make_shared<const RunTrace>(trace)});
        while (script_->hold) {
            throwIfStopped(context.stop);
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        for (int i = 0; i < script_->events_per_run; ++i) {
            throwIfStopped(context.stop);
            context.emit(Progress{request.id, "decode", static_cast<std::uint64_t>(i), 100000});
            context.emit(AnswerToken{request.id, false, i, answer.text + std::to_string(i)});
        }
        context.emit(AnswerToken{request.id, false, 1, answer.text});
        trace.answer = answer;
        context.emit(Finished{request.id, std::make_shared<const RunTrace>(trace)});
        trace.answer = fakeAnswer(script_->tokens, "mouse");
        context.emit(UnprunedFinished{request.id, std::make_shared<const RunTrace>(trace)});
        context.emit(
            BudgetCurve{request.id, {{4, 0.9, 0.5, true, 0.2}, {8, 0.1, 0.1, false, 0.1}}, true});
    }

private:
    /// Kept patch p changes the log-probability by (p - 3) / 10, all of it at answer token p mod T;
    /// patch 0 changes the answer from the second token on. Answer token t looks at kept patch t.
    void attribute(const RunRequest& request,
                   const JobContext& context,
                   const RunTrace& trace,
                   const AnswerTrace& answer) const {
        Attribution known;
        known.answer = answer;
        const std::size_t n_answer = answer.ids.size();
        known.log_probability.assign(n_answer, -0.7);
        std::vector<TokenEffect> effects;
        for (const std::int32_t patch : trace.views.front().kept) {
            const auto row = static_cast<int>(known.rows.size());
            known.rows.push_back({0, {RowKind::Patch, patch}});
            const double delta = patch == script_->patch_without_number
                                     ? std::numeric_limits<double>::quiet_NaN()
                                     : (patch - 3) / 10.0;
            TokenEffect effect{false, 0, {RowKind::Patch, patch}, row, delta, {}, {}, {}, -1};
            effect.delta_of.assign(n_answer, 0.0);
            effect.delta_of[static_cast<std::size_t>(patch) % n_answer] = delta;
            effect.ids = answer.ids;
            effect.text = patch == 0 ? "a bird" : answer.text;
            effect.first_difference = patch == 0 ? 1 : -1;
            effects.push_back(effect);
        }
        if (request.attribution->attention) {
            known.attention.assign(n_answer, std::vector<double>(known.rows.size(), 0.01));
            for (std::size_t t = 0; t < std::min(n_answer, known.rows.size()); ++t) {
                known.attention[t][t] = 0.25;
            }
        }
        for (const ViewPatch& added : request.attribution->leave_in) {
            TokenEffect effect{
                true, added.view, {RowKind::Patch, added.patch}, 0, 0.05, {}, {}, {}, -1};
            effect.delta_of.assign(n_answer, 0.0);
            effect.delta_of.front() = effect.delta;
            effect.text = answer.text;
            effects.push_back(effect);
        }
        known.total = static_cast<int>(effects.size());
        for (const TokenEffect& effect : effects) {
            context.emit(Attributed{request.id, std::make_shared<const Attribution>(known)});
            while (script_->hold_attribution && known.effects.size() == 2) {
                throwIfStopped(context.stop);
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
            known.effects.push_back(effect);
        }
        context.emit(Attributed{request.id, std::make_shared<const Attribution>(known)});
    }

    std::shared_ptr<Script> script_;
    std::string fingerprint_;
};

}  // namespace

namespace {

/// Banned patches leave the last stage, pinned ones take the places that are there.
void honour(const PatchRules& rules, ViewTrace& view) {
    std::vector<std::int32_t> kept = rules.pinned;
    const std::size_t room = view.kept.size();
    kept.resize(std::min(kept.size(), room));
    for (std::int32_t patch = 0; patch < view.grid.count() && kept.size() < room; ++patch) {
        if (!std::ranges::count(rules.pinned, patch) && !std::ranges::count(rules.banned, patch)) {
            kept.push_back(patch);
        }
    }
    std::ranges::sort(kept);
    view.kept = kept;
    std::vector<std::int32_t>& slots = view.stages.back().slot_from_patch;
    std::ranges::fill(slots, -1);
    for (std::size_t i = 0; i < kept.size(); ++i) {
        slots[static_cast<std::size_t>(kept[i])] = static_cast<std::int32_t>(i);
    }
}

}  // namespace

RunTrace fakeTrace(const RunRequest& request) {
    RunTrace trace;
    trace.settings = request.settings;
    trace.prompt = request.prompt;
    trace.model.name = "fake";
    trace.model.device = "cpu";
    trace.model.dtype = "fp32";
    trace.model.layers = 4;
    trace.image.name = request.image_name;
    if (request.image) {
        trace.image.width = request.image->width;
        trace.image.height = request.image->height;
        trace.image.hash = hex(contentHash(*request.image));
    }
    ViewTrace view;
    view.grid = {4, 4, 14};
    view.source = {0, 0, 56, 56};
    if (request.settings.method != "dcp") {
        addPlainSelection(view, request.settings);
    } else {
        const int kept = std::min(request.settings.budget, 8);
        view.stages.push_back(fakeStage("ACGR", {Site::Kind::EncoderLayer, 1}, 16, 8));
        view.stages.push_back(fakeStage("TATCS", {Site::Kind::AfterEncoder, 4}, 8, kept));
        for (int patch = 8; patch < 12; ++patch) {
            view.stages[0].transfers.push_back({patch, patch - 8, 1.0F});
        }
        for (int patch = 0; patch < kept; ++patch) {
            view.kept.push_back(patch);
        }
    }
    if (!request.settings.patch_rules.empty()) {
        honour(request.settings.patch_rules.front(), view);
    }
    for (const std::int32_t patch : view.kept) {
        view.rows.push_back({RowKind::Patch, patch});
    }
    view.shift.kappa = 0.35;
    view.shift.tau = request.settings.tau;
    view.shift.fired = 0.35 > request.settings.tau;
    trace.views.push_back(view);
    trace.tokens = {16, static_cast<int>(view.kept.size()), 7, 0, 0};
    trace.tokens.sameInEveryLayer();
    trace.timings_ms = {1, 20, 2, 1, 9, 30};
    trace.cache = {{"encoder pass", 3, 1}};
    return trace;
}

LoadReport fakeReport(const std::string& directory) {
    LoadReport report;
    report.name = "fake";
    report.directory = directory;
    report.fingerprint = directory;
    report.device = "cpu";
    report.dtype = "fp32";
    report.image_size = 56;
    report.patch_size = 14;
    return report;
}

Engine::MakeBackend fakeBackend(std::shared_ptr<Script> script) {
    return [script] { return std::make_unique<FakeBackend>(script); };
}

}  // namespace prunescope::test
