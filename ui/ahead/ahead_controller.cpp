#include "ui/ahead/ahead_controller.h"

#include "core/prune/catalog.h"

#include <utility>

namespace prunescope {

namespace {

constexpr int kPause_ms = 120;          // stillness before the engine is given work again
constexpr int kMostTime_ms = 20'000;    // of computing ahead per rest
constexpr double kQuickRun_ms = 3'000;  // runs that take longer are not computed unasked

double costOf(const RunTrace& trace) {
    const Timings& cost = trace.cost_ms;
    return cost.encode + cost.reference + cost.select + cost.project + cost.prefill + cost.decode;
}

}  // namespace

AheadController::AheadController(Document* document,
                                 Controller* controller,
                                 EngineBridge* engine,
                                 Preferences* preferences,
                                 QObject* parent)
    : QObject(parent),
      document_(document),
      controller_(controller),
      engine_(engine),
      preferences_(preferences) {
    soon_.setSingleShot(true);
    soon_.setInterval(kPause_ms);
    enough_.setSingleShot(true);
    enough_.setInterval(kMostTime_ms);
    connect(&soon_, &QTimer::timeout, this, &AheadController::start);
    connect(&enough_, &QTimer::timeout, this, &AheadController::end);
    connect(document_, &Document::inputsChanged, this, [this] {
        end();
        showMarks();
    });
    connect(document_, &Document::modelChanged, this, [this] {
        failed_ = false;
        forget();
    });
    connect(document_, &Document::traceChanged, this, &AheadController::takeResult);
    connect(document_, &Document::stateChanged, this, &AheadController::takeState);
    connect(document_, &Document::liveChanged, this, &AheadController::takeState);
    connect(document_, &Document::curveChanged, this, [this] {
        // Curves of all methods fill the shelf of encoder passes.
        if (std::exchange(curves_known_, document_->methodCurves().size()) < curves_known_) {
            forget();
        }
    });
    connect(engine_, &EngineBridge::arrived, this, &AheadController::onEvent);
}

bool AheadController::isOn() const {
    if (!document_->live()) {
        return false;
    }
    if (const std::optional<bool> asked = preferences_->computeAhead()) {
        return *asked;
    }
    const TracePtr trace = document_->trace();
    return trace && trace->answer.complete && costOf(*trace) < kQuickRun_ms;
}

void AheadController::setOn(std::optional<bool> on) {
    preferences_->setComputeAhead(on);
    takeState();
}

bool AheadController::isAtRest() const {
    const TracePtr trace = document_->trace();
    return document_->state() == RunState::Ready && trace && trace->answer.complete &&
           document_->resultMatchesInputs();
}

bool AheadController::isComplete() const {
    return isAtRest() && batch_ == 0 && !soon_.isActive();
}

void AheadController::takeResult() {
    const TracePtr trace = document_->trace();
    // A session's result was computed by another program run: it is in no cache.
    if (trace && trace->answer.complete && document_->state() == RunState::Running &&
        document_->resultMatchesInputs()) {
        if (!ready_.areOf(*trace)) {
            has_curves_ = false;
        }
        ready_.add(*trace);
        picture_ = document_->image();
        showMarks();
    }
}

void AheadController::takeState() {
    if (isOn() && isAtRest()) {
        if (batch_ == 0) {
            soon_.start();
        }
    } else if (!isOn()) {
        end();
    }
    if (const bool is_on = isOn(); std::exchange(was_on_, is_on) != is_on) {
        Q_EMIT onChanged(is_on);
    }
    showMarks();
}

void AheadController::start() {
    if (!isOn() || !isAtRest() || failed_) {
        return;
    }
    end();
    const RunTrace& trace = *document_->trace();
    if (!ready_.areOf(trace)) {
        return;
    }
    asked_ = aheadRequests(controller_->request(), trace, ready_, !has_curves_);
    if (asked_.empty()) {
        return;
    }
    BatchRequest batch;
    batch.variants = asked_;
    batch.spare = true;
    batch_ = engine_->compare(std::move(batch));
    enough_.start();
}

void AheadController::end() {
    soon_.stop();
    enough_.stop();
    if (const RunId batch = std::exchange(batch_, 0); batch != 0) {
        engine_->drop(batch);
    }
}

void AheadController::forget() {
    end();
    ready_.clear();
    has_curves_ = false;
    showMarks();
}

void AheadController::onVariant(const VariantReady& event) {
    if (!event.complete || !event.trace) {
        return;
    }
    const RunTrace& trace = *event.trace;
    if (trace.answer.complete && ready_.areOf(trace)) {
        ready_.add(trace);
    } else if (event.id == batch_) {
        const RunRequest& asked = asked_.at(static_cast<std::size_t>(event.index));
        has_curves_ = asked.want_curve && asked.settings.tau > 0;  // the second of two
    } else if (!ready_.areOfPicture(trace)) {
        forget();  // work on other pictures takes the places in the cache
    } else if (const MethodSpec* method = findMethod(trace.settings.method);
               method != nullptr && method->in_encoder) {
        ready_.forgetOldest();
    }
    showMarks();
}

void AheadController::onEvent(const Event& event) {
    const RunId id = std::visit([](const auto& any) { return any.id; }, event);
    if (const auto* ready = std::get_if<VariantReady>(&event)) {
        onVariant(*ready);
    } else if (id != 0 && id == batch_) {
        if (const auto* failed = std::get_if<VariantFailed>(&event)) {
            if (failed->code == ErrorCode::OutOfMemory) {
                forget();  // the engine emptied its cache to make room
                failed_ = true;
            }
        } else if (std::holds_alternative<Idle>(event) || std::holds_alternative<Stopped>(event)) {
            batch_ = 0;
            enough_.stop();
            showMarks();
        }
    }
}

/// Whether what is ready is of the inputs, whatever their budget and tau.
bool AheadController::areOfInputs() const {
    const TracePtr trace = document_->trace();
    if (!trace || trace->views.empty() || !ready_.areOf(*trace) || picture_ != document_->image() ||
        document_->prompt() != QString::fromStdString(trace->prompt)) {
        return false;
    }
    RunSettings settings = document_->settings();
    settings.budget = trace->settings.budget;
    settings.tau = trace->settings.tau;
    return settings == trace->settings;
}

void AheadController::showMarks() {
    AheadMarks marks;
    if (isOn() && areOfInputs()) {
        const PatchGrid& grid = document_->trace()->views.front().grid;
        marks = aheadMarks(document_->settings(), grid.count(), ready_);
    }
    if (marks != marks_) {
        marks_ = std::move(marks);
        Q_EMIT marksChanged();
    }
}

}  // namespace prunescope
