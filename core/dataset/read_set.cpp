#include "core/dataset/read_set.h"

#include "core/base/file.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace prunescope {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 8> kFormats{
    "auto", "lines", "gqa", "vqa", "llava", "mme", "csv", "pictures"};

/// JSON files of a folder: several POPE files, or the bundled benchmark's items.jsonl.
std::vector<fs::path> jsonFilesOf(const fs::path& folder) {
    std::vector<fs::path> files = sortedEntries(folder);
    std::erase_if(files, [](const fs::path& path) {
        const std::string extension = lowerExtension(path);
        return (extension != ".jsonl" && extension != ".json") || path.filename() == "set.json";
    });
    return files;
}

bool holdsMmeTasks(const fs::path& folder) {
    for (const fs::path& entry : sortedEntries(folder)) {
        if (fs::is_directory(entry / "questions_answers_YN")) {
            return true;
        }
        if (fs::is_directory(entry)) {
            const std::vector<fs::path> inside = sortedEntries(entry);
            if (std::any_of(inside.begin(), inside.end(), [](const fs::path& path) {
                    return lowerExtension(path) == ".txt";
                })) {
                return true;
            }
        }
    }
    return false;
}

SetFormat formatOfFolder(const fs::path& folder) {
    if (!jsonFilesOf(folder).empty()) {
        return SetFormat::Lines;
    }
    return holdsMmeTasks(folder) ? SetFormat::Mme : SetFormat::Pictures;
}

/// By the first bytes: JSON lines begin with an object that ends on its line.
SetFormat formatOfFile(const fs::path& path, const SetLimits& limits) {
    const std::string extension = lowerExtension(path);
    if (extension == ".csv" || extension == ".tsv") {
        return SetFormat::Csv;
    }
    const std::string text = readSetText(path, limits);
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string::npos) {
        throw Error(ErrorCode::Input, inQuotes(path.string()) + " is empty.");
    }
    const std::size_t end = text.find('\n', first);
    const std::string line = text.substr(first, end == std::string::npos ? end : end - first);
    const nlohmann::json head = nlohmann::json::parse(line, nullptr, false);
    const bool only_line =
        end == std::string::npos || text.find_first_not_of(" \t\r\n", end) == std::string::npos;
    const auto is_whole = [&](const nlohmann::json& value) {
        return value.is_array() || value.contains("data") ||
               (value.is_object() && !value.empty() && value.front().is_object());
    };
    if (head.is_object() && !(only_line && is_whole(head))) {
        return SetFormat::Lines;
    }
    if (text[first] != '{' && text[first] != '[') {
        return extension == ".txt" ? SetFormat::Csv : SetFormat::Lines;
    }
    const nlohmann::json whole = nlohmann::json::parse(text, nullptr, false);
    if (whole.is_array()) {
        const bool talks = !whole.empty() && whole.front().contains("conversations");
        return talks ? SetFormat::Llava : SetFormat::Vqa;
    }
    if (whole.is_object()) {
        return whole.contains("data") ? SetFormat::Vqa : SetFormat::Gqa;
    }
    return SetFormat::Lines;  // its reader says what is wrong with which line
}

void readFormat(SetFormat format, const fs::path& path, SetBuilder& builder) {
    switch (format) {
        case SetFormat::Lines:
            if (fs::is_directory(path)) {
                for (const fs::path& file : jsonFilesOf(path)) {
                    readFormat(formatOfFile(file, builder.limits()), file, builder);
                }
                return;
            }
            return readLines(path, builder);
        case SetFormat::Gqa:
            return readGqa(path, builder);
        case SetFormat::Vqa:
            return readVqa(path, builder);
        case SetFormat::Llava:
            return readLlava(path, builder);
        case SetFormat::Mme:
            return readMme(path, builder);
        case SetFormat::Csv:
            return readCsv(path, builder);
        case SetFormat::Pictures:
        case SetFormat::Auto:
            return readPictures(path, builder);
    }
}

}  // namespace

