#pragma once

#include "ui/document.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QPlainTextEdit;

namespace prunescope {

/// The picture's name, the question, and sample questions.
class PromptPanel : public QWidget {
    Q_OBJECT

public:
    explicit PromptPanel(Document* document, QWidget* parent = nullptr);

    /// Questions on offer; the list is hidden when there are none.
    void setSamplePrompts(const QStringList& prompts);

Q_SIGNALS:
    void openRequested();
    void runRequested();  ///< Ctrl+Enter

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void showImageName();
    void showPrompt();

    Document* document_;
    QLabel* name_;
    QPlainTextEdit* prompt_;
    QComboBox* samples_;
};

}  // namespace prunescope
