#include "ui/panels/error_card.h"

#include "ui/services/appearance.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

namespace prunescope {

namespace {

constexpr int kBar = 6;
constexpr int kSign = 22;
constexpr QRgb kWarning = 0xffd1495b;

}  // namespace

ErrorCard::ErrorCard(QWidget* parent)
    : QFrame(parent),
      message_(new QLabel(this)),
      hint_(new QLabel(this)),
      retry_(new QPushButton(symbolicIcon("run"), tr("Try again"), this)) {
    setObjectName("errorCard");
    setAccessibleName(tr("Error"));
    setFrameShape(QFrame::NoFrame);
    for (QLabel* label : {message_, hint_}) {
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    message_->setObjectName("errorMessage");
    hint_->setObjectName("errorHint");
    QFont bold = message_->font();
    bold.setBold(true);
    message_->setFont(bold);

    retry_->setObjectName("errorRetry");
    retry_->setToolTip(tr("Try the same again"));
    auto* copy = new QPushButton(symbolicIcon("copy"), tr("Copy"), this);
    copy->setObjectName("errorCopy");
    copy->setToolTip(tr("Copy the message"));
    auto* close = new QPushButton(symbolicIcon("close"), tr("Close"), this);
    close->setObjectName("errorClose");
    close->setToolTip(tr("Close this message; the log keeps it"));
    connect(retry_, &QPushButton::clicked, this, &ErrorCard::retryRequested);
    connect(copy, &QPushButton::clicked, this, [this] {
        QApplication::clipboard()->setText(message_->text() + "\n" + hint_->text());
    });
    connect(close, &QPushButton::clicked, this, [this] {
        hide();
        Q_EMIT dismissed();
    });

    auto* text = new QVBoxLayout;
    text->setSpacing(2);
    text->addWidget(message_);
    text->addWidget(hint_);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(kBar + kSign + 20, 8, 10, 8);
    row->addLayout(text, 1);
    row->addWidget(retry_);
    row->addWidget(copy);
    row->addWidget(close);
    hide();
}

void ErrorCard::present(const QString& message, const QString& hint, Retry retry) {
    message_->setText(message);
    hint_->setText(hint);
    hint_->setVisible(!hint.isEmpty());
    retry_->setVisible(retry == Retry::Offer);
    show();
}

// Painted, not styled: a style sheet would keep the palette of the moment it was set.
void ErrorCard::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), palette().color(QPalette::Base));
    painter.setPen(QColor(kWarning));
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
    painter.fillRect(0, 0, kBar, height(), QColor(kWarning));
    symbolicIcon("error").paint(&painter, kBar + 10, (height() - kSign) / 2, kSign, kSign);
}

QString ErrorCard::message() const {
    return message_->text();
}

}  // namespace prunescope
