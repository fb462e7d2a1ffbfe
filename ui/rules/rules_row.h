#pragma once

#include "ui/document.h"

#include <QWidget>

class QLabel;
class QToolButton;

namespace prunescope {

/// How many patches are pinned and banned, a button that clears them, and a warning where pins did
/// not find room. Hidden while there is neither.
class RulesRow : public QWidget {
    Q_OBJECT

public:
    RulesRow(Document* document, QWidget* parent = nullptr);

private:
    void refresh();
    QString warning() const;

    Document* document_;
    QLabel* counts_;
    QLabel* warning_;
    QToolButton* clear_;
};

}  // namespace prunescope
