#pragma once

#include "ui/menus.h"

#include <vector>

class QWidget;

namespace prunescope {

class Dialogs;
class SessionFiles;

/// Open, save, save as, reopen, as lines of the menu `menu`.
std::vector<MenuEntry> sessionMenu(const char* menu,
                                   QWidget* window,
                                   SessionFiles* files,
                                   Dialogs* dialogs);

/// Whether a path names a session file.
bool isSessionFile(const QString& path);

}  // namespace prunescope