std::string textOf(const SetProblem& problem) {
    return problem.file + (problem.line > 0 ? " line " + std::to_string(problem.line) : "") + ": " +
           problem.message;
}

SetFormat setFormatFrom(const std::string& name) {
    const auto found = std::find(kFormats.begin(), kFormats.end(), name);
    if (found == kFormats.end()) {
        throw Error(ErrorCode::Usage,
                    "There is no format " + inQuotes(name) + ".",
                    "Choose one of " +
                        join(std::vector<std::string>(kFormats.begin(), kFormats.end()), ", ") +
                        ".");
    }
    return static_cast<SetFormat>(found - kFormats.begin());
}

SetBuilder::SetBuilder(const SetOptions& options, const SetLimits& limits)
    : options_(options), limits_(limits) {
    if (!options.scorer.empty()) {
        scorer_ = scorerFrom(options.scorer);
    }
}

void SetBuilder::at(const fs::path& file, int line) {
    file_ = file.filename().string();
    line_ = line;
}

void SetBuilder::problem(const std::string& message) {
    set_.problems.push_back({file_, line_, message});
    if (options_.stop_on_problem) {
        throw Error(ErrorCode::Input,
                    textOf(set_.problems.back()),
                    "Mend it, or skip such lines (--on-error skip).");
    }
}

std::optional<fs::path> SetBuilder::placeOf(const std::string& image, const fs::path& beside) {
    const fs::path root = options_.images.empty() ? beside : options_.images;
    const fs::path base = root.empty() ? fs::path(".") : root;
    const fs::path place = (base / image).lexically_normal();
    const fs::path inside = place.lexically_relative(base.lexically_normal());
    if (inside.empty() || *inside.begin() == "..") {
        problem("the picture " + inQuotes(image) + " lies outside " + inQuotes(base.string()) +
                "; name the folder of the pictures.");
        return std::nullopt;
    }
    std::error_code error;
    if (!fs::is_regular_file(place, error)) {
        problem("there is no picture " + inQuotes(place.string()) + ".");
        return std::nullopt;
    }
    return place;
}

void SetBuilder::add(EvalSample sample, const fs::path& beside) {
    if (set_.samples.size() >= limits_.max_samples) {
        throw Error(ErrorCode::Input,
                    "The set has more than " + std::to_string(limits_.max_samples) + " samples.");
    }
    if (sample.prompt.find_first_not_of(" \t\r\n") == std::string::npos) {
        return problem("there is no question.");
    }
    if (sample.prompt.size() > limits_.max_prompt_bytes) {
        return problem("the question has " + humanBytes(sample.prompt.size()) + ".");
    }
    if (sample.answers.size() > limits_.max_answers) {
        return problem("there are " + std::to_string(sample.answers.size()) + " answers.");
    }
    if (sample.image_name.empty() || sample.image_name.find('\0') != std::string::npos) {
        return problem("there is no picture's name.");
    }
    const auto place = placeOf(sample.image_name, beside);
    if (!place) {
        return;
    }
    sample.image = *place;
    if (!options_.suffix.empty()) {
        sample.prompt += '\n' + options_.suffix;
    }
    if (sample.answers.empty()) {
        sample.scorer = Scorer::Agreement;
    } else if (scorer_) {
        sample.scorer = *scorer_;
    }
    if (sample.scorer == Scorer::Pope || sample.scorer == Scorer::Mme) {
        const std::string& label = sample.answers.front();
        if (label != "yes" && label != "no" && label != "Yes" && label != "No") {
            return problem("the answer is " + inQuotes(label) + ", not yes or no.");
        }
    }
    if (sample.id.empty()) {
        sample.id = std::to_string(set_.samples.size() + 1);
    }
    if (const int times = ++seen_[sample.id]; times > 1) {
        sample.id += '#' + std::to_string(times);
    }
    set_.samples.push_back(std::move(sample));
}

