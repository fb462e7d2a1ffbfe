// The other side on the canvas: split, flicker and difference, and what links A and B.

#include "core/prune/catalog.h"
#include "core/trace/patch_rules.h"
#include "ui/compare/difference.h"
#include "ui/compare/linked_views.h"
#include "ui/views/canvas.h"
#include "ui/views/canvas_card.h"

#include <cmath>

namespace prunescope {

namespace {

constexpr double kGrip_px = 6;

}  // namespace

void Canvas::compareWith(Reference* reference, CompareSettings* compare, CompareSide side) {
    reference_ = reference;
    compare_ = compare;
    side_ = side;
    connect(reference_, &Reference::traceChanged, this, [this] {
        side_ == CompareSide::A ? takeOther() : takeTrace();
    });
    connect(compare_, &CompareSettings::changed, this, [this] {
        other_is_stale_ = true;  // the other side, or the difference
        update();
    });
    takeTrace();
}

// Linked canvases are of one size.
void Canvas::follow(const Canvas& other) {
    is_fitted_ = other.is_fitted_;
    transform_.scale = other.transform_.scale;
    transform_.offset = other.transform_.offset;
    staleAll();
}

TracePtr Canvas::traceOf(CompareSide side) const {
    if (side == CompareSide::A) {
        return document_->trace();
    }
    return reference_ != nullptr ? reference_->trace() : nullptr;
}

void Canvas::takeOther() {
    other_trace_ = nullptr;
    if (reference_ != nullptr && reference_->isSet()) {
        other_trace_ = traceOf(side_ == CompareSide::A ? CompareSide::B : CompareSide::A);
    }
    if (other_trace_ && shown_image_ && !belongs(*other_trace_, *shown_image_)) {
        other_trace_ = nullptr;
    }
    const ViewTrace* other = otherView();
    other_scene_ = other != nullptr ? makeScene(*other, stageOf(other)) : OverlayScene{};
    if (other_trace_) {
        other_scene_.rules = rulesOfView(other_trace_->settings,
                                         static_cast<std::size_t>(std::max(0, selection_->view())));
    }
    other_is_stale_ = true;
    update();
}

const ViewTrace* Canvas::otherView() const {
    return viewOf(other_trace_);
}

const ViewTrace* Canvas::leadingView() const {
    return side_ == CompareSide::A ? view() : viewOf(document_->trace());
}

// The selection counts A's stages.
int Canvas::stageOf(const ViewTrace* shown) const {
    const ViewTrace* leading = leadingView();
    if (leading == nullptr || shown == leading) {
        return selection_->stage();
    }
    return linkedStage(*leading, selection_->stage(), *shown);
}

int Canvas::ownPatch(int selected) const {
    const ViewTrace* leading = leadingView();
    const ViewTrace* own = view();
    return side_ == CompareSide::A || leading == nullptr || own == nullptr
               ? selected
               : linkedPatch(*leading, selected, *own);
}

int Canvas::selectedPatch(int own) const {
    const ViewTrace* leading = leadingView();
    const ViewTrace* shown = view();
    return side_ == CompareSide::A || leading == nullptr || shown == nullptr
               ? own
               : linkedPatch(*shown, own, *leading);
}

std::vector<int> Canvas::ownPatches() const {
    std::vector<int> patches;
    for (const int patch : selection_->patches()) {
        if (const int own = ownPatch(patch); own >= 0) {
            patches.push_back(own);
        }
    }
    return patches;
}

bool Canvas::isSplit() const {
    return compare_ != nullptr && compare_->mode() == CompareMode::Split && otherView() != nullptr;
}

bool Canvas::isDifference() const {
    return compare_ != nullptr && compare_->mode() == CompareMode::Difference &&
           otherView() != nullptr && view() != nullptr;
}

double Canvas::dividerX() const {
    return std::round(compare_->divider() * width());
}

bool Canvas::isDivider(QPointF at) const {
    return isSplit() && !other_held_ && std::abs(at.x() - dividerX()) <= kGrip_px;
}

OverlayInput Canvas::otherInput() const {
    OverlayInput other = input();
    other.scene = &other_scene_;
    if (const ViewTrace* shown = otherView()) {
        other.transform.grid = shown->grid;
        other.transform.source = toQRectF(shown->source);
    }
    return other;
}

void Canvas::refreshOther() {
    const double ratio = devicePixelRatioF();
    const ViewTrace* other = otherView();
    if (other == nullptr || picture_.isNull() ||
        (!other_is_stale_ && other_layer_.size() == size() * ratio)) {
        return;
    }
    const ViewTrace* own = view();
    const bool is_difference = isDifference() && !other_held_;
    other_layer_ =
        is_difference
            ? renderDifference(
                  input(), presenceOf(*own, stageOf(own), *other, stageOf(other)), size(), ratio)
            : renderStatic(otherInput(), size(), ratio);
    other_is_stale_ = false;
}

void Canvas::paintPictures(QPainter& painter) {
    refreshStatic();
    if (otherView() == nullptr) {
        painter.drawImage(QPointF(0, 0), static_layer_);
        return;
    }
    if (isDifference() || isSplit() || other_held_) {
        refreshOther();
    } else {
        prepare_.start();  // so that the held key flips between two ready pictures
    }
    if (isDifference() || other_held_) {
        painter.drawImage(QPointF(0, 0), other_layer_);
        return;
    }
    painter.drawImage(QPointF(0, 0), static_layer_);
    if (!isSplit()) {
        return;
    }
    const double x = dividerX();
    const QRectF right(x, 0, width() - x, height());
    const double ratio = devicePixelRatioF();
    painter.drawImage(right, other_layer_, QRectF(right.topLeft() * ratio, right.size() * ratio));
    painter.fillRect(QRectF(x - 2, 0, 4, height()), QColor(0, 0, 0, 200));
    painter.fillRect(QRectF(x - 1, 0, 2, height()), Qt::white);
    const QRectF grip(x - 9, height() / 2.0 - 16, 18, 32);
    painter.setRenderHint(QPainter::Antialiasing, true);
    painter.setPen(QPen(Qt::black, 1));
    painter.setBrush(Qt::white);
    painter.drawRoundedRect(grip, 5, 5);
    for (const double at : {-3.0, 3.0}) {
        painter.drawLine(QPointF(x + at, grip.top() + 9), QPointF(x + at, grip.bottom() - 9));
    }
    painter.setBrush(Qt::NoBrush);
    painter.setRenderHint(QPainter::Antialiasing, false);
}

void Canvas::paintFrames(QPainter& painter) const {
    const int hovered = ownPatch(selection_->hoveredPatch());
    if (isDifference() || !(isSplit() || other_held_)) {
        OverlayInput own = input();
        if (isDifference()) {
            own.options.edges = EdgeMode::None;  // of one side only, they would mislead
        }
        paintFocus(painter, own, ownPatches(), hovered);
        return;
    }
    const ViewTrace* own = view();
    const ViewTrace* other = otherView();
    std::vector<int> linked;
    for (const int patch : ownPatches()) {
        linked.push_back(own != nullptr ? linkedPatch(*own, patch, *other) : patch);
    }
    const int linked_hover = own != nullptr ? linkedPatch(*own, hovered, *other) : hovered;
    const double x = other_held_ ? 0 : dividerX();
    painter.save();
    painter.setClipRect(QRectF(0, 0, x, height()));
    paintFocus(painter, input(), ownPatches(), hovered);
    painter.setClipRect(QRectF(x, 0, width() - x, height()));
    paintFocus(painter, otherInput(), linked, linked_hover);
    painter.restore();
}

QString Canvas::sideTitle(CompareSide side) const {
    if (side == CompareSide::B) {
        return tr("B · %1").arg(reference_->title());
    }
    const RunSettings& settings = document_->settings();
    const MethodSpec* method = findMethod(settings.method);
    const QString name =
        QString::fromStdString(method != nullptr ? method->title : settings.method);
    return method == nullptr || method->uses_budget
               ? tr("A · %1, %2 tokens").arg(name).arg(settings.budget)
               : tr("A · %1").arg(name);
}

void Canvas::paintSides(QPainter& painter) const {
    if (reference_ == nullptr || !reference_->isSet()) {
        return;
    }
    const Theme& theme = themeFor(palette());
    const double top = document_->state() == RunState::Stale ? 34 : 8;
    const QPointF left(8, top);
    const QPointF right(width() - 8, top);
    const CompareSide shown =
        (side_ == CompareSide::B) != other_held_ ? CompareSide::B : CompareSide::A;
    const bool has_both = ((isSplit() || isDifference()) && !other_held_);
    const double widest = has_both ? width() * 0.48 : width() - 16;
    if (has_both || shown == CompareSide::A) {
        paintCard(painter, theme, sideTitle(CompareSide::A), left, Qt::TopLeftCorner, widest);
    }
    if (has_both) {
        paintCard(painter, theme, sideTitle(CompareSide::B), right, Qt::TopRightCorner, widest);
    } else if (shown == CompareSide::B) {
        paintCard(painter, theme, sideTitle(CompareSide::B), left, Qt::TopLeftCorner, widest);
    }
    if (side_ == CompareSide::B && view() == nullptr) {
        const QString said = !reference_->error().isEmpty() ? reference_->error()
                             : reference_->isFrozen()
                                 ? tr("B was computed with another model, on another picture.")
                                 : tr("B is being computed");
        paintCard(painter,
                  theme,
                  said,
                  QPointF(width() / 2.0 - 120, height() / 2.0),
                  Qt::TopLeftCorner,
                  240);
    }
}

}  // namespace prunescope
