#pragma once

#include "ui/compare/reference.h"
#include "ui/document.h"
#include "ui/selection.h"

#include <cstdint>
#include <vector>

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>

class QLabel;

namespace prunescope {

class AnswerView;
struct AnswerMarks;

/// The pruned and the un-pruned answer, streamed, with the first difference marked; while there is
/// a B, its answer too, and every token in which A and B differ. The pruned answer's tokens can be
/// chosen, for all views.
class AnswerPanel : public QWidget {
    Q_OBJECT

public:
    /// None is owned.
    AnswerPanel(Document* document,
                SelectionModel* selection,
                Reference* reference,
                QWidget* parent = nullptr);

private:
    void refreshSoon();
    void refresh();
    void refreshReference(const std::vector<bool>& marked, bool struck);
    void showAnswer(AnswerView* view,
                    const TracePtr& trace,
                    const QString& streamed,
                    const AnswerMarks& marks) const;
    int chosenToken();
    QString verdict() const;
    QString costs() const;

    Document* document_;
    SelectionModel* selection_;
    Reference* reference_;
    AnswerView* pruned_;
    AnswerView* of_reference_;
    AnswerView* unpruned_;
    QLabel* pruned_title_;
    QLabel* reference_title_;
    QLabel* unpruned_title_;
    QLabel* verdict_;
    QLabel* costs_;
    std::vector<std::int64_t> answer_ids_;  ///< of the answer that a token is chosen of
    QTimer soon_;                           // many tokens in one frame are one repaint
    QElapsedTimer last_;
};

}  // namespace prunescope
