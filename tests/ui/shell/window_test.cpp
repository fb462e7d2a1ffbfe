#include "app/cli_options.h"
#include "core/prune/catalog.h"
#include "tests/ui/shell/window_fixture.h"
#include "ui/models/ledger_model.h"
#include "ui/panels/answer_panel.h"
#include "ui/panels/error_card.h"
#include "ui/panels/model_chooser.h"
#include "ui/panels/status_line.h"
#include "ui/services/samples.h"

#include <ctime>
#include <utility>

#include <QAbstractItemModelTester>
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QDockWidget>
#include <QDoubleSpinBox>
#include <QElapsedTimer>
#include <QLabel>
#include <QPlainTextEdit>
#include <QProcess>
#include <QPushButton>
#include <QScrollBar>
#include <QSlider>
#include <QTabBar>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBrowser>
#include <QToolButton>

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

namespace prunescope {
namespace {

using test::WindowTest;

TEST_F(WindowTest, RunSaysWhyItIsDisabled) {
    EXPECT_FALSE(window_.action("run")->isEnabled());
    EXPECT_TRUE(window_.action("run")->toolTip().contains("No model"));
    openEverything();
    EXPECT_TRUE(window_.action("run")->isEnabled());
}

TEST_F(WindowTest, WithoutAModelTheStatusLineOffersToChooseOne) {
    showActive();
    auto* choose = child<QPushButton>("chooseModel");
    ASSERT_TRUE(choose->isVisible());
    QTest::mouseClick(choose, Qt::LeftButton);
    auto* models = window_.findChild<ModelChooser*>();
    ASSERT_NE(models, nullptr);
    EXPECT_TRUE(models->isVisible());
    models->close();
    openEverything();
    EXPECT_FALSE(choose->isVisible());
}

TEST_F(WindowTest, EveryInteractiveWidgetHasNameTooltipAndAccessibleName) {
    window_.show();
    for (QWidget* widget : window_.findChildren<QWidget*>()) {
        const bool is_interactive = qobject_cast<QAbstractButton*>(widget) != nullptr ||
                                    qobject_cast<QAbstractSlider*>(widget) != nullptr ||
                                    qobject_cast<QComboBox*>(widget) != nullptr ||
                                    qobject_cast<QAbstractSpinBox*>(widget) != nullptr ||
                                    qobject_cast<QPlainTextEdit*>(widget) != nullptr;
        const bool is_qts_own = qobject_cast<QTabBar*>(widget->parentWidget()) != nullptr ||
                                widget->inherits("QTableCornerButton");
        if (!is_interactive || is_qts_own || widget->objectName().startsWith("qt_") ||
            qobject_cast<QScrollBar*>(widget) != nullptr) {
            continue;
        }
        const std::string label = std::string(widget->metaObject()->className()) + " " +
                                  widget->objectName().toStdString();
        EXPECT_FALSE(widget->objectName().isEmpty()) << label;
        EXPECT_FALSE(widget->toolTip().isEmpty()) << label;
        const auto* button = qobject_cast<QAbstractButton*>(widget);
        const bool has_text = button != nullptr && !button->text().isEmpty();
        EXPECT_TRUE(has_text || !widget->accessibleName().isEmpty()) << label;
    }
}

TEST_F(WindowTest, NoControlOfAnyMethodIsDead) {
    for (const MethodSpec& method : methodCatalog()) {
        auto* methods = child<QComboBox>("method");
        methods->setCurrentIndex(methods->findData(QString::fromStdString(method.id)));
        ASSERT_EQ(session_.document.settings().method, method.id);
        std::vector<ParamSpec> specs = method.params;
        specs.insert(specs.end(), sharedParams().begin(), sharedParams().end());
        for (const ParamSpec& spec : specs) {
            const QString name = QString::fromStdString(spec.name);
            const RunSettings before = session_.document.settings();
            if (!child<QToolButton>(name + "Reset")->parentWidget()->isEnabled()) {
                continue;  // DisabledControlSaysWhy
            }
            if (spec.type == ParamType::Switch) {
                child<QCheckBox>(name + "Switch")->toggle();
            } else if (spec.type == ParamType::Choice) {
                auto* box = child<QComboBox>(name + "Choice");
                box->setCurrentIndex((box->currentIndex() + 1) % box->count());
            } else {
                child<QDoubleSpinBox>(name + "Field")->stepUp();
            }
            EXPECT_FALSE(session_.document.settings() == before) << method.id << " " << spec.name;
            child<QToolButton>(name + "Reset")->click();
            EXPECT_TRUE(session_.document.settings() == before) << method.id << " " << spec.name;
        }
    }
    for (const char* name : {"trigger", "imageMode", "metric", "place"}) {
        child<QComboBox>("method")->setCurrentIndex(
            child<QComboBox>("method")->findData(QString("dcp")));
        const RunSettings before = session_.document.settings();
        child<QComboBox>(name)->setCurrentIndex(2);
        EXPECT_FALSE(session_.document.settings() == before) << name;
        session_.document.undoStack()->undo();
        EXPECT_TRUE(session_.document.settings() == before) << name;
        EXPECT_NE(child<QComboBox>(name)->currentIndex(), 2) << name;
    }
}

TEST_F(WindowTest, SliderDragIsOneUndoStepAndFieldFollows) {
    openEverything();
    const int steps = session_.document.undoStack()->count();
    auto* slider = child<QSlider>("budgetSlider");
    slider->setSliderDown(true);
    for (const int position : {800, 700, 500, 300}) {
        slider->setSliderPosition(position);
    }
    slider->setSliderDown(false);
    EXPECT_EQ(session_.document.undoStack()->count(), steps + 1);
    EXPECT_EQ(child<QDoubleSpinBox>("budgetField")->value(), session_.document.settings().budget);
    session_.document.undoStack()->undo();
    EXPECT_EQ(session_.document.settings().budget, RunSettings{}.budget);
    EXPECT_EQ(child<QDoubleSpinBox>("budgetField")->value(), RunSettings{}.budget);
}

TEST_F(WindowTest, DisabledControlSaysWhy) {
    auto* methods = child<QComboBox>("method");
    methods->setCurrentIndex(methods->findData(QString("grid")));
    EXPECT_FALSE(child<QSlider>("tauSlider")->isEnabled());
    EXPECT_TRUE(child<QSlider>("tauSlider")->toolTip().contains("does not re-select"));
}

TEST_F(WindowTest, LiveRunsOnceForSeveralChangesInOneTurn) {
    openEverything();
    const int runs = script_->runs;
    child<QDoubleSpinBox>("budgetField")->setValue(6);
    child<QDoubleSpinBox>("tauField")->setValue(0.5);
    ASSERT_TRUE(reaches(RunState::Running));
    ASSERT_TRUE(reaches(RunState::Ready));
    EXPECT_EQ(script_->runs, runs + 1);
}

TEST_F(WindowTest, WithoutLiveAChangeMakesTheResultStale) {
    openEverything();
    window_.action("live")->trigger();
    child<QDoubleSpinBox>("budgetField")->setValue(6);
    EXPECT_EQ(session_.document.state(), RunState::Stale);
    QTest::qWait(40);
    EXPECT_FALSE(child<QTextBrowser>("prunedAnswer")->isEnabled());
    EXPECT_FALSE(window_.action("export")->isEnabled());
    window_.action("run")->trigger();
    EXPECT_TRUE(reaches(RunState::Ready));
}

TEST_F(WindowTest, CancelReturnsAtOnceToTheLastResult) {
    openEverything();
    const TracePtr valid = session_.document.trace();
    script_->hold = true;
    child<QDoubleSpinBox>("budgetField")->setValue(6);
    ASSERT_TRUE(QTest::qWaitFor([&] { return session_.document.trace() != valid; }, 5000));
    QElapsedTimer clock;
    clock.start();
    child<QPushButton>("cancel")->click();
    ASSERT_TRUE(reaches(RunState::Stale));
    EXPECT_LT(clock.elapsed(), 100);
    EXPECT_EQ(session_.document.trace(), valid);
    script_->hold = false;
}

TEST_F(WindowTest, FailedRunShowsACardAndNoOldResult) {
    openEverything();
    script_->run_error = "The picture is too large.";
    window_.action("run")->trigger();
    ASSERT_TRUE(reaches(RunState::Error));
    EXPECT_TRUE(child<ErrorCard>("errorCard")->isVisibleTo(&window_));
    EXPECT_EQ(child<ErrorCard>("errorCard")->message(), "The picture is too large.");
    QTest::qWait(40);
    EXPECT_TRUE(child<QTextBrowser>("prunedAnswer")->toPlainText().isEmpty());
    script_->run_error.clear();
    child<QPushButton>("errorRetry")->click();
    EXPECT_TRUE(reaches(RunState::Ready));
    EXPECT_FALSE(child<ErrorCard>("errorCard")->isVisibleTo(&window_));
}

TEST_F(WindowTest, BrokenModelKeepsInputsAndOffersRetry) {
    openEverything();
    script_->load_error = "config.json is broken.";
    session_.controller.loadModel("broken");
    ASSERT_TRUE(reaches(RunState::Error));
    EXPECT_EQ(session_.document.prompt(), "What is it?");
    script_->load_error.clear();
    child<QPushButton>("errorRetry")->click();
    EXPECT_TRUE(QTest::qWaitFor([&] { return session_.document.trace() != nullptr; }, 5000));
}

TEST_F(WindowTest, BrokenPictureIsToldAndChangesNothing) {
    openEverything();
    QFile file(scratch_.filePath("broken.png"));
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    file.write("not a picture");
    file.close();
    const auto before = session_.document.image();
    dialogs_.answer = file.fileName();
    window_.action("openImage")->trigger();
    auto* card = child<ErrorCard>("errorCard");
    EXPECT_TRUE(QTest::qWaitFor([&] { return card->isVisibleTo(&window_); }, 5000));
    EXPECT_EQ(session_.document.image(), before);
}

TEST_F(WindowTest, FirstDifferenceIsMarkedInTheAnswers) {
    openEverything();
    EXPECT_TRUE(QTest::qWaitFor(
        [&] { return child<QLabel>("verdict")->text() == "First difference at token 3"; }, 2000));
    EXPECT_EQ(child<QTextBrowser>("prunedAnswer")->toPlainText(), "word0 word1 cat");
    EXPECT_EQ(child<QTextBrowser>("unprunedAnswer")->toPlainText(), "word0 word1 mouse");
}

// In time of this thread: what other programs take of the machine is no block of ours.
double threadMs() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

TEST_F(WindowTest, GuiThreadIsNeverBlockedWhileARunEmitsManyEvents) {
    openEverything();
    window_.show();
    QTest::qWait(200);
    script_->events_per_run = 20000;
    double worst = 0;
    double beat = threadMs();
    QTimer probe;
    probe.setInterval(0);
    QObject::connect(&probe, &QTimer::timeout, &window_, [&] {
        const double now = threadMs();
        worst = std::max(worst, now - std::exchange(beat, now));
    });
    probe.start();
    window_.action("run")->trigger();
    ASSERT_TRUE(reaches(RunState::Ready));
    EXPECT_LE(worst, 50);
}

TEST_F(WindowTest, CommandLineRepeatsTheRun) {
    openEverything();
    RunSettings settings;
    settings.budget = 17;
    settings.tau = 0.1 + 0.2;
    settings.seed = 9007199254740991ULL;
    settings.trigger = Trigger::Relative;
    settings.phi = 1.0 / 3.0;
    settings.image_mode = ImageMode::Pad;
    settings.metric = "mmdRbf";
    settings.place = ShiftPlace::Projected;
    settings.params = {{"lambda", 0.55}, {"schedule", std::string("linear")}, {"guard", 0.0}};
    settings.patch_rules = {{{3, 4, 5, 213}, {7}}, {{}, {0}}};
    session_.document.changeSettings(settings, "all");
    const QString prompt = "What's \"that\" $HOME `x` \\ ?";
    session_.document.setPrompt(prompt);

    const RunRequest made = session_.controller.request();
    const QStringList arguments =
        cliArguments(made, "/models/a b", "/p/two.png", session_.controller.hardware());
    CLI::App app;
    CLI::App* run = app.add_subcommand("run");
    RunArguments parsed;
    addRunOptions(*run, parsed);
    std::vector<std::string> reversed;
    for (auto it = arguments.rbegin(); it != arguments.rend() - 1; ++it) {
        reversed.push_back(it->toStdString());
    }
    app.parse(reversed);
    EXPECT_EQ(settingsFrom(parsed), made.settings);
    EXPECT_EQ(parsed.prompt, made.prompt);
    EXPECT_EQ(parsed.image, "/p/two.png");
    EXPECT_EQ(parsed.model, "/models/a b");

    // A shell gives back the same words.
    QProcess shell;
    shell.start("/bin/sh", {"-c", "printf '%s\\n' " + shellQuoted(arguments)});
    ASSERT_TRUE(shell.waitForFinished());
    EXPECT_EQ(QString::fromUtf8(shell.readAllStandardOutput()).chopped(1), arguments.join('\n'));
}

TEST_F(WindowTest, LayoutCanBeResetAndIsRemembered) {
    window_.show();
    auto* dock = child<QDockWidget>("legendDock");
    dock->hide();
    window_.close();
    EXPECT_FALSE(preferences_.windowState().isEmpty());
    window_.show();
    window_.resetLayout();
    EXPECT_TRUE(dock->isVisibleTo(&window_));
}

TEST(Ledger, CountsMergedAndDropped) {
    RunRequest request;
    request.settings.budget = 5;
    const RunTrace trace = test::fakeTrace(request);
    const std::vector<LedgerRow> rows = ledgerOf(trace.views[0]);
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].in, 16);
    EXPECT_EQ(rows[0].merged, 4);
    EXPECT_EQ(rows[0].dropped, 4);
    EXPECT_EQ(rows[0].out, 8);
    EXPECT_EQ(rows[1].out, 5);
    LedgerModel model;
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::Fatal);
    model.setView(&trace.views[0]);
    EXPECT_EQ(model.rowCount(), 2);
}

