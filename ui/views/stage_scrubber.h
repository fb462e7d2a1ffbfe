#pragma once

#include "ui/document.h"
#include "ui/selection.h"

#include <QTimer>
#include <QWidget>

class QLabel;
class QSlider;
class QToolButton;

namespace prunescope {

/// A slider over "before" and every stage of the current view, with a play button.
class StageScrubber : public QWidget {
    Q_OBJECT

public:
    StageScrubber(Document* document, SelectionModel* selection, QWidget* parent = nullptr);

    bool isPlaying() const { return timer_.isActive(); }

public Q_SLOTS:
    void togglePlay();

protected:
    void changeEvent(QEvent* event) override;

private:
    void takeTrace();
    void takeStage();
    void advance();
    void setPlaying(bool playing);
    void refreshIcon();
    const ViewTrace* view() const;
    int lastStage() const;

    Document* document_;
    SelectionModel* selection_;
    QSlider* slider_;
    QLabel* label_;
    QToolButton* play_;
    QTimer timer_;
};

}  // namespace prunescope
