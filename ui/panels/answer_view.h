#pragma once

#include "core/trace/run_trace.h"

#include <utility>
#include <vector>

#include <QTextBrowser>

namespace prunescope {

/// How an answer's tokens are written.
struct AnswerMarks {
    std::vector<bool> differing;  ///< per token, may be shorter: bold and underlined
    bool struck = false;          ///< the answer belongs to other inputs
    int chosen = -1;              ///< token that is chosen, -1: none
};

/// An answer token by token: the tooltip is the probability of the token under the pointer. Where
/// tokens can be chosen, a click chooses one and the arrow keys walk; by index, never by word.
class AnswerView : public QTextBrowser {
    Q_OBJECT

public:
    AnswerView(const QString& name, const QString& title, QWidget* parent);

    void setChoosable(bool choosable);
    void showTokens(const AnswerTrace& answer, const AnswerMarks& marks);

    /// The token whose letters are at a point of the viewport; -1 where there is none.
    int tokenAt(const QPoint& at) const;

    /// Middle of a token's first letter in the viewport.
    QPoint placeOf(int token) const;

    QSize sizeHint() const override;

Q_SIGNALS:
    void chosen(int token);  ///< -1: none any more

protected:
    bool event(QEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void choose(int token);

    bool is_choosable_ = false;
    int chosen_ = -1;
    std::vector<std::pair<int, int>> extents_;  ///< per token: first and last position + 1
};

}  // namespace prunescope
