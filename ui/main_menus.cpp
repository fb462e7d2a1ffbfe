// The window's actions: menus, one table each, and the tool bar.
#include "ui/command_palette.h"
#include "ui/main_window.h"
#include "ui/panels/model_chooser.h"
#include "ui/panels/settings_panel.h"
#include "ui/panels/shortcut_editor.h"
#include "ui/rules/rules_menu.h"
#include "ui/saving/session_menu.h"
#include "ui/views/canvas.h"

#include <algorithm>
#include <string_view>

#include <QApplication>
#include <QClipboard>
#include <QDockWidget>
#include <QFileInfo>
#include <QMenu>
#include <QStatusBar>
#include <QToolBar>
#include <QToolButton>
#include <QUndoStack>

namespace prunescope {

namespace {

constexpr const char* kFile = "&File";
constexpr const char* kEdit = "&Edit";
constexpr const char* kView = "&View";
constexpr const char* kRun = "&Run";
constexpr const char* kPatch = "&Patch";
constexpr const char* kHelp = "&Help";

}  // namespace

void MainWindow::makeActions() {
    for (auto menu : {fileMenu(),
                      editMenu(),
                      viewMenu(),
                      patchMenu(),
                      runMenu(),
                      compareMenu(),
                      bookmarkMenu(),
                      helpMenu()}) {
        entries_.insert(entries_.end(), menu.begin(), menu.end());
    }
    actions_ = makeMenus(this, entries_);
    makeRecentMenu();
    auto* panels = new QMenu(tr("Panels"), this);
    panels->setObjectName("panelsMenu");
    for (QDockWidget* panel : docks_) {
        panels->addAction(panel->toggleViewAction());
    }
    findChild<QMenu*>("viewMenu")->addMenu(panels);
    // Single letters would be stolen from the prompt: only while the canvas has the focus.
    QAction* live = actions_.at("live");
    live->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    canvas_->addAction(live);
    live->setChecked(session_->document.live());
    connectCompare();
    connectRules();
    actions_.at("reopenLast")->setEnabled(session_->files.hasLast());  // settled at start-up
}

void MainWindow::connectKeys() {
    shortcuts_ = new Shortcuts(actions_, preferences_, this);
    shortcut_editor_ = new ShortcutEditor(shortcuts_, this);
    connect(shortcuts_, &Shortcuts::changed, this, &MainWindow::showState);
    setAnimated(!preferences_->reducedMotion());
    actions_.at("highContrast")->setChecked(preferences_->highContrast());
    actions_.at("reducedMotion")->setChecked(preferences_->reducedMotion());
}

void MainWindow::makeToolBar() {
    QToolBar* bar = addToolBar(tr("Tools"));
    bar->setObjectName("tools");
    bar->setMovable(false);
    bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    bar->setIconSize({16, 16});
    for (const char* id : {"openImage",
                           "models",
                           "",
                           "run",
                           "stop",
                           "live",
                           "",
                           "undo",
                           "redo",
                           "",
                           "export",
                           "copyCommand",
                           "",
                           "setReference",
                           "methodGrid",
                           "",
                           "switchAppearance",
                           "keys"}) {
        if (*id == '\0') {
            bar->addSeparator();
            continue;
        }
        bar->addAction(actions_.at(id));
        QWidget* button = bar->widgetForAction(actions_.at(id));
        button->setObjectName(QString(id) + "Button");
        button->setAccessibleName(actions_.at(id)->text().remove('&'));
    }
    for (const char* id : {"undo", "redo", "switchAppearance", "keys"}) {
        auto* button = qobject_cast<QToolButton*>(bar->widgetForAction(actions_.at(id)));
        button->setToolButtonStyle(Qt::ToolButtonIconOnly);
    }
}

void MainWindow::makeRecentMenu() {
    auto* recent = new QMenu(tr("Open &recent"), this);
    recent->setObjectName("recentMenu");
    recent->setToolTipsVisible(true);
    connect(recent, &QMenu::aboutToShow, this, [this, recent] {
        recent->clear();
        for (const QString& path : preferences_->recentFiles()) {
            QAction* entry = recent->addAction(QFileInfo(path).fileName());
            const bool is_there = QFileInfo::exists(path);
            entry->setToolTip(is_there ? path : tr("%1 is not there any more").arg(path));
            entry->setEnabled(is_there);
            connect(entry, &QAction::triggered, this, [this, path] {
                session_->controller.openPicture(path);
            });
        }
        recent->addSeparator();
        QAction* clear = recent->addAction(tr("Clear list"));
        clear->setEnabled(!preferences_->recentFiles().isEmpty());
        connect(clear, &QAction::triggered, this, [this] { preferences_->clearRecentFiles(); });
    });
    findChild<QMenu*>("fileMenu")->insertMenu(actions_.at("models"), recent);
}

void MainWindow::showModels() {
    if (models_ == nullptr) {
        models_ = new ModelChooser(preferences_, dialogs_, this);
        connect(models_, &ModelChooser::modelChosen, this, &MainWindow::openModel);
    }
    models_->present();
}

std::vector<MenuEntry> MainWindow::fileMenu() {
    std::vector<MenuEntry> entries{
        {kFile,
         "openImage",
         tr("&Open picture…"),
         "Ctrl+O",
         "open",
         tr("Open a picture; dropping or pasting one works too"),
         [this](bool) { openPicture(); }},
        {kFile,
         "models",
         tr("&Models…"),
         "Ctrl+M",
         "model",
         tr("Choose the model"),
         [this](bool) { showModels(); }},
        {.menu = kFile},
        {.menu = kFile},
        {.menu = kFile},
        {kFile, "quit", tr("&Quit"), "Ctrl+Q", "", {}, [this](bool) { close(); }},
    };
    const auto after_models = std::find_if(
        entries.begin(), entries.end(), [](const MenuEntry& e) { return *e.id == '\0'; });
    const std::vector<MenuEntry> sessions = sessionMenu(kFile, this, &session_->files, dialogs_);
    entries.insert(after_models + 1, sessions.begin(), sessions.end());
    const std::vector<MenuEntry> figures = exportEntries();
    entries.insert(entries.end() - 2, figures.begin(), figures.end());
    return entries;
}

std::vector<MenuEntry> MainWindow::editMenu() {
    QUndoStack* stack = session_->document.undoStack();
    std::vector<MenuEntry> entries{
        {kEdit,
         "undo",
         tr("&Undo"),
         "Ctrl+Z",
         "undo",
         tr("Undo the last change of the inputs"),
         [stack](bool) { stack->undo(); }},
        {kEdit,
         "redo",
         tr("&Redo"),
         "Ctrl+Shift+Z",
         "redo",
         tr("Redo what was undone"),
         [stack](bool) { stack->redo(); }},
        {.menu = kEdit},
        {kEdit,
         "paste",
         tr("&Paste picture"),
         "Ctrl+V",
         "",
         tr("Open the picture on the clipboard"),
         [this](bool) { pastePicture(); }},
        {kEdit,
         "copyCommand",
         tr("Copy as co&mmand"),
         "Ctrl+Shift+C",
         "copy",
         tr("Copy the prunescope-cli line that repeats this run"),
         [this](bool) {
             QApplication::clipboard()->setText(session_->controller.commandLine());
             statusBar()->showMessage(tr("Copied the command"), 3000);
         }},
    };
    const std::vector<MenuEntry> copies = copyEntries();
    entries.insert(entries.begin() + 3, copies.begin(), copies.end());
    entries.push_back({.menu = kEdit});
    entries.push_back(preferencesEntry(kEdit));
    return entries;
}

std::vector<MenuEntry> MainWindow::viewMenu() {
    return {
        {kView, "fit", tr("&Fit picture"), "Ctrl+0", "", {}, [this](bool) { canvas_->fitView(); }},
        {kView,
         "pixels",
         tr("&One to one"),
         "Ctrl+Alt+0",
         "",
         tr("One picture pixel is one dot"),
         [this](bool) { canvas_->zoomToPixels(); }},
        {.menu = kView},
        {kView,
         "goToPatch",
         tr("&Go to patch…"),
         "Ctrl+G",
         "",
         tr("Select a patch by its number or its row and column"),
         [this](bool) { goToPatch(); }},
        {kView,
         "nextPanel",
         tr("&Next panel"),
         "F6",
         "",
         tr("Move the keyboard to the next panel"),
         [this](bool) { focusPanel(1); }},
        {kView,
         "previousPanel",
         tr("&Previous panel"),
         "Shift+F6",
         "",
         tr("Move the keyboard to the panel before"),
         [this](bool) { focusPanel(-1); }},
        {kView,
         "maximisePanel",
         tr("&Maximise panel"),
         "F11",
         "",
         tr("Give the panel with the keyboard the whole window, or give it back"),
         [this](bool) { maximisePanel(); }},
        {.menu = kView},
        {kView,
         "switchAppearance",
         tr("Light or &dark"),
         "Ctrl+Shift+D",
         "theme",
         tr("Switch between a light and a dark window"),
         [this](bool) {
             const bool is_dark = palette().color(QPalette::Window).lightness() < 128;
             setAppearance(is_dark ? Appearance::Light : Appearance::Dark);
         }},
        {kView,
         "systemAppearance",
         tr("As the &system"),
         "",
         "",
         tr("Light or dark as the desktop is"),
         [this](bool) { setAppearance(Appearance::System); }},
        {kView,
         "highContrast",
         tr("&High contrast"),
         "",
         "",
         tr("Black and white instead of shades"),
         [this](bool on) {
             preferences_->setHighContrast(on);
             showAppearance();
         },
         ActionKind::Toggle},
        {kView,
         "reducedMotion",
         tr("Reduced &motion"),
         "",
         "",
         tr("Nothing moves, fades or blinks by itself"),
         [this](bool on) {
             preferences_->setMotion(on);
             showAppearance();
         },
         ActionKind::Toggle},
        {.menu = kView},
        {kView,
         "resetLayout",
         tr("&Reset layout"),
         "",
         "",
         tr("All panels back to their places"),
         [this](bool) { resetLayout(); }},
        {kView,
         "fullScreen",
         tr("F&ull screen"),
         "Shift+F11",
         "",
         {},
         [this](bool) { isFullScreen() ? showNormal() : showFullScreen(); }},
    };
}

std::vector<MenuEntry> MainWindow::patchMenu() {
    std::vector<MenuEntry> entries = rulesMenu(kPatch, ruler_);
    entries.push_back({.menu = kPatch});
    entries.push_back({kPatch,
                       "selectObject",
                       tr("Select the &object asked about"),
                       "Ctrl+Shift+G",
                       "",
                       tr("Select the patches on what a sample's question is about, to pin them "
                          "or to read their history"),
                       [this](bool) { selectObject(); }});
    return entries;
}

std::vector<MenuEntry> MainWindow::runMenu() {
    return {
        {kRun,
         "run",
         tr("&Run"),
         "Ctrl+R; F5",
         "run",
         tr("Run with the inputs as they are now"),
         [this](bool) { session_->controller.run(); }},
        {kRun,
         "stop",
         tr("&Stop"),
         "Esc",
         "stop",
         tr("Stop what runs or loads"),
         [this](bool) { stop(); }},
        {kRun,
         "attribute",
         tr("What did each token &do?"),
         "Ctrl+Shift+T",
         "",
         tr("The answer again without each kept token, and with each selected dropped patch"),
         [this](bool) { showAttribution(); }},
        {kRun,
         "live",
         tr("&Live"),
         "L",
         "live",
         tr("Run by itself whenever an input changes"),
         [this](bool on) { session_->document.setLive(on); },
         ActionKind::Toggle},
        {kRun,
         "computeAhead",
         tr("Compute &ahead"),
         "",
         "",
         tr("While nothing runs, compute what the next move of threshold or budget would ask for"),
         [this](bool on) { session_->ahead.setOn(on); },
         ActionKind::Toggle},
        {.menu = kRun},
        {kRun,
         "focusBudget",
         tr("Go to the &budget"),
         "Ctrl+Shift+B",
         "",
         {},
         [this](bool) { settings_->focusBudget(); }},
        {kRun,
         "moreTokens",
         tr("One token &more"),
         "Shift+Right",
         "",
         tr("Budget up by one"),
         [this](bool) { nudgeBudget(1); }},
        {kRun,
         "fewerTokens",
         tr("One token &fewer"),
         "Shift+Left",
         "",
         tr("Budget down by one"),
         [this](bool) { nudgeBudget(-1); }},
        {kRun,
         "tauUp",
         tr("Threshold &up"),
         "Shift+Up",
         "",
         tr("τ up by 0.01"),
         [this](bool) { nudgeTau(1); }},
        {kRun,
         "tauDown",
         tr("Threshold &down"),
         "Shift+Down",
         "",
         tr("τ down by 0.01"),
         [this](bool) { nudgeTau(-1); }},
    };
}

std::vector<MenuEntry> MainWindow::helpMenu() {
    return {
        {kHelp,
         "keys",
         tr("&Keys"),
         "F1; ?",
         "help",
         tr("All keys"),
         [this](bool) { showKeySheet(this, entries_, actions_); }},
        {kHelp,
         "editKeys",
         tr("&Edit keys…"),
         "",
         "",
         tr("Give commands other keys"),
         [this](bool) {
             shortcut_editor_->show();
             shortcut_editor_->raise();
         }},
        {kHelp,
         "commands",
         tr("&Commands…"),
         "Ctrl+Shift+P",
         "",
         tr("Find a command by its name"),
         [this](bool) {
             std::vector<QAction*> all;
             for (const MenuEntry& entry : entries_) {
                 if (*entry.id != '\0' && std::string_view(entry.id) != "commands") {
                     all.push_back(actions_.at(entry.id));
                 }
             }
             for (QDockWidget* panel : docks_) {
                 all.push_back(panel->toggleViewAction());
             }
             showCommandPalette(this, all);
         }},
        {kHelp, "about", tr("&About Prunescope"), "", "", {}, [this](bool) { showAbout(this); }},
    };
}

}  // namespace prunescope
