#include "ui/views/canvas.h"

#include "core/trace/patch_rules.h"
#include "ui/compare/linked_views.h"
#include "ui/views/canvas_card.h"
#include "ui/views/effect_marks.h"
#include "ui/views/effect_words.h"
#include "ui/views/stage_labels.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <QAccessible>
#include <QCoreApplication>
#include <QEvent>
#include <QPainter>

namespace prunescope {

namespace {

// Shorter runs are over before anyone could read that they run.
constexpr int kMoment_ms = 120;

/// A grey stand-in for a trace whose picture is not at hand.
QImage blankPicture(const ImageIdentity& identity) {
    QImage image(std::clamp(identity.width, 1, 4096),
                 std::clamp(identity.height, 1, 4096),
                 QImage::Format_RGB32);
    image.fill(QColor(0xa8a8a8));
    return image;
}

/// Has what a widget's window marked as changed painted before layouts that wait, and all else that
/// follows from a result: what people look at comes first.
class PaintsFirst : public QObject {
public:
    using QObject::QObject;

    void soon() {
        if (!std::exchange(is_due_, true)) {
            QCoreApplication::postEvent(this, new QEvent(QEvent::User), Qt::HighEventPriority);
        }
    }

    bool event(QEvent* event) override {
        if (event->type() != QEvent::User) {
            return QObject::event(event);
        }
        is_due_ = false;
        QCoreApplication::sendPostedEvents(static_cast<QWidget*>(parent())->window(),
                                           QEvent::UpdateRequest);
        return true;
    }

private:
    bool is_due_ = false;
};

}  // namespace

Canvas::Canvas(Document* document,
               SelectionModel* selection,
               OverlaySettings* overlay,
               QWidget* parent)
    : QWidget(parent), document_(document), selection_(selection), overlay_(overlay) {
    setObjectName(QStringLiteral("canvas"));
    setAccessibleName(tr("Picture with tokens"));
    setWhatsThis(
        tr("The picture as the model saw it. Click a patch to select it, Ctrl+click to "
           "add one, Shift+drag for a box, wheel to zoom, hold \\ for the raw picture."));
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
    connect(document_, &Document::imageChanged, this, &Canvas::takePicture);
    connect(document_, &Document::traceChanged, this, &Canvas::takeTrace);
    auto* first = new PaintsFirst(this);
    connect(document_, &Document::traceChanged, first, [first] { first->soon(); });
    connect(document_, &Document::settingsChanged, this, &Canvas::takeRules);
    connect(document_, &Document::remarksChanged, this, qOverload<>(&QWidget::update));
    connect(document_, &Document::stateChanged, this, &Canvas::takeState);
    state_soon_.setSingleShot(true);
    state_soon_.setInterval(kMoment_ms);
    connect(&state_soon_, &QTimer::timeout, this, [this] {
        shown_state_ = document_->state();
        update();
    });
    shown_state_ = document_->state();
    connect(selection_, &SelectionModel::viewChanged, this, &Canvas::takeTrace);
    connect(selection_, &SelectionModel::stageChanged, this, &Canvas::takeStage);
    connect(selection_, &SelectionModel::patchesChanged, this, [this] {
        update();
        announceSelection(this);
        announceCurrentRow(this, currentRow());
    });
    connect(selection_, &SelectionModel::hoveredChanged, this, [this] {
        const QString text = hoverText();
        setAccessibleDescription(text);
        QAccessibleEvent changed(this, QAccessible::DescriptionChanged);
        QAccessible::updateAccessibility(&changed);
        Q_EMIT statusText(text);
        update();
    });
    connect(selection_, &SelectionModel::answerTokenChanged, this, qOverload<>(&QWidget::update));
    connect(overlay_, &OverlaySettings::changed, this, &Canvas::staleAll);
    prepare_.setSingleShot(true);
    prepare_.setInterval(0);
    connect(&prepare_, &QTimer::timeout, this, &Canvas::refreshOther);
    exposeRows(this);
    takePicture();
}

bool Canvas::belongs(const RunTrace& trace, const Image& image) {
    return trace.image.width == image.width && trace.image.height == image.height;
}

const ViewTrace* Canvas::view() const {
    return viewOf(trace_);
}

const ViewTrace* Canvas::viewOf(const TracePtr& trace) const {
    const auto i = static_cast<std::size_t>(std::max(0, selection_->view()));
    return trace && i < trace->views.size() ? &trace->views[i] : nullptr;
}

void Canvas::takePicture() {
    shown_image_ = document_->image();
    picture_ = shown_image_ ? Picture(toQImage(*shown_image_)) : Picture();
    is_fitted_ = true;
    takeTrace();
}

// While a slider is dragged, runs come and go within a moment: their marks would only flicker, and
// each would cost a frame.
void Canvas::takeState() {
    const RunState state = document_->state();
    const bool passes =
        document_->live() && (state == RunState::Running || state == RunState::Stale);
    if (passes && shown_state_ != state) {
        if (!state_soon_.isActive()) {
            state_soon_.start();
        }
        return;
    }
    state_soon_.stop();
    if (shown_state_ != state || state == RunState::Running) {
        shown_state_ = state;
        update();
    }
}

void Canvas::takeTrace() {
    trace_ = traceOf(side_);
    // A picture of another size cannot be what this trace was made from: draw no overlay on it.
    if (trace_ && shown_image_ && !belongs(*trace_, *shown_image_)) {
        trace_ = nullptr;
    }
    if (!shown_image_) {
        picture_ = trace_ ? Picture(blankPicture(trace_->image)) : Picture();
    }
    const ViewTrace* now = view();
    transform_.grid = now != nullptr ? now->grid : PatchGrid{};
    transform_.source = now != nullptr ? toQRectF(now->source) : QRectF();
    if (is_fitted_) {
        fitView();
    }
    takeStage();
}

void Canvas::takeStage() {
    const ViewTrace* now = view();
    scene_ = now != nullptr ? makeScene(*now, stageOf(now)) : OverlayScene{};
    scene_.rules = rulesNow();
    static_is_stale_ = true;
    takeOther();
    update();
    announceRows(this);
}

// A shows what is asked for now, before the run that honours it; B what it was run with.
const PatchRules& Canvas::rulesNow() const {
    const auto view = static_cast<std::size_t>(std::max(0, selection_->view()));
    const bool is_run = side_ == CompareSide::B && trace_ != nullptr;
    return rulesOfView(is_run ? trace_->settings : document_->settings(), view);
}

void Canvas::takeRules() {
    if (scene_.rules != rulesNow()) {
        scene_.rules = rulesNow();
        staleAll();
    }
}

QString Canvas::ruleText(int patch) const {
    if (std::ranges::binary_search(scene_.rules.pinned, patch)) {
        return tr(" · pinned by you");
    }
    return std::ranges::binary_search(scene_.rules.banned, patch) ? tr(" · banned by you")
                                                                  : QString();
}

void Canvas::staleAll() {
    static_is_stale_ = true;
    other_is_stale_ = true;
    update();
}

QRectF Canvas::fitArea() const {
    return transform_.hasGrid() ? transform_.source.united(picture_.rect()) : picture_.rect();
}

void Canvas::fitView() {
    transform_.fit(fitArea(), QSizeF(size()) - QSizeF(0, kFooterHeight), kPictureMargin);
    is_fitted_ = true;
    staleAll();
    Q_EMIT transformChanged();
}

void Canvas::zoomToPixels() {
    zoomBy(1.0 / devicePixelRatioF() / transform_.scale);
}

void Canvas::zoomBy(double factor) {
    const QPointF anchor = underMouse() ? cursor_ : QRectF(rect()).center();
    transform_.zoomAt(anchor, factor);
    is_fitted_ = false;
    staleAll();
    Q_EMIT transformChanged();
}

OverlayInput Canvas::input() const {
    OverlayInput input;
    input.picture = &picture_;
    input.scene = &scene_;
    input.transform = transform_;
    input.options = overlay_->options();
    input.options.on = input.options.on && !raw_held_;
    input.theme = &themeFor(palette());
    return input;
}

void Canvas::refreshStatic() {
    const double ratio = devicePixelRatioF();
    const bool fits = static_layer_.size() == size() * ratio;
    if (static_is_stale_ || !fits) {
        static_layer_ = renderStatic(input(), size(), ratio);
        static_is_stale_ = false;
    }
}

QImage Canvas::snapshot() const {
    const double ratio = devicePixelRatioF();
    QImage image = renderStatic(input(), size(), ratio);
    QPainter painter(&image);
    paintFocus(painter, input(), ownPatches(), -1);
    paintAttribution(painter);
    return image;
}

QString Canvas::hoverText() const {
    const ViewTrace* now = view();
    if (now == nullptr) {
        return {};
    }
    const int patch = ownPatch(selection_->hoveredPatch());
    QString own = patchText(*now, stageOf(now), patch) + ruleText(patch);
    const QString effect = effectOf(patch);
    if (!effect.isEmpty()) {
        own += '\n' + effect;
    }
    const QString notes = notesAbout(document_->remarks(), selection_->view(), patch);
    if (!notes.isEmpty()) {
        own += '\n' + tr("Note: %1").arg(notes);
    }
    const ViewTrace* other = otherView();
    if (patch < 0 || other == nullptr || !(isSplit() || isDifference())) {
        return own;
    }
    const int linked = linkedPatch(*now, patch, *other);
    return tr("A: %1\nB: %2").arg(own, patchText(*other, stageOf(other), linked));
}

void Canvas::resizeEvent(QResizeEvent* /*event*/) {
    if (is_fitted_) {
        fitView();
    }
    staleAll();
}

void Canvas::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange) {
        staleAll();
    }
    QWidget::changeEvent(event);
}

