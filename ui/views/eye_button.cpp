#include "ui/views/eye_button.h"

#include "ui/views/swatch.h"

#include <QEvent>

namespace prunescope {

EyeButton::EyeButton(const QString& object_name, QWidget* parent) : QToolButton(parent) {
    setObjectName(object_name);
    setIconSize(QSize(18, 18));
    setCheckable(true);
    setAutoRaise(true);
    paintEye();
}

void EyeButton::paintEye() {
    setIcon(eyeIcon(palette(), devicePixelRatioF()));
}

void EyeButton::changeEvent(QEvent* event) {
    QToolButton::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        paintEye();
    }
}

}  // namespace prunescope
