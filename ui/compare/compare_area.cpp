#include "ui/compare/compare_area.h"

#include "ui/compare/compare_bar.h"
#include "ui/compare/grid_view.h"
#include "ui/views/canvas.h"

#include <QHBoxLayout>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace prunescope {

CompareArea::CompareArea(Session* session, QWidget* parent)
    : QWidget(parent), session_(session), pages_(new QStackedWidget(this)) {
    setObjectName("compareArea");
    auto* pictures = new QWidget(pages_);
    a_ = new Canvas(&session->document, &session->selection, &session->overlay, pictures);
    a_->setObjectName("canvas");
    a_->compareWith(&session->reference, &session->compare_settings, CompareSide::A);
    b_ = new Canvas(&session->document, &session->selection, &session->overlay, pictures);
    b_->setObjectName("canvasB");
    b_->setAccessibleName(tr("Picture with the tokens of B"));
    b_->compareWith(&session->reference, &session->compare_settings, CompareSide::B);
    auto* row = new QHBoxLayout(pictures);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(3);
    row->addWidget(a_, 1);
    row->addWidget(b_, 1);
    grid_ = new GridView(session, pages_);
    pages_->addWidget(pictures);
    pages_->addWidget(grid_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    auto* bar = new CompareBar(&session->reference, &session->compare_settings, this);
    connect(bar, &CompareBar::modeChosen, this, [this] { showGrid(false); });
    connect(this, &CompareArea::gridShown, bar, &CompareBar::setGridShown);
    column->addWidget(bar);
    column->addWidget(pages_, 1);
    link(a_, b_);
    link(b_, a_);
    connect(&session->reference, &Reference::inputsChanged, this, &CompareArea::refresh);
    connect(&session->compare_settings, &CompareSettings::changed, this, &CompareArea::refresh);
    refresh();
}

void CompareArea::link(Canvas* from, Canvas* to) {
    connect(from, &Canvas::transformChanged, to, [from, to] {
        if (from->isVisible() && to->isVisible()) {  // a hidden one fits a size it does not have
            to->follow(*from);
        }
    });
}

void CompareArea::refresh() {
    const bool has_two =
        session_->reference.isSet() && session_->compare_settings.mode() == CompareMode::SideBySide;
    if (has_two != b_->isVisibleTo(this)) {
        b_->setVisible(has_two);
        layout()->activate();
        a_->fitView();
    }
}

bool CompareArea::showsGrid() const {
    return pages_->currentWidget() == grid_;
}

void CompareArea::showGrid(bool grid) {
    if (grid == showsGrid()) {
        return;
    }
    pages_->setCurrentIndex(grid ? 1 : 0);
    session_->grid.setOpen(grid);
    (grid ? static_cast<QWidget*>(grid_) : a_)->setFocus();
    Q_EMIT gridShown(grid);
}

}  // namespace prunescope
