#pragma once

#include "ui/document.h"

#include <optional>

#include <QTimer>
#include <QWidget>

class QLabel;
class QTextBrowser;

namespace prunescope {

/// The pruned and the un-pruned answer, streamed, with the first difference marked.
class AnswerPanel : public QWidget {
    Q_OBJECT

public:
    explicit AnswerPanel(Document* document, QWidget* parent = nullptr);

private:
    void refresh();
    QString htmlOf(const AnswerTrace& answer,
                   const std::optional<std::size_t>& difference,
                   bool struck) const;
    QString verdict(const std::optional<std::size_t>& difference) const;
    QString costs() const;

    Document* document_;
    QTextBrowser* pruned_;
    QTextBrowser* unpruned_;
    QLabel* pruned_title_;
    QLabel* unpruned_title_;
    QLabel* verdict_;
    QLabel* costs_;
    QTimer soon_;  // many tokens in one frame are one repaint
};

}  // namespace prunescope
