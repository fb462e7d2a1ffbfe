#include "core/trace/settings.h"

#include "core/base/error.h"

#include <array>
#include <string_view>
#include <utility>

namespace prunescope {

namespace {

constexpr std::array<std::pair<ImageMode, std::string_view>, 3> kImageModes{{
    {ImageMode::Crop, "crop"},
    {ImageMode::Pad, "pad"},
    {ImageMode::Squash, "squash"},
}};

constexpr std::array<std::pair<Trigger, std::string_view>, 4> kTriggers{{
    {Trigger::Auto, "auto"},
    {Trigger::Relative, "relative"},
    {Trigger::Always, "always"},
    {Trigger::Never, "never"},
}};

constexpr std::array<std::pair<ShiftPlace, std::string_view>, 3> kPlaces{{
    {ShiftPlace::Encoder, "encoder"},
    {ShiftPlace::Projected, "projected"},
    {ShiftPlace::Normalised, "normalised"},
}};

template <typename Table, typename Value>
std::string lookUpName(const Table& table, Value value) {
    for (const auto& [candidate, name] : table) {
        if (candidate == value) {
            return std::string(name);
        }
    }
    throw Error(ErrorCode::Internal, "A setting has a value without a name.");
}

template <typename Table>
auto lookUpValue(const Table& table, const std::string& name, const std::string& what) {
    std::string choices;
    for (const auto& [value, candidate] : table) {
        if (candidate == name) {
            return value;
        }
        choices += (choices.empty() ? "" : ", ") + std::string(candidate);
    }
    throw Error(ErrorCode::Usage,
                "\"" + name + "\" is not a known " + what + ".",
                "Choose one of: " + choices + ".");
}

}  // namespace

std::string nameOf(ImageMode mode) {
    return lookUpName(kImageModes, mode);
}

std::string nameOf(Trigger trigger) {
    return lookUpName(kTriggers, trigger);
}

std::string nameOf(ShiftPlace place) {
    return lookUpName(kPlaces, place);
}

ImageMode imageModeFrom(const std::string& name) {
    return lookUpValue(kImageModes, name, "image mode");
}

Trigger triggerFrom(const std::string& name) {
    return lookUpValue(kTriggers, name, "trigger");
}

ShiftPlace shiftPlaceFrom(const std::string& name) {
    return lookUpValue(kPlaces, name, "place of the shift metric");
}

}  // namespace prunescope
