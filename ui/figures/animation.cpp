#include "ui/figures/animation.h"

#include "ui/figures/png_chunks.h"

#include <QBuffer>
#include <QtEndian>

namespace prunescope {

namespace {

template <typename Integer>
void append(QByteArray& bytes, Integer value) {
    const Integer big = qToBigEndian(value);
    bytes.append(reinterpret_cast<const char*>(&big), sizeof(big));
}

std::vector<PngChunk> chunksOf(const QImage& image) {
    QByteArray file;
    QBuffer buffer(&file);
    buffer.open(QIODevice::WriteOnly);
    // One format for all, so that all frames share the header of the first.
    return image.convertToFormat(QImage::Format_RGB888).save(&buffer, "PNG")
               ? pngChunks(file)
               : std::vector<PngChunk>();
}

PngChunk frameControl(quint32 sequence, const AnimationFrame& frame) {
    QByteArray data;
    append(data, sequence);
    append(data, static_cast<quint32>(frame.image.width()));
    append(data, static_cast<quint32>(frame.image.height()));
    append(data, quint32{0});  // at the left
    append(data, quint32{0});  // at the top
    append(data, static_cast<quint16>(qBound(1, frame.ms, 65535)));
    append(data, quint16{1000});  // milliseconds
    data.append('\0');            // leave the frame as it is
    data.append('\0');            // replace what was there
    return {"fcTL", data};
}

}  // namespace

QByteArray encodeApng(const std::vector<AnimationFrame>& frames) {
    std::vector<PngChunk> file;
    quint32 sequence = 0;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const std::vector<PngChunk> chunks = chunksOf(frames[i].image);
        if (chunks.empty() || frames[i].image.size() != frames.front().image.size()) {
            return {};
        }
        bool is_controlled = false;
        for (const PngChunk& chunk : chunks) {
            if (chunk.type == "IDAT") {
                if (!is_controlled) {
                    file.push_back(frameControl(sequence++, frames[i]));
                    is_controlled = true;
                }
                if (i == 0) {
                    file.push_back(chunk);
                } else {
                    QByteArray data;
                    append(data, sequence++);
                    file.push_back({"fdAT", data + chunk.data});
                }
            } else if (i == 0 && chunk.type != "IEND") {
                file.push_back(chunk);
                if (chunk.type == "IHDR") {
                    QByteArray control;
                    append(control, static_cast<quint32>(frames.size()));
                    append(control, quint32{0});  // for ever
                    file.push_back({"acTL", control});
                }
            }
        }
    }
    if (file.empty()) {
        return {};
    }
    file.push_back({"IEND", {}});
    return pngFile(file);
}

}  // namespace prunescope
