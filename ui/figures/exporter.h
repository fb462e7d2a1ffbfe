#pragma once

#include "ui/document.h"
#include "ui/selection.h"
#include "ui/services/background.h"
#include "ui/views/overlay_settings.h"

#include <QImage>
#include <QObject>
#include <QStringList>

namespace prunescope {

class BudgetPlot;
class ShiftPlot;
class TokenAttribution;
struct OverlayFigureOptions;

enum class FigureKind { Overlay, ShiftPlot, BudgetPlot, Trace, Animation, Attribution };

inline constexpr FigureKind kFigureKinds[] = {FigureKind::Overlay,
                                              FigureKind::ShiftPlot,
                                              FigureKind::BudgetPlot,
                                              FigureKind::Trace,
                                              FigureKind::Animation,
                                              FigureKind::Attribution};

QString titleOf(FigureKind kind);

/// The endings a kind can be written with; the first is the default.
QStringList endingsOf(FigureKind kind);

/// Writes and copies what is on show. Pictures are drawn on a worker, plots on the GUI thread;
/// signals come back on the GUI thread.
class FigureExporter : public QObject {
    Q_OBJECT

public:
    /// None is owned; all must outlive the exporter.
    FigureExporter(const Document* document,
                   const SelectionModel* selection,
                   const OverlaySettings* overlay,
                   const ShiftPlot* shift,
                   const BudgetPlot* budget,
                   const TokenAttribution* attribution,
                   QObject* parent = nullptr);

    /// "" when the kind can be written now; else the reason with what to do.
    QString whyNot(FigureKind kind) const;

    /// Made of picture, method and budget; no folder, no ending.
    QString suggestedName(FigureKind kind) const;

    /// @param path  its ending tells the format @param dpi  of rasters
    void write(FigureKind kind, const QString& path, double dpi);

    /// Puts the figure on the clipboard as pixels, as SVG and, of plots, its numbers as CSV text.
    void copy(FigureKind kind);

    /// Puts the numbers on the clipboard as CSV: of a plot, of what tokens did, or of the trace.
    void copyData(FigureKind kind);

Q_SIGNALS:
    void written(const QString& path);
    void copied(const QString& what);
    void failed(const QString& message, const QString& hint);

private:
    struct Copy {
        QImage image;
        QByteArray svg;
        QString text;
    };

    QByteArray plotFile(FigureKind kind, const QString& ending, double dpi) const;
    QByteArray state() const;
    OverlayFigureOptions overlayFigure(double dpi) const;
    void finish(const QString& path, bool is_written);
    void offer(FigureKind kind, const Copy& copy);

    const Document* document_;
    const SelectionModel* selection_;
    const OverlaySettings* overlay_;
    const ShiftPlot* shift_;
    const BudgetPlot* budget_;
    const TokenAttribution* attribution_;
    Background files_;  // last: its workers end before the rest goes
};

}  // namespace prunescope
