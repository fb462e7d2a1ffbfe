#include "ui/panels/answer_view.h"

#include <algorithm>
#include <cmath>

#include <QAccessible>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QScrollBar>
#include <QTextCursor>

namespace prunescope {

namespace {

QString percent(float probability) {
    return std::isfinite(probability)
               ? QLocale().toString(static_cast<double>(probability) * 100.0, 'f', 1) + " %"
               : AnswerView::tr("no probability");
}

QString describe(const AnswerTrace& answer, std::size_t token) {
    return token < answer.probability.size() ? AnswerView::tr("token %1: %2")
                                                   .arg(token + 1)
                                                   .arg(percent(answer.probability[token]))
                                             : QString();
}

}  // namespace

AnswerView::AnswerView(const QString& name, const QString& title, QWidget* parent)
    : QTextBrowser(parent) {
    setObjectName(name);
    setAccessibleName(title);
    setToolTip(title);
    setOpenLinks(false);
    setTabChangesFocus(true);
    setMinimumHeight(fontMetrics().lineSpacing() + 14);  // three fit beside the costs
}

QSize AnswerView::sizeHint() const {
    return {200, fontMetrics().lineSpacing() * 4 + 12};
}

void AnswerView::setChoosable(bool choosable) {
    is_choosable_ = choosable;
    viewport()->setCursor(choosable ? Qt::PointingHandCursor : Qt::IBeamCursor);
    if (choosable) {
        setToolTip(toolTip() +
                   tr("\nClick a token, or walk with the arrow keys: what the visual tokens did to "
                      "it, and which of them it looks at. Esc: the answer as a whole."));
    }
}

void AnswerView::showTokens(const AnswerTrace& answer, const AnswerMarks& marks) {
    const int scrolled = verticalScrollBar()->value();
    clear();
    extents_.clear();
    chosen_ = marks.chosen;
    QTextCursor cursor(document());
    for (std::size_t i = 0; i < answer.pieces.size(); ++i) {
        const bool is_marked = i < marks.differing.size() && marks.differing[i];
        const bool is_chosen = static_cast<int>(i) == marks.chosen;
        QString piece = QString::fromStdString(answer.pieces[i]);
        if (piece.isEmpty() && (is_marked || is_chosen)) {
            piece = i + 1 == answer.pieces.size() ? tr("(end)") : tr("(blank)");
        }
        QTextCharFormat format;
        format.setToolTip(describe(answer, i));
        format.setFontStrikeOut(marks.struck);
        format.setFontWeight(is_marked ? QFont::Bold : QFont::Normal);
        format.setFontUnderline(is_marked);
        if (is_chosen) {
            format.setBackground(palette().highlight());
            format.setForeground(palette().highlightedText());
        }
        const int from = cursor.position();
        cursor.insertText(piece, format);
        extents_.emplace_back(from, cursor.position());
    }
    verticalScrollBar()->setValue(scrolled);
    if (is_choosable_) {
        const auto i = static_cast<std::size_t>(marks.chosen);
        const bool is_chosen = marks.chosen >= 0 && i < answer.pieces.size();
        if (is_chosen) {
            cursor.setPosition(extents_[i].first);
            setTextCursor(cursor);  // into view
        }
        setAccessibleDescription(is_chosen
                                     ? tr("chosen: %1 of %2, %3")
                                           .arg(QString::fromStdString(answer.pieces[i]).trimmed())
                                           .arg(answer.pieces.size())
                                           .arg(describe(answer, i))
                                     : QString());
        QAccessibleEvent changed(this, QAccessible::DescriptionChanged);
        QAccessible::updateAccessibility(&changed);
    }
}

int AnswerView::tokenAt(const QPoint& at) const {
    const QTextCursor nearest = cursorForPosition(at);
    const QRect caret = cursorRect(nearest);
    if (at.y() < caret.top() || at.y() > caret.bottom()) {
        return -1;
    }
    const int letter = nearest.position() - (at.x() < caret.left() ? 1 : 0);
    const auto found = std::ranges::find_if(extents_, [letter](const std::pair<int, int>& extent) {
        return letter >= extent.first && letter < extent.second;
    });
    return found == extents_.end() ? -1 : static_cast<int>(found - extents_.begin());
}

QPoint AnswerView::placeOf(int token) const {
    QTextCursor cursor(document());
    cursor.setPosition(extents_.at(static_cast<std::size_t>(token)).first);
    const QRect left = cursorRect(cursor);
    cursor.movePosition(QTextCursor::NextCharacter);
    const QRect right = cursorRect(cursor);
    return {(left.left() + std::max(left.left() + 2, right.left())) / 2, left.center().y()};
}

// Escape clears the choice before it stops a run.
bool AnswerView::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride && is_choosable_ && chosen_ >= 0 &&
        static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
        event->accept();
        return true;
    }
    return QTextBrowser::event(event);
}

// At once: keys come faster than the answer is written anew.
void AnswerView::choose(int token) {
    chosen_ = token;
    Q_EMIT chosen(token);
}

void AnswerView::mouseReleaseEvent(QMouseEvent* event) {
    QTextBrowser::mouseReleaseEvent(event);
    if (!is_choosable_ || event->button() != Qt::LeftButton || textCursor().hasSelection()) {
        return;
    }
    const int token = tokenAt(event->pos());
    if (token >= 0) {
        choose(token == chosen_ ? -1 : token);
    }
}

void AnswerView::keyPressEvent(QKeyEvent* event) {
    const auto n = static_cast<int>(extents_.size());
    const int key = event->key();
    const bool is_plain = event->modifiers() == Qt::NoModifier;
    if (!is_choosable_ || n == 0 || !is_plain) {
        QTextBrowser::keyPressEvent(event);
    } else if (key == Qt::Key_Right) {
        choose(std::min(chosen_ + 1, n - 1));
    } else if (key == Qt::Key_Left) {
        choose(chosen_ < 0 ? n - 1 : std::max(chosen_ - 1, 0));
    } else if (key == Qt::Key_Home) {
        choose(0);
    } else if (key == Qt::Key_End) {
        choose(n - 1);
    } else if (key == Qt::Key_Escape && chosen_ >= 0) {
        choose(-1);
    } else {
        QTextBrowser::keyPressEvent(event);
    }
}

}  // namespace prunescope
