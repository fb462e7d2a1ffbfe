#pragma once

#include "core/base/problem.h"
#include "core/prune/decoder_plan.h"
#include "core/trace/settings.h"
#include "core/trace/site.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prunescope {

enum class ParamType { Integer, Real, Switch, Choice };

/// What a parameter's change recomputes: the encoder pass, the selection after it, or only what
/// happens inside the language model.
enum class ParamEffect { EncoderPass, Selection, Decoder };

/// "encoder_pass", "selection", "decoder", as in `methods --json`.
std::string nameOf(ParamEffect effect);

/// One adjustable parameter of a method. The settings panel's controls, the command line's --set
/// and `methods --json` are made from this.
struct ParamSpec {
    std::string name;   ///< as in --set NAME=VALUE
    std::string title;  ///< in the panel
    ParamType type = ParamType::Real;
    ParamValue fallback = 0.0;  ///< the default
    double min = 0;
    double max = 1;
    double step = 0.01;
    std::string unit;                  ///< "" for plain numbers
    std::vector<std::string> choices;  ///< Choice only
    ParamEffect effect = ParamEffect::Selection;
    std::string help;  ///< one line
};

/// What the interface and the engine know about a method without running it.
struct MethodSpec {
    std::string id;
    std::string title;
    std::string paper;  ///< "Authors or name, year, arXiv id"; "" for baselines
    std::string note;   ///< e.g. "our implementation of a paper without published code"
    std::vector<Site::Kind> sites;
    bool in_encoder = false;    ///< prunes inside the encoder, so the budget moves the encoder pass
    bool inside_layer = false;  ///< in_encoder, between attention and MLP rather than after them
    bool in_decoder = false;  ///< prunes inside the language model: the budget moves nothing before
    DecoderPlanner decoder_plan = nullptr;  ///< set exactly where `in_decoder`
    bool uses_threshold = false;            ///< tau, trigger, phi
    Trigger (*trigger_of)(const RunSettings&) =
        nullptr;  ///< where parameters may overrule the settings' trigger
    bool uses_text = false;
    bool uses_seed = false;
    bool uses_budget = true;
    int rows_without_patch =
        0;                 ///< of the budget's rows: CLS or a gathered one, which no pin takes
    std::string on_rules;  ///< what pins and bans mean here, where that is not plain
    std::vector<ParamSpec> params;
};

/// The id of the method that keeps every token: the un-pruned run.
inline constexpr const char* kUnprunedMethod = "none";

/// Every method, in display order.
const std::vector<MethodSpec>& methodCatalog();

/// nullptr when there is none of that id.
const MethodSpec* findMethod(std::string_view id);

/// What pinning and banning patches means for a method, in a sentence or two.
std::string rulesHelp(const MethodSpec& method);

/// The settings every method shares (budget, tau, phi, seed, max_new_tokens, …) as specs.
const std::vector<ParamSpec>& sharedParams();

/// A parameter's value: the one given, or the default.
ParamValue paramValue(const MethodSpec& method, const RunSettings& settings, std::string_view name);
double numberParam(const MethodSpec& method, const RunSettings& settings, std::string_view name);
std::string choiceParam(const MethodSpec& method,
                        const RunSettings& settings,
                        std::string_view name);

/// The parameters of the method that the settings name, read by the method itself.
class MethodParams {
public:
    /// @throws Error when there is no such method
    explicit MethodParams(const RunSettings& settings);

    double number(std::string_view name) const;
    int integer(std::string_view name) const;
    bool isOn(std::string_view name) const;
    std::string choice(std::string_view name) const;

private:
    const MethodSpec& method_;
    const RunSettings& settings_;
};

/// The trigger that decides for these settings: an ablation may overrule theirs. Never where the
/// method has no threshold or is unknown.
Trigger effectiveTrigger(const RunSettings& settings);

/// Whether re-selection runs: by decree, or where kappa is above what Auto and Relative compare it
/// with. At equality it does not, and never where kappa is none or no number.
bool firesAt(Trigger trigger, const std::optional<double>& kappa, double threshold);

/// Everything wrong with the settings; empty when they can run. A budget above N is not wrong.
std::vector<Problem> checkSettings(const RunSettings& settings);

}  // namespace prunescope
