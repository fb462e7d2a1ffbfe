#include "ui/panels/answer_panel.h"

#include "core/metric/agreement.h"
#include "ui/panels/answer_view.h"

#include <algorithm>

#include <QLabel>
#include <QLocale>
#include <QVBoxLayout>

namespace prunescope {

namespace {

bool isComplete(const TracePtr& trace) {
    return trace && trace->answer.complete;
}

/// Text that wraps and is never cut: a dock gives it as many lines as it needs at its width.
class WrappedText : public QLabel {
public:
    explicit WrappedText(QWidget* parent) : QLabel(parent) { setWordWrap(true); }

    QSize minimumSizeHint() const override {
        return {QLabel::minimumSizeHint().width(), heightForWidth(std::max(1, width()))};
    }

protected:
    void resizeEvent(QResizeEvent* event) override {
        QLabel::resizeEvent(event);
        updateGeometry();
    }
};

}  // namespace

AnswerPanel::AnswerPanel(Document* document,
                         SelectionModel* selection,
                         Reference* reference,
                         QWidget* parent)
    : QWidget(parent),
      document_(document),
      selection_(selection),
      reference_(reference),
      pruned_(new AnswerView("prunedAnswer", tr("Answer from the kept tokens"), this)),
      of_reference_(new AnswerView("referenceAnswer", tr("Answer of B"), this)),
      unpruned_(new AnswerView("unprunedAnswer", tr("Answer from all tokens"), this)),
      pruned_title_(new QLabel(this)),
      reference_title_(new QLabel(this)),
      unpruned_title_(new QLabel(this)),
      verdict_(new WrappedText(this)),
      costs_(new WrappedText(this)) {
    setObjectName("answerPanel");
    pruned_->setChoosable(true);
    verdict_->setObjectName("verdict");
    costs_->setObjectName("costs");
    costs_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* column = new QVBoxLayout(this);
    column->setSpacing(4);
    column->addWidget(pruned_title_);
    column->addWidget(pruned_, 1);
    column->addWidget(reference_title_);
    column->addWidget(of_reference_, 1);
    column->addWidget(unpruned_title_);
    column->addWidget(unpruned_, 1);
    column->addWidget(verdict_);
    column->addWidget(costs_);
    soon_.setSingleShot(true);
    connect(&soon_, &QTimer::timeout, this, &AnswerPanel::refresh);
    const auto schedule = [this] { refreshSoon(); };
    connect(document_, &Document::answerGrew, this, schedule);
    connect(document_, &Document::traceChanged, this, schedule);
    connect(document_, &Document::unprunedChanged, this, schedule);
    connect(document_, &Document::stateChanged, this, schedule);
    connect(selection_, &SelectionModel::answerTokenChanged, this, schedule);
    connect(pruned_, &AnswerView::chosen, selection_, &SelectionModel::setAnswerToken);
    connect(reference_, &Reference::inputsChanged, this, schedule);
    connect(reference_, &Reference::traceChanged, this, schedule);
    refresh();
}

// At once, but not more often than a screen shows. What a run that has just begun will replace is
// struck out only when it takes a moment.
void AnswerPanel::refreshSoon() {
    constexpr int kFrame_ms = 16;
    constexpr int kMoment_ms = 120;
    const bool passes = document_->live() && document_->model() && document_->trace() &&
                        !document_->resultMatchesInputs() && !document_->error();
    const int since = last_.isValid() ? static_cast<int>(last_.elapsed()) : kFrame_ms;
    const int wait = passes ? kMoment_ms : std::max(0, kFrame_ms - since);
    if (!soon_.isActive() || soon_.remainingTime() > wait) {
        soon_.start(wait);
    }
}

QString AnswerPanel::verdict() const {
    const TracePtr pruned = document_->trace();
    const TracePtr full = document_->unpruned();
    const TracePtr other = reference_->trace();
    QStringList said;
    if (isComplete(pruned) && isComplete(full)) {
        const auto difference = firstDifference(pruned->answer, full->answer);
        said << (difference ? tr("First difference at token %1").arg(*difference + 1)
                            : tr("Same answer, token for token"));
    }
    if (isComplete(pruned) && isComplete(other)) {
        const std::vector<bool> differs = differingTokens(pruned->answer, other->answer);
        const auto n = std::count(differs.begin(), differs.end(), true);
        said << (n == 0 ? tr("A and B: same answer, token for token")
                        : tr("A and B differ in %1 of %2 tokens").arg(n).arg(differs.size()));
    }
    return said.join('\n');
}

QString AnswerPanel::costs() const {
    const TracePtr trace = document_->trace();
    if (!trace) {
        return {};
    }
    const Timings& t = trace->timings_ms;
    QStringList parts;
    for (const auto& [name, ms] : {std::pair{tr("picture"), t.preprocess},
                                   {tr("encode"), t.encode},
                                   {tr("select"), t.select},
                                   {tr("project"), t.project},
                                   {tr("prefill"), t.prefill},
                                   {tr("decode"), t.decode}}) {
        if (ms >= 0.05) {
            parts << tr("%1 %2 ms").arg(name, locale().toString(ms, 'f', ms < 10 ? 1 : 0));
        } else if (ms > 0) {
            parts << tr("%1 reused").arg(name);
        }
    }
    // A line ends behind a dot, never inside "8.2 ms".
    parts.replaceInStrings(QStringLiteral(" "), QString(QChar::Nbsp));
    const TokenCounts& tokens = trace->tokens;
    const bool falls = tokens.layer_mean_in > tokens.visual_kept;
    const QString mean =
        falls ? tr(" (%1 per layer)").arg(locale().toString(tokens.layer_mean_in, 'f', 0))
              : QString();
    return tr("Visual tokens %1%2 of %3, text %4\n%5")
        .arg(tokens.visual_kept)
        .arg(mean)
        .arg(tokens.visual_full)
        .arg(tokens.text)
        .arg(parts.join(QChar::Nbsp + QStringLiteral("· ")));
}

void AnswerPanel::showAnswer(AnswerView* view,
                             const TracePtr& trace,
                             const QString& streamed,
                             const AnswerMarks& marks) const {
    view->setForegroundRole(marks.struck ? QPalette::PlaceholderText : QPalette::Text);
    if (isComplete(trace)) {
        view->showTokens(trace->answer, marks);
    } else if (streamed.isEmpty()) {
        const bool is_running = document_->state() == RunState::Running;
        view->showTokens({}, {});
        view->setPlaceholderText(is_running ? tr("waiting for the model") : tr("no answer yet"));
    } else {
        view->showTokens({}, {});
        view->setPlainText(streamed + " ▍");
    }
    view->setEnabled(!marks.struck);
}

void AnswerPanel::refreshReference(const std::vector<bool>& marked, bool struck) {
    const bool is_set = reference_->isSet();
    reference_title_->setVisible(is_set);
    of_reference_->setVisible(is_set);
    if (is_set) {
        reference_title_->setText(tr("<b>B</b> %1").arg(reference_->title().toHtmlEscaped()));
        showAnswer(of_reference_, reference_->trace(), {}, {marked, struck});
    }
}

// A choice is of one answer: the same index in another one is another token.
int AnswerPanel::chosenToken() {
    const TracePtr trace = document_->trace();
    if (isComplete(trace) && trace->answer.ids != answer_ids_) {
        answer_ids_ = trace->answer.ids;
        selection_->setAnswerToken(-1);
    }
    return selection_->answerToken();
}

void AnswerPanel::refresh() {
    last_.start();
    const TracePtr trace = document_->trace();
    const TracePtr full = document_->unpruned();
    const TracePtr other = reference_->trace();
    const bool struck = trace && !document_->resultMatchesInputs();
    std::vector<bool> from_full;
    if (isComplete(trace) && isComplete(full)) {
        if (const auto first = firstDifference(trace->answer, full->answer)) {
            from_full.assign(*first + 1, false);
            from_full.back() = true;
        }
    }
    std::vector<bool> from_other = from_full;
    if (isComplete(trace) && isComplete(other)) {
        from_other = differingTokens(trace->answer, other->answer);
    }
    showAnswer(pruned_, trace, document_->streamedAnswer(), {from_other, struck, chosenToken()});
    showAnswer(unpruned_, full, document_->streamedUnpruned(), {from_full, struck});
    refreshReference(from_other, false);
    pruned_title_->setText(
        !trace ? tr("<b>Pruned</b>")
               : tr("<b>Pruned</b>, %n visual token(s)", nullptr, trace->tokens.visual_kept));
    unpruned_title_->setText(
        !trace ? tr("<b>Un-pruned</b>")
               : tr("<b>Un-pruned</b>, %n visual token(s)", nullptr, trace->tokens.visual_full));
    verdict_->setText(struck ? tr("Of other inputs than those set now") : verdict());
    verdict_->setVisible(!verdict_->text().isEmpty());
    costs_->setText(costs());
    costs_->setVisible(trace != nullptr);
}

}  // namespace prunescope
