#pragma once

#include <QString>

namespace prunescope {

/// The model that is opened when none is named: beside the installed program, else in the source
/// tree; "" when there is none.
QString bundledModelDirectory();

}  // namespace prunescope
