#include "ui/views/stage_scrubber.h"

#include "ui/views/stage_labels.h"

#include <algorithm>

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>

namespace prunescope {

namespace {

constexpr int kStep_ms = 700;

/// A play or pause sign in the text colour, so that it can be seen in a dark window too.
QIcon playIcon(bool is_playing, const QColor& ink, double ratio) {
    constexpr int kSide = 18;
    QPixmap pixmap(QSize(kSide, kSide) * ratio);
    pixmap.setDevicePixelRatio(ratio);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(ink);
    if (is_playing) {
        painter.drawRect(QRectF(4, 3, 4, 12));
        painter.drawRect(QRectF(10, 3, 4, 12));
    } else {
        painter.drawPolygon(QPolygonF{QPointF(4, 2.5), QPointF(15, 9), QPointF(4, 15.5)});
    }
    return {pixmap};
}

}  // namespace

StageScrubber::StageScrubber(Document* document, SelectionModel* selection, QWidget* parent)
    : QWidget(parent), document_(document), selection_(selection) {
    setObjectName(QStringLiteral("stageScrubber"));
    play_ = new QToolButton;
    play_->setObjectName(QStringLiteral("playStages"));
    play_->setAutoRaise(true);
    slider_ = new QSlider(Qt::Horizontal);
    slider_->setObjectName(QStringLiteral("stageSlider"));
    slider_->setAccessibleName(tr("Pruning stage"));
    slider_->setToolTip(tr("Stage shown by all views. Keys [ and ] step, Space plays."));
    slider_->setTickPosition(QSlider::TicksBelow);
    slider_->setPageStep(1);
    slider_->setMinimumWidth(120);
    label_ = new QLabel;
    label_->setObjectName(QStringLiteral("stageLabel"));
    label_->setMinimumWidth(
        fontMetrics().horizontalAdvance(QStringLiteral("after layer 21 · ACGR · 472 → 386 ")));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(8, 2, 8, 2);
    row->addWidget(play_);
    row->addWidget(slider_, 1);
    row->addWidget(label_);
    timer_.setInterval(kStep_ms);
    connect(&timer_, &QTimer::timeout, this, &StageScrubber::advance);
    connect(play_, &QToolButton::clicked, this, &StageScrubber::togglePlay);
    connect(slider_, &QSlider::valueChanged, selection_, &SelectionModel::setStage);
    connect(document_, &Document::traceChanged, this, &StageScrubber::takeTrace);
    connect(selection_, &SelectionModel::viewChanged, this, &StageScrubber::takeTrace);
    connect(selection_, &SelectionModel::stageChanged, this, &StageScrubber::takeStage);
    setPlaying(false);
    takeTrace();
}

const ViewTrace* StageScrubber::view() const {
    const TracePtr trace = document_->trace();
    const auto i = static_cast<std::size_t>(std::max(0, selection_->view()));
    return trace && i < trace->views.size() ? &trace->views[i] : nullptr;
}

int StageScrubber::lastStage() const {
    return view() != nullptr ? static_cast<int>(view()->stages.size()) - 1 : -1;
}

void StageScrubber::takeTrace() {
    const QSignalBlocker quiet(slider_);  // the selection decides the stage, not the new range
    slider_->setRange(-1, lastStage());
    setEnabled(lastStage() >= 0);
    takeStage();
}

void StageScrubber::takeStage() {
    const QSignalBlocker quiet(slider_);
    slider_->setValue(std::min(selection_->stage(), lastStage()));
    const ViewTrace* now = view();
    const QString said = now != nullptr ? stageLabel(*now, selection_->stage()) : tr("no run yet");
    label_->setText(said);
    slider_->setAccessibleDescription(said);
}

void StageScrubber::togglePlay() {
    if (isPlaying()) {
        setPlaying(false);
        return;
    }
    if (lastStage() < 0) {
        return;
    }
    if (selection_->stage() >= lastStage()) {
        selection_->setStage(-1);
    }
    setPlaying(true);
}

void StageScrubber::advance() {
    const int next = selection_->stage() + 1;
    selection_->setStage(std::min(next, lastStage()));
    if (next >= lastStage()) {
        setPlaying(false);
    }
}

void StageScrubber::setPlaying(bool playing) {
    playing ? timer_.start() : timer_.stop();
    refreshIcon();
    const QString name = playing ? tr("Pause") : tr("Play the stages");
    play_->setAccessibleName(name);
    play_->setToolTip(name + tr(" (Space)"));
}

void StageScrubber::refreshIcon() {
    play_->setIcon(
        playIcon(isPlaying(), palette().color(QPalette::ButtonText), devicePixelRatioF()));
}

void StageScrubber::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        refreshIcon();
    }
    QWidget::changeEvent(event);
}

}  // namespace prunescope
