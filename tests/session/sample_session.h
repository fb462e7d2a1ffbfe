#pragma once

#include "core/image/sample.h"
#include "core/session/session.h"
#include "tests/trace/sample_trace.h"

#include <memory>

namespace prunescope {

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
