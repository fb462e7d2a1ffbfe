#include "ui/rules/rules_row.h"

#include "core/prune/catalog.h"
#include "core/trace/patch_rules.h"
#include "ui/theme/palette.h"

#include <algorithm>

#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

namespace prunescope {

namespace {

/// Pinned patches that a result does not hold, of all views.
QStringList withoutRoom(const RunTrace& trace) {
    QStringList patches;
    for (std::size_t v = 0; v < trace.views.size(); ++v) {
        for (const std::int32_t patch : rulesOfView(trace.settings, v).pinned) {
            if (!std::ranges::binary_search(trace.views[v].kept, patch)) {
                patches << QString::number(patch);
            }
        }
    }
    return patches;
}

}  // namespace

RulesRow::RulesRow(Document* document, QWidget* parent)
    : QWidget(parent),
      document_(document),
      counts_(new QLabel(this)),
      warning_(new QLabel(this)),
      clear_(new QToolButton(this)) {
    setObjectName("rulesRow");
    counts_->setObjectName("rulesCounts");
    counts_->setWordWrap(true);
    warning_->setObjectName("rulesWarning");
    warning_->setWordWrap(true);
    clear_->setObjectName("rulesClear");
    clear_->setText(tr("Clear"));
    clear_->setAccessibleName(tr("Clear pins and bans"));
    clear_->setToolTip(tr("Let the method choose freely again"));
    auto* line = new QHBoxLayout;
    line->addWidget(counts_, 1);
    line->addWidget(clear_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    column->addLayout(line);
    column->addWidget(warning_);
    connect(clear_, &QToolButton::clicked, this, [this] {
        RunSettings settings = document_->settings();
        settings.patch_rules.clear();
        document_->changeSettings(settings, tr("Clear pins and bans"));
    });
    connect(document_, &Document::settingsChanged, this, &RulesRow::refresh);
    connect(document_, &Document::traceChanged, this, &RulesRow::refresh);
    refresh();
}

QString RulesRow::warning() const {
    const TracePtr trace = document_->trace();
    if (!trace || !document_->resultMatchesInputs() || trace->settings.method == kUnprunedMethod) {
        return {};
    }
    const QStringList left_out = withoutRoom(*trace);
    constexpr int kNamed = 6;
    if (left_out.isEmpty()) {
        return {};
    }
    QString names = left_out.mid(0, kNamed).join(", ");
    if (left_out.size() > kNamed) {
        names += tr(" and %1 more").arg(left_out.size() - kNamed);
    }
    return tr("⚠ No room for pinned %1: keep more tokens, or unpin.").arg(names);
}

void RulesRow::refresh() {
    const RunSettings& settings = document_->settings();
    setVisible(!settings.patch_rules.empty());
    counts_->setText(tr("%1 pinned, %2 banned")
                         .arg(countOf(settings, PatchRule::Pinned))
                         .arg(countOf(settings, PatchRule::Banned)));
    if (const MethodSpec* method = findMethod(settings.method)) {
        counts_->setToolTip(QString::fromStdString(rulesHelp(*method)));
    }
    const QString text = warning();
    warning_->setText(text);
    warning_->setVisible(!text.isEmpty());
}

}  // namespace prunescope
