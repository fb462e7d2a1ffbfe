#pragma once

#include "core/session/session.h"

#include <cstdlib>
#include <memory>
#include <random>
#include <string>

namespace prunescope::test {

/// A picture that no other number has, and that no compression makes small: its file takes a while.
inline Image numberedPicture(int number) {
    Image image{384, 256, {}};
    std::mt19937 random(static_cast<unsigned>(number));
    for (int i = 0; i < image.width * image.height * 3; ++i) {
        image.rgb.push_back(static_cast<std::uint8_t>(random()));
    }
    return image;
}

inline std::string numberedPrompt(int number) {
    return "version " + std::to_string(number);
}

inline int numberedBudget(int number) {
    return 1 + number % 500;
}

/// The number that all parts of a state agree on; -1: they are of several.
inline int numberOf(const SessionState& state) {
    const std::string word = "version ";
    if (!state.image || state.prompt.rfind(word, 0) != 0 || state.notes.size() != 1) {
        return -1;
    }
    const int number = std::atoi(state.prompt.c_str() + word.size());
    const bool is_whole =
        state.prompt == numberedPrompt(number) && *state.image == numberedPicture(number) &&
        state.settings.budget == numberedBudget(number) && state.notes.front().text == state.prompt;
    const bool is_of_trace = !state.trace || (state.trace->prompt == state.prompt &&
                                              state.trace->settings == state.settings);
    return is_whole && is_of_trace ? number : -1;
}

}  // namespace prunescope::test
