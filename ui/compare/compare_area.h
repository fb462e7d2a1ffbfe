#pragma once

#include "ui/session.h"

#include <QWidget>

class QStackedWidget;

namespace prunescope {

class Canvas;
class GridView;

/// The middle of the window: the picture, two pictures side by side, or the grid of methods.
class CompareArea : public QWidget {
    Q_OBJECT

public:
    explicit CompareArea(Session* session, QWidget* parent = nullptr);

    /// The canvas of A, which is always there.
    Canvas* canvas() const { return a_; }

    GridView* grid() const { return grid_; }

    bool showsGrid() const;
    void showGrid(bool grid);

Q_SIGNALS:
    void gridShown(bool grid);

private:
    void refresh();
    void link(Canvas* from, Canvas* to);

    Session* session_;
    QStackedWidget* pages_;
    Canvas* a_;
    Canvas* b_;
    GridView* grid_;
};

}  // namespace prunescope