TEST(Ledger, EachRowBeginsWithWhatTheOneBeforeLeft) {
    RunRequest request;
    request.settings.budget = 5;
    RunTrace trace = test::fakeTrace(request);
    ViewTrace& view = trace.views[0];
    StageTrace again = view.stages[1];  // chooses 5 of the 8 again: 1 and 2 for 6 and 7
    again.baseline = {0, 1, 2, 3, 4};
    again.chosen = {0, 3, 4, 6, 7};
    again.slot_from_patch.assign(16, -1);
    for (std::size_t slot = 0; slot < again.chosen.size(); ++slot) {
        again.slot_from_patch[static_cast<std::size_t>(again.chosen[slot])] =
            static_cast<std::int32_t>(slot);
    }
    view.stages.push_back(again);
    view.kept = {0, 3, 4, 6, 7};
    const std::vector<LedgerRow> rows = ledgerOf(view);
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[2].reselected, 2);
    EXPECT_EQ(rows[2].dropped, 2);
    int tokens = view.grid.count();
    for (const LedgerRow& row : rows) {
        EXPECT_EQ(row.in, tokens) << row.name.toStdString();
        EXPECT_EQ(row.in - row.merged - row.dropped + row.reselected, row.out);
        tokens = row.out;
    }
}

TEST(Validity, NamesTheRangeThatTauIsIn) {
    RunRequest request;
    request.settings.tau = 0.2;
    EXPECT_EQ(validityOf(test::fakeTrace(request)), "same result for τ < 0.35");
    request.settings.tau = 0.9;
    EXPECT_EQ(validityOf(test::fakeTrace(request)), "same result for τ ≥ 0.35");
    RunTrace several = test::fakeTrace(request);
    several.views.push_back(several.views[0]);
    several.views[1].shift.kappa = 0.95;
    EXPECT_EQ(validityOf(several), "same result for τ from 0.35 to 0.95");
    request.settings.trigger = Trigger::Always;
    EXPECT_EQ(validityOf(test::fakeTrace(request)), "");
}

