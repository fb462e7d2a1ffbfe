#include "ui/engine_bridge.h"

#include <utility>

namespace prunescope {

EngineBridge::EngineBridge(Engine::MakeBackend make, QObject* parent)
    : QObject(parent), engine_(std::move(make), [this](Event event) { post(std::move(event)); }) {}

EngineBridge::~EngineBridge() = default;

bool EngineBridge::passes(const Event& event) {
    using namespace std::chrono;
    std::string kind;
    milliseconds pause{33};
    bool is_last = false;
    if (const auto* progress = std::get_if<Progress>(&event)) {
        kind = progress->stage;
        is_last = progress->step == progress->of;
    } else if (const auto* token = std::get_if<AnswerToken>(&event)) {
        // Each holds the whole text so far, and the last is followed by the finished answer.
        kind = token->unpruned ? "unpruned answer" : "answer";
        pause = milliseconds{16};
    } else {
        last_passed_.clear();
        return true;
    }
    const auto now = steady_clock::now();
    const auto [last, is_new] = last_passed_.try_emplace(kind, now);
    if (!is_new && !is_last && now - last->second < pause) {
        return false;
    }
    last->second = now;
    return true;
}

void EngineBridge::post(Event event) {
    if (passes(event)) {
        QMetaObject::invokeMethod(
            this,
            [this, event = std::move(event)] { Q_EMIT arrived(event); },
            Qt::QueuedConnection);
    }
}

}  // namespace prunescope
