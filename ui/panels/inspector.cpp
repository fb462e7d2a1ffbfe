#include "ui/panels/inspector.h"

#include <algorithm>
#include <cmath>

#include <QLocale>
#include <QUrl>

namespace prunescope {

namespace {

QString wordFor(PatchFate fate) {
    switch (fate) {
        case PatchFate::Kept:
            return Inspector::tr("kept");
        case PatchFate::Enriched:
            return Inspector::tr("kept, enriched with context");
        case PatchFate::Reselected:
            return Inspector::tr("re-selected");
        case PatchFate::Evicted:
            return Inspector::tr("evicted by the re-selection");
        case PatchFate::Merged:
            return Inspector::tr("merged: handed its context on");
        case PatchFate::Dropped:
            return Inspector::tr("dropped");
    }
    return {};
}

QString row(const QString& name, const QString& value) {
    return QString("<tr><td style=\"padding-right:8px\">%1</td><td>%2</td></tr>").arg(name, value);
}

QString link(int patch) {
    return QString("<a href=\"patch:%1\">%1</a>").arg(patch);
}

QString shortNumber(double value) {
    return QLocale().toString(value, 'g', 4);
}

int rankOf(const std::vector<float>& score, std::size_t patch) {
    return 1 + static_cast<int>(std::count_if(
                   score.begin(), score.end(), [&](float other) { return other > score[patch]; }));
}

}  // namespace

Inspector::Inspector(Document* document, SelectionModel* selection, QWidget* parent)
    : QTextBrowser(parent), document_(document), selection_(selection) {
    setObjectName("inspector");
    setAccessibleName(tr("Selected patch"));
    setOpenLinks(false);
    setTabChangesFocus(true);
    setFrameShape(QFrame::NoFrame);
    setPlaceholderText(tr("Click a patch to see its history."));
    connect(this, &QTextBrowser::anchorClicked, this, [this](const QUrl& url) {
        selection_->setPatches({url.path().toInt()});
    });
    connect(document_, &Document::traceChanged, this, &Inspector::refresh);
    connect(selection_, &SelectionModel::patchesChanged, this, &Inspector::refresh);
    connect(selection_, &SelectionModel::viewChanged, this, &Inspector::refresh);
    refresh();
}

void Inspector::refresh() {
    const TracePtr trace = document_->trace();
    const auto at = static_cast<std::size_t>(selection_->view());
    const std::vector<int>& patches = selection_->patches();
    if (!trace || at >= trace->views.size() || patches.empty()) {
        clear();
        return;
    }
    const ViewTrace& view = trace->views[at];
    QString html;
    constexpr std::size_t kMaxShown = 12;
    for (std::size_t i = 0; i < std::min(patches.size(), kMaxShown); ++i) {
        if (patches[i] >= 0 && patches[i] < view.grid.count()) {
            html += describe(view, patches[i]);
        }
    }
    if (patches.size() > kMaxShown) {
        html += tr("<p>and %1 more</p>").arg(patches.size() - kMaxShown);
    }
    setHtml(html);
}

QString Inspector::describe(const ViewTrace& view, int patch) const {
    const int last = static_cast<int>(view.stages.size()) - 1;
    const PatchFate fate = patchFates(view, last)[static_cast<std::size_t>(patch)];
    QString html = tr("<h3>Patch %1</h3>").arg(patch);
    html += "<table>" +
            row(tr("place"),
                tr("row %1, column %2").arg(view.grid.rowOf(patch)).arg(view.grid.colOf(patch))) +
            row(tr("outcome"), wordFor(fate)) + "</table>";
    for (int stage = 0; stage <= last; ++stage) {
        html += describeStage(view, stage, patch);
    }
    return html;
}

QString Inspector::describeStage(const ViewTrace& view, int stage, int patch) const {
    const StageTrace& trace = view.stages[static_cast<std::size_t>(stage)];
    const auto at = static_cast<std::size_t>(patch);
    const bool was_there =
        stage == 0 || view.stages[static_cast<std::size_t>(stage - 1)].slot_from_patch[at] >= 0;
    if (!was_there && patchMass(view, stage)[at] <= 0) {
        return {};
    }
    QString rows;
    if (at < trace.score.size() && !std::isnan(trace.score[at])) {
        rows += row(tr("score"),
                    tr("%1, rank %2 of %3")
                        .arg(shortNumber(static_cast<double>(trace.score[at])))
                        .arg(rankOf(trace.score, at))
                        .arg(trace.tokens_in));
    }
    const bool stays = at < trace.slot_from_patch.size() && trace.slot_from_patch[at] >= 0;
    rows += row(tr("after it"), stays ? tr("slot %1").arg(trace.slot_from_patch[at]) : tr("gone"));
    QStringList received;
    QStringList sent;
    for (const Transfer& transfer : trace.transfers) {
        const QString share = shortNumber(static_cast<double>(transfer.weight));
        if (transfer.from_patch == patch) {
            sent << (transfer.to_patch < 0 ? tr("extra token") : link(transfer.to_patch)) + " × " +
                        share;
        }
        if (transfer.to_patch == patch) {
            received << link(transfer.from_patch) + " × " + share;
        }
    }
    if (!sent.isEmpty()) {
        rows += row(tr("handed to"), sent.join(", "));
    }
    if (!received.isEmpty()) {
        rows += row(tr("received"), received.join(", "));
    }
    const float mass = patchMass(view, stage)[at];
    if (stays && mass > 1.0F) {
        rows += row(tr("stands for"), tr("%1 patches").arg(shortNumber(static_cast<double>(mass))));
    }
    if (at < trace.cluster_of.size() && trace.cluster_of[at] >= 0) {
        rows += row(tr("cluster"), QString::number(trace.cluster_of[at]));
    }
    if (at < trace.text_relevance.size() && !std::isnan(trace.text_relevance[at])) {
        rows +=
            row(tr("text relevance"), shortNumber(static_cast<double>(trace.text_relevance[at])));
    }
    const QString where = trace.site.kind == Site::Kind::EncoderLayer
                              ? tr("encoder layer %1").arg(trace.site.layer)
                          : trace.site.kind == Site::Kind::DecoderLayer
                              ? tr("before decoder layer %1").arg(trace.site.layer)
                              : tr("after the encoder");
    return QString("<p><b>%1</b>, %2</p><table>%3</table>")
        .arg(QString::fromStdString(trace.name).toHtmlEscaped(), where, rows);
}

}  // namespace prunescope
