#include "ui/panels/steady_area.h"

#include <QEvent>

namespace prunescope {

SteadyArea::SteadyArea(QWidget* content, QWidget* parent) : QWidget(parent), content_(content) {
    setSizePolicy(content->sizePolicy());
    content->setParent(this);
    content->show();
}

QSize SteadyArea::sizeHint() const {
    return content_->sizeHint().expandedTo(minimumSizeHint());
}

QSize SteadyArea::minimumSizeHint() const {
    return content_->minimumSizeHint().expandedTo(content_->minimumSize());
}

bool SteadyArea::event(QEvent* event) {
    // Posted by the content: no layout of ours answers it.
    if (event->type() == QEvent::LayoutRequest) {
        const QSize needed = minimumSizeHint();
        if (needed.width() > width() || needed.height() > height()) {
            updateGeometry();
        }
        return true;
    }
    return QWidget::event(event);
}

void SteadyArea::resizeEvent(QResizeEvent* /*event*/) {
    content_->setGeometry(rect());
}

}  // namespace prunescope
