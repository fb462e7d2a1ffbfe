#include "ui/main_window.h"

#include "ui/attribution/attribution_panel.h"
#include "ui/compare/compare_area.h"
#include "ui/compare/difference_legend.h"
#include "ui/evaluate/evaluate_panel.h"
#include "ui/panels/answer_panel.h"
#include "ui/panels/gallery.h"
#include "ui/panels/hardware_panel.h"
#include "ui/panels/inspector.h"
#include "ui/panels/ledger_view.h"
#include "ui/panels/log_view.h"
#include "ui/panels/prompt_panel.h"
#include "ui/panels/settings_panel.h"
#include "ui/panels/status_line.h"
#include "ui/panels/steady_area.h"
#include "ui/panels/token_history_panel.h"
#include "ui/remarks/notes_panel.h"
#include "ui/rules/patch_ruler.h"
#include "ui/saving/recovery_bar.h"
#include "ui/services/appearance.h"
#include "ui/services/shortcuts.h"
#include "ui/views/budget_plot.h"
#include "ui/views/canvas.h"
#include "ui/views/shift_plot.h"
#include "ui/views/stage_scrubber.h"

#include <algorithm>

#include <QApplication>
#include <QCloseEvent>
#include <QDockWidget>
#include <QFileInfo>
#include <QScrollArea>
#include <QStatusBar>
#include <QToolBar>
#include <QToolButton>
#include <QUndoView>
#include <QVBoxLayout>

