#pragma once

#include <QToolButton>

namespace prunescope {

/// Shows or hides something on the picture: an eye, open or struck out, in the palette's text
/// colour.
class EyeButton : public QToolButton {
    Q_OBJECT

public:
    explicit EyeButton(const QString& object_name, QWidget* parent = nullptr);

protected:
    void changeEvent(QEvent* event) override;

private:
    void paintEye();
};

}  // namespace prunescope
