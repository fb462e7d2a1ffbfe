#pragma once

#include <functional>
#include <map>
#include <vector>

#include <QAction>
#include <QMainWindow>

namespace prunescope {

enum class ActionKind { Push, Toggle };

/// One line of a menu. An entry without an id is a separator.
struct MenuEntry {
    const char* menu = "";  ///< title of the menu, untranslated
    const char* id = "";    ///< object name of the action
    QString text = {};
    const char* keys = "";  ///< portable; several are separated by "; "
    const char* icon = "";
    QString tip = {};
    std::function<void(bool)> slot = {};
    ActionKind kind = ActionKind::Push;
};

using Actions = std::map<QString, QAction*>;

/// Builds the menu bar. Menus appear in the order of their first entry.
Actions makeMenus(QMainWindow* window, const std::vector<MenuEntry>& entries);

/// All keys as they are in force, made from the actions menu by menu, and what the canvas listens
/// to.
void showKeySheet(QMainWindow* window,
                  const std::vector<MenuEntry>& entries,
                  const Actions& actions);

/// Asks for one line without blocking; stays open until `take` says that it could use what was
/// said.
void askLine(QMainWindow* window,
             const QString& name,
             const QString& title,
             const QString& question,
             const std::function<bool(const QString&)>& take);

void showAbout(QMainWindow* window);

}  // namespace prunescope
