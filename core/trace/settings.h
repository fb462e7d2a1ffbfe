#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace prunescope {

/// A method parameter: a number (also integers and switches: 0 or 1) or one of a list of names.
using ParamValue = std::variant<double, std::string>;

/// How a picture is brought to the model's square.
enum class ImageMode {
    Crop,    ///< shortest edge resized, centre crop (Hugging Face's default)
    Pad,     ///< padded to a square with the mean colour (as LLaVA-1.5's papers evaluate)
    Squash,  ///< resized without keeping the aspect
};

/// When TATCS re-selects. methods.md 4.3 "Trigger", design.md 8.
enum class Trigger {
    Auto,      ///< when kappa > tau
    Relative,  ///< when kappa > phi * median of the null band
    Always,
    Never,
};

/// Where D is measured, the same for the kept and the full set. methods.md 5.4.
enum class ShiftPlace {
    Encoder,     ///< on the features as the encoder gives them
    Projected,   ///< after the projector, as the language model sees them; layers inside the
                 ///< encoder, for which there is no projector, stay as with Encoder
    Normalised,  ///< on rows scaled to length 1
};

/// What a person asks of single patches of one view, whatever a method's scores say. A pinned patch
/// keeps a token of its own, a banned one never does; what a method does with a patch that it
/// removes (merge it, hand it on) it does with a banned one as well. Both lists ascend, hold
/// nothing twice and share nothing (patch_rules.h keeps them so).
struct PatchRules {
    std::vector<std::int32_t> pinned;
    std::vector<std::int32_t> banned;

    bool empty() const { return pinned.empty() && banned.empty(); }

    bool operator==(const PatchRules&) const = default;
};

/// Everything needed to repeat a run on the same model, picture and prompt. Part of every trace.
struct RunSettings {
    std::string method = "dcp";
    int budget = 64;   ///< visual tokens kept per view, >= 1; above N means N
    double tau = 0.2;  ///< TATCS threshold on D, >= 0
    Trigger trigger = Trigger::Auto;
    double phi = 3.0;  ///< factor of the relative trigger, >= 0
    std::uint64_t seed = 0;
    std::string metric = "klDiagFwd";
    ShiftPlace place = ShiftPlace::Encoder;
    std::map<std::string, ParamValue> params;  ///< what differs from the method's defaults

    std::vector<PatchRules> patch_rules;  ///< per view; none for views beyond, no empty one last

    ImageMode image_mode = ImageMode::Crop;
    int max_new_tokens = 64;

    bool operator==(const RunSettings&) const = default;
};

/// Names used in JSON and on the command line ("crop", "auto", …).
std::string nameOf(ImageMode mode);
std::string nameOf(Trigger trigger);
std::string nameOf(ShiftPlace place);

/// @throws Error(Usage) naming the choices
ImageMode imageModeFrom(const std::string& name);
Trigger triggerFrom(const std::string& name);
ShiftPlace shiftPlaceFrom(const std::string& name);

}  // namespace prunescope
