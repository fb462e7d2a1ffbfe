#include "app/cli_options.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/image/decode.h"
#include "core/metric/shift.h"
#include "core/model/bundled.h"
#include "core/prune/catalog.h"
#include "core/trace/patch_rules.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iostream>

#include <CLI/CLI.hpp>

namespace prunescope {

namespace {

double parsedNumber(const std::string& name, const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
        throw Error(ErrorCode::Usage,
                    "--set " + name + ": " + inQuotes(text) + " is not a number.");
    }
    return value;
}

ParamValue parsedParam(const ParamSpec& spec, const std::string& text) {
    switch (spec.type) {
        case ParamType::Choice:
            return text;
        case ParamType::Switch:
            if (text == "true" || text == "on" || text == "1") {
                return 1.0;
            }
            if (text == "false" || text == "off" || text == "0") {
                return 0.0;
            }
            throw Error(ErrorCode::Usage,
                        "--set " + spec.name + ": " + inQuotes(text) + " is neither on nor off.");
        case ParamType::Integer:
        case ParamType::Real:
            break;
    }
    return parsedNumber(spec.name, text);
}

std::string metricNames() {
    std::vector<std::string> names;
    for (const ShiftMetricInfo& info : shiftMetrics()) {
        names.push_back(info.id);
    }
    return join(names, ", ");
}

void applySet(RunSettings& settings, const std::string& assignment) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0) {
        throw Error(ErrorCode::Usage,
                    "--set " + inQuotes(assignment) + " is not NAME=VALUE.",
                    "For example: --set lambda=0.5");
    }
    const std::string name = assignment.substr(0, equals);
    const MethodSpec* method = findMethod(settings.method);
    if (method == nullptr) {
        return;  // checkSettings() says so
    }
    const auto spec = std::find_if(method->params.begin(),
                                   method->params.end(),
                                   [&](const ParamSpec& param) { return param.name == name; });
    if (spec == method->params.end()) {
        std::vector<std::string> names;
        for (const ParamSpec& param : method->params) {
            names.push_back(param.name);
        }
        throw Error(ErrorCode::Usage,
                    "Method " + settings.method + " has no parameter " + inQuotes(name) + ".",
                    names.empty() ? "It has no parameters." : "It has: " + join(names, ", ") + ".");
    }
    settings.params[name] = parsedParam(*spec, assignment.substr(equals + 1));
}

void requireValid(const RunSettings& settings) {
    std::vector<std::string> messages;
    for (const Problem& problem : checkSettings(settings)) {
        messages.push_back(problem.message);
    }
    if (!messages.empty()) {
        throw Error(ErrorCode::Usage, join(messages, " "));
    }
}

}  // namespace

void addTextTowerOption(CLI::App& command, RunArguments& a) {
    command.add_option("--text-tower",
                       a.text_tower,
                       "Folder of the CLIP that the vision tower comes from (default: \"clip\" in "
                       "the model's folder, else one beside it)");
}

void addModelOptions(CLI::App& command, RunArguments& a) {
    command.add_option("--model", a.model, "Model folder (default: the bundled model)");
    command.add_option("--device", a.device, "auto, cpu, cuda or cuda:N")->capture_default_str();
    command.add_option("--dtype", a.dtype, "auto, fp32, bf16 or fp16")->capture_default_str();
    command.add_option("--threads", a.threads, "CPU threads (0: as many as there are cores)");
    addTextTowerOption(command, a);
}

void addSharedOptions(CLI::App& command, RunArguments& a) {
    command.add_option("--tau", a.settings.tau, "TATCS threshold on D")->capture_default_str();
    command.add_option("--trigger", a.trigger, "auto, relative, always or never")
        ->capture_default_str();
    command.add_option("--phi", a.settings.phi, "Factor of the relative trigger")
        ->capture_default_str();
    command.add_option("--metric", a.settings.metric, "Shift metric D: " + metricNames())
        ->capture_default_str();
    command.add_option("--place", a.place, "Where D is measured: encoder, projected or normalised")
        ->capture_default_str();
    command.add_option("--seed", a.settings.seed, "Seed of random draws")->capture_default_str();
    command.add_option("--max-new-tokens", a.settings.max_new_tokens, "Longest answer")
        ->capture_default_str();
    command.add_option("--image-mode", a.image_mode, "crop, pad or squash")->capture_default_str();
}

void addRuleOptions(CLI::App& command, RunArguments& a) {
    command
        .add_option("--pin",
                    a.pin,
                    "Patches that keep a token of their own: 213,214 or 20-24; in a further view "
                    "1:213")
        ->allow_extra_args(false);
    command.add_option("--ban", a.ban, "Patches that never keep one, written alike")
        ->allow_extra_args(false);
}

void readRules(const RunArguments& arguments, RunSettings& settings) {
    for (const std::string& list : arguments.pin) {
        addRules(settings, list, PatchRule::Pinned, "--pin");
    }
    for (const std::string& list : arguments.ban) {
        addRules(settings, list, PatchRule::Banned, "--ban");
    }
}

void addRunOptions(CLI::App& command, RunArguments& a) {
    command.add_option("--image", a.image, "Picture file (default: the bundled picture)");
    command.add_option("--prompt", a.prompt, "Question (default: the bundled picture's)");
    command.add_option("--method", a.settings.method, "Pruning method, see `methods`")
        ->capture_default_str();
    command.add_option("--budget", a.settings.budget, "Visual tokens kept per view")
        ->capture_default_str();
    command.add_option("--set", a.set, "Method parameter, NAME=VALUE; may be repeated")
        ->allow_extra_args(false);
    addRuleOptions(command, a);
    addSharedOptions(command, a);
    addModelOptions(command, a);
}

RunSettings settingsFrom(const RunArguments& arguments) {
    RunSettings settings = arguments.settings;
    settings.trigger = triggerFrom(arguments.trigger);
    settings.image_mode = imageModeFrom(arguments.image_mode);
    settings.place = shiftPlaceFrom(arguments.place);
    for (const std::string& assignment : arguments.set) {
        applySet(settings, assignment);
    }
    readRules(arguments, settings);
    requireValid(settings);
    return settings;
}

std::shared_ptr<const Image> openPicture(const std::filesystem::path& path) {
    DecodedImage decoded = loadImage(path);
    for (const std::string& note : decoded.notes) {
        std::cerr << path.filename().string() << ": " << note << '\n';
    }
    return std::make_shared<const Image>(std::move(decoded.image));
}

RunRequest requestFrom(const RunArguments& arguments) {
    RunRequest request;
    request.settings = settingsFrom(arguments);
    std::filesystem::path image = arguments.image;
    request.prompt = arguments.prompt;
    if (arguments.image.empty()) {
        const ModelSample sample = bundledSample();
        image = sample.image;
        if (arguments.prompt.empty()) {
            request.prompt = sample.prompt;
        }
    }
    request.image = openPicture(image);
    request.image_name = image.filename().string();
    wantAnswerAlone(request);
    return request;
}

}  // namespace prunescope
