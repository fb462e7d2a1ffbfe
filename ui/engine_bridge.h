#pragma once

#include "core/engine/engine.h"

#include <chrono>
#include <map>
#include <string>

#include <QObject>

namespace prunescope {

/// Owns the engine and brings its events to the GUI thread as queued calls. Progress of one
/// stage is passed on at most 30 times a second, a growing answer 60 times.
class EngineBridge : public QObject {
    Q_OBJECT

public:
    explicit EngineBridge(Engine::MakeBackend make, QObject* parent = nullptr);
    ~EngineBridge() override;

    RunId submit(RunRequest request) { return engine_.submit(std::move(request)); }

    RunId load(LoadRequest request) { return engine_.load(std::move(request)); }

    RunId compare(BatchRequest request) { return engine_.compare(std::move(request)); }

    void cancel() { engine_.cancel(); }

    void drop(RunId batch) { engine_.drop(batch); }

Q_SIGNALS:
    void arrived(const prunescope::Event& event);

private:
    void post(Event event);           // engine thread
    bool passes(const Event& event);  // engine thread

    /// Engine thread only: when an event of a kind was passed on.
    std::map<std::string, std::chrono::steady_clock::time_point> last_passed_;
    Engine engine_;  // last: joined before the rest goes
};

}  // namespace prunescope
