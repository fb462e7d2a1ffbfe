#pragma once

#include "ui/compare/reference.h"
#include "ui/document.h"

#include <vector>

#include <QTimer>
#include <QWidget>

class QLabel;
class QTextBrowser;

namespace prunescope {

/// The pruned and the un-pruned answer, streamed, with the first difference marked; while there is
/// a B, its answer too, and every token in which A and B differ.
class AnswerPanel : public QWidget {
    Q_OBJECT

public:
    /// Neither is owned.
    AnswerPanel(Document* document, Reference* reference, QWidget* parent = nullptr);

private:
    void refresh();
    void refreshReference(const std::vector<bool>& marked, bool struck);
    void showAnswer(QTextBrowser* browser,
                    const TracePtr& trace,
                    const QString& streamed,
                    const std::vector<bool>& marked,
                    bool struck) const;
    QString htmlOf(const AnswerTrace& answer, const std::vector<bool>& marked, bool struck) const;
    QString verdict() const;
    QString costs() const;

    Document* document_;
    Reference* reference_;
    QTextBrowser* pruned_;
    QTextBrowser* of_reference_;
    QTextBrowser* unpruned_;
    QLabel* pruned_title_;
    QLabel* reference_title_;
    QLabel* unpruned_title_;
    QLabel* verdict_;
    QLabel* costs_;
    QTimer soon_;  // many tokens in one frame are one repaint
};

}  // namespace prunescope
