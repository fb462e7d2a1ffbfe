#include "ui/figures/figure_metadata.h"

#include "core/session/figure_state.h"
#include "ui/figures/png_chunks.h"

#include <QFile>
#include <QXmlStreamReader>

namespace prunescope {

namespace {

constexpr const char* kKeyword = "prunescope.figure";
constexpr qint64 kMostState = static_cast<qint64>(kMaxFigureStateBytes);
constexpr qint64 kMostXml = 4 * kMostState;  // escaped quotes are six letters
constexpr int kMostElements = 64;            // before the metadata

QByteArray pngWithState(const QByteArray& file, const QByteArray& state) {
    std::vector<PngChunk> chunks = pngChunks(file);
    if (chunks.empty()) {
        return file;
    }
    chunks.insert(chunks.begin() + 1, pngText(kKeyword, state));  // behind IHDR, before pixels
    return pngFile(chunks);
}

QByteArray svgWithState(const QByteArray& file, const QByteArray& state) {
    const qsizetype root = file.indexOf("<svg");
    const qsizetype end = root < 0 ? -1 : file.indexOf('>', root);
    if (end < 0) {
        return file;
    }
    const QString escaped = QString::fromUtf8(state).toHtmlEscaped();
    QByteArray whole = file;
    return whole.insert(
        end + 1,
        QByteArray("\n<metadata id=\"") + kKeyword + "\">" + escaped.toUtf8() + "</metadata>");
}

std::optional<QByteArray> readSvgState(QFile& file) {
    QXmlStreamReader xml(file.read(kMostXml));
    for (int elements = 0; elements < kMostElements && !xml.atEnd();) {
        const QXmlStreamReader::TokenType token = xml.readNext();
        if (token == QXmlStreamReader::DTD && !xml.entityDeclarations().isEmpty()) {
            return std::nullopt;  // we write none
        }
        if (token != QXmlStreamReader::StartElement) {
            continue;
        }
        if (elements++ == 0 && xml.name() != QLatin1String("svg")) {
            return std::nullopt;
        }
        if (xml.name() == QLatin1String("metadata") &&
            xml.attributes().value(QLatin1String("id")) == QLatin1String(kKeyword)) {
            const QByteArray text = xml.readElementText().toUtf8();
            return xml.hasError() || text.size() > kMostState ? std::nullopt : std::optional(text);
        }
    }
    return std::nullopt;
}

}  // namespace

QByteArray withFigureState(const QByteArray& file, const QByteArray& state) {
    if (state.isEmpty()) {
        return file;
    }
    return file.startsWith("\x89PNG") ? pngWithState(file, state) : svgWithState(file, state);
}

std::optional<QByteArray> readFigureState(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly) || file.isSequential()) {
        return std::nullopt;
    }
    return file.peek(4) == "\x89PNG" ? readPngText(file, kKeyword, kMostState) : readSvgState(file);
}

}  // namespace prunescope
