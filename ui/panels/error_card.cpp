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
      retry_(new QPushButton(symbolicIcon("run"), tr("Try again"), this)),
      lower_precision_(new QPushButton(tr("Load as bf16"), this)),
      cpu_(new QPushButton(tr("Use the CPU"), this)),
      models_(new QPushButton(symbolicIcon("model"), tr("Models…"), this)) {
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
    lower_precision_->setObjectName("errorLowerPrecision");
    lower_precision_->setToolTip(tr("Load the model again with half the memory of fp32"));
    cpu_->setObjectName("errorCpu");
    cpu_->setToolTip(tr("Load the model again on the CPU: slower, with the machine's memory"));
    models_->setObjectName("errorModels");
    models_->setToolTip(tr("Choose another model, or say where this one is"));
    auto* copy = new QPushButton(symbolicIcon("copy"), tr("Copy"), this);
    copy->setObjectName("errorCopy");
    copy->setToolTip(tr("Copy the message"));
    auto* close = new QPushButton(symbolicIcon("close"), tr("Close"), this);
    close->setObjectName("errorClose");
    close->setToolTip(tr("Close this message; the log keeps it"));
    connect(retry_, &QPushButton::clicked, this, &ErrorCard::retryRequested);
    connect(lower_precision_, &QPushButton::clicked, this, &ErrorCard::lowerPrecisionRequested);
    connect(cpu_, &QPushButton::clicked, this, &ErrorCard::cpuRequested);
    connect(models_, &QPushButton::clicked, this, &ErrorCard::modelsRequested);
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
    for (QPushButton* button : {retry_, lower_precision_, cpu_, models_, copy}) {
        row->addWidget(button);
    }
    row->addWidget(close);
    hide();
}

void ErrorCard::present(const QString& message, const QString& hint, const Remedies& remedies) {
    message_->setText(message);
    hint_->setText(hint);
    hint_->setVisible(!hint.isEmpty());
    retry_->setVisible(remedies.retry);
    lower_precision_->setVisible(remedies.lower_precision);
    cpu_->setVisible(remedies.cpu);
    models_->setVisible(remedies.models);
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