void Canvas::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    if (picture_.isNull()) {
        paintEmpty(painter);
        return;
    }
    paintPictures(painter);
    paintFrames(painter);
    paintAttribution(painter);
    paintNotes(painter);
    if (drag_ == Drag::Box) {
        paintFocusFrame(painter, QRectF(press_, cursor_).normalized(), true);
    }
    if (shown_state_ == RunState::Stale) {
        paintRibbon(painter);
    }
    if (shown_state_ == RunState::Running && document_->state() == RunState::Running) {
        paintProgress(painter);
    }
    paintFooter(painter);
    paintSides(painter);
    if (selection_->hoveredPatch() >= 0 && underMouse() && drag_ == Drag::None) {
        paintHoverCard(painter);
    }
    if (hasFocus()) {
        painter.setPen(QPen(palette().color(QPalette::Highlight), 1));
        painter.drawRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5));
    }
}

void Canvas::paintEmpty(QPainter& painter) const {
    const Theme& theme = themeFor(palette());
    painter.fillRect(rect(), theme.background);
    const double side = std::min(width(), height());
    const QRectF frame(
        width() / 2.0 - side * 0.36, height() / 2.0 - side * 0.26, side * 0.72, side * 0.52);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme.faint, 1.5, Qt::DashLine));
    painter.drawRoundedRect(frame, 8, 8);
    painter.setPen(theme.ink);
    painter.drawText(frame.adjusted(12, 12, -12, -12),
                     Qt::AlignCenter | Qt::TextWordWrap,
                     tr("Drop a picture here\nor click to choose one"));
}

