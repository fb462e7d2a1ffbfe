#pragma once

namespace prunescope {

/// Where in the model a method acts.
struct Site {
    enum class Kind {
        EncoderLayer,  ///< after encoder layer `layer` (0-based), before the next
        AfterEncoder,  ///< on the selected features, before the projector; `layer` is S
        DecoderLayer,  ///< before decoder layer `layer`
    };

    Kind kind = Kind::AfterEncoder;
    int layer = 0;

    bool operator==(const Site&) const = default;
};

}  // namespace prunescope
