// The window's commands about bookmarks and notes.
#include "ui/main_window.h"
#include "ui/remarks/bookmarks.h"
#include "ui/remarks/notes_panel.h"

#include <array>

#include <QDockWidget>
#include <QStatusBar>

namespace prunescope {

namespace {

constexpr const char* kBookmarks = "&Bookmarks";
constexpr std::array kGo{"goBookmark1",
                         "goBookmark2",
                         "goBookmark3",
                         "goBookmark4",
                         "goBookmark5",
                         "goBookmark6",
                         "goBookmark7",
                         "goBookmark8",
                         "goBookmark9"};
constexpr std::array kSet{"setBookmark1",
                          "setBookmark2",
                          "setBookmark3",
                          "setBookmark4",
                          "setBookmark5",
                          "setBookmark6",
                          "setBookmark7",
                          "setBookmark8",
                          "setBookmark9"};
constexpr std::array kGoKeys{
    "Ctrl+1", "Ctrl+2", "Ctrl+3", "Ctrl+4", "Ctrl+5", "Ctrl+6", "Ctrl+7", "Ctrl+8", "Ctrl+9"};
constexpr std::array kSetKeys{"Ctrl+Shift+1",
                              "Ctrl+Shift+2",
                              "Ctrl+Shift+3",
                              "Ctrl+Shift+4",
                              "Ctrl+Shift+5",
                              "Ctrl+Shift+6",
                              "Ctrl+Shift+7",
                              "Ctrl+Shift+8",
                              "Ctrl+Shift+9"};
constexpr int kMessage_ms = 4000;

}  // namespace

std::vector<MenuEntry> MainWindow::bookmarkMenu() {
    std::vector<MenuEntry> entries{
        {kBookmarks,
         "addNote",
         tr("&Add note"),
         "Ctrl+Shift+N",
         "",
         tr("Write a note about the selected patches, or about the picture"),
         [this](bool) {
             auto* dock = findChild<QDockWidget*>("notesDock");
             dock->show();
             dock->raise();
             notes_->addNote();
         }},
        {.menu = kBookmarks},
    };
    for (std::size_t i = 0; i < kGo.size(); ++i) {
        const int slot = static_cast<int>(i) + 1;
        entries.push_back(
            {kBookmarks,
             kGo[i],
             tr("Bookmark &%1: empty").arg(slot),
             kGoKeys[i],
             "",
             tr("Go to bookmark %1: its prompt, settings, stage and selection").arg(slot),
             [this, slot](bool) { bookmarks_->go(slot); }});
    }
    entries.push_back({.menu = kBookmarks});
    for (std::size_t i = 0; i < kSet.size(); ++i) {
        const int slot = static_cast<int>(i) + 1;
        entries.push_back({kBookmarks,
                           kSet[i],
                           tr("Set bookmark %1").arg(slot),
                           kSetKeys[i],
                           "",
                           tr("Keep prompt, settings, stage and selection under %1").arg(slot),
                           [this, slot](bool) {
                               bookmarks_->set(slot);
                               statusBar()->showMessage(
                                   tr("Set bookmark %1; Ctrl+%1 goes there").arg(slot),
                                   kMessage_ms);
                           }});
    }
    return entries;
}

void MainWindow::connectRemarks() {
    recall_ = new ViewRecall(&session_->document, &session_->selection, this);
    bookmarks_ = new Bookmarks(&session_->document, &session_->selection, recall_, this);
    const auto refresh = [this] {
        for (std::size_t i = 0; i < kGo.size(); ++i) {
            const int slot = static_cast<int>(i) + 1;
            const SessionBookmark* bookmark = bookmarks_->at(slot);
            QAction* action = actions_.at(kGo[i]);
            action->setEnabled(bookmark != nullptr);
            action->setText(
                bookmark != nullptr
                    ? tr("Bookmark &%1: %2")
                          .arg(slot)
                          .arg(QString::fromStdString(bookmark->name).replace('&', "&&"))
                    : tr("Bookmark &%1: empty").arg(slot));
        }
    };
    connect(&session_->document, &Document::remarksChanged, this, refresh);
    refresh();
}

}  // namespace prunescope
