#include "ui/panels/status_line.h"

#include "ui/accessibility/accessible_rows.h"
#include "ui/ahead/tau_ranges.h"
#include "ui/services/appearance.h"
#include "ui/views/stage_labels.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>

namespace prunescope {

namespace {

struct StateLook {
    QString text;
    const char* color;
    const char* shape;  // told apart without colour
};

StateLook lookOf(RunState state) {
    switch (state) {
        case RunState::NoModel:
            return {StatusLine::tr("No model"), "#8b93a1", "○"};
        case RunState::LoadingModel:
            return {StatusLine::tr("Loading model"), "#3d7be0", "◔"};
        case RunState::Ready:
            return {StatusLine::tr("Ready"), "#2f9e6e", "●"};
        case RunState::Running:
            return {StatusLine::tr("Running"), "#3d7be0", "▶"};
        case RunState::Stale:
            return {StatusLine::tr("Inputs changed, not run yet"), "#d98e04", "◐"};
        case RunState::Cancelled:
            return {StatusLine::tr("Stopped; last valid result on show"), "#d98e04", "■"};
        case RunState::Error:
            return {StatusLine::tr("Error"), "#d1495b", "✕"};
        case RunState::OutOfMemory:
            return {StatusLine::tr("Out of memory"), "#d1495b", "✕"};
    }
    return {};
}

// A label with the text that it has lays out nothing.
void setTextOf(QLabel& label, const QString& text) {
    if (label.text() != text) {
        label.setText(text);
    }
}

// Shorter runs are over before anyone could read that they run.
constexpr int kMoment_ms = 120;

}  // namespace

QString validityOf(const RunTrace& trace) {
    const std::vector<double> edges = tauEdges(trace);
    if (edges.empty()) {
        return {};
    }
    const TauRange range =
        tauRanges(edges)[static_cast<std::size_t>(rangeAt(edges, trace.settings.tau))];
    const QString from = QLocale().toString(range.from, 'g', 4);
    const QString to = QLocale().toString(range.to, 'g', 4);
    if (range.from <= 0) {
        return StatusLine::tr("same result for τ < %1").arg(to);
    }
    return std::isfinite(range.to) ? StatusLine::tr("same result for τ from %1 to %2").arg(from, to)
                                   : StatusLine::tr("same result for τ ≥ %1").arg(from);
}

StatusLine::StatusLine(Document* document, SelectionModel* selection, QWidget* parent)
    : QWidget(parent),
      document_(document),
      selection_(selection),
      dot_(new QLabel(this)),
      state_(new QLabel(this)),
      choose_(new QPushButton(tr("Choose…"), this)),
      model_(new QLabel(this)),
      pointer_(new QLabel(this)),
      validity_(new QLabel(this)),
      bar_(new QProgressBar(this)),
      cancel_(new QPushButton(symbolicIcon("stop"), tr("Cancel"), this)) {
    setObjectName("statusLine");
    state_->setObjectName("state");
    choose_->setObjectName("chooseModel");
    choose_->setToolTip(tr("Choose a model to run"));
    choose_->setAccessibleName(tr("Choose a model"));
    connect(choose_, &QPushButton::clicked, this, &StatusLine::modelsRequested);
    model_->setObjectName("statusModel");
    validity_->setObjectName("validity");
    validity_->setToolTip(tr("Moving τ inside this interval changes nothing"));
    pointer_->setObjectName("pointerText");
    bar_->setObjectName("progress");
    bar_->setAccessibleName(tr("Progress"));
    bar_->setFixedWidth(150);
    bar_->setTextVisible(false);
    bar_->setMaximumHeight(12);
    cancel_->setObjectName("cancel");
    cancel_->setToolTip(tr("Stop (Esc)"));
    cancel_->setAccessibleName(tr("Cancel"));
    connect(cancel_, &QPushButton::clicked, this, &StatusLine::cancelRequested);
    // Long names give way before they push the window wider.
    for (QLabel* label : {model_, pointer_}) {
        label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    }
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(6, 0, 6, 0);
    row->setSpacing(10);
    row->addWidget(dot_);
    row->addWidget(state_);
    row->addWidget(choose_);
    row->addWidget(model_, 3);
    row->addWidget(pointer_, 2);
    row->addWidget(validity_);
    row->addWidget(bar_);
    row->addWidget(cancel_);
    for (QWidget* widget : {static_cast<QWidget*>(bar_), static_cast<QWidget*>(cancel_)}) {
        QSizePolicy policy = widget->sizePolicy();
        policy.setRetainSizeWhenHidden(true);
        widget->setSizePolicy(policy);
    }
    soon_.setSingleShot(true);
    soon_.setInterval(kMoment_ms);
    connect(&soon_, &QTimer::timeout, this, &StatusLine::showState);
    connect(document_, &Document::stateChanged, this, &StatusLine::takeState);
    connect(document_, &Document::modelChanged, this, &StatusLine::showModel);
    connect(document_, &Document::traceChanged, this, [this] {
        showModel();
        showValidity();
        showPointer();
    });
    connect(selection_, &SelectionModel::hoveredChanged, this, &StatusLine::showPointer);
    showState();
    showModel();
    showValidity();
}

void StatusLine::takeState() {
    const RunState state = document_->state();
    const bool passes = document_->live() && document_->model() &&
                        (state == RunState::Running || state == RunState::Stale);
    if (!passes) {
        soon_.stop();
        showState();
    } else if (!cancel_->isHidden()) {
        showState();
    } else {
        last_state_ = state;  // not shown yet; its end is announced all the same
        if (!soon_.isActive()) {
            soon_.start();
        }
    }
}

void StatusLine::showState() {
    const RunState state = document_->state();
    const StateLook look = lookOf(state);
    setTextOf(*dot_, QString("<span style=\"color:%1\">%2</span>").arg(look.color, look.shape));
    const bool busy = state == RunState::Running || state == RunState::LoadingModel;
    QString text = look.text;
    const auto& progress = document_->progress();
    if (busy && progress) {
        text += ": " + progressText(*progress);
    }
    setTextOf(*state_, text);
    const bool counted = busy && progress && progress->of > 0;
    bar_->setVisible(busy);  // before its range: a bar on show is painted at once, with the window
    bar_->setRange(0, counted ? 1000 : 0);
    if (counted) {
        const double share =
            static_cast<double>(progress->step) / static_cast<double>(progress->of);
        bar_->setValue(static_cast<int>(std::clamp(share, 0.0, 1.0) * 1000));
    }
    cancel_->setVisible(busy);
    choose_->setVisible(state == RunState::NoModel);
    announceEnd();
}

// What a job came to, for those who do not see the window change.
void StatusLine::announceEnd() {
    const RunState before = std::exchange(last_state_, document_->state());
    const bool was_busy = before == RunState::Running || before == RunState::LoadingModel;
    const TracePtr trace = document_->trace();
    if (!was_busy || document_->state() == before) {
        return;
    }
    if (document_->error()) {
        announce(this, document_->error()->message + ' ' + document_->error()->hint);
    } else if (document_->state() == RunState::Ready && trace && document_->resultMatchesInputs()) {
        announce(this,
                 tr("Done: %1 of %2 tokens kept. The answer is: %3")
                     .arg(trace->tokens.visual_kept)
                     .arg(trace->tokens.visual_full)
                     .arg(QString::fromStdString(trace->answer.text)));
    } else {
        announce(this, state_->text());
    }
}

void StatusLine::showModel() {
    if (!document_->model()) {
        model_->clear();
        return;
    }
    const LoadReport& model = *document_->model();
    QStringList parts{QString::fromStdString(model.name),
                      QString::fromStdString(model.device),
                      QString::fromStdString(model.dtype)};
    if (const TracePtr trace = document_->trace(); trace && !trace->model.attention.empty()) {
        parts << tr("attention %1").arg(QString::fromStdString(trace->model.attention));
    }
    setTextOf(*model_, parts.join(" · "));
    model_->setToolTip(QString::fromStdString(model.architecture));
}

void StatusLine::showPointer() {
    const TracePtr trace = document_->trace();
    const auto view = static_cast<std::size_t>(selection_->view());
    const int patch = selection_->hoveredPatch();
    if (!trace || view >= trace->views.size() || patch < 0 ||
        patch >= trace->views[view].grid.count()) {
        pointer_->clear();
        return;
    }
    const PatchGrid& grid = trace->views[view].grid;
    pointer_->setText(
        tr("patch %1, row %2, column %3").arg(patch).arg(grid.rowOf(patch)).arg(grid.colOf(patch)));
}

void StatusLine::showValidity() {
    const TracePtr trace = document_->trace();
    setTextOf(*validity_, trace ? validityOf(*trace) : QString());
}

}  // namespace prunescope
