#pragma once

#include "ui/menus.h"

#include <vector>

class QWidget;

namespace prunescope {

class PatchRuler;

/// Pin, ban, swap and clear, as lines of the menu `menu`.
std::vector<MenuEntry> rulesMenu(const char* menu, PatchRuler* ruler);

/// Makes their keys, which are plain letters, work only while `canvas` has the keyboard.
void bindRuleKeys(const Actions& actions, QWidget* canvas);

/// Sets their state by what is selected and ruled now.
void showRules(const Actions& actions, const PatchRuler& ruler, bool any_selected);

}  // namespace prunescope
