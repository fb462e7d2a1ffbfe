#include "ui/services/command_line.h"

#include "core/trace/patch_rules.h"

#include <QLocale>
#include <QRegularExpression>

namespace prunescope {

namespace {

QString exact(double value) {
    return QString::number(value, 'g', QLocale::FloatingPointShortest);
}

QString textOf(const ParamValue& value) {
    const auto* name = std::get_if<std::string>(&value);
    return name != nullptr ? QString::fromStdString(*name) : exact(std::get<double>(value));
}

QString quotedForShell(const QString& argument) {
    static const QRegularExpression plain("^[A-Za-z0-9_@%+=:,./-]+$");
    if (plain.match(argument).hasMatch()) {
        return argument;
    }
    QString inner = argument;
    return "'" + inner.replace("'", R"('\'')") + "'";
}

}  // namespace

QStringList cliArguments(const RunRequest& request,
                         const QString& model_directory,
                         const QString& image_path,
                         const Hardware& hardware) {
    const RunSettings& settings = request.settings;
    QStringList arguments{"prunescope-cli", "run"};
    const auto add = [&](const char* flag, const QString& value) { arguments << flag << value; };
    if (!model_directory.isEmpty()) {
        add("--model", model_directory);
    }
    if (!image_path.isEmpty()) {
        add("--image", image_path);
    }
    add("--prompt", QString::fromStdString(request.prompt));
    add("--method", QString::fromStdString(settings.method));
    add("--budget", QString::number(settings.budget));
    add("--tau", exact(settings.tau));
    add("--trigger", QString::fromStdString(nameOf(settings.trigger)));
    add("--phi", exact(settings.phi));
    add("--metric", QString::fromStdString(settings.metric));
    add("--place", QString::fromStdString(nameOf(settings.place)));
    add("--seed", QString::number(settings.seed));
    add("--max-new-tokens", QString::number(settings.max_new_tokens));
    add("--image-mode", QString::fromStdString(nameOf(settings.image_mode)));
    for (const auto& [name, value] : settings.params) {
        add("--set", QString::fromStdString(name) + "=" + textOf(value));
    }
    for (const auto& [flag, rule] :
         {std::pair("--pin", PatchRule::Pinned), std::pair("--ban", PatchRule::Banned)}) {
        if (countOf(settings, rule) > 0) {
            add(flag, QString::fromStdString(ruleList(settings, rule)));
        }
    }
    if (hardware.device != "auto") {
        add("--device", hardware.device);
    }
    if (hardware.dtype != "auto") {
        add("--dtype", hardware.dtype);
    }
    if (hardware.threads > 0) {
        add("--threads", QString::number(hardware.threads));
    }
    return arguments;
}

QString shellQuoted(const QStringList& arguments) {
    QStringList quoted;
    for (const QString& argument : arguments) {
        quoted << quotedForShell(argument);
    }
    return quoted.join(' ');
}

}  // namespace prunescope
