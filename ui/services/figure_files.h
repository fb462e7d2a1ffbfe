#pragma once

#include "ui/document.h"
#include "ui/selection.h"

#include <optional>

namespace prunescope {

/// A file name made of picture, method and budget; without an ending.
QString suggestedFigureName(const Document& document, const QString& what);

/// Write what is on show; the kind is told by the ending. Nothing when it went well, else why not.
std::optional<QString> saveOverlay(const Document& document,
                                   const SelectionModel& selection,
                                   const QString& path);
std::optional<QString> savePlot(const Document& document, const QString& path);

}  // namespace prunescope
