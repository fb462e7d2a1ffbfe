#pragma once

#include "ui/session.h"
#include "ui/views/picture.h"

#include <vector>

#include <QWidget>

class QGridLayout;
class QLabel;
class QMenu;
class QScrollArea;
class QToolButton;

namespace prunescope {

class MethodTile;

/// Small multiples: several methods on one picture and budget. Arrow keys move between the tiles.
class GridView : public QWidget {
    Q_OBJECT

public:
    explicit GridView(Session* session, QWidget* parent = nullptr);

    const std::vector<MethodTile*>& tiles() const { return tiles_; }

protected:
    void focusInEvent(QFocusEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QWidget* makeHead();
    void makeMethodMenu();
    void rebuild();
    void layOut();
    void takePicture();
    void refreshTile(int tile);
    void refreshSides();
    void refreshProgress();
    void choose(int tile, bool as_reference);
    int columns() const;

    Session* session_;
    MethodGrid* model_;
    Picture picture_;
    QMenu* methods_;
    QLabel* progress_;
    QToolButton* stop_;
    QScrollArea* area_;
    QGridLayout* grid_;
    std::vector<MethodTile*> tiles_;
};

}  // namespace prunescope
