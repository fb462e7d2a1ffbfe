#include "ui/panels/prompt_panel.h"

#include "ui/services/appearance.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPlainTextEdit>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

namespace prunescope {

PromptPanel::PromptPanel(Document* document, QWidget* parent)
    : QWidget(parent),
      document_(document),
      name_(new QLabel(this)),
      prompt_(new QPlainTextEdit(this)),
      samples_(new QComboBox(this)) {
    setObjectName("promptPanel");
    auto* open = new QToolButton(this);
    open->setObjectName("openPicture");
    open->setIcon(symbolicIcon("open"));
    open->setAutoRaise(true);
    open->setToolTip(tr("Open a picture (Ctrl+O), or drop one on the window"));
    open->setAccessibleName(tr("Open a picture"));
    connect(open, &QToolButton::clicked, this, &PromptPanel::openRequested);
    name_->setObjectName("pictureName");
    name_->setTextFormat(Qt::PlainText);
    name_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);

    prompt_->setObjectName("prompt");
    prompt_->setTabChangesFocus(true);
    prompt_->setPlaceholderText(tr("Ask something about the picture"));
    prompt_->setToolTip(tr("The question. Ctrl+Enter runs"));
    prompt_->setAccessibleName(tr("Prompt"));
    prompt_->setFixedHeight(prompt_->fontMetrics().lineSpacing() * 3 + 14);
    prompt_->setUndoRedoEnabled(false);  // the document's undo covers the prompt
    prompt_->installEventFilter(this);
    connect(prompt_, &QPlainTextEdit::textChanged, this, [this] {
        document_->setPrompt(prompt_->toPlainText());
    });

    samples_->setObjectName("samplePrompts");
    samples_->setToolTip(tr("Questions that come with this picture"));
    samples_->setAccessibleName(tr("Sample questions"));
    samples_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    samples_->setPlaceholderText(tr("Sample questions"));
    samples_->hide();
    connect(samples_, &QComboBox::activated, this, [this](int index) {
        document_->endMerge();
        document_->setPrompt(samples_->itemText(index));
        document_->endMerge();
        samples_->setCurrentIndex(-1);
    });

    auto* line = new QHBoxLayout;
    line->addWidget(open);
    line->addWidget(name_, 1);
    auto* column = new QVBoxLayout(this);
    column->addLayout(line);
    column->addWidget(prompt_);
    column->addWidget(samples_);
    connect(document_, &Document::imageChanged, this, &PromptPanel::showImageName);
    connect(document_, &Document::promptChanged, this, &PromptPanel::showPrompt);
    showImageName();
    showPrompt();
}

void PromptPanel::setSamplePrompts(const QStringList& prompts) {
    samples_->clear();
    samples_->addItems(prompts);
    samples_->setCurrentIndex(-1);
    samples_->setVisible(!prompts.isEmpty());
}

bool PromptPanel::eventFilter(QObject* watched, QEvent* event) {
    if (watched == prompt_ && event->type() == QEvent::FocusOut) {
        document_->endMerge();
    }
    if (watched == prompt_ && event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        const bool enter = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
        if (enter && key->modifiers().testFlag(Qt::ControlModifier)) {
            Q_EMIT runRequested();
            return true;
        }
        if (key->matches(QKeySequence::Undo)) {
            document_->undoStack()->undo();
            return true;
        }
        if (key->matches(QKeySequence::Redo)) {
            document_->undoStack()->redo();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void PromptPanel::showImageName() {
    const auto image = document_->image();
    name_->setText(image == nullptr ? tr("No picture")
                                    : tr("%1  ·  %2 × %3")
                                          .arg(document_->imageName())
                                          .arg(image->width)
                                          .arg(image->height));
    name_->setToolTip(document_->imagePath());
}

void PromptPanel::showPrompt() {
    if (prompt_->toPlainText() != document_->prompt()) {
        const QSignalBlocker quiet(prompt_);
        prompt_->setPlainText(document_->prompt());
        prompt_->moveCursor(QTextCursor::End);
    }
}

}  // namespace prunescope
