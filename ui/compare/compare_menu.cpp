// The window's menu for comparing: B, the ways to look at A and B, the grid, and the method keys.
#include "core/prune/catalog.h"
#include "ui/compare/compare_area.h"
#include "ui/main_window.h"
#include "ui/panels/gallery.h"
#include "ui/panels/settings_panel.h"
#include "ui/views/canvas.h"

#include <algorithm>
#include <array>
#include <utility>

namespace prunescope {

namespace {

constexpr const char* kCompare = "&Compare";

constexpr std::array<std::pair<const char*, CompareMode>, 4> kModes{{
    {"compareCurrent", CompareMode::Current},
    {"compareSplit", CompareMode::Split},
    {"compareSideBySide", CompareMode::SideBySide},
    {"compareDifference", CompareMode::Difference},
}};

}  // namespace

void MainWindow::stepMethod(int by) {
    Document& document = session_->document;
    const std::vector<MethodSpec>& all = methodCatalog();
    const auto n = static_cast<int>(all.size());
    const auto at = std::find_if(all.begin(), all.end(), [&](const MethodSpec& method) {
        return method.id == document.settings().method;
    });
    const auto next = static_cast<std::size_t>((static_cast<int>(at - all.begin()) + by + n) % n);
    RunSettings settings = document.settings();
    settings.method = all[next].id;
    settings.params.clear();
    document.endMerge();
    document.changeSettings(settings, tr("Method %1").arg(QString::fromStdString(all[next].title)));
}

// What the user waits for first; the grid when nothing else runs.
void MainWindow::stop() {
    if (session_->document.state() == RunState::Running ||
        session_->document.state() == RunState::LoadingModel) {
        session_->controller.stop();
    } else if (session_->attribution.isRunning()) {
        session_->attribution.cancel();
    } else if (!session_->grid.waiting().empty()) {
        session_->grid.stop();
    }
}

void MainWindow::showCompareMode(CompareMode mode) {
    compare_->showGrid(false);
    session_->compare_settings.setMode(mode);
    showCompareState();
}

void MainWindow::showCompareState() {
    const Reference& reference = session_->reference;
    actions_.at("swapSides")->setEnabled(reference.whyNotSwap().isEmpty());
    actions_.at("closeReference")->setEnabled(reference.isSet());
    actions_.at("setReference")->setEnabled(session_->document.image() != nullptr);
    actions_.at("methodGrid")->setChecked(compare_->showsGrid());
    for (const auto& [id, mode] : kModes) {
        actions_.at(id)->setChecked(!compare_->showsGrid() &&
                                    session_->compare_settings.mode() == mode);
        actions_.at(id)->setEnabled(mode == CompareMode::Current || reference.isSet());
    }
}

void MainWindow::recallGridMethods() {
    MethodGrid& grid = session_->grid;
    std::vector<std::string> ids;
    for (const QString& id : preferences_->gridMethods()) {
        ids.push_back(id.toStdString());
    }
    if (!ids.empty()) {
        grid.setMethods(ids);
    }
    connect(&grid, &MethodGrid::methodsChosen, this, [this, &grid] {
        QStringList chosen;
        for (const std::string& id : grid.methods()) {
            chosen << QString::fromStdString(id);
        }
        preferences_->setGridMethods(chosen);
    });
}

void MainWindow::connectCompare() {
    recallGridMethods();
    QAction* swap = actions_.at("swapSides");  // a letter: not while something is typed
    swap->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    compare_->addAction(swap);
    for (const auto changed : {&Reference::inputsChanged, &Reference::traceChanged}) {
        connect(&session_->reference, changed, this, &MainWindow::showCompareState);
    }
    connect(&session_->compare_settings,
            &CompareSettings::changed,
            this,
            &MainWindow::showCompareState);
    connect(&session_->document, &Document::imageChanged, this, &MainWindow::showCompareState);
    connect(compare_, &CompareArea::gridShown, this, &MainWindow::showCompareState);
    const auto take_boxes = [this] {
        const Document& document = session_->document;
        session_->grid.setBoxes(gallery_->boxesFor(document.imagePath(), document.prompt()));
    };
    connect(&session_->document, &Document::inputsChanged, this, take_boxes);
    connect(gallery_, &Gallery::ready, this, take_boxes);
    connect(&session_->grid, &MethodGrid::workChanged, this, &MainWindow::showState);
    connect(&session_->grid, &MethodGrid::tileChanged, this, &MainWindow::showState);
    showCompareState();
}

std::vector<MenuEntry> MainWindow::compareMenu() {
    Reference* reference = &session_->reference;
    const auto shows = [this](CompareMode mode) {
        return [this, mode](bool) { showCompareMode(mode); };
    };
    return {
        {kCompare,
         "setReference",
         tr("Set as &B"),
         "Ctrl+B",
         "",
         tr("What is set now becomes B, to compare with"),
         [this, reference](bool) {
             const bool is_first = !reference->isSet();
             reference->setFromCurrent();
             if (is_first && session_->compare_settings.mode() == CompareMode::Current) {
                 session_->compare_settings.setMode(CompareMode::Split);
             }
         }},
        {kCompare,
         "swapSides",
         tr("S&wap A and B"),
         "X",
         "",
         tr("A takes B's settings and B takes A's"),
         [reference](bool) { reference->swap(); }},
        {kCompare,
         "closeReference",
         tr("&Close B"),
         "Ctrl+Alt+B",
         "",
         tr("Compare no longer"),
         [reference](bool) { reference->close(); }},
        {.menu = kCompare},
        {kCompare,
         "compareCurrent",
         tr("&A alone"),
         "Alt+1",
         "",
         tr("Hold Shift on the picture to see B"),
         shows(CompareMode::Current),
         ActionKind::Toggle},
        {kCompare,
         "compareSplit",
         tr("&Split"),
         "Alt+2",
         "",
         tr("A left and B right of a line to drag"),
         shows(CompareMode::Split),
         ActionKind::Toggle},
        {kCompare,
         "compareSideBySide",
         tr("S&ide by side"),
         "Alt+3",
         "",
         tr("Two pictures that move together"),
         shows(CompareMode::SideBySide),
         ActionKind::Toggle},
        {kCompare,
         "compareDifference",
         tr("&Difference"),
         "Alt+4",
         "",
         tr("What only A keeps, only B, or both"),
         shows(CompareMode::Difference),
         ActionKind::Toggle},
        {.menu = kCompare},
        {kCompare,
         "methodGrid",
         tr("&Grid"),
         "Alt+5",
         "",
         tr("Several methods on this picture; click one to take it, Ctrl+click for B"),
         [this](bool shown) { compare_->showGrid(shown); },
         ActionKind::Toggle},
        {.menu = kCompare},
        {kCompare,
         "nextMethod",
         tr("&Next method"),
         "Ctrl+PgDown",
         "",
         {},
         [this](bool) { stepMethod(1); }},
        {kCompare,
         "previousMethod",
         tr("&Previous method"),
         "Ctrl+PgUp",
         "",
         {},
         [this](bool) { stepMethod(-1); }},
        {kCompare,
         "chooseMethod",
         tr("Choose &method"),
         "Ctrl+Shift+M",
         "",
         tr("Go to the list of methods; type its first letters"),
         [this](bool) { settings_->focusMethod(); }},
    };
}

}  // namespace prunescope