namespace prunescope {

MainWindow::MainWindow(Session* session, Preferences* preferences, Dialogs* dialogs)
    : session_(session), preferences_(preferences), dialogs_(dialogs) {
    setObjectName("mainWindow");
    setWindowTitle("Prunescope");
    setWindowIcon(applicationIcon());
    setAcceptDrops(true);
    setDockOptions(AnimatedDocks | AllowNestedDocks | AllowTabbedDocks);
    for (const auto corner : {Qt::TopLeftCorner, Qt::BottomLeftCorner}) {
        setCorner(corner, Qt::LeftDockWidgetArea);
    }
    for (const auto corner : {Qt::TopRightCorner, Qt::BottomRightCorner}) {
        setCorner(corner, Qt::RightDockWidgetArea);
    }
    session_->document.setLive(preferences_->live());
    ruler_ = new PatchRuler(&session_->document, &session_->selection, this);
    makeCentre();
    makeDocks();
    makeActions();
    makeToolBar();
    connectViews();
    connectController();
    connectAhead();
    connectRemarks();
    connectAttribution();
    connectFigures();
    connectKeys();
    connectPreferences();
    resize(1280, 800);
    default_state_ = saveState();
    showState();
}

void MainWindow::makeCentre() {
    auto* centre = new QWidget(this);
    auto* column = new QVBoxLayout(centre);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    error_card_ = new ErrorCard(centre);
    compare_ = new CompareArea(session_, centre);
    canvas_ = compare_->canvas();
    scrubber_ = new StageScrubber(&session_->document, &session_->selection, centre);
    column->addWidget(new RecoveryBar(&session_->files, centre));
    column->addWidget(error_card_);
    column->addWidget(compare_, 1);
    column->addWidget(new SteadyArea(scrubber_, centre));
    setCentralWidget(centre);
    status_ = new StatusLine(&session_->document, &session_->selection, this);
    statusBar()->setObjectName("statusBar");
    statusBar()->setSizeGripEnabled(false);
    statusBar()->addWidget(new SteadyArea(status_, this), 1);
}

QDockWidget* MainWindow::dock(Qt::DockWidgetArea area,
                              const QString& name,
                              const QString& title,
                              QWidget* content) {
    auto* added = new QDockWidget(title, this);
    added->setObjectName(name);
    added->setWidget(new SteadyArea(content, added));
    addDockWidget(area, added);
    docks_ << added;
    return added;
}

void MainWindow::makeDocks() {
    Document* document = &session_->document;
    SelectionModel* selection = &session_->selection;
    auto* inputs = new QWidget(this);
    gallery_ = new Gallery(inputs);
    prompt_ = new PromptPanel(document, inputs);
    auto* column = new QVBoxLayout(inputs);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(gallery_);
    column->addWidget(prompt_);
    column->addStretch(1);
    settings_ = new SettingsPanel(document, this);
    dock(Qt::LeftDockWidgetArea, "inputsDock", tr("Picture and prompt"), inputs);
    auto* settings = new QWidget(this);
    auto* rows = new QVBoxLayout(settings);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(0);
    rows->addWidget(settings_, 1);
    rows->addWidget(new HardwarePanel(&session_->controller, settings));
    auto* settings_dock = dock(Qt::LeftDockWidgetArea, "settingsDock", tr("Settings"), settings);

    dock(Qt::RightDockWidgetArea,
         "answerDock",
         tr("Answers"),
         new AnswerPanel(document, selection, &session_->reference, this));
    auto* legend_area = new QScrollArea(this);
    legend_area->setWidgetResizable(true);
    legend_area->setFrameShape(QFrame::NoFrame);
    legend_area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    legend_area->setWidget(makeLegends(session_, legend_area));
    dock(Qt::RightDockWidgetArea, "legendDock", tr("Legend"), legend_area);
    auto* inspector = dock(Qt::RightDockWidgetArea,
                           "inspectorDock",
                           tr("Inspector"),
                           new Inspector(document, selection, this));

    shift_plot_ = new ShiftPlot(document, selection, this);
    shift_plot_->compareWith(&session_->reference);
    budget_plot_ = new BudgetPlot(document, this);
    log_ = new LogView(document, this);
    // Nine tabs in one place would have no room for their words.
    setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
    auto* shift = dock(Qt::BottomDockWidgetArea, "shiftDock", tr("Shift"), shift_plot_);
    const auto tab = [&](const QString& name, const QString& title, QWidget* content) {
        tabifyDockWidget(shift, dock(Qt::BottomDockWidgetArea, name, title, content));
    };
    tab("budgetDock", tr("Budget curve"), budget_plot_);
    evaluate_ = new EvaluatePanel(&session_->evaluation, document, dialogs_, this);
    tab("evaluateDock", tr("Evaluate"), evaluate_);
    tab("tokenHistoryDock", tr("Token history"), new TokenHistoryPanel(document, selection, this));
    tab("ledgerDock", tr("Token ledger"), new LedgerView(document, selection, this));
    tab("attributionDock",
        tr("Attribution"),
        new AttributionPanel(&session_->attribution, document, selection, this));
    notes_ = new NotesPanel(document, selection, this);
    tab("notesDock", tr("Notes"), notes_);
    tabifyDockWidget(inspector, dock(Qt::RightDockWidgetArea, "logDock", tr("Log"), log_));
    auto* history = new QUndoView(document->undoStack(), this);
    history->setObjectName("history");
    history->setEmptyLabel(tr("At the start"));
    tabifyDockWidget(settings_dock,
                     dock(Qt::LeftDockWidgetArea, "historyDock", tr("Undo history"), history));
    shift->raise();
    settings_dock->raise();
    inspector->raise();
}

void MainWindow::connectViews() {
    Document* document = &session_->document;
    Controller* controller = &session_->controller;
    connect(canvas_, &Canvas::openRequested, this, &MainWindow::openPicture);
    connect(canvas_, &Canvas::patchMenuRequested, this, &MainWindow::showPatchMenu);
    connect(canvas_, &Canvas::playToggled, scrubber_, &StageScrubber::togglePlay);
    connect(canvas_, &Canvas::historyRequested, this, &MainWindow::showTokenHistory);
    connect(gallery_, &Gallery::sampleChosen, controller, &Controller::openPicture);
    connect(gallery_, &Gallery::ready, this, [this] {
        prompt_->setSamplePrompts(gallery_->promptsFor(session_->document.imagePath()));
        if (std::exchange(opens_first_sample_, false)) {
            gallery_->openFirst(session_->document.prompt());
        }
    });
    connect(document, &Document::imageChanged, this, [this] {
        showTitle();
        prompt_->setSamplePrompts(gallery_->promptsFor(session_->document.imagePath()));
    });
    connect(prompt_, &PromptPanel::openRequested, this, &MainWindow::openPicture);
    connect(prompt_, &PromptPanel::runRequested, controller, &Controller::run);
    connect(shift_plot_, &ShiftPlot::tauDragged, this, &MainWindow::changeTau);
    connect(shift_plot_, &ShiftPlot::tauReleased, document, &Document::endMerge);
    connect(budget_plot_, &BudgetPlot::budgetChosen, this, [document](int budget) {
        RunSettings settings = document->settings();
        settings.budget = std::max(1, budget);
        document->changeSettings(settings, tr("Kept tokens to %1").arg(settings.budget), "budget");
    });
    connect(budget_plot_, &BudgetPlot::budgetReleased, document, &Document::endMerge);
    connect(budget_plot_, &BudgetPlot::allMethodsWanted, controller, &Controller::setAllCurves);
    connect(evaluate_, &EvaluatePanel::noted, log_, &LogView::append);
    connect(evaluate_,
            &EvaluatePanel::sampleChosen,
            this,
            [document, controller](
                const QString& path, const QString& prompt, const RunSettings& settings) {
                document->changeSettings(settings, tr("Settings of the evaluated run"));
                controller->openPicture(path, prompt);
            });
    connect(document, &Document::traceChanged, this, &MainWindow::followLastStage);
    connect(&session_->selection, &SelectionModel::viewChanged, this, &MainWindow::followLastStage);
}

// The session's name, or the picture's while there is none; marked while it is not saved.
void MainWindow::showTitle() {
    const QString path = session_->files.path();
    const QString name =
        path.isEmpty() ? session_->document.imageName() : QFileInfo(path).fileName();
    setWindowTitle(name.isEmpty() ? "Prunescope" : name + "[*] - Prunescope");
    setWindowModified(!path.isEmpty() && !session_->document.undoStack()->isClean());
}

// Whoever looks at the result goes on looking at the result when the number of stages changes.
void MainWindow::followLastStage() {
    const TracePtr trace = session_->document.trace();
    const auto view = static_cast<std::size_t>(session_->selection.view());
    const int stages = trace && view < trace->views.size()
                           ? static_cast<int>(trace->views[view].stages.size())
                           : 0;
    const int shown = session_->selection.stage();
    if (shown == stages_shown_ - 1 || shown >= stages) {
        session_->selection.setStage(stages - 1);
    }
    stages_shown_ = stages;
}

void MainWindow::changeTau(double tau) {
    RunSettings settings = session_->document.settings();
    settings.tau = std::max(0.0, tau);
    session_->document.changeSettings(
        settings, tr("Threshold to %1").arg(locale().toString(settings.tau, 'g', 3)), "tau");
}

void MainWindow::connectController() {
    Controller* controller = &session_->controller;
    connect(status_, &StatusLine::cancelRequested, controller, &Controller::stop);
    connect(status_, &StatusLine::modelsRequested, this, &MainWindow::showModels);
    connect(error_card_, &ErrorCard::retryRequested, controller, &Controller::retry);
    connect(error_card_, &ErrorCard::modelsRequested, this, &MainWindow::showModels);
    connect(error_card_, &ErrorCard::cpuRequested, this, [controller] {
        Hardware hardware = controller->hardware();
        hardware.device = "cpu";
        controller->runOn(hardware);
    });
    connect(error_card_, &ErrorCard::lowerPrecisionRequested, this, [controller] {
        Hardware hardware = controller->hardware();
        hardware.dtype = "bf16";
        controller->runOn(hardware);
    });
    connect(
        error_card_, &ErrorCard::dismissed, this, [this] { session_->document.dismissError(); });
    connect(controller, &Controller::noted, log_, &LogView::append);
    connect(controller,
            &Controller::pictureFailed,
            this,
            [this](const QString& message, const QString& hint) {
                error_card_->present(message, hint, {});
            });
    connect(&session_->files, &SessionFiles::noted, log_, &LogView::append);
    connect(&session_->files, &SessionFiles::pathChanged, this, &MainWindow::showTitle);
    connect(
        session_->document.undoStack(), &QUndoStack::cleanChanged, this, &MainWindow::showTitle);
    connect(&session_->files,
            &SessionFiles::failed,
            this,
            [this](const QString& message, const QString& hint) {
                error_card_->present(message, hint, {});
            });
    connect(controller, &Controller::runnableChanged, this, &MainWindow::showState);
    connect(&session_->document, &Document::stateChanged, this, &MainWindow::showError);
    connect(&session_->document, &Document::liveChanged, actions_.at("live"), &QAction::setChecked);
}

void MainWindow::showState() {
    const Document& document = session_->document;
    const QString reason = session_->controller.whyNotRun();
    QAction* run = actions_.at("run");
    run->setEnabled(reason.isEmpty());
    if (reason.isEmpty()) {
        showKeysInTip(run);
    } else {
        run->setToolTip(reason);
    }
    const bool busy = document.state() == RunState::Running ||
                      document.state() == RunState::LoadingModel ||
                      !session_->grid.waiting().empty() || session_->attribution.isRunning();
    actions_.at("stop")->setEnabled(busy);
    // The next step stands out: what is shown is of other inputs, and no run comes by itself.
    QFont font = run->font();
    font.setBold(document.state() == RunState::Stale && !document.live());
    run->setFont(font);
    for (const char* id : {"export", "copyView", "copyData"}) {
        QAction* action = actions_.at(id);
        action->setEnabled(document.trace() != nullptr && document.resultMatchesInputs());
    }
}

void MainWindow::showError() {
    const auto& error = session_->document.error();
    const RunState state = session_->document.state();
    const bool is_busy = state == RunState::Running || state == RunState::LoadingModel;
    if (error) {
        error_card_->present(error->message, error->hint, remedies());
    } else if (is_busy || card_is_of_document_) {
        error_card_->hide();
    }
    card_is_of_document_ = error.has_value();
}

// A model that does not load can be replaced; where memory ran out, less of it may do.
ErrorCard::Remedies MainWindow::remedies() const {
    const Document& document = session_->document;
    const bool no_memory = document.state() == RunState::OutOfMemory;
    const Hardware& hardware = session_->controller.hardware();
    const QString device =
        document.model() ? QString::fromStdString(document.model()->device) : hardware.device;
    const QString dtype =
        document.model() ? QString::fromStdString(document.model()->dtype) : hardware.dtype;
    return {.retry = true,
            .models = no_memory || !document.model(),
            .lower_precision = no_memory && (dtype == "fp32" || dtype == "auto"),
            .cpu = no_memory && device.startsWith("cuda")};
}

void MainWindow::setAppearance(Appearance appearance) {
    preferences_->setAppearance(appearance);
    showAppearance();
}

void MainWindow::showAppearance() {
    const bool is_calm = preferences_->reducedMotion();
    applyAppearance(*qApp, preferences_->appearance(), preferences_->highContrast(), is_calm);
    setAnimated(!is_calm);
    actions_.at("highContrast")->setChecked(preferences_->highContrast());
    actions_.at("reducedMotion")->setChecked(is_calm);
    refreshIcons();
    Q_EMIT appearanceChanged();
}

// Icons are painted from the palette when they are asked for; buttons keep what they had.
void MainWindow::refreshIcons() {
    for (QToolButton* button : findChildren<QToolButton*>()) {
        button->update();
    }
    QEvent changed(QEvent::StyleChange);
    for (QToolBar* bar : findChildren<QToolBar*>()) {
        QCoreApplication::sendEvent(bar, &changed);
    }
}

void MainWindow::resetLayout() {
    restoreState(default_state_);
    const auto named = [this](const char* name) { return findChild<QDockWidget*>(name); };
    const int side = std::clamp(width() / 5, 284, 380);
    resizeDocks({named("inputsDock"), named("answerDock")}, {side, side + 20}, Qt::Horizontal);
    resizeDocks({named("inputsDock"), named("settingsDock")}, {190, height() - 190}, Qt::Vertical);
    const int legend = findChild<QWidget*>("legends")->sizeHint().height() + 32;
    const int free = std::max(height() - 110 - legend, 280);
    resizeDocks({named("answerDock"), named("legendDock"), named("inspectorDock")},
                {free * 11 / 20, legend, free * 9 / 20},
                Qt::Vertical);
    resizeDocks({named("shiftDock")}, {std::clamp(height() * 3 / 10, 200, 340)}, Qt::Vertical);
    named("shiftDock")->raise();
}

void MainWindow::showEvent(QShowEvent* event) {
    QMainWindow::showEvent(event);
    if (std::exchange(is_first_show_, false)) {
        const QByteArray state = preferences_->windowState();
        if (state.isEmpty() || !restoreState(state)) {
            resetLayout();
        } else {
            restoreGeometry(preferences_->windowGeometry());
        }
    }
}

void MainWindow::closeEvent(QCloseEvent* event) {
    preferences_->setWindow(saveGeometry(), saveState());
    session_->controller.stop();
    session_->files.keepForNextTime();
    QMainWindow::closeEvent(event);
}

}  // namespace prunescope
