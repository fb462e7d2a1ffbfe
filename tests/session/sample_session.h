#pragma once

#include "core/image/sample.h"
#include "core/session/session.h"
#include "tests/trace/sample_trace.h"

#include <algorithm>
#include <memory>

namespace prunescope {

/// Every row taken away, the first dropped patch put back, attention of every answer token.
inline Attribution sampleAttribution(const RunTrace& trace) {
    Attribution found;
    found.answer = trace.answer;
    const std::size_t n_answer = trace.answer.ids.size();
    found.log_probability.assign(n_answer, -0.1);
    for (const OutputRow& row : trace.views[0].rows) {
        found.rows.push_back({0, row});
    }
    for (std::size_t row = 0; row < found.rows.size(); ++row) {
        TokenEffect effect;
        effect.token = found.rows[row].row;
        effect.row = static_cast<int>(row);
        for (std::size_t t = 0; t < n_answer; ++t) {
            effect.delta_of.push_back(0.1 * static_cast<double>(row + 1) - 1.0 / 3);
            effect.delta += effect.delta_of.back();
        }
        effect.ids = trace.answer.ids;
        effect.text = trace.answer.text;
        found.effects.push_back(effect);
    }
    TokenEffect back = found.effects.front();
    back.added = true;
    back.token = {RowKind::Patch, 0};
    while (std::ranges::binary_search(trace.views[0].kept, back.token.patch)) {
        ++back.token.patch;
    }
    back.ids = {7, 8};
    back.text = "No, a \"cat\"";
    back.first_difference = 0;
    found.effects.push_back(back);
    found.total = static_cast<int>(found.effects.size()) + 1;
    found.attention.assign(n_answer, std::vector<double>(found.rows.size(), 1.0 / 7));
    return found;
}

/// A session with every field filled.
inline SessionState sampleSession() {
    SessionState state;
    Image image;
    image.width = 13;
    image.height = 7;
    for (int i = 0; i < 13 * 7 * 3; ++i) {
        image.rgb.push_back(static_cast<std::uint8_t>(i * 37));
    }
    state.image = std::make_shared<const Image>(std::move(image));
    state.image_name = "scene ü.png";
    state.prompt = "Is there a \"dog\"?\nOr a cat?";
    state.settings.budget = 16;
    state.settings.tau = 0.31;
    state.settings.params = {{"lambda", 0.5}, {"schedule", std::string("linear")}};
    state.model_name = "starter";
    state.model_fingerprint = "abc";
    state.trace = std::make_shared<const RunTrace>(sampleTrace());
    RunTrace unpruned = sampleTrace();
    unpruned.settings = {};
    unpruned.settings.method = "none";
    unpruned.answer.text = "No";
    state.unpruned = std::make_shared<const RunTrace>(std::move(unpruned));
    state.attribution = std::make_shared<const Attribution>(sampleAttribution(*state.trace));
    state.notes = {{{0, 4}, 0, "the dog's ear"}, {{}, 0, "from the first lesson"}};
    SessionBookmark bookmark{2, "DCP-Prune, k = 16", state.prompt, state.settings, 0, 1, {0, 4}};
    state.bookmarks = {bookmark};
    bookmark.slot = 9;
    bookmark.settings.params.clear();
    state.bookmarks.push_back(bookmark);
    state.log = {"opened scene ü.png", "budget 64 -> 16"};
    state.view_json = R"({"zoom":2})";
    state.program_version = "0.1.0";
    state.created = "2026-01-02T03:04:05Z";
    return state;
}

}  // namespace prunescope
