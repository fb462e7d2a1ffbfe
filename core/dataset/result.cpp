#include "core/dataset/result.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/text.h"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace prunescope {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{4} << 30;

[[noreturn]] void failWrite(const fs::path& path) {
    throw Error(ErrorCode::Failure,
                "Cannot write " + inQuotes(path.string()) + ": " + std::strerror(errno));
}

/// The log, open for this program alone.
int openLog(const fs::path& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0) {
        failWrite(path);
    }
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        ::close(fd);
        throw Error(ErrorCode::Failure,
                    "Another program is writing " + inQuotes(path.string()) + ".",
                    "Wait for it, or choose another folder.");
    }
    return fd;
}

std::optional<double> optionalNumber(const nlohmann::json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? std::nullopt
                                                     : std::optional(found->get<double>());
}

/// Names what differs between two plans, for the message.
std::string differences(const std::string& ours, const std::string& theirs) {
    const auto a = parseJson(ours, "plan", ErrorCode::Internal);
    const auto b = parseJson(theirs, "plan.json", ErrorCode::Mismatch);
    std::vector<std::string> names;
    for (const auto& [key, value] : a.items()) {
        if (!b.is_object() || !b.contains(key) || b[key] != value) {
            names.push_back(key);
        }
    }
    return names.empty() ? "its layout" : join(names, ", ");
}

/// The folder is there and holds this plan.
void prepare(const fs::path& folder, const std::string& plan_json) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) {
        throw Error(ErrorCode::Failure,
                    "Cannot make the folder " + inQuotes(folder.string()) + ": " + error.message());
    }
    const fs::path path = folder / "plan.json";
    if (!fs::exists(path)) {
        std::error_code ignored;
        if (fs::exists(folder / "results.jsonl") &&
            fs::file_size(folder / "results.jsonl", ignored) > 0) {
            throw Error(ErrorCode::Mismatch,
                        inQuotes(folder.string()) + " holds results, but not of what.",
                        "Choose another folder.");
        }
        return writeFileAtomically(path, plan_json);
    }
    const std::vector<std::uint8_t> bytes = readFile(path, 64u << 20, ErrorCode::Mismatch);
    const std::string theirs(bytes.begin(), bytes.end());
    if (theirs != plan_json) {
        throw Error(ErrorCode::Mismatch,
                    inQuotes(folder.string()) +
                        " holds results of another evaluation; different are: " +
                        differences(plan_json, theirs) + ".",
                    "Choose another folder, or repeat the settings it was begun with.");
    }
}

}  // namespace

std::string resultToLine(const SampleResult& r) {
    return ordered_json{{"sample", r.sample},
                        {"method", r.method},
                        {"budget", r.budget},
                        {"answer", r.answer},
                        {"score", r.score},
                        {"kept", r.kept},
                        {"layer_mean_in", r.layer_mean_in},
                        {"layer_mean_out", r.layer_mean_out},
                        {"kappa", finiteOrNull(r.kappa)},
                        {"D", finiteOrNull(r.shift)},
                        {"null_median", finiteOrNull(r.null_median)},
                        {"fired", r.fired},
                        {"share_of_kept", finiteOrNull(r.share_of_kept)},
                        {"share_of_object", finiteOrNull(r.share_of_object)},
                        {"ms", std::round(r.ms * 10) / 10},
                        {"cost_ms", std::round(r.cost_ms * 10) / 10}}
        .dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

SampleResult resultFromLine(std::string_view line, const std::string& what) {
    const nlohmann::json object = parseJson(line, what, ErrorCode::Input);
    try {
        SampleResult r;
        r.sample = object.at("sample").get<std::string>();
        r.method = object.at("method").get<std::string>();
        r.budget = object.at("budget").get<int>();
        r.answer = object.at("answer").get<std::string>();
        r.score = object.at("score").get<double>();
        r.kept = object.at("kept").get<int>();
        r.layer_mean_in = optionalNumber(object, "layer_mean_in").value_or(r.kept);
        r.layer_mean_out = optionalNumber(object, "layer_mean_out").value_or(r.kept);
        r.kappa = optionalNumber(object, "kappa");
        r.shift = optionalNumber(object, "D");
        r.null_median = optionalNumber(object, "null_median");
        r.fired = object.at("fired").get<bool>();
        r.share_of_kept = optionalNumber(object, "share_of_kept");
        r.share_of_object = optionalNumber(object, "share_of_object");
        r.ms = object.at("ms").get<double>();
        r.cost_ms = optionalNumber(object, "cost_ms").value_or(r.ms);
        return r;
    } catch (const nlohmann::json::exception&) {
        throw Error(ErrorCode::Input, what + " is not a result.");
    }
}

ResultLog::ResultLog(const fs::path& folder, const std::string& plan_json)
    : path_(folder / "results.jsonl"), file_((prepare(folder, plan_json), openLog(path_))) {
    const std::vector<std::uint8_t> bytes = readFile(path_, kMaxBytes, ErrorCode::Input);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    std::size_t begin = 0;
    int number = 0;
    while (begin < text.size()) {
        const std::size_t end = text.find('\n', begin);
        if (end == std::string_view::npos) {
            break;
        }
        ++number;
        earlier_.push_back(resultFromLine(text.substr(begin, end - begin),
                                          path_.string() + " line " + std::to_string(number)));
        begin = end + 1;
    }
    if (begin < text.size() && ::ftruncate(file_.get(), static_cast<off_t>(begin)) != 0) {
        failWrite(path_);
    }
}

void ResultLog::append(const SampleResult& result) {
    std::string line = resultToLine(result) + '\n';
    std::string_view rest = line;
    while (!rest.empty()) {
        const ssize_t n = ::write(file_.get(), rest.data(), rest.size());
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            failWrite(path_);
        }
        rest.remove_prefix(static_cast<std::size_t>(n));
    }
}

}  // namespace prunescope
