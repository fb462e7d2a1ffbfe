#include "ui/figures/overlay_figure.h"

#include "core/prune/catalog.h"
#include "core/session/figure_state.h"
#include "core/trace/patch_rules.h"
#include "ui/figures/animation.h"
#include "ui/figures/figure_metadata.h"
#include "ui/views/overlay_painter.h"
#include "ui/views/stage_labels.h"

#include <algorithm>
#include <cmath>

#include <QBuffer>
#include <QCoreApplication>
#include <QFileInfo>
#include <QFontMetricsF>
#include <QPageSize>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>

namespace prunescope {

namespace {

constexpr double kLongestSide = 900;
constexpr double kNarrowest = 620;
constexpr double kRowHeight = 34;
constexpr double kMargin = 16;
constexpr double kDotsPerInch = 96;
constexpr double kTextSlack = 0.96;  // devices do not agree on the width of a text
constexpr double kLeastRaster = 2;   // dots of the embedded picture per unit of the page
constexpr double kMostRaster = 4;
constexpr int kColumns = 4;
constexpr int kStage_ms = 1200;
constexpr int kLastStage_ms = 3000;

QString text(const char* source) {
    return QCoreApplication::translate("Figure", source);
}

QFont captionFont(bool is_title) {
    QFont font;
    font.setPixelSize(is_title ? 15 : 13);
    font.setBold(is_title);
    return font;
}

/// A figure laid out on a page in units of 1/96 inch, painted the same way on every device.
struct Figure {
    Picture picture;
    OverlayScene scene;
    OverlayInput input;
    FigureEffects effects;
    std::vector<int> selected;
    std::vector<LegendEntry> legend;
    QStringList caption;  ///< the first line is the title
    QSizeF page;
    double raster = kLeastRaster;
    QByteArray state;
    QString title;

