#include "ui/panels/inspector.h"

#include "core/trace/token_history.h"

#include <algorithm>
#include <iterator>

#include <QRegularExpression>
#include <QUrl>

namespace prunescope {

namespace {

/// Escaped, with every "#213" a link to that patch.
QString linked(const std::string& words) {
    static const QRegularExpression patch("#(\\d+)");
    return QString::fromStdString(words).toHtmlEscaped().replace(patch,
                                                                 "<a href=\"patch:\\1\">#\\1</a>");
}

template <typename Rows>
QString stagesHtml(const Rows& rows) {
    QString html;
    for (const auto& row : rows) {
        html += QStringLiteral("<p><b>%1</b>, %2<br>%3</p>")
                    .arg(QString::fromStdString(row.name).toHtmlEscaped(),
                         QString::fromStdString(siteText(row.site)),
                         linked(row.reason));
    }
    return html;
}

QString tokenHtml(const TokenHistory& history) {
    return Inspector::tr("<h3>Patch %1</h3><p>row %2, column %3<br>%4</p>")
               .arg(history.patch)
               .arg(history.row)
               .arg(history.column)
               .arg(linked(history.outcome)) +
           stagesHtml(history.rows);
}

QString regionHtml(const RegionHistory& history) {
    const QString title = history.cluster >= 0
                              ? Inspector::tr("Cluster %1, %2 patches")
                                    .arg(history.cluster)
                                    .arg(history.patches.size())
                              : Inspector::tr("%1 patches").arg(history.patches.size());
    return QStringLiteral("<h3>%1</h3><p>%2</p>").arg(title, linked(history.outcome)) +
           stagesHtml(history.rows);
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
    std::vector<std::int32_t> patches;
    if (trace && at < trace->views.size()) {
        const int n = trace->views[at].grid.count();
        std::ranges::copy_if(selection_->patches(), std::back_inserter(patches), [n](int patch) {
            return patch >= 0 && patch < n;
        });
    }
    if (patches.empty()) {
        clear();
    } else if (patches.size() == 1) {
        setHtml(tokenHtml(tokenHistory(*trace, at, patches.front())));
    } else {
        setHtml(regionHtml(regionHistory(*trace, at, patches)));
    }
}

}  // namespace prunescope
