#pragma once

#include <QString>

namespace prunescope {

/// The folder with `models/`: beside the installed program, else the source tree; "" when neither
/// is there.
QString resourceDirectory();

/// The model that is opened when none is named.
QString bundledModelDirectory();

}  // namespace prunescope