void Canvas::paintRibbon(QPainter& painter) const {
    const QRectF area(0, 0, width(), 26);
    painter.fillRect(area, QColor(0x4a3500));
    paintSparseDiagonals(painter, area, QColor(230, 159, 0, 150));
    paintHaloText(painter, area, tr("parameters changed — Run"), Qt::white);
}

void Canvas::paintProgress(QPainter& painter) const {
    const Theme& theme = themeFor(palette());
    const std::optional<Progress>& progress = document_->progress();
    painter.fillRect(QRectF(0, 0, width(), 3), theme.faint);
    if (!progress) {
        return;
    }
    if (progress->of > 0) {
        const double share = std::clamp(
            static_cast<double>(progress->step) / static_cast<double>(progress->of), 0.0, 1.0);
        painter.fillRect(QRectF(0, 0, width() * share, 3), theme.series);
    }
    const double top = otherView() != nullptr ? 38 : 8;  // below the name of B
    paintCard(
        painter, theme, progressText(*progress), QPointF(width() - 8, top), Qt::TopRightCorner);
}

void Canvas::paintFooter(QPainter& painter) const {
    QStringList parts;
    if (transform_.hasGrid()) {
        const PatchGrid& grid = transform_.grid;
        parts
            << QStringLiteral("%1×%2").arg(grid.cols * grid.patch_px).arg(grid.rows * grid.patch_px)
            << QStringLiteral("%1×%2").arg(grid.cols).arg(grid.rows);
    }
    parts << tr("zoom %1 %").arg(qRound(transform_.scale * devicePixelRatioF() * 100));
    const OverlayOptions& options = overlay_->options();
    if (!options.on || raw_held_) {
        parts << tr("overlay off");
    } else {
        parts << edgeStatement(
            selectEdges(scene_, options.edges, ownPatches(), ownPatch(selection_->hoveredPatch())));
    }
    parts.removeAll(QString());
    paintCard(painter,
              themeFor(palette()),
              parts.join(QStringLiteral(" · ")),
              QPointF(8, height() - 6),
              Qt::BottomLeftCorner,
              width() - 16);
}