    void paint(QPainter& painter) const;
    double paintCaption(QPainter& painter, double top) const;
    void paintLegend(QPainter& painter, double top) const;
    double captionHeight(int line) const;
    int legendRows() const;
};

int Figure::legendRows() const {
    return (static_cast<int>(legend.size()) + kColumns - 1) / kColumns;
}

double Figure::captionHeight(int line) const {
    const QFontMetricsF metrics(captionFont(line == 0));
    const double width = (page.width() - 2 * kMargin) * kTextSlack;
    return metrics.boundingRect(QRectF(0, 0, width, 1000), Qt::TextWordWrap, caption[line])
        .height();
}

void Figure::paint(QPainter& painter) const {
    painter.fillRect(QRectF(QPointF(0, 0), page), Qt::white);
    const QRectF area =
        input.transform.widgetFromPicture(input.transform.source.united(picture.rect()));
    ViewTransform at = input.transform;
    at.offset -= area.topLeft();
    const QSize size = area.size().toSize();
    painter.drawImage(area,
                      renderTreated(picture, scene, at, input.options, size, raster, Qt::white));
    paintMarks(painter, input, area);
    painter.save();
    painter.setClipRect(area);
    if (effects.isShown(input.options)) {
        paintEffects(painter,
                     input.transform,
                     *effects.found,
                     effects.view,
                     {input.options.effects, input.options.attention, effects.answer_token});
    }
    paintFocus(painter, input, selected, -1);
    painter.restore();
    paintLegend(painter, paintCaption(painter, area.bottom() + kMargin) + 8);
}

double Figure::paintCaption(QPainter& painter, double top) const {
    painter.setPen(Qt::black);
    for (int line = 0; line < caption.size(); ++line) {
        painter.setFont(captionFont(line == 0));
        const double height = captionHeight(line);
        painter.drawText(QRectF(kMargin, top, page.width() - 2 * kMargin, height + 4),
                         Qt::AlignLeft | Qt::TextWordWrap,
                         caption[line]);
        top += height + 4;
    }
    painter.setFont(captionFont(false));
    return top;
}

void Figure::paintLegend(QPainter& painter, double top) const {
    const double width = (page.width() - 2 * kMargin) / kColumns;
    const QFont font = captionFont(false);
    for (int i = 0; i < static_cast<int>(legend.size()); ++i) {
        const LegendEntry& entry = legend[static_cast<std::size_t>(i)];
        const QPointF at(kMargin + (i % kColumns) * width, top + (i / kColumns) * kRowHeight);
        entry.paint(painter, QRectF(at, QSizeF(24, 24)));
        const QRectF room(at + QPointF(32, 0), QSizeF(width - 34, 24));
        painter.setPen(Qt::black);
        painter.setFont(font);
        painter.drawText(
            room,
            Qt::AlignLeft | Qt::AlignVCenter,
            QFontMetricsF(font).elidedText(entry.label, Qt::ElideRight, room.width() * kTextSlack));
    }
}

QStringList captionOf(const RunTrace& trace, const ViewTrace& view, int stage) {
    QStringList lines{stageLabel(view, stage)};
    const QString answer = QString::fromStdString(trace.answer.text).simplified();
    const QString prompt = QString::fromStdString(trace.prompt).simplified();
    if (!prompt.isEmpty()) {
        lines << (answer.isEmpty() ? text("“%1”").arg(prompt)
                                   : text("“%1” → “%2”").arg(prompt, answer));
    }
    QString settings = settingsCaption(trace.settings);
    if (view.shift.kappa) {
        settings += text(" · D %1").arg(*view.shift.kappa, 0, 'g', 3);
        if (view.shift.fired && view.shift.kappa_after) {
            settings += text(" → %1").arg(*view.shift.kappa_after, 0, 'g', 3);
        }
    }
    lines << settings << originCaption(trace);
    return lines;
}

void layOut(Figure& figure, const ViewTrace& view) {
    ViewTransform transform;
    transform.grid = view.grid;
    transform.source = toQRectF(view.source);
    const QRectF area = transform.source.united(figure.picture.rect());
    transform.scale = kLongestSide / std::max(area.width(), area.height());
    transform.offset = QPointF(kMargin, kMargin) - area.topLeft() * transform.scale;
    figure.page.setWidth(
        std::ceil(std::max(area.width() * transform.scale, kNarrowest) + 2 * kMargin));
    double height = area.height() * transform.scale + 3 * kMargin + 8;
    for (int line = 0; line < figure.caption.size(); ++line) {
        height += figure.captionHeight(line) + 4;
    }
    figure.page.setHeight(std::ceil(height + figure.legendRows() * kRowHeight));
    figure.input.transform = transform;
}

/// The input points into the figure: it must not be moved any more.
bool makeFigure(Figure& figure,
                const RunTrace& trace,
                const QImage& picture,
                const OverlayFigureOptions& options) {
    const auto view = static_cast<std::size_t>(std::max(0, options.view));
    if (options.view < 0 || view >= trace.views.size() || picture.isNull()) {
        return false;
    }
    const ViewTrace& shown = trace.views[view];
    const int stage = std::min(options.stage, static_cast<int>(shown.stages.size()) - 1);
    figure.picture = Picture(picture);
    figure.scene = makeScene(shown, stage);
    figure.scene.rules = rulesOfView(trace.settings, view);
    figure.input.picture = &figure.picture;
    figure.input.scene = &figure.scene;
    figure.input.options = options.overlay;
    figure.selected = options.selected;
    figure.raster = std::clamp(options.dpi / kDotsPerInch, kLeastRaster, kMostRaster);
    figure.effects = options.effects;
    figure.effects.view = options.view;
    figure.legend = legendOf(figure.scene, options.overlay, figure.effects);
    figure.caption = captionOf(trace, shown, stage);
    if (const QString line = effectsCaption(figure.effects, options.overlay); !line.isEmpty()) {
        figure.caption.insert(figure.caption.size() - 2, line);
    }
    const FigureState state = figureStateOf(trace, options.view, stage);
    figure.title = QString::fromStdString(state.image.name);
    figure.state = QByteArray::fromStdString(figureStateToJson(state));
    layOut(figure, shown);
    return true;
}

QImage rasterOf(const Figure& figure, double dpi) {
    const double scale = dpi / kDotsPerInch;
    QImage image((figure.page * scale).toSize(), QImage::Format_RGB32);
    image.setDevicePixelRatio(scale);
    QPainter painter(&image);
    painter.setRenderHint(QPainter::Antialiasing);
    figure.paint(painter);
    painter.end();
    image.setDevicePixelRatio(1);
    const int dots_per_meter = qRound(dpi / 0.0254);
    image.setDotsPerMeterX(dots_per_meter);
    image.setDotsPerMeterY(dots_per_meter);
    return image;
}

QByteArray pngOf(const Figure& figure, double dpi) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    rasterOf(figure, dpi).save(&buffer, "PNG");
    return withFigureState(bytes, figure.state);
}

QByteArray svgOf(const Figure& figure) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setResolution(qRound(kDotsPerInch));
    generator.setSize(figure.page.toSize());
    generator.setViewBox(QRectF(QPointF(0, 0), figure.page));
    generator.setTitle(figure.title.toHtmlEscaped());  // Qt writes both as they are
    generator.setDescription(figure.caption.join('\n').toHtmlEscaped());
    QPainter painter(&generator);
    figure.paint(painter);
    painter.end();
    return withFigureState(bytes, figure.state);
}

QByteArray pdfOf(const Figure& figure) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QPdfWriter writer(&buffer);
    writer.setResolution(72);  // one unit of the figure is one point
    writer.setPageMargins(QMarginsF());
    writer.setPageSize(QPageSize(figure.page, QPageSize::Point, QString(), QPageSize::ExactMatch));
    writer.setTitle(figure.title);
    writer.setCreator(QStringLiteral("Prunescope"));
    QPainter painter(&writer);
    figure.paint(painter);
    painter.end();
    return bytes;
}

}  // namespace

