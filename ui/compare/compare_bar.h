#pragma once

#include "ui/compare/compare_settings.h"
#include "ui/compare/reference.h"

#include <array>

#include <QWidget>

class QLabel;
class QToolButton;

namespace prunescope {

/// What B is, and the ways to look at A and B. Shown only while there is a B.
class CompareBar : public QWidget {
    Q_OBJECT

public:
    CompareBar(Reference* reference, CompareSettings* settings, QWidget* parent = nullptr);

    /// While the grid of methods is shown, no way to look at A and B is.
    void setGridShown(bool shown);

Q_SIGNALS:
    void modeChosen();

private:
    QToolButton* addButton(const QString& name, const QString& text, const QString& tip);
    void refresh();
    QString said() const;

    Reference* reference_;
    CompareSettings* settings_;
    std::array<QToolButton*, 4> modes_{};
    QLabel* text_;
    QToolButton* swap_;
    bool is_grid_shown_ = false;
};

}  // namespace prunescope
