#include "app/cli_commands.h"

#include "app/attribute_command.h"
#include "app/cli_session.h"
#include "app/figures.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/engine/run.h"
#include "core/model/bundled.h"
#include "core/prune/catalog.h"
#include "core/trace/trace_csv.h"
#include "core/trace/trace_json.h"

#include <array>
#include <filesystem>
#include <iostream>

#include <nlohmann/json.hpp>

namespace prunescope {

namespace {

using nlohmann::json;

json paramToJson(const ParamSpec& param) {
    constexpr std::array kTypes{"integer", "real", "switch", "choice"};
    json j{{"name", param.name},
           {"title", param.title},
           {"type", kTypes[static_cast<std::size_t>(param.type)]},
           {"unit", param.unit},
           {"effect", nameOf(param.effect)},
           {"help", param.help}};
    if (param.type == ParamType::Choice) {
        j["default"] = std::get<std::string>(param.fallback);
        j["choices"] = param.choices;
    } else if (param.type == ParamType::Switch) {
        j["default"] = std::get<double>(param.fallback) != 0;
    } else {
        j["default"] = std::get<double>(param.fallback);
        j["min"] = param.min;
        j["max"] = param.max;
        j["step"] = param.step;
    }
    return j;
}

std::string siteName(Site::Kind kind) {
    return kind == Site::Kind::EncoderLayer   ? "encoder_layer"
           : kind == Site::Kind::AfterEncoder ? "after_encoder"
                                              : "decoder_layer";
}

json paramsToJson(const std::vector<ParamSpec>& params) {
    json list = json::array();
    for (const ParamSpec& param : params) {
        list.push_back(paramToJson(param));
    }
    return list;
}

void printSummary(const RunTrace& trace) {
    std::cout << trace.answer.text << '\n';
    std::cerr << trace.tokens.visual_kept << " of " << trace.tokens.visual_full
              << " visual tokens, method " << trace.settings.method;
    if (!trace.views.empty() && trace.views.front().shift.kappa) {
        const ShiftSummary& shift = trace.views.front().shift;
        std::cerr << ", D " << number(*shift.kappa);
        if (shift.fired) {
            std::cerr << " > " << number(shift.tau) << ": re-selected, D "
                      << number(shift.kappa_after.value_or(0))
                      << (shift.accepted ? "" : " (not better, not used)");
        }
    }
    const Timings& t = trace.timings_ms;
    std::cerr << "\nencode " << humanDuration(t.encode) << ", select " << humanDuration(t.select)
              << ", prefill " << humanDuration(t.prefill) << ", decode " << humanDuration(t.decode)
              << " · " << trace.model.name << ", " << trace.model.dtype << ", "
              << trace.model.device << '\n';
}

}  // namespace

std::unique_ptr<Vlm> loadModel(const RunArguments& arguments, const std::stop_token& stop) {
    const std::filesystem::path directory =
        arguments.model.empty() ? bundledModel() : std::filesystem::path(arguments.model);
    return Vlm::load(directory,
                     {.device = arguments.device,
                      .dtype = arguments.dtype,
                      .threads = arguments.threads,
                      .progress = {},
                      .stop = stop,
                      .text_tower = arguments.text_tower});
}

void runCommand(const RunArguments& arguments,
                const RunOutputs& outputs,
                const std::stop_token& stop) {
    RunRequest request = requestFrom(arguments);
    request.omit = parsedPatches("--omit", outputs.omit);
    request.leave_in = parsedPatches("--leave-in", outputs.leave_in);
    const std::unique_ptr<Vlm> vlm = loadModel(arguments, stop);
    StageCache cache;
    if (outputs.shift_target > 0) {
        request.settings.budget =
            budgetForShift({*vlm, cache, request, stop}, outputs.shift_target);
    }
    const RunTrace trace = run({*vlm, cache, request, stop});
    for (const std::string& note : trace.notes) {
        std::cerr << note << '\n';
    }
    if (!outputs.trace.empty()) {
        const bool is_table = std::filesystem::path(outputs.trace).extension() == ".csv";
        writeFileAtomically(outputs.trace, is_table ? traceToCsv(trace) : traceToJson(trace));
    }
    if (!outputs.session.empty()) {
        writeRunSession(request, trace, outputs.session);
    }
    if (!outputs.overlay.empty()) {
        writeOverlayFile(trace, *request.image, outputs.overlay);
    }
    if (!outputs.plot.empty()) {
        writePlotFile(trace, outputs.plot);
    }
    if (outputs.json) {
        std::cout << runToJson(trace) << '\n';
    } else {
        printSummary(trace);
    }
}

void dumpCommand(const RunArguments& arguments,
                 const std::vector<std::string>& what,
                 const std::string& out,
                 const std::stop_token& stop) {
    const RunRequest request = requestFrom(arguments);
    const std::unique_ptr<Vlm> vlm = loadModel(arguments, stop);
    StageCache cache;
    dumpRun({*vlm, cache, request, stop}, what, out);
}

void methodsCommand(bool as_json) {
    if (!as_json) {
        for (const MethodSpec& method : methodCatalog()) {
            std::cout << method.id << "\t" << method.title
                      << (method.paper.empty() ? "" : "\t" + method.paper)
                      << (method.note.empty() ? "" : "\t" + method.note) << '\n';
        }
        return;
    }
    json methods = json::array();
    for (const MethodSpec& method : methodCatalog()) {
        json sites = json::array();
        for (const Site::Kind site : method.sites) {
            sites.push_back(siteName(site));
        }
        methods.push_back({{"id", method.id},
                           {"title", method.title},
                           {"paper", method.paper},
                           {"note", method.note},
                           {"sites", std::move(sites)},
                           {"in_encoder", method.in_encoder},
                           {"in_decoder", method.in_decoder},
                           {"uses_budget", method.uses_budget},
                           {"uses_threshold", method.uses_threshold},
                           {"uses_text", method.uses_text},
                           {"uses_seed", method.uses_seed},
                           {"rows_without_patch", method.rows_without_patch},
                           {"pins_and_bans", rulesHelp(method)},
                           {"params", paramsToJson(method.params)}});
    }
    std::cout << json{{"schema", "prunescope.methods/1"},
                      {"shared", paramsToJson(sharedParams())},
                      {"methods", std::move(methods)}}
                     .dump(1)
              << '\n';
}

void modelCommand(const RunArguments& arguments, bool as_json, const std::stop_token& stop) {
    const std::unique_ptr<Vlm> vlm = loadModel(arguments, stop);
    const LoadReport& report = vlm->report();
    if (as_json) {
        std::cout << reportToJson(report) << '\n';
        return;
    }
    std::cout << report.name << '\n'
              << "  architecture  " << report.architecture << '\n'
              << "  weights       " << humanBytes(report.file_bytes) << " " << report.stored_dtype
              << " in " << report.shards << " file(s), naming " << report.naming << '\n'
              << "  runs as       " << report.dtype << " on " << report.device << ", "
              << humanBytes(report.memory_bytes) << '\n'
              << "  encoder       " << report.encoder_layers_run << " of " << report.encoder_layers
              << " layers run, picture " << report.image_size << " px, patch " << report.patch_size
              << " px\n"
              << "  context       " << report.context_length << " positions\n"
              << "  tokenizer     " << report.tokenizer << '\n'
              << "  template      " << report.chat_template << '\n';
    for (const std::string& warning : report.warnings) {
        std::cerr << "warning: " << warning << '\n';
    }
    if (!report.ignored.empty()) {
        std::cerr << report.ignored.size() << " tensors are not used.\n";
    }
}

}  // namespace prunescope
