#pragma once

#include <optional>
#include <vector>

#include <QByteArray>
#include <QIODevice>

namespace prunescope {

/// One chunk of a PNG file (PNG specification, 5.3), without its length and checksum.
struct PngChunk {
    QByteArray type;  ///< four letters
    QByteArray data;
};

/// The chunks of a whole file in memory, checksums verified. Empty: it is no PNG, or damaged.
std::vector<PngChunk> pngChunks(const QByteArray& file);

QByteArray pngFile(const std::vector<PngChunk>& chunks);

/// An uncompressed iTXt chunk: text in UTF-8 under an ASCII keyword of at most 79 letters.
PngChunk pngText(const QByteArray& keyword, const QByteArray& text);

/// The text of the first uncompressed iTXt chunk of that keyword before the pixels, at most
/// `most` bytes, its checksum verified. Reads headers only and skips what it does not look for, so
/// it may be given any file. Nothing: no PNG, no such chunk, or a damaged one.
std::optional<QByteArray> readPngText(QIODevice& file, const QByteArray& keyword, qint64 most);

}  // namespace prunescope
