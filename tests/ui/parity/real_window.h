#pragma once

#include "core/engine/engine.h"
#include "core/model/bundled.h"
#include "ui/main_window.h"

#include <QTemporaryDir>

#include <gtest/gtest.h>

namespace prunescope {

class NoDialogs : public Dialogs {
public:
    QString openPicture(QWidget*) override { return {}; }

    QString openFile(QWidget*, const QString&, const QString&) override { return {}; }

    QString openFolder(QWidget*, const QString&) override { return {}; }

    QString saveAs(QWidget*, const QString&, const QString&, const QString&) override { return {}; }
};

/// The window over the real engine, with preferences of its own.
class RealWindow : public testing::Test {
protected:
    RealWindow()
        : preferences_(scratch_.filePath("settings.ini")),
          session_(makeModelBackend, &preferences_),
          window_(&session_, &preferences_, &dialogs_) {}

    QTemporaryDir scratch_;
    NoDialogs dialogs_;
    Preferences preferences_;
    Session session_;
    MainWindow window_;
};

}  // namespace prunescope
