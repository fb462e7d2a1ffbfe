#include "ui/panels/error_card.h"

#include "ui/services/appearance.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace prunescope {

ErrorCard::ErrorCard(QWidget* parent)
    : QFrame(parent),
      message_(new QLabel(this)),
      hint_(new QLabel(this)),
      retry_(new QPushButton(symbolicIcon("run"), tr("Try again"), this)) {
    setObjectName("errorCard");
    setAccessibleName(tr("Error"));
    setFrameShape(QFrame::NoFrame);
    // A bar in a warning colour that reads on light and dark alike; text keeps the palette's.
    setStyleSheet("#errorCard { border: 1px solid #d1495b; border-left: 6px solid #d1495b; }");
    auto* sign = new QLabel(this);
    sign->setPixmap(symbolicIcon("error").pixmap(22, 22));
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
    row->addWidget(sign);
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

QString ErrorCard::message() const {
    return message_->text();
}

}  // namespace prunescope
