#include "ui/rules/rules_menu.h"

#include "ui/rules/patch_ruler.h"

#include <QCoreApplication>
#include <QWidget>

namespace prunescope {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("RulesMenu", text);
}

}  // namespace

std::vector<MenuEntry> rulesMenu(const char* menu, PatchRuler* ruler) {
    return {
        {menu,
         "pinPatch",
         tr("&Pin patch"),
         "P",
         "",
         tr("The selected patches keep a token of their own, whatever the method says"),
         [ruler](bool) { ruler->toggle(PatchRule::Pinned); }},
        {menu,
         "banPatch",
         tr("&Ban patch"),
         "B",
         "",
         tr("The selected patches never keep a token of their own"),
         [ruler](bool) { ruler->toggle(PatchRule::Banned); }},
        {menu,
         "swapPatch",
         tr("S&wap patch with…"),
         "W",
         "",
         tr("Pin a patch that is not kept and ban a kept one for it"),
         [ruler](bool) { ruler->swap(); }},
        {menu,
         "clearRules",
         tr("C&lear pins and bans"),
         "",
         "",
         tr("Let the method choose freely again"),
         [ruler](bool) { ruler->clear(); }},
    };
}

void bindRuleKeys(const Actions& actions, QWidget* canvas) {
    for (const char* id : {"pinPatch", "banPatch", "swapPatch"}) {
        QAction* action = actions.at(id);
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        canvas->addAction(action);
    }
}

void showRules(const Actions& actions, const PatchRuler& ruler, bool any_selected) {
    for (const char* id : {"pinPatch", "banPatch", "swapPatch"}) {
        actions.at(id)->setEnabled(any_selected);
    }
    actions.at("clearRules")->setEnabled(ruler.hasRules());
    actions.at("pinPatch")
        ->setText(ruler.allHave(PatchRule::Pinned) ? tr("Un&pin patch") : tr("&Pin patch"));
    actions.at("banPatch")
        ->setText(ruler.allHave(PatchRule::Banned) ? tr("Lift the &ban") : tr("&Ban patch"));
}

}  // namespace prunescope
