// "Copy as command" in the window, pasted into a shell, gives the trace that the window shows.
#include "core/metric/shift.h"
#include "core/prune/catalog.h"
#include "core/trace/trace_json.h"
#include "tests/ui/parity/real_window.h"

#include <iostream>
#include <random>

#include <QApplication>
#include <QClipboard>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QTest>

namespace prunescope {
namespace {

constexpr int kStates = 30;
constexpr int kPatience_ms = 60'000;

class Parity : public RealWindow {
protected:
    Parity() {
        session_.document.setLive(false);
        session_.controller.loadModel(QString::fromStdString(bundledModel().string()));
        EXPECT_TRUE(
            QTest::qWaitFor([&] { return session_.document.model().has_value(); }, kPatience_ms));
    }

    double share() { return static_cast<double>(random_() % 1000) / 999.0; }

    template <typename List>
    const auto& oneOf(const List& list) {
        return list[random_() % std::size(list)];
    }

    ParamValue valueFor(const ParamSpec& param) {
        switch (param.type) {
            case ParamType::Choice:
                return oneOf(param.choices);
            case ParamType::Switch:
                return static_cast<double>(random_() % 2);
            case ParamType::Integer:
                return std::round(param.min + share() * (std::min(param.max, 64.0) - param.min));
            case ParamType::Real:
                break;
        }
        return param.min + share() * (std::min(param.max, 10.0) - param.min);
    }

    /// Ascending, nothing twice, nothing in both.
    PatchRules randomRules() {
        PatchRules rules;
        for (std::int32_t patch = static_cast<std::int32_t>(random_() % 90); patch < 576;
             patch += 1 + static_cast<std::int32_t>(random_() % 200)) {
            (random_() % 2 == 0 ? rules.pinned : rules.banned).push_back(patch);
        }
        return rules;
    }

    RunSettings randomSettings() {
        for (;;) {
            RunSettings settings;
            const MethodSpec& method = oneOf(methodCatalog());
            settings.method = method.id;
            settings.budget = 1 + static_cast<int>(random_() % 600);
            settings.tau = share() * 0.5;
            settings.trigger = oneOf(
                std::array{Trigger::Auto, Trigger::Relative, Trigger::Always, Trigger::Never});
            settings.phi = share() * 5;
            settings.seed = (static_cast<std::uint64_t>(random_()) << 32) | random_();
            settings.metric = oneOf(shiftMetrics()).id;
            settings.place = oneOf(
                std::array{ShiftPlace::Encoder, ShiftPlace::Projected, ShiftPlace::Normalised});
            settings.image_mode =
                oneOf(std::array{ImageMode::Crop, ImageMode::Pad, ImageMode::Squash});
            settings.max_new_tokens = 1 + static_cast<int>(random_() % 8);
            for (const ParamSpec& param : method.params) {
                if (random_() % 2 == 0) {
                    settings.params[param.name] = valueFor(param);
                }
            }
            if (random_() % 3 == 0) {
                settings.patch_rules = {randomRules()};
            }
            if (checkSettings(settings).empty()) {
                return settings;
            }
        }
    }

    void openPicture() {
        const QString sample = QString::fromStdString(bundledSample().image.string());
        const auto before = session_.document.image();
        if (random_() % 2 == 0) {
            // The path alone would not do: the same file may be open already.
            session_.controller.openPicture(sample);
            EXPECT_TRUE(QTest::qWaitFor(
                [&] {
                    return session_.document.image() != before &&
                           session_.document.imagePath() == sample;
                },
                kPatience_ms));
            return;
        }
        QImage pasted(40 + static_cast<int>(random_() % 300), 97, QImage::Format_RGB888);
        for (int y = 0; y < pasted.height(); ++y) {
            for (int x = 0; x < pasted.width(); ++x) {
                pasted.setPixelColor(x, y, QColor::fromRgb(static_cast<QRgb>(random_())));
            }
        }
        session_.controller.openPixels(pasted, "pasted");
        EXPECT_TRUE(
            QTest::qWaitFor([&] { return session_.document.image() != before; }, kPatience_ms));
    }

    /// What the clipboard's line prints into a trace file; nothing when the program failed.
    std::optional<RunTrace> fromTheShell(QString* message) {
        QProcess shell;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(
            "PATH", QFileInfo(PRUNESCOPE_CLI).absolutePath() + ":" + environment.value("PATH"));
        shell.setProcessEnvironment(environment);
        const QString path = scratch_.filePath("trace.json");
        QFile::remove(path);
        shell.start("/bin/sh",
                    {"-c", QApplication::clipboard()->text() + " --trace '" + path + "'"});
        EXPECT_TRUE(shell.waitForFinished(kPatience_ms));
        *message = QString::fromUtf8(shell.readAllStandardError());
        QFile file(path);
        if (shell.exitCode() != 0 || !file.open(QIODevice::ReadOnly)) {
            return std::nullopt;
        }
        return traceFromJson(file.readAll().toStdString());
    }

    void compare() {
        Document& document = session_.document;
        window_.action("run")->trigger();
        ASSERT_TRUE(QTest::qWaitFor(
            [&] {
                return document.state() == RunState::Error ||
                       (document.resultMatchesInputs() && document.trace()->answer.complete);
            },
            kPatience_ms))
            << "state " << static_cast<int>(document.state()) << ", "
            << session_.controller.commandLine().toStdString();
        window_.action("copyCommand")->trigger();
        const std::string line = QApplication::clipboard()->text().toStdString();
        QString message;
        const std::optional<RunTrace> shell = fromTheShell(&message);
        if (document.state() == RunState::Error) {
            EXPECT_FALSE(shell.has_value()) << line;
            EXPECT_TRUE(message.contains(document.error()->message)) << message.toStdString();
            ++refused_;
            return;
        }
        ASSERT_TRUE(shell.has_value()) << line << "\n" << message.toStdString();
        for (const Difference& d : differencesOf(*document.trace(), *shell)) {
            ADD_FAILURE() << d.field << ": window " << d.saved << ", shell " << d.now << "\n"
                          << line;
        }
    }

    std::mt19937 random_{20};
    int refused_ = 0;
};

TEST_F(Parity, ThirtyRandomStatesGiveTheSameTraceInAShell) {
    const QString prompts[] = {"Is there a giraffe in the picture?",
                               "Don't \"quote\" $HOME `me`; \\n & <it> | *?",
                               "zwei\nZeilen, süß — 画像",
                               "--method none",
                               " "};
    ASSERT_TRUE(session_.document.model().has_value());
    openPicture();
    QElapsedTimer clock;
    clock.start();
    for (int i = 0; i < kStates; ++i) {
        if (i % 5 == 4) {
            openPicture();
        }
        session_.document.setPrompt(oneOf(prompts));
        session_.document.changeSettings(randomSettings(), "state");
        SCOPED_TRACE(i);
        compare();
    }
    std::cout << kStates << " states in " << clock.elapsed() << " ms, " << refused_
              << " refused by both\n";
    EXPECT_LT(refused_, kStates / 2);
}

}  // namespace
}  // namespace prunescope
