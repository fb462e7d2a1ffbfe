#pragma once

#include "tests/bench/paint_clock.h"
#include "ui/main_window.h"
#include "ui/services/appearance.h"
#include "ui/session.h"

#include <memory>

#include <QTemporaryDir>

#include <benchmark/benchmark.h>

namespace prunescope::bench {

/// The program's window with its document and engine, and preferences of its own.
class RealWindow {
public:
    Session& session() { return session_; }

    MainWindow& window() { return window_; }

protected:
    RealWindow(PaintClock* clock, QSize size)
        : clock_(clock),
          preferences_(scratch_.filePath("prunescope.ini")),
          session_(makeModelBackend, &preferences_),
          window_(&session_, &preferences_, &dialogs_) {
        applyAppearance(*clock, Appearance::Light);
        window_.resize(size);
    }

    PaintClock* clock_;
    QTemporaryDir scratch_;
    Preferences preferences_;
    FileDialogs dialogs_;
    Session session_;
    MainWindow window_;
};

/// main() of a program whose rows run on one window. @param stage  made after the application, gone
/// before it
template <typename Stage>
int runOn(std::unique_ptr<Stage>& stage, void (*register_rows)(), int argc, char** argv) {
    PaintClock clock(argc, argv);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
        return 1;
    }
    stage = std::make_unique<Stage>(&clock);
    register_rows();
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    stage.reset();
    return 0;
}

}  // namespace prunescope::bench