// A folded corner, dark on light: what has a note.
void Canvas::paintNotes(QPainter& painter) const {
    if (!transform_.hasGrid() || side_ != CompareSide::A) {
        return;
    }
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    for (const SessionNote& note : document_->remarks().notes) {
        for (const int patch : note.patches) {
            if (note.view != selection_->view() || patch >= transform_.grid.count()) {
                continue;
            }
            const QRectF cell = transform_.widgetRectOf(patch);
            const double side = std::clamp(cell.width() * 0.36, 5.0, 14.0);
            const QPolygonF fold{cell.bottomRight(),
                                 cell.bottomRight() - QPointF(side, 0),
                                 cell.bottomRight() - QPointF(0, side)};
            painter.setPen(QPen(Qt::black, 1.25));
            painter.setBrush(Qt::white);
            painter.drawPolygon(fold);
        }
    }
    painter.restore();
}

void Canvas::showEffects(std::shared_ptr<const Attribution> effects) {
    if (effects_ != effects) {
        effects_ = std::move(effects);
        update();
    }
}

QString Canvas::effectOf(int patch) const {
    return effects_ != nullptr && side_ == CompareSide::A
               ? effectText(*effects_, selection_->view(), patch, selection_->answerToken())
               : QString();
}

void Canvas::paintAttribution(QPainter& painter) const {
    const OverlayOptions& options = overlay_->options();
    if (!effects_ || !transform_.hasGrid() || side_ != CompareSide::A || !options.on || raw_held_ ||
        other_held_ || isDifference()) {
        return;
    }
    painter.save();
    if (isSplit()) {
        painter.setClipRect(QRectF(0, 0, dividerX(), height()));
    }
    paintEffects(painter,
                 transform_,
                 *effects_,
                 selection_->view(),
                 {options.effects, options.attention, selection_->answerToken()});
    painter.restore();
}

void Canvas::paintHoverCard(QPainter& painter) const {
    const bool is_left = cursor_.x() > width() * 0.55;
    const bool is_up = cursor_.y() > height() * 0.55;
    const QPointF gap(is_left ? -18 : 18, is_up ? -18 : 18);
    const Qt::Corner corner = is_left ? (is_up ? Qt::BottomRightCorner : Qt::TopRightCorner)
                                      : (is_up ? Qt::BottomLeftCorner : Qt::TopLeftCorner);
    paintCard(painter, themeFor(palette()), hoverText(), cursor_ + gap, corner);
}

}  // namespace prunescope
