#include "ui/figures/png_chunks.h"

#include <array>

#include <QtEndian>

namespace prunescope {

namespace {

constexpr int kSignatureBytes = 8;
constexpr char kSignature[] = "\x89PNG\r\n\x1a\n";
constexpr quint32 kMaxLength = 0x7FFFFFFF;  // of a chunk, by the specification
constexpr int kMaxChunksBeforePixels = 256;

/// CRC-32 of ISO 3309, as PNG's Annex D gives it.
quint32 crcOf(const QByteArray& type, const QByteArray& data) {
    static const std::array<quint32, 256> table = [] {
        std::array<quint32, 256> made{};
        for (quint32 n = 0; n < 256; ++n) {
            quint32 c = n;
            for (int bit = 0; bit < 8; ++bit) {
                c = (c & 1) != 0 ? 0xEDB88320U ^ (c >> 1) : c >> 1;
            }
            made[n] = c;
        }
        return made;
    }();
    quint32 crc = 0xFFFFFFFFU;
    for (const QByteArray* part : {&type, &data}) {
        for (const char byte : *part) {
            crc = table[(crc ^ static_cast<quint8>(byte)) & 0xFF] ^ (crc >> 8);
        }
    }
    return crc ^ 0xFFFFFFFFU;
}

quint32 numberAt(const QByteArray& bytes, qsizetype at) {
    return qFromBigEndian<quint32>(bytes.constData() + at);
}

QByteArray bytesOf(quint32 value) {
    QByteArray bytes(4, '\0');
    qToBigEndian(value, bytes.data());
    return bytes;
}

/// The text of an iTXt chunk of that keyword; compressed ones are none of ours.
std::optional<QByteArray> textIn(const QByteArray& data, const QByteArray& keyword) {
    // keyword 0 compression-flag compression-method language 0 translated-keyword 0 text
    const qsizetype flags = keyword.size() + 1;
    if (data.size() < flags + 2 || !data.startsWith(keyword) || data[keyword.size()] != '\0' ||
        data[flags] != '\0') {
        return std::nullopt;
    }
    const qsizetype language_end = data.indexOf('\0', flags + 2);
    const qsizetype translated_end = language_end < 0 ? -1 : data.indexOf('\0', language_end + 1);
    return translated_end < 0 ? std::nullopt : std::optional(data.mid(translated_end + 1));
}

}  // namespace

std::vector<PngChunk> pngChunks(const QByteArray& file) {
    if (!file.startsWith(QByteArray(kSignature, kSignatureBytes))) {
        return {};
    }
    std::vector<PngChunk> chunks;
    qsizetype at = kSignatureBytes;
    while (at + 12 <= file.size()) {
        const quint32 length = numberAt(file, at);
        if (length > kMaxLength || static_cast<qint64>(length) > file.size() - at - 12) {
            return {};
        }
        PngChunk chunk{file.mid(at + 4, 4), file.mid(at + 8, static_cast<qsizetype>(length))};
        at += 8 + static_cast<qsizetype>(length);
        if (numberAt(file, at) != crcOf(chunk.type, chunk.data)) {
            return {};
        }
        at += 4;
        chunks.push_back(std::move(chunk));
    }
    return at == file.size() ? chunks : std::vector<PngChunk>();
}

QByteArray pngFile(const std::vector<PngChunk>& chunks) {
    QByteArray file(kSignature, kSignatureBytes);
    for (const PngChunk& chunk : chunks) {
        file += bytesOf(static_cast<quint32>(chunk.data.size()));
        file += chunk.type;
        file += chunk.data;
        file += bytesOf(crcOf(chunk.type, chunk.data));
    }
    return file;
}

PngChunk pngText(const QByteArray& keyword, const QByteArray& text) {
    QByteArray data = keyword;
    data += QByteArray(5, '\0');  // end of keyword, not compressed, no language, no translation
    return {"iTXt", data + text};
}

std::optional<QByteArray> readPngText(QIODevice& file, const QByteArray& keyword, qint64 most) {
    if (file.read(kSignatureBytes) != QByteArray(kSignature, kSignatureBytes)) {
        return std::nullopt;
    }
    const qint64 head = keyword.size() + 128;  // beyond the text: flags, language, translation
    for (int i = 0; i < kMaxChunksBeforePixels; ++i) {
        const QByteArray start = file.read(8);
        if (start.size() != 8) {
            return std::nullopt;
        }
        const auto length = static_cast<qint64>(numberAt(start, 0));
        const QByteArray type = start.mid(4);
        if (type == "IDAT" || type == "IEND" || length > static_cast<qint64>(kMaxLength)) {
            return std::nullopt;
        }
        if (type != "iTXt" || length > most + head) {
            if (file.skip(length + 4) != length + 4) {
                return std::nullopt;
            }
            continue;
        }
        const QByteArray data = file.read(length);
        const QByteArray sum = file.read(4);
        if (data.size() != length || sum.size() != 4 || numberAt(sum, 0) != crcOf(type, data)) {
            return std::nullopt;
        }
        const std::optional<QByteArray> text = textIn(data, keyword);
        if (text && text->size() <= most) {
            return text;
        }
    }
    return std::nullopt;
}

}  // namespace prunescope
