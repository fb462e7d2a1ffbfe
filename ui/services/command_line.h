#pragma once

#include "core/engine/request.h"

#include <QStringList>

namespace prunescope {

/// Which device and precision a model is loaded with, as on the command line.
struct Hardware {
    QString device = "auto";
    QString dtype = "auto";
    int threads = 0;  ///< 0: as many as there are cores
};

/// The arguments of `prunescope-cli` that repeat this run; the program's name first.
QStringList cliArguments(const RunRequest& request,
                         const QString& model_directory,
                         const QString& image_path,
                         const Hardware& hardware);

/// One line for a POSIX shell.
QString shellQuoted(const QStringList& arguments);

}  // namespace prunescope
