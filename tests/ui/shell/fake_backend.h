#pragma once

#include "core/engine/engine.h"

#include <atomic>
#include <functional>
#include <memory>

namespace prunescope::test {

/// A 4 x 4 grid, one encoder stage and one after the encoder; 16 -> 8 -> budget tokens.
RunTrace fakeTrace(const RunRequest& request);
LoadReport fakeReport(const std::string& directory);

/// What the fake backend does; shared with the test.
struct Script {
    int tokens = 3;                             ///< answer tokens
    double cost_ms = 20;                        ///< of the encoder, as traces tell it
    int events_per_run = 0;                     ///< extra progress and token events
    std::atomic<bool> hold{false};              ///< runs wait here until they are stopped
    std::atomic<bool> hold_attribution{false};  ///< waits after two effects
    int patch_without_number = -1;              ///< its effect is NaN
    std::atomic<int> runs{0};
    std::string run_error;       ///< not empty: runs fail with this
    std::string variant_error;   ///< not empty: members of batches fail with this
    std::string failing_method;  ///< this one fails in batches
    std::string load_error;      ///< not empty: loads fail with this
    ErrorCode code = ErrorCode::Failure;
};

Engine::MakeBackend fakeBackend(std::shared_ptr<Script> script);

}  // namespace prunescope::test
