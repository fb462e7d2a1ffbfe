// What the canvas does on mouse and keys.

#include "ui/views/canvas.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>

namespace prunescope {

namespace {

constexpr double kClickSlack = 4;
constexpr double kKeyZoom = 1.25;

/// Keys that mean something on the canvas without a modifier; others may be shortcuts.
bool isCanvasKey(int key) {
    constexpr std::array kKeys{Qt::Key_1,
                               Qt::Key_2,
                               Qt::Key_3,
                               Qt::Key_4,
                               Qt::Key_5,
                               Qt::Key_0,
                               Qt::Key_A,
                               Qt::Key_C,
                               Qt::Key_D,
                               Qt::Key_E,
                               Qt::Key_F,
                               Qt::Key_K,
                               Qt::Key_Plus,
                               Qt::Key_Equal,
                               Qt::Key_Minus,
                               Qt::Key_Backslash,
                               Qt::Key_BracketLeft,
                               Qt::Key_BracketRight,
                               Qt::Key_Space};
    return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

}  // namespace

bool Canvas::event(QEvent* event) {
    // Single keys belong to the canvas while it has the focus, before window-wide shortcuts.
    if (event->type() == QEvent::ShortcutOverride) {
        auto* key = static_cast<QKeyEvent*>(event);
        const bool plain = (key->modifiers() & ~Qt::KeypadModifier) == Qt::NoModifier;
        if (plain && isCanvasKey(key->key())) {
            event->accept();
            return true;
        }
    }
    return QWidget::event(event);
}

void Canvas::hover(int patch) {
    selection_->setHoveredPatch(selectedPatch(patch));
    update();
}

void Canvas::mousePressEvent(QMouseEvent* event) {
    cursor_ = event->position();
    press_ = cursor_;
    if (picture_.isNull()) {
        Q_EMIT openRequested();
        return;
    }
    if (event->button() == Qt::MiddleButton || (event->button() == Qt::LeftButton && space_held_)) {
        drag_ = Drag::Pan;
        space_used_ = true;
        setCursor(Qt::ClosedHandCursor);
    } else if (event->button() == Qt::LeftButton && isDivider(cursor_)) {
        drag_ = Drag::Divider;
    } else if (event->button() == Qt::LeftButton) {
        drag_ = event->modifiers().testFlag(Qt::ShiftModifier) ? Drag::Box : Drag::Press;
    }
}

void Canvas::mouseMoveEvent(QMouseEvent* event) {
    const QPointF moved = event->position() - cursor_;
    cursor_ = event->position();
    const QPointF since_press = cursor_ - press_;
    const bool is_far = std::hypot(since_press.x(), since_press.y()) > kClickSlack;
    if (drag_ == Drag::Press && is_far && !is_fitted_) {
        drag_ = Drag::Pan;
        setCursor(Qt::ClosedHandCursor);
        transform_.pan(since_press - moved);
    }
    if (drag_ == Drag::Pan) {
        transform_.pan(moved);
        is_fitted_ = false;
        staleAll();
        Q_EMIT transformChanged();
        return;
    }
    if (drag_ == Drag::Divider) {
        compare_->setDivider(cursor_.x() / std::max(1, width()));
        return;
    }
    if (drag_ == Drag::Box) {
        update();
        return;
    }
    if (isDivider(cursor_)) {
        setCursor(Qt::SplitHCursor);
    } else if (drag_ == Drag::None) {
        unsetCursor();
    }
    hover(transform_.patchAtWidget(cursor_));
}

void Canvas::mouseReleaseEvent(QMouseEvent* event) {
    const Drag ended = drag_;
    drag_ = Drag::None;
    unsetCursor();
    if (ended == Drag::Box) {
        cursor_ = event->position();
        finishBox(event->modifiers());
        return;
    }
    if (ended != Drag::Press) {
        return;
    }
    const int patch = selectedPatch(transform_.patchAtWidget(event->position()));
    if (event->modifiers().testFlag(Qt::ControlModifier)) {
        if (patch >= 0) {
            selection_->togglePatch(patch);
        }
    } else if (patch >= 0) {
        selection_->setPatches({patch});
    } else {
        selection_->setPatches({});
    }
}

void Canvas::finishBox(Qt::KeyboardModifiers modifiers) {
    const QRectF box = QRectF(press_, cursor_).normalized();
    std::vector<int> chosen;
    if (modifiers.testFlag(Qt::ControlModifier)) {
        chosen = selection_->patches();
    }
    for (int patch = 0; patch < transform_.grid.count() && transform_.hasGrid(); ++patch) {
        if (box.contains(transform_.widgetRectOf(patch).center())) {
            chosen.push_back(selectedPatch(patch));
        }
    }
    std::sort(chosen.begin(), chosen.end());
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    if (!chosen.empty() && chosen.front() < 0) {  // of a crop that A does not see
        chosen.erase(chosen.begin());
    }
    selection_->setPatches(std::move(chosen));
    update();
}

void Canvas::mouseDoubleClickEvent(QMouseEvent* event) {
    const int patch = selectedPatch(transform_.patchAtWidget(event->position()));
    if (patch >= 0) {
        selection_->setPatches({patch});
        Q_EMIT historyRequested(patch);
    }
}

void Canvas::leaveEvent(QEvent* /*event*/) {
    hover(-1);
}

void Canvas::wheelEvent(QWheelEvent* event) {
    const double notches = (event->angleDelta().y() + event->angleDelta().x()) / 120.0;
    if (event->modifiers().testFlag(Qt::ControlModifier)) {
        overlay_->changeOpacity(notches * 0.1);
    } else if (event->modifiers().testFlag(Qt::AltModifier)) {
        stepStage(notches > 0 ? -1 : 1);
    } else if (!picture_.isNull()) {
        transform_.zoomAt(event->position(), std::pow(1.2, notches));
        is_fitted_ = false;
        staleAll();
        Q_EMIT transformChanged();
    }
    event->accept();
}

void Canvas::contextMenuEvent(QContextMenuEvent* event) {
    const int patch = selectedPatch(transform_.patchAtWidget(event->pos()));
    if (patch >= 0) {
        Q_EMIT patchMenuRequested(patch, event->globalPos());
    }
}

void Canvas::nudge(int d_col, int d_row) {
    const ViewTrace* leading = leadingView();
    if (leading == nullptr) {
        return;
    }
    const PatchGrid& grid = leading->grid;
    const int at = selection_->patches().empty() ? grid.count() / 2 : selection_->patches().front();
    const int col = std::clamp(grid.colOf(at) + d_col, 0, grid.cols - 1);
    const int row = std::clamp(grid.rowOf(at) + d_row, 0, grid.rows - 1);
    const int patch = row * grid.cols + col;
    selection_->setPatches({patch});
    selection_->setHoveredPatch(patch);
}

void Canvas::stepStage(int by) {
    if (const ViewTrace* now = leadingView()) {
        const int last = static_cast<int>(now->stages.size()) - 1;
        selection_->setStage(std::clamp(std::min(selection_->stage(), last) + by, -1, last));
    }
}

bool Canvas::handleOverlayKey(int key) {
    OverlayOptions options = overlay_->options();
    switch (key) {
        case Qt::Key_1:
        case Qt::Key_2:
        case Qt::Key_3:
        case Qt::Key_4:
        case Qt::Key_5:
            overlay_->toggleGroup(key - Qt::Key_0);
            return true;
        case Qt::Key_C:
            options.on = !options.on;
            overlay_->setOptions(options);
            return true;
        case Qt::Key_K:
            overlay_->toggleClusterFill();
            return true;
        case Qt::Key_E:
            overlay_->cycleEdges();
            return true;
        default:
            return false;
    }
}

bool Canvas::handleViewKey(QKeyEvent* event) {
    switch (event->key()) {
        case Qt::Key_Left:
            nudge(-1, 0);
            return true;
        case Qt::Key_Right:
            nudge(1, 0);
            return true;
        case Qt::Key_Up:
            nudge(0, -1);
            return true;
        case Qt::Key_Down:
            nudge(0, 1);
            return true;
        case Qt::Key_A:
        case Qt::Key_BracketLeft:
            stepStage(-1);
            return true;
        case Qt::Key_D:
        case Qt::Key_BracketRight:
            stepStage(1);
            return true;
        case Qt::Key_Plus:
        case Qt::Key_Equal:
            zoomBy(kKeyZoom);
            return true;
        case Qt::Key_Minus:
            zoomBy(1 / kKeyZoom);
            return true;
        case Qt::Key_0:
            zoomToPixels();
            return true;
        case Qt::Key_F:
            fitView();
            return true;
        default:
            return false;
    }
}

void Canvas::keyPressEvent(QKeyEvent* event) {
    const auto extra =
        event->modifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier);
    const bool is_shifted_arrow = event->modifiers().testFlag(Qt::ShiftModifier) &&
                                  event->key() >= Qt::Key_Left && event->key() <= Qt::Key_Down;
    if (extra || is_shifted_arrow) {  // budget and tau: the window's
        QWidget::keyPressEvent(event);
        return;
    }
    if (event->key() == Qt::Key_Space) {
        space_used_ = space_held_ ? space_used_ : false;
        space_held_ = true;
        return;
    }
    if (event->key() == Qt::Key_Backslash && !event->isAutoRepeat()) {
        raw_held_ = true;
        staleAll();
        return;
    }
    if (event->key() == Qt::Key_Shift && otherView() != nullptr) {
        other_held_ = true;
        other_is_stale_ = other_is_stale_ || isDifference();
        update();
        return;
    }
    if (!handleOverlayKey(event->key()) && !handleViewKey(event)) {
        QWidget::keyPressEvent(event);
    }
}

void Canvas::focusOutEvent(QFocusEvent* event) {
    // The release of a held key goes elsewhere.
    if (raw_held_ || other_held_) {
        raw_held_ = false;
        other_held_ = false;
        staleAll();
    }
    QWidget::focusOutEvent(event);
}

void Canvas::keyReleaseEvent(QKeyEvent* event) {
    if (event->isAutoRepeat()) {
        return;
    }
    if (event->key() == Qt::Key_Space && space_held_) {
        space_held_ = false;
        if (!space_used_) {
            Q_EMIT playToggled();
        }
    } else if (event->key() == Qt::Key_Backslash) {
        raw_held_ = false;
        staleAll();
    } else if (event->key() == Qt::Key_Shift && other_held_) {
        other_held_ = false;
        other_is_stale_ = other_is_stale_ || isDifference();
        update();
    } else {
        QWidget::keyReleaseEvent(event);
    }
}

}  // namespace prunescope
