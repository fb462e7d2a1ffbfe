#pragma once

#include <optional>
#include <vector>

#include <QAction>
#include <QMainWindow>
#include <QString>

namespace prunescope {

/// How well typed letters fit a command's name: all must appear in order, in any case; starts of
/// words and letters that stand together count more. Nothing: they do not fit.
std::optional<int> fuzzyScore(const QString& typed, const QString& name);

/// A list of actions to type into, best fit first; those that cannot be used now are grey.
void showCommandPalette(QMainWindow* window, const std::vector<QAction*>& actions);

}  // namespace prunescope
