#include "ui/panels/answer_panel.h"

#include "core/metric/agreement.h"

#include <QLabel>
#include <QLocale>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace prunescope {

namespace {

// A browser whose tooltip is the probability of the token under the pointer.
class AnswerView : public QTextBrowser {
public:
    explicit AnswerView(const QString& name, const QString& title, QWidget* parent)
        : QTextBrowser(parent) {
        setObjectName(name);
        setAccessibleName(title);
        setToolTip(title);
        setOpenLinks(false);
        setTabChangesFocus(true);
        setMinimumHeight(fontMetrics().lineSpacing() * 2 + 12);
    }

    QSize sizeHint() const override { return {200, fontMetrics().lineSpacing() * 4 + 12}; }
};

QString percent(float probability) {
    return QLocale().toString(static_cast<double>(probability) * 100.0, 'f', 1) + " %";
}

}  // namespace

AnswerPanel::AnswerPanel(Document* document, QWidget* parent)
    : QWidget(parent),
      document_(document),
      pruned_(new AnswerView("prunedAnswer", tr("Answer from the kept tokens"), this)),
      unpruned_(new AnswerView("unprunedAnswer", tr("Answer from all tokens"), this)),
      pruned_title_(new QLabel(this)),
      unpruned_title_(new QLabel(this)),
      verdict_(new QLabel(this)),
      costs_(new QLabel(this)) {
    setObjectName("answerPanel");
    verdict_->setObjectName("verdict");
    verdict_->setWordWrap(true);
    costs_->setObjectName("costs");
    costs_->setWordWrap(true);
    costs_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* column = new QVBoxLayout(this);
    column->setSpacing(4);
    column->addWidget(pruned_title_);
    column->addWidget(pruned_, 1);
    column->addWidget(unpruned_title_);
    column->addWidget(unpruned_, 1);
    column->addWidget(verdict_);
    column->addWidget(costs_);
    soon_.setSingleShot(true);
    soon_.setInterval(16);
    connect(&soon_, &QTimer::timeout, this, &AnswerPanel::refresh);
    const auto schedule = [this] {
        if (!soon_.isActive()) {
            soon_.start();
        }
    };
    connect(document_, &Document::answerGrew, this, schedule);
    connect(document_, &Document::traceChanged, this, schedule);
    connect(document_, &Document::unprunedChanged, this, schedule);
    connect(document_, &Document::stateChanged, this, schedule);
    refresh();
}

// `struck`: the answer belongs to other inputs.
QString AnswerPanel::htmlOf(const AnswerTrace& answer,
                            const std::optional<std::size_t>& difference,
                            bool struck) const {
    QString html;
    for (std::size_t i = 0; i < answer.pieces.size(); ++i) {
        QString piece = QString::fromStdString(answer.pieces[i]).toHtmlEscaped();
        piece.replace("\n", "<br>");
        if (piece.isEmpty()) {
            if (difference == i) {
                piece = tr("(end)");
            } else {
                continue;
            }
        }
        const QString tip = i < answer.probability.size()
                                ? tr("token %1: %2").arg(i + 1).arg(percent(answer.probability[i]))
                                : QString();
        const QString style = difference == i ? "font-weight:bold;text-decoration:underline;" : "";
        html += QString("<span style=\"%1\" title=\"%2\">%3</span>").arg(style, tip, piece);
    }
    return struck ? "<s>" + html + "</s>" : html;
}

QString AnswerPanel::verdict(const std::optional<std::size_t>& difference) const {
    const TracePtr pruned = document_->trace();
    const TracePtr full = document_->unpruned();
    if (!pruned || !full || !pruned->answer.complete || !full->answer.complete) {
        return {};
    }
    if (difference) {
        return tr("First difference at token %1").arg(*difference + 1);
    }
    return tr("Same answer, token for token");
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
    return tr("Visual tokens %1 of %2, text %3\n%4")
        .arg(trace->tokens.visual_kept)
        .arg(trace->tokens.visual_full)
        .arg(trace->tokens.text)
        .arg(parts.join(" · "));
}

void AnswerPanel::refresh() {
    const TracePtr trace = document_->trace();
    const TracePtr full = document_->unpruned();
    const bool struck = trace && !document_->resultMatchesInputs();
    std::optional<std::size_t> difference;
    if (trace && full && trace->answer.complete && full->answer.complete) {
        difference = firstDifference(trace->answer, full->answer);
    }
    const auto show = [&](QTextBrowser* browser,
                          const TracePtr& shown,
                          const QString& streamed,
                          const QString& waiting) {
        browser->setForegroundRole(struck ? QPalette::PlaceholderText : QPalette::Text);
        if (shown && shown->answer.complete) {
            browser->setHtml(htmlOf(shown->answer, difference, struck));
        } else if (streamed.isEmpty()) {
            browser->clear();
            browser->setPlaceholderText(waiting);
        } else {
            browser->setPlainText(streamed + " ▍");
        }
        browser->setEnabled(!struck);
    };
    const bool running = document_->state() == RunState::Running;
    const QString waiting = running ? tr("waiting for the model") : tr("no answer yet");
    show(pruned_, trace, document_->streamedAnswer(), waiting);
    show(unpruned_, full, document_->streamedUnpruned(), waiting);
    pruned_title_->setText(
        !trace ? tr("<b>Pruned</b>")
               : tr("<b>Pruned</b>, %n visual token(s)", nullptr, trace->tokens.visual_kept));
    unpruned_title_->setText(
        !trace ? tr("<b>Un-pruned</b>")
               : tr("<b>Un-pruned</b>, %n visual token(s)", nullptr, trace->tokens.visual_full));
    verdict_->setText(struck ? tr("Of other inputs than those set now") : verdict(difference));
    verdict_->setVisible(!verdict_->text().isEmpty());
    costs_->setText(costs());
    costs_->setVisible(trace != nullptr);
}

}  // namespace prunescope
