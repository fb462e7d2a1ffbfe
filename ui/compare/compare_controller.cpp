#include "ui/compare/compare_controller.h"

#include <algorithm>
#include <utility>

namespace prunescope {

namespace {

constexpr int kGridPause_ms = 250;  // a dragged slider does not restart the grid at every step

bool isSame(const RunRequest& a, const RunRequest& b) {
    return a.image == b.image && a.prompt == b.prompt && a.settings == b.settings;
}

bool isSame(const std::vector<RunRequest>& a, const std::vector<RunRequest>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
        return isSame(x, y);
    });
}

}  // namespace

CompareController::CompareController(Document* document,
                                     Reference* reference,
                                     MethodGrid* grid,
                                     EngineBridge* engine,
                                     QObject* parent)
    : QObject(parent), document_(document), reference_(reference), grid_(grid), engine_(engine) {
    for (QTimer* timer : {&reference_soon_, &grid_soon_}) {
        timer->setSingleShot(true);
    }
    grid_soon_.setInterval(kGridPause_ms);
    connect(&reference_soon_, &QTimer::timeout, this, &CompareController::syncReference);
    connect(&grid_soon_, &QTimer::timeout, this, &CompareController::syncGrid);
    const auto reference_later = [this] { reference_soon_.start(); };
    connect(reference_, &Reference::inputsChanged, this, reference_later);
    connect(document_, &Document::imageChanged, this, reference_later);
    connect(document_, &Document::modelChanged, this, reference_later);
    connect(document_, &Document::traceChanged, this, reference_later);
    connect(document_, &Document::liveChanged, this, reference_later);
    connect(grid_, &MethodGrid::workChanged, this, [this] {
        drop(of_grid_);  // what was asked is not wanted any more
        grid_soon_.start();
    });
    connect(engine_, &EngineBridge::arrived, this, &CompareController::onEvent);
}

// Without "live" the picture waits for the run of A.
bool CompareController::mayRun() const {
    return document_->live() || document_->resultMatchesInputs();
}

void CompareController::drop(Asked& asked) {
    if (const RunId batch = std::exchange(asked, {}).batch; batch != 0) {
        engine_->drop(batch);
    }
}

void CompareController::syncReference() {
    if (!reference_->needsRun()) {
        drop(of_reference_);
        return;
    }
    RunRequest request;
    request.image = document_->image();
    request.image_name = document_->imageName().toStdString();
    request.prompt = reference_->inputs().prompt.toStdString();
    request.settings = reference_->inputs().settings;
    if (!mayRun() || (of_reference_.batch != 0 && isSame(of_reference_.variants, {request}))) {
        return;
    }
    drop(of_reference_);
    BatchRequest batch;
    batch.variants = {request};
    batch.ahead = true;
    of_reference_ = {0, {0}, batch.variants};
    of_reference_.batch = engine_->compare(std::move(batch));
}

void CompareController::syncGrid() {
    const std::vector<int> tiles = grid_->waiting();
    drop(of_grid_);
    if (tiles.empty()) {
        return;
    }
    BatchRequest batch;
    for (const int tile : tiles) {
        batch.variants.push_back(grid_->request(tile));
    }
    of_grid_ = {0, tiles, batch.variants};
    of_grid_.batch = engine_->compare(std::move(batch));
}

void CompareController::onEvent(const Event& event) {
    const RunId id = std::visit([](const auto& any) { return any.id; }, event);
    if (id != 0 && id == of_reference_.batch) {
        onReference(event);
    } else if (id != 0 && id == of_grid_.batch) {
        onGrid(event);
    }
}

void CompareController::onReference(const Event& event) {
    if (const auto* ready = std::get_if<VariantReady>(&event)) {
        if (of_reference_.variants.front().image == document_->image()) {
            reference_->takeResult(ready->trace);
        }
    } else if (const auto* failed = std::get_if<VariantFailed>(&event)) {
        reference_->takeError(QString::fromStdString(failed->message));
    } else if (std::holds_alternative<Idle>(event) || std::holds_alternative<Stopped>(event)) {
        of_reference_ = {};
    }
}

void CompareController::onGrid(const Event& event) {
    const auto tileOf = [this](int index) {
        return of_grid_.tiles.at(static_cast<std::size_t>(index));
    };
    if (const auto* ready = std::get_if<VariantReady>(&event)) {
        grid_->takeResult(tileOf(ready->index), ready->trace, ready->complete);
    } else if (const auto* failed = std::get_if<VariantFailed>(&event)) {
        grid_->takeError(tileOf(failed->index), QString::fromStdString(failed->message));
    } else if (std::holds_alternative<Idle>(event) || std::holds_alternative<Stopped>(event)) {
        of_grid_ = {};
    }
}

}  // namespace prunescope
