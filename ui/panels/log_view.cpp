#include "ui/panels/log_view.h"

#include "core/trace/trace_json.h"
#include "ui/services/appearance.h"

#include <QApplication>
#include <QClipboard>
#include <QDir>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSysInfo>
#include <QTime>
#include <QVBoxLayout>

namespace prunescope {

LogView::LogView(Document* document, QWidget* parent)
    : QWidget(parent),
      document_(document),
      lines_(new QPlainTextEdit(this)),
      counters_(new QLabel(this)) {
    setObjectName("logView");
    lines_->setObjectName("log");
    lines_->setReadOnly(true);
    lines_->setMaximumBlockCount(2000);
    lines_->setAccessibleName(tr("Log"));
    lines_->setToolTip(tr("What happened, newest last"));
    counters_->setObjectName("cacheCounters");
    counters_->setWordWrap(true);
    counters_->setToolTip(tr("Stage results taken from the cache / computed, this session"));
    auto* copy = new QPushButton(symbolicIcon("copy"), tr("Copy diagnostics"), this);
    copy->setObjectName("copyDiagnostics");
    copy->setToolTip(tr("Versions, model, settings, cache and log, without folder names"));
    copy->setAccessibleName(tr("Copy diagnostics"));
    connect(copy, &QPushButton::clicked, this, [this] {
        QApplication::clipboard()->setText(diagnostics());
    });
    auto* line = new QHBoxLayout;
    line->addWidget(counters_, 1);
    line->addWidget(copy);
    auto* column = new QVBoxLayout(this);
    column->addWidget(lines_, 1);
    column->addLayout(line);
    connect(document_, &Document::traceChanged, this, &LogView::showCounters);
    showCounters();
}

void LogView::append(const QString& line) {
    lines_->appendPlainText(QTime::currentTime().toString("HH:mm:ss") + "  " + line);
}

void LogView::showCounters() {
    const TracePtr trace = document_->trace();
    if (!trace || trace->cache.empty()) {
        counters_->setText(tr("Cache: nothing yet"));
        return;
    }
    QStringList parts;
    for (const StageCounter& counter : trace->cache) {
        parts << tr("%1 %2/%3")
                     .arg(QString::fromStdString(counter.stage))
                     .arg(counter.hits)
                     .arg(counter.misses);
    }
    counters_->setText(tr("Cache (reused/computed): %1").arg(parts.join("  ·  ")));
}

QString LogView::diagnostics() const {
    QStringList text{
        "Prunescope " + QCoreApplication::applicationVersion(),
        "Qt " + QString(qVersion()) + ", " + QSysInfo::prettyProductName() + ", " +
            QSysInfo::currentCpuArchitecture(),
    };
    if (document_->model()) {
        const LoadReport& model = *document_->model();
        text << QString::fromStdString(model.name + ", " + model.architecture + ", " + model.dtype +
                                       ", " + model.device + ", " + model.fingerprint);
    }
    if (document_->trace()) {
        text << QString::fromStdString(runToJson(*document_->trace()));
    }
    text << counters_->text() << lines_->toPlainText();
    return text.join('\n').replace(QDir::homePath(), "~");
}

}  // namespace prunescope
