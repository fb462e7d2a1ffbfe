#pragma once

#include "core/engine/engine.h"

#include <chrono>
#include <string>

#include <QObject>

namespace prunescope {

/// Owns the engine and brings its events to the GUI thread as queued calls. Progress within one
/// stage is passed on at most 30 times a second.
class EngineBridge : public QObject {
    Q_OBJECT

public:
    explicit EngineBridge(Engine::MakeBackend make, QObject* parent = nullptr);
    ~EngineBridge() override;

    RunId submit(RunRequest request) { return engine_.submit(std::move(request)); }

    RunId load(LoadRequest request) { return engine_.load(std::move(request)); }

    void cancel() { engine_.cancel(); }

Q_SIGNALS:
    void arrived(const prunescope::Event& event);

private:
    void post(Event event);           // engine thread
    bool passes(const Event& event);  // engine thread

    std::string progress_stage_;                           // engine thread only
    std::chrono::steady_clock::time_point progress_time_;  // engine thread only
    Engine engine_;                                        // last: joined before the rest goes
};

}  // namespace prunescope
