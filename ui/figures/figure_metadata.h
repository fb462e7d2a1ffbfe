#pragma once

#include <optional>

#include <QByteArray>
#include <QString>

namespace prunescope {

/// A figure carries the JSON of its FigureState (core/session/figure_state.h): a PNG in an iTXt
/// chunk, an SVG in its first <metadata> element.

/// `file` with the state inside; `file` itself when `state` is empty or it is neither kind.
QByteArray withFigureState(const QByteArray& file, const QByteArray& state);

/// The state a PNG or SVG file carries, unchecked: figureStateFromJson() says whether it is one.
/// Reads no pixels, never more than a bounded beginning of an SVG, and expands no entities.
/// Nothing: the file carries none, or cannot be read.
std::optional<QByteArray> readFigureState(const QString& path);

}  // namespace prunescope