QString settingsCaption(const RunSettings& settings) {
    const MethodSpec* method = findMethod(settings.method);
    QStringList parts{QString::fromStdString(method != nullptr ? method->title : settings.method)};
    if (method == nullptr || method->uses_budget) {
        parts << QStringLiteral("k = %1").arg(settings.budget);
    }
    if (method != nullptr && method->uses_threshold) {
        parts << (settings.trigger == Trigger::Relative
                      ? QStringLiteral("φ = %1").arg(settings.phi)
                      : QStringLiteral("τ = %1").arg(settings.tau))
              << text("trigger %1").arg(QString::fromStdString(nameOf(settings.trigger)));
    }
    if (method != nullptr && method->uses_seed) {
        parts << text("seed %1").arg(settings.seed);
    }
    for (const auto& [name, value] : settings.params) {
        const auto* word = std::get_if<std::string>(&value);
        parts << QStringLiteral("%1 = %2").arg(QString::fromStdString(name),
                                               word != nullptr
                                                   ? QString::fromStdString(*word)
                                                   : QString::number(std::get<double>(value)));
    }
    if (const std::string pinned = ruleList(settings, PatchRule::Pinned); !pinned.empty()) {
        parts << text("pinned %1").arg(QString::fromStdString(pinned));
    }
    if (const std::string banned = ruleList(settings, PatchRule::Banned); !banned.empty()) {
        parts << text("banned %1").arg(QString::fromStdString(banned));
    }
    parts << QString::fromStdString(settings.metric)
          << QString::fromStdString(nameOf(settings.place))
          << text("image %1").arg(QString::fromStdString(nameOf(settings.image_mode)));
    return parts.join(QStringLiteral(" · "));
}

QString originCaption(const RunTrace& trace) {
    const FigureState state = figureStateOf(trace, 0, -1);
    QStringList parts;
    if (!state.image.name.empty()) {
        parts << QString::fromStdString(state.image.name);
    }
    parts << text("model %1 (%2, %3)")
                 .arg(QString::fromStdString(trace.model.name),
                      QString::fromStdString(trace.model.dtype),
                      QString::fromStdString(trace.model.device))
          << text("session %1").arg(QString::fromStdString(state.session_id))
          << QStringLiteral("Prunescope %1").arg(QString::fromStdString(trace.version)).trimmed();
    return parts.join(QStringLiteral(" · "));
}

QImage overlayFigureImage(const RunTrace& trace,
                          const QImage& picture,
                          const OverlayFigureOptions& options) {
    Figure figure;
    return makeFigure(figure, trace, picture, options) ? rasterOf(figure, options.dpi) : QImage();
}

QByteArray overlayFigureFile(const RunTrace& trace,
                             const QImage& picture,
                             const OverlayFigureOptions& options,
                             const QString& ending) {
    Figure figure;
    if (!makeFigure(figure, trace, picture, options)) {
        return {};
    }
    if (ending == QLatin1String("png")) {
        return pngOf(figure, options.dpi);
    }
    if (ending == QLatin1String("svg")) {
        return svgOf(figure);
    }
    return ending == QLatin1String("pdf") ? pdfOf(figure) : QByteArray();
}

QByteArray stageAnimation(const RunTrace& trace,
                          const QImage& picture,
                          const OverlayFigureOptions& options) {
    if (options.view < 0 || static_cast<std::size_t>(options.view) >= trace.views.size()) {
        return {};
    }
    const auto stages =
        static_cast<int>(trace.views[static_cast<std::size_t>(options.view)].stages.size());
    std::vector<AnimationFrame> frames;
    double height = 0;  // captions may need another line: the highest page has room for all
    for (const bool is_painting : {false, true}) {
        for (int stage = -1; stage < stages; ++stage) {
            Figure figure;
            OverlayFigureOptions of_stage = options;
            of_stage.stage = stage;
            if (stage < stages - 1) {
                of_stage.effects.found = nullptr;  // known of the result only
            }
            if (!makeFigure(figure, trace, picture, of_stage)) {
                return {};
            }
            height = std::max(height, figure.page.height());
            if (is_painting) {
                figure.page.setHeight(height);
                frames.push_back({rasterOf(figure, options.dpi),
                                  stage == stages - 1 ? kLastStage_ms : kStage_ms});
            }
        }
    }
    Figure last;
    OverlayFigureOptions of_last = options;
    of_last.stage = stages - 1;
    makeFigure(last, trace, picture, of_last);
    return withFigureState(encodeApng(frames), last.state);
}

bool writeOverlayFigure(const RunTrace& trace,
                        const QImage& picture,
                        const OverlayFigureOptions& options,
                        const QString& path) {
    const QString ending = QFileInfo(path).suffix().toLower();
    const QByteArray bytes = ending == QLatin1String("apng")
                                 ? stageAnimation(trace, picture, options)
                                 : overlayFigureFile(trace, picture, options, ending);
    QSaveFile file(path);
    return !bytes.isEmpty() && file.open(QIODevice::WriteOnly) &&
           file.write(bytes) == bytes.size() && file.commit();
}

}  // namespace prunescope
