#pragma once

#include <QWidget>

namespace prunescope {

/// Gives one widget all its room, and keeps the layout around it out of what changes inside: a
/// label's new text would otherwise lay out the whole window, several times per move of a slider.
/// The layout around is told only when the content no longer fits.
class SteadyArea : public QWidget {
    Q_OBJECT

public:
    /// Takes `content` over.
    explicit SteadyArea(QWidget* content, QWidget* parent = nullptr);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    bool event(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* content_;
};

}  // namespace prunescope
