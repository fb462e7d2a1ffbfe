#pragma once

#include <string>

namespace prunescope {

/// One thing wrong with user input, shown beside the field it names. Never thrown.
struct Problem {
    std::string field;    ///< the setting's name, as in RunSettings and on the command line
    std::string message;  ///< one sentence

    bool operator==(const Problem&) const = default;
};

}  // namespace prunescope