SampleSet SetBuilder::finished(std::string name) {
    set_.name = std::move(name);
    if (set_.samples.empty()) {
        throw Error(ErrorCode::Input,
                    "There is no usable sample in " + inQuotes(set_.name) + ".",
                    set_.problems.empty() ? "" : textOf(set_.problems.front()));
    }
    return std::move(set_);
}

std::string readSetText(const fs::path& path, const SetLimits& limits) {
    const std::vector<std::uint8_t> bytes = readFile(path, limits.max_file_bytes, ErrorCode::Input);
    std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    constexpr std::string_view kMark = "\xEF\xBB\xBF";
    if (text.starts_with(kMark)) {
        text.remove_prefix(kMark.size());
    }
    return std::string(text);
}

SampleSet readSampleSet(const fs::path& path, const SetOptions& options, const SetLimits& limits) {
    std::error_code error;
    if (!fs::exists(path, error)) {
        throw Error(ErrorCode::Input, "There is no sample set " + inQuotes(path.string()) + ".");
    }
    SetFormat format = options.format;
    if (format == SetFormat::Auto) {
        format = fs::is_directory(path) ? formatOfFolder(path) : formatOfFile(path, limits);
    }
    SetBuilder builder(options, limits);
    readFormat(format, path, builder);
    const fs::path plain = path.lexically_normal();
    const fs::path named = plain.has_filename() ? plain : plain.parent_path();
    return builder.finished(named.filename().string());
}

std::vector<EvalSample> drawSamples(const SampleSet& set, std::size_t count, std::uint64_t seed) {
    if (count == 0 || count >= set.samples.size()) {
        return set.samples;
    }
    std::map<std::string, std::vector<std::size_t>> by_task;
    for (std::size_t i = 0; i < set.samples.size(); ++i) {
        by_task[set.samples[i].task].push_back(i);
    }
    // Shares are cut at the running sum, so they add up to `count`.
    std::vector<std::size_t> chosen;
    std::size_t before = 0;
    std::size_t given = 0;
    for (const auto& [task, members] : by_task) {
        before += members.size();
        const std::size_t until = before * count / set.samples.size();
        const std::size_t share = std::max<std::size_t>(1, until - std::min(until, given));
        given += until - std::min(until, given);
        for (const std::int32_t at :
             drawWithoutReplacement(static_cast<std::int32_t>(members.size()),
                                    static_cast<std::int32_t>(share),
                                    Hasher().add(seed).add(task).value())) {
            chosen.push_back(members[static_cast<std::size_t>(at)]);
        }
    }
    std::sort(chosen.begin(), chosen.end());
    std::vector<EvalSample> samples;
    for (const std::size_t i : chosen) {
        samples.push_back(set.samples[i]);
    }
    return samples;
}

std::vector<EvalSample> groupedByImage(std::vector<EvalSample> samples) {
    std::map<fs::path, std::size_t> first;
    for (const EvalSample& sample : samples) {
        first.emplace(sample.image, first.size());
    }
    std::stable_sort(samples.begin(), samples.end(), [&](const EvalSample& a, const EvalSample& b) {
        return first.at(a.image) < first.at(b.image);
    });
    return samples;
}

std::uint64_t contentHash(const std::vector<EvalSample>& samples) {
    Hasher hasher;
    for (const EvalSample& sample : samples) {
        std::error_code error;
        const std::uintmax_t size = fs::file_size(sample.image, error);
        hasher.add(sample.id).add(sample.image_name).add(sample.prompt).add(sample.task);
        hasher.add(error ? std::uint64_t{0} : static_cast<std::uint64_t>(size));
        hasher.add(static_cast<int>(sample.scorer)).add(sample.group);
        for (const std::string& answer : sample.answers) {
            hasher.add(answer);
        }
        for (const NamedBox& object : sample.boxes) {
            const RectF& box = object.box;
            hasher.add(box.x).add(box.y).add(box.width).add(box.height);
        }
    }
    return hasher.value();
}

}  // namespace prunescope