TEST(Samples, OfTheBundledModelHavePicturesAndQuestions) {
    const std::vector<Sample> samples =
        readSamples(PRUNESCOPE_SOURCE_DIR "/resources/models/prunescope-mini");
    ASSERT_FALSE(samples.empty());
    for (const Sample& sample : samples) {
        EXPECT_FALSE(sample.prompts.isEmpty()) << sample.path.toStdString();
    }
    EXPECT_TRUE(readSamples("/nowhere").empty());
}

TEST(Samples, MayHoldBoxesOfWhatIsAskedAbout) {
    QTemporaryDir folder;
    QDir(folder.path()).mkdir("samples");
    const auto write = [&](const QString& name, const QByteArray& text) {
        QFile file(folder.filePath("samples/" + name));
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(text);
    };
    write("a.png", "any");
    write("samples.json", R"([
        {"image": "a.png", "prompt": "A dog?", "boxes": [[1, 2, 30, 40], [0, 0, -1, 5], ["x"], 7]},
        {"image": "a.png", "prompt": "A cat?"}])");
    const std::vector<Sample> samples = readSamples(folder.path());
    ASSERT_EQ(samples.size(), 1U);
    EXPECT_EQ(samples[0].prompts.size(), 2);
    ASSERT_EQ(samples[0].boxes.size(), 1U);
    EXPECT_EQ(samples[0].boxes.at("A dog?"), (std::vector<RectF>{{1, 2, 30, 40}}));
}

}  // namespace
}  // namespace prunescope
