#include "ui/saving/session_menu.h"

#include "core/session/session_file.h"
#include "ui/saving/session_files.h"
#include "ui/services/dialogs.h"

#include <QCoreApplication>

namespace prunescope {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("SessionMenu", text);
}

QString filter() {
    return tr("Session (*%1)").arg(kSessionEnding);
}

void saveAs(QWidget* window, SessionFiles* files, Dialogs* dialogs) {
    const QString suggestion =
        files->path().isEmpty() ? QString("session") + kSessionEnding : files->path();
    QString path = dialogs->saveAs(window, tr("Save session"), suggestion, filter());
    if (!path.isEmpty()) {
        files->save(isSessionFile(path) ? path : path + kSessionEnding);
    }
}

}  // namespace

bool isSessionFile(const QString& path) {
    return path.endsWith(kSessionEnding, Qt::CaseInsensitive);
}

std::vector<MenuEntry> sessionMenu(const char* menu,
                                   QWidget* window,
                                   SessionFiles* files,
                                   Dialogs* dialogs) {
    return {
        {menu,
         "openSession",
         tr("Open &session…"),
         "Ctrl+Shift+O",
         "",
         tr("Open a saved session; it shows its result without the model"),
         [=](bool) {
             const QString path = dialogs->openFile(window, tr("Open session"), filter());
             if (!path.isEmpty()) {
                 files->open(path);
             }
         }},
        {menu,
         "saveSession",
         tr("&Save session"),
         "Ctrl+S",
         "",
         tr("Write picture, question, settings and results into one file"),
         [=](bool) {
             files->path().isEmpty() ? saveAs(window, files, dialogs) : files->save(files->path());
         }},
        {menu,
         "saveSessionAs",
         tr("Save session &as…"),
         "Ctrl+Shift+S",
         "",
         tr("Write the session into another file"),
         [=](bool) { saveAs(window, files, dialogs); }},
        {menu,
         "reopenLast",
         tr("Reopen &last session"),
         "",
         "",
         tr("Back to where the last sitting ended"),
         [=](bool) { files->openLast(); }},
    };
}

}  // namespace prunescope
