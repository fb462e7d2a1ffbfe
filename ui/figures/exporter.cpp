#include "ui/figures/exporter.h"

#include "core/session/attribution_json.h"
#include "core/session/figure_state.h"
#include "core/trace/trace_csv.h"
#include "core/trace/trace_json.h"
#include "ui/attribution/token_attribution.h"
#include "ui/figures/overlay_figure.h"
#include "ui/views/budget_plot.h"
#include "ui/views/picture.h"
#include "ui/views/plot_tools.h"
#include "ui/views/shift_plot.h"

#include <QClipboard>
#include <QDir>
#include <QFileInfo>
#include <QGuiApplication>
#include <QMimeData>
#include <QRegularExpression>

namespace prunescope {

namespace {

constexpr double kClipboardDpi = 144;

QString words(const char* text) {
    return QCoreApplication::translate("FigureExporter", text);
}

bool isPlot(FigureKind kind) {
    return kind == FigureKind::ShiftPlot || kind == FigureKind::BudgetPlot;
}

QString shortNameOf(FigureKind kind) {
    switch (kind) {
        case FigureKind::Overlay:
            return QStringLiteral("overlay");
        case FigureKind::ShiftPlot:
            return QStringLiteral("shift");
        case FigureKind::BudgetPlot:
            return QStringLiteral("curve");
        case FigureKind::Trace:
            return QStringLiteral("trace");
        case FigureKind::Animation:
            return QStringLiteral("stages");
        case FigureKind::Attribution:
            return QStringLiteral("tokens");
    }
    return {};
}

}  // namespace

QString titleOf(FigureKind kind) {
    switch (kind) {
        case FigureKind::Overlay:
            return words("Picture with overlay");
        case FigureKind::ShiftPlot:
            return words("Shift plot");
        case FigureKind::BudgetPlot:
            return words("Budget curve");
        case FigureKind::Trace:
            return words("Trace (all numbers)");
        case FigureKind::Animation:
            return words("Animation of the stages");
        case FigureKind::Attribution:
            return words("What each token did (table)");
    }
    return {};
}

QStringList endingsOf(FigureKind kind) {
    switch (kind) {
        case FigureKind::Overlay:
            return {"png", "svg", "pdf"};
        case FigureKind::ShiftPlot:
        case FigureKind::BudgetPlot:
            return {"svg", "pdf", "png", "csv"};
        case FigureKind::Trace:
            return {"json", "csv"};
        case FigureKind::Animation:
            return {"apng"};
        case FigureKind::Attribution:
            return {"csv", "json"};
    }
    return {};
}

FigureExporter::FigureExporter(const Document* document,
                               const SelectionModel* selection,
                               const OverlaySettings* overlay,
                               const ShiftPlot* shift,
                               const BudgetPlot* budget,
                               const TokenAttribution* attribution,
                               QObject* parent)
    : QObject(parent),
      document_(document),
      selection_(selection),
      overlay_(overlay),
      shift_(shift),
      budget_(budget),
      attribution_(attribution) {}

QString FigureExporter::whyNot(FigureKind kind) const {
    if (document_->trace() == nullptr) {
        return tr("There is no result yet: open a picture and run.");
    }
    if (!document_->resultMatchesInputs()) {
        return tr("The result is of other inputs: run first.");
    }
    if ((kind == FigureKind::Overlay || kind == FigureKind::Animation) &&
        document_->image() == nullptr) {
        return tr("The picture is not open.");
    }
    if (kind == FigureKind::Attribution && attribution_->shown() == nullptr) {
        return tr("Nobody has asked yet what each token did: Run > What did each token do?");
    }
    if (kind == FigureKind::BudgetPlot && document_->curve().empty()) {
        return tr("There is no budget curve yet: it is computed after the answer.");
    }
    return {};
}

QString FigureExporter::suggestedName(FigureKind kind) const {
    const RunSettings& settings = document_->settings();
    QString picture = QFileInfo(document_->imageName()).completeBaseName();
    static const QRegularExpression unusual("[^\\w.-]+",
                                            QRegularExpression::UseUnicodePropertiesOption);
    picture.replace(unusual, "_");
    return QStringLiteral("%1-%2-%3-%4")
        .arg(picture.isEmpty() ? QStringLiteral("figure") : picture,
             QString::fromStdString(settings.method))
        .arg(settings.budget)
        .arg(shortNameOf(kind));
}

QByteArray FigureExporter::state() const {
    return QByteArray::fromStdString(figureStateToJson(
        figureStateOf(*document_->trace(), selection_->view(), selection_->stage())));
}

OverlayFigureOptions FigureExporter::overlayFigure(double dpi) const {
    OverlayFigureOptions options;
    options.view = selection_->view();
    options.stage = selection_->stage();
    options.overlay = overlay_->options();
    options.selected = selection_->patches();
    options.dpi = dpi;
    options.effects = {attribution_->shown(), selection_->view(), selection_->answerToken()};
    return options;
}

QByteArray FigureExporter::plotFile(FigureKind kind, const QString& ending, double dpi) const {
    return kind == FigureKind::ShiftPlot ? shift_->file(ending, dpi)
                                         : budget_->file(ending, dpi, state());
}

void FigureExporter::finish(const QString& path, bool is_written) {
    if (is_written) {
        Q_EMIT written(path);
        return;
    }
    const QFileInfo file(path);
    const QString name = file.fileName();
    if (!file.absoluteDir().exists()) {
        Q_EMIT failed(tr("%1 was not written: there is no folder %2.").arg(name, file.path()),
                      tr("Choose another folder."));
    } else {
        Q_EMIT failed(tr("%1 could not be written.").arg(name),
                      tr("Check that the folder may be written to and the disk is not full, or "
                         "choose another folder."));
    }
}

void FigureExporter::write(FigureKind kind, const QString& path, double dpi) {
    const QString reason = whyNot(kind);
    const QString ending = QFileInfo(path).suffix().toLower();
    if (!reason.isEmpty()) {
        Q_EMIT failed(tr("Nothing was written."), reason);
        return;
    }
    if (!endingsOf(kind).contains(ending)) {
        Q_EMIT failed(tr("%1 was not written: its ending names no format of this kind.")
                          .arg(QFileInfo(path).fileName()),
                      tr("End the name in .%1.").arg(endingsOf(kind).join(tr(" or ."))));
        return;
    }
    if (isPlot(kind)) {
        finish(path, saveBytes(path, plotFile(kind, ending, dpi)));
        return;
    }
    const TracePtr trace = document_->trace();
    const auto image = document_->image();
    const OverlayFigureOptions options = overlayFigure(dpi);
    const auto effects = attribution_->shown();
    files_.run(
        [=] {
            if (kind == FigureKind::Attribution) {
                const std::string text = ending == QLatin1String("csv")
                                             ? attributionToCsv(*effects)
                                             : attributionToJson(*effects, attributedRun(*trace));
                return saveBytes(path, QByteArray::fromStdString(text));
            }
            if (kind == FigureKind::Trace) {
                const std::string text =
                    ending == QLatin1String("csv") ? traceToCsv(*trace) : traceToJson(*trace);
                return saveBytes(path, QByteArray::fromStdString(text));
            }
            return writeOverlayFigure(*trace, toQImage(*image), options, path);
        },
        [this, path](bool is_written) { finish(path, is_written); });
}

void FigureExporter::offer(FigureKind kind, const Copy& copy) {
    auto* data = new QMimeData;
    if (!copy.image.isNull()) {
        data->setImageData(copy.image);
    }
    if (!copy.svg.isEmpty()) {
        data->setData(QStringLiteral("image/svg+xml"), copy.svg);
    }
    if (!copy.text.isEmpty()) {
        data->setText(copy.text);
    }
    QGuiApplication::clipboard()->setMimeData(data);
    Q_EMIT copied(titleOf(kind));
}

void FigureExporter::copy(FigureKind kind) {
    const QString reason = whyNot(kind);
    if (!reason.isEmpty()) {
        Q_EMIT failed(tr("Nothing was copied."), reason);
        return;
    }
    if (isPlot(kind)) {
        offer(kind,
              {QImage::fromData(plotFile(kind, "png", kClipboardDpi)),
               plotFile(kind, "svg", kClipboardDpi),
               kind == FigureKind::ShiftPlot ? shift_->csv() : budget_->csv()});
        return;
    }
    if (kind != FigureKind::Overlay) {
        copyData(kind);
        return;
    }
    const TracePtr trace = document_->trace();
    const auto image = document_->image();
    const OverlayFigureOptions options = overlayFigure(kClipboardDpi);
    files_.run(
        [=] {
            const QImage picture = toQImage(*image);
            return Copy{overlayFigureImage(*trace, picture, options),
                        overlayFigureFile(*trace, picture, options, "svg"),
                        {}};
        },
        [this, kind](const Copy& copy) { offer(kind, copy); });
}

void FigureExporter::copyData(FigureKind kind) {
    const bool has_own = isPlot(kind) || kind == FigureKind::Attribution;
    const FigureKind source = has_own ? kind : FigureKind::Trace;
    const QString reason = whyNot(source);
    if (!reason.isEmpty()) {
        Q_EMIT failed(tr("Nothing was copied."), reason);
        return;
    }
    Copy copy;
    copy.text = kind == FigureKind::ShiftPlot    ? shift_->csv()
                : kind == FigureKind::BudgetPlot ? budget_->csv()
                : kind == FigureKind::Attribution
                    ? QString::fromStdString(attributionToCsv(*attribution_->shown()))
                    : QString::fromStdString(traceToCsv(*document_->trace()));
    offer(source, copy);
}

}  // namespace prunescope
