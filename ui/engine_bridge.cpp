#include "ui/engine_bridge.h"

#include <utility>

namespace prunescope {

EngineBridge::EngineBridge(Engine::MakeBackend make, QObject* parent)
    : QObject(parent), engine_(std::move(make), [this](Event event) { post(std::move(event)); }) {}

EngineBridge::~EngineBridge() = default;

bool EngineBridge::passes(const Event& event) {
    using namespace std::chrono;
    const auto* progress = std::get_if<Progress>(&event);
    if (progress == nullptr) {
        progress_stage_.clear();
        return true;
    }
    const auto now = steady_clock::now();
    const bool is_new = progress->stage != progress_stage_;
    if (!is_new && progress->step != progress->of && now - progress_time_ < milliseconds(33)) {
        return false;
    }
    progress_stage_ = progress->stage;
    progress_time_ = now;
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
