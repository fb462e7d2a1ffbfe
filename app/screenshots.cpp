#include "app/screenshots.h"

#include "core/trace/patch_rules.h"
#include "ui/figures/overlay_figure.h"
#include "ui/views/picture.h"

#include <iostream>

#include <QCoreApplication>
#include <QDir>
#include <QDockWidget>
#include <QFile>
#include <QToolButton>

namespace prunescope {

namespace {

constexpr int kTickMs = 40;
constexpr int kCalmTicks = 6;  // frames after a state is reached, so that it is painted
constexpr int kPatienceMs = 120'000;

}  // namespace

Screenshots::Screenshots(Session* session, MainWindow* window, const QString& directory)
    : session_(session), window_(window), directory_(directory) {
    connect(&timer_, &QTimer::timeout, this, &Screenshots::tick);
}

bool Screenshots::isAtRest() const {
    const RunState state = session_->document.state();
    return state != RunState::Running && state != RunState::LoadingModel;
}

void Screenshots::setTau(double tau) {
    RunSettings settings = session_->document.settings();
    settings.tau = tau;
    session_->document.changeSettings(settings, "tau", "tau");
}

void Screenshots::setBudget(int budget) {
    RunSettings settings = session_->document.settings();
    settings.budget = budget;
    session_->document.changeSettings(settings, "budget");
}

void Screenshots::addStates(const QString& suffix) {
    Document& document = session_->document;
    const auto rested = [this, &document] {
        return isAtRest() && document.trace() != nullptr && document.resultMatchesInputs();
    };
    steps_.push_back({"result" + suffix, [] {}, rested});
    steps_.push_back({"selected" + suffix,
                      [this, &document] {
                          const auto& kept = document.trace()->views.front().kept;
                          if (!kept.empty()) {
                              session_->selection.setPatches({kept[kept.size() / 2]});
                          }
                      },
                      rested});
    steps_.push_back({"dragged-tau" + suffix,
                      [this] {
                          for (const double tau : {0.15, 0.1, 0.05, 0.01}) {
                              setTau(tau);
                          }
                      },
                      rested});
    steps_.push_back({"running" + suffix,
                      [this] { setBudget(fresh_budget_ += 3); },
                      [&document] { return document.state() == RunState::Running; }});
    steps_.push_back({"", [] {}, rested});
    steps_.push_back({"stale" + suffix,
                      [this, &document] {
                          document.setLive(false);
                          setBudget(20);
                      },
                      [&document] { return document.state() == RunState::Stale; }});
    steps_.push_back({"",
                      [this, &document] {
                          document.undoStack()->undo();
                          document.setLive(true);
                          session_->selection.setPatches({});
                      },
                      rested});
}

// A result of the inputs, of A as of B.
bool Screenshots::isComplete() const {
    const Document& document = session_->document;
    return isAtRest() && document.trace() != nullptr && document.resultMatchesInputs() &&
           !session_->reference.needsRun();
}

void Screenshots::setMethod(const std::string& id) {
    RunSettings settings = session_->document.settings();
    settings.method = id;
    settings.params.clear();
    session_->document.changeSettings(settings, "method");
}

// Pins and bans on the picture, and the history of a patch and of a region.
void Screenshots::addRules(const QString& suffix) {
    const auto complete = [this] { return isComplete(); };
    const auto select = [this](std::vector<int> patches) {
        session_->selection.setPatches(std::move(patches));
        window_->findChild<QDockWidget*>("tokenHistoryDock")->raise();
    };
    steps_.push_back({"",
                      [this] {
                          RunSettings settings = session_->document.settings();
                          settings.trigger = Trigger::Always;
                          prunescope::addRules(
                              settings, "274-277,298-301,322-325", PatchRule::Pinned, "pin");
                          prunescope::addRules(settings, "0-3,24-27", PatchRule::Banned, "ban");
                          session_->document.changeSettings(settings, "rules");
                      },
                      complete});
    steps_.push_back({"token-history" + suffix,
                      [this, select] {
                          const ViewTrace& view = session_->document.trace()->views.front();
                          const auto& moved = view.stages.front().transfers;
                          select({moved.empty() ? 0 : moved.front().to_patch});
                      },
                      complete});
    steps_.push_back({"region-history" + suffix,
                      [select] {
                          select({274, 275, 276, 277, 298, 299, 300, 301, 322, 323});
                      },
                      complete});
    steps_.push_back({"",
                      [this] {
                          session_->document.undoStack()->undo();
                          session_->selection.setPatches({});
                          window_->findChild<QDockWidget*>("shiftDock")->raise();
                      },
                      complete});
}

// What each of a few tokens did to the answer, to all of it and to one of its tokens.
void Screenshots::addAttribution(const QString& suffix) {
    const auto complete = [this] { return isComplete(); };
    const auto known = [this] {
        const auto found = session_->attribution.found();
        return !session_->attribution.isRunning() && found != nullptr && found->complete();
    };
    steps_.push_back({"", [this] { setBudget(16); }, complete});
    steps_.push_back({"attribution" + suffix,
                      [this] {
                          session_->selection.setPatches({});
                          window_->action("attribute")->trigger();
                      },
                      known});
    steps_.push_back({"attribution-of-token" + suffix,
                      [this] {
                          const ViewTrace& view = session_->document.trace()->views.front();
                          session_->selection.setPatches({view.kept.front(), view.kept.back()});
                          session_->selection.setAnswerToken(0);
                      },
                      known});
    steps_.push_back({"",
                      [this] {
                          session_->document.undoStack()->undo();
                          session_->selection.setPatches({});
                          session_->selection.setAnswerToken(-1);
                          window_->findChild<QDockWidget*>("shiftDock")->raise();
                      },
                      complete});
}

// DCP-Prune against the baseline that every method has to beat.
void Screenshots::addCompare(const QString& suffix) {
    const auto complete = [this] { return isComplete(); };
    const auto does = [this](const char* action) {
        return [this, action] { window_->action(action)->trigger(); };
    };
    steps_.push_back({"", [this] { setMethod("random"); }, complete});
    steps_.push_back({"ab-split" + suffix,
                      [this] {
                          window_->action("setReference")->trigger();
                          setMethod("dcp");
                          window_->action("compareSplit")->trigger();
                      },
                      complete});
    steps_.push_back({"side-by-side" + suffix, does("compareSideBySide"), complete});
    steps_.push_back({"difference" + suffix, does("compareDifference"), complete});
    steps_.push_back({"grid" + suffix, does("methodGrid"), [this] {
                          const MethodGrid& grid = session_->grid;
                          return grid.doneCount() == static_cast<int>(grid.tiles().size());
                      }});
    steps_.push_back({"",
                      [this] {
                          window_->action("compareCurrent")->trigger();
                          window_->action("closeReference")->trigger();
                      },
                      complete});
}

// What lies behind another tab or opens on demand.
void Screenshots::addPanels(const QString& suffix) {
    const auto at_once = [] { return true; };
    const auto all_methods = [this](bool on) {
        window_->findChild<QDockWidget*>("budgetDock")->raise();
        window_->findChild<QToolButton*>("budgetAll")->setChecked(on);
    };
    steps_.push_back({"all-methods" + suffix,
                      [all_methods] { all_methods(true); },
                      [this] { return isAtRest(); }});
    steps_.push_back({"", [all_methods] { all_methods(false); }, at_once});
    for (const char* panel :
         {"budget", "evaluate", "ledger", "log", "inspector", "history", "settings", "shift"}) {
        steps_.push_back(
            {panel + suffix,
             [this, panel] { window_->findChild<QDockWidget*>(QString(panel) + "Dock")->raise(); },
             at_once});
    }
    const std::pair<const char*, const char*> dialogs[] = {{"models", "modelChooser"},
                                                           {"preferences", "preferencesDialog"},
                                                           {"export", "exportDialog"},
                                                           {"keys", "keySheet"},
                                                           {"commands", "commandPalette"}};
    for (const auto& [action, dialog] : dialogs) {
        const QString name = dialog;
        steps_.push_back({action + suffix,
                          [this, action = action] { window_->action(action)->trigger(); },
                          at_once,
                          name});
        steps_.push_back(
            {"", [this, name] { window_->findChild<QWidget*>(name)->close(); }, at_once});
    }
}

// Notes with one written, the editor of keys, and the window in high contrast.
void Screenshots::addRemarks(const QString& suffix) {
    const auto at_once = [] { return true; };
    steps_.push_back({"notes" + suffix,
                      [this] {
                          session_->selection.setPatches({200, 201});
                          Remarks remarks;
                          remarks.notes = {{{200, 201}, 0, "the leaf of the fruit"},
                                           {{}, 0, "from the first lesson"}};
                          session_->document.changeRemarks(remarks, "Notes");
                          window_->findChild<QDockWidget*>("notesDock")->raise();
                      },
                      at_once});
    steps_.push_back({"edit-keys" + suffix,
                      [this] { window_->action("editKeys")->trigger(); },
                      at_once,
                      "shortcutEditor"});
    steps_.push_back({"high-contrast" + suffix,
                      [this] {
                          window_->findChild<QWidget*>("shortcutEditor")->close();
                          window_->findChild<QDockWidget*>("shiftDock")->raise();
                          window_->action("highContrast")->trigger();
                      },
                      at_once});
    steps_.push_back({"",
                      [this] {
                          window_->action("highContrast")->trigger();
                          session_->document.undoStack()->undo();
                      },
                      at_once});
}

// A figure of what is on show, dropped onto the window.
void Screenshots::addFigure(const QString& suffix) {
    steps_.push_back(
        {"reproduce" + suffix,
         [this] {
             const Document& document = session_->document;
             const QString path = broken_model_.filePath("figure.png");
             writeOverlayFigure(*document.trace(), toQImage(*document.image()), {}, path);
             window_->openAny(path);
         },
         [this] { return window_->findChild<QWidget*>("reproduceDialog")->isVisible(); },
         "reproduceDialog"});
    steps_.push_back({"",
                      [this] { window_->findChild<QWidget*>("reproduceDialog")->close(); },
                      [] { return true; }});
}

// Scores the model's own samples, so that the panel has something to show.
void Screenshots::addEvaluation() {
    Evaluation& evaluation = session_->evaluation;
    steps_.push_back(
        {"", [] {}, [this] { return isAtRest() && session_->document.model().has_value(); }});
    steps_.push_back({"",
                      [this, &evaluation] {
                          evaluation.openSet(session_->controller.modelDirectory() + "/samples");
                      },
                      [&evaluation] { return evaluation.state() == EvalState::Ready; }});
    steps_.push_back({"",
                      [&evaluation] {
                          evaluation.start({"dcp", "visionzip", "grid"}, {64, 16}, 10);
                      },
                      [&evaluation] {
                          return evaluation.state() == EvalState::Finished &&
                                 evaluation.summary().resamples > 0;
                      }});
}

void Screenshots::addErrors(const QString& suffix) {
    Document& document = session_->document;
    const QString session = broken_model_.filePath("work.prunescope");
    steps_.push_back({"",
                      [this, session] { session_->files.save(session); },
                      [this, session] { return session_->files.path() == session; }});
    steps_.push_back({"error" + suffix,
                      [this] {
                          QFile config(broken_model_.filePath("config.json"));
                          if (config.open(QIODevice::WriteOnly)) {
                              config.write("{\"model_type\": \"llava\"");
                          }
                          config.close();
                          session_->controller.loadModel(broken_model_.path());
                      },
                      [&document] { return document.state() == RunState::Error; }});
    steps_.push_back({"no-model" + suffix,
                      [&document] { document.dismissError(); },
                      [&document] { return document.state() == RunState::NoModel; }});
    steps_.push_back(
        {"session-without-model" + suffix,
         [this, session] { window_->openAny(session); },
         [&document] { return document.state() == RunState::NoModel && document.trace(); }});
}

void Screenshots::start() {
    QDir().mkpath(directory_);
    addEvaluation();
    const std::pair<QSize, const char*> sizes[] = {{{1280, 800}, "-1280x800"},
                                                   {{1920, 1080}, "-1920x1080"}};
    for (const auto& [size, size_name] : sizes) {
        for (const bool is_dark : {false, true}) {
            steps_.push_back({"",
                              [this, size = size, is_dark] {
                                  window_->setAppearance(is_dark ? Appearance::Dark
                                                                 : Appearance::Light);
                                  window_->resize(size);
                                  window_->resetLayout();
                              },
                              [] { return true; }});
            addStates(QString(size_name) + (is_dark ? "-dark" : "-light"));
            addRules(QString(size_name) + (is_dark ? "-dark" : "-light"));
            addAttribution(QString(size_name) + (is_dark ? "-dark" : "-light"));
            addCompare(QString(size_name) + (is_dark ? "-dark" : "-light"));
            addPanels(QString(size_name) + (is_dark ? "-dark" : "-light"));
            addRemarks(QString(size_name) + (is_dark ? "-dark" : "-light"));
            addFigure(QString(size_name) + (is_dark ? "-dark" : "-light"));
        }
    }
    addErrors("-1920x1080-dark");
    steps_.push_back({"",
                      [this] {
                          window_->setAppearance(Appearance::Light);
                          window_->resize(1280, 800);
                          window_->resetLayout();
                      },
                      [] { return true; }});
    addErrors("-1280x800-light");
    begin();
    timer_.start(kTickMs);
}

void Screenshots::begin() {
    calm_ticks_ = 0;
    waited_.start();
    steps_[at_].act();
}

void Screenshots::tick() {
    const Step& step = steps_[at_];
    const bool is_ready = step.ready();
    calm_ticks_ = is_ready ? calm_ticks_ + 1 : 0;
    const bool is_passing = step.name.startsWith("running");  // gone before it is calm
    if (!is_ready || (calm_ticks_ < kCalmTicks && !is_passing)) {
        if (waited_.elapsed() > kPatienceMs) {
            std::cerr << "prunescope: the window did not reach "
                      << (step.name.isEmpty() ? "rest" : step.name.toStdString()) << '\n';
            timer_.stop();
            QCoreApplication::exit(1);
        }
        return;
    }
    if (!step.name.isEmpty()) {
        const QString path = directory_ + "/" + step.name + ".png";
        QWidget* shown =
            step.widget.isEmpty() ? window_ : window_->findChild<QWidget*>(step.widget);
        failed_ = shown == nullptr || !shown->grab().save(path) || failed_;
    }
    if (++at_ == steps_.size()) {
        timer_.stop();
        QCoreApplication::exit(failed_ ? 1 : 0);
        return;
    }
    begin();
}

}  // namespace prunescope
