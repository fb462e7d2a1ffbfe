#include "core/base/json.h"
#include "core/base/text.h"
#include "core/dataset/read_set.h"

#include <algorithm>
#include <array>

namespace prunescope {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

std::string lowered(std::string text) {
    for (char& c : text) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return text;
}

bool isYesNo(const std::vector<std::string>& answers) {
    return answers.size() == 1 && (lowered(answers[0]) == "yes" || lowered(answers[0]) == "no");
}

/// "coco_pope_adversarial.json" -> "adversarial".
std::string taskOfFile(const fs::path& file) {
    const std::string stem = file.stem().string();
    for (const char* kind : {"random", "popular", "adversarial"}) {
        if (stem.find(kind) != std::string::npos) {
            return kind;
        }
    }
    return stem;
}

constexpr std::size_t kMostBoxes = 1000;

/// Boxes as [{"name": …, "box": [x, y, width, height]}], or without names as lists of four numbers;
/// anything else, and what has no size, is left out.
std::vector<NamedBox> boxesOf(const json& object) {
    std::vector<NamedBox> boxes;
    const auto list = object.find("boxes");
    if (list == object.end() || !list->is_array()) {
        return boxes;
    }
    for (const json& entry : *list) {
        const json& box = entry.is_object() ? entry.value("box", json()) : entry;
        const bool is_box =
            box.is_array() && box.size() == 4 &&
            std::all_of(box.begin(), box.end(), [](const json& v) { return v.is_number(); });
        if (!is_box || boxes.size() >= kMostBoxes) {
            continue;
        }
        const RectF place{box[0], box[1], box[2], box[3]};
        if (place.width > 0 && place.height > 0) {
            const bool has_name = entry.is_object();
            boxes.push_back({has_name ? textField(entry, {"name"}).value_or("") : "", place});
        }
    }
    return boxes;
}

Scorer scorerOfLine(const json& object, const std::vector<std::string>& answers) {
    if (object.contains("label") && isYesNo(answers)) {
        return Scorer::Pope;  // only POPE calls it so
    }
    if (object.contains("question_id") || object.contains("answers")) {
        return answers.size() >= 3 ? Scorer::Vqa : Scorer::Gqa;
    }
    return Scorer::Exact;
}

std::string idOf(const json& object) {
    return textField(object, {"id", "question_id", "questionId"}).value_or("");
}

void addLine(const json& object,
             const AnswerTable* table,
             const fs::path& file,
             const std::string& task,
             SetBuilder& builder) {
    EvalSample sample;
    sample.id = idOf(object);
    sample.image_name = textField(object, {"image", "image_path", "file_name"}).value_or("");
    sample.prompt = textField(object, {"question", "text", "prompt"}).value_or("");
    sample.answers = answerList(object);
    sample.scorer = scorerOfLine(object, sample.answers);
    sample.task = textField(object, {"task", "category"}).value_or(task);
    sample.group = textField(object, {"group"}).value_or("");
    for (const char* key : {"kind", "detail"}) {
        if (const auto tag = textField(object, {key}); tag && !tag->empty()) {
            sample.tags.push_back(*tag);
        }
    }
    sample.boxes = boxesOf(object);
    if (const auto scorer = textField(object, {"scorer"})) {
        try {
            sample.scorer = scorerFrom(*scorer);
        } catch (const Error& error) {
            return builder.problem(error.what());
        }
    }
    if (table != nullptr && sample.answers.empty()) {
        const auto* answers = table->find(sample.id, sample.image_name, sample.prompt);
        if (answers == nullptr) {
            return builder.problem("there is no answer to it in " +
                                   inQuotes(builder.options().answers.filename().string()) + ".");
        }
        sample.answers = *answers;
        sample.scorer = table->scorer();
    }
    builder.add(std::move(sample), file.parent_path());
}

json parsedWhole(const fs::path& file, const SetLimits& limits) {
    return parseJson(readSetText(file, limits),
                     inQuotes(file.string()),
                     ErrorCode::Input,
                     {.max_bytes = limits.max_file_bytes, .max_depth = 32});
}

/// GQA's gold answers are lower case already; its id is the key.
void addGqa(const std::string& id, const json& entry, const fs::path& file, SetBuilder& builder) {
    EvalSample sample;
    sample.id = id;
    sample.image_name = textField(entry, {"imageId"}).value_or("");
    if (!sample.image_name.empty()) {
        sample.image_name += ".jpg";
    }
    sample.prompt = textField(entry, {"question"}).value_or("");
    sample.answers = answerList(entry);
    sample.scorer = Scorer::Gqa;
    sample.task = "gqa";
    builder.add(std::move(sample), file.parent_path());
}

}  // namespace

std::optional<std::string> scalarText(const json& value) {
    if (value.is_string()) {
        return value.get<std::string>();
    }
    if (value.is_number_integer() || value.is_number_unsigned()) {
        return std::to_string(value.get<std::int64_t>());
    }
    if (value.is_number()) {
        return number(value.get<double>());
    }
    return std::nullopt;
}

std::optional<std::string> textField(const json& object, std::initializer_list<const char*> keys) {
    for (const char* key : keys) {
        if (!object.is_object()) {
            break;
        }
        if (const auto found = object.find(key); found != object.end()) {
            if (auto text = scalarText(*found)) {
                return text;
            }
        }
    }
    return std::nullopt;
}

std::vector<std::string> answerList(const json& object) {
    std::vector<std::string> answers;
    if (!object.is_object()) {
        return answers;
    }
    for (const char* key : {"answers", "answer", "label"}) {
        const auto found = object.find(key);
        if (found == object.end()) {
            continue;
        }
        if (!found->is_array()) {
            if (auto text = scalarText(*found)) {
                answers.push_back(*text);
            }
        } else {
            for (const json& entry : *found) {
                auto text = entry.is_object() ? textField(entry, {"answer"}) : scalarText(entry);
                if (text) {
                    answers.push_back(*text);
                }
            }
        }
        break;
    }
    return answers;
}

void readLines(const fs::path& file, SetBuilder& builder) {
    const SetLimits& limits = builder.limits();
    std::optional<AnswerTable> table;
    if (!builder.options().answers.empty()) {
        table = AnswerTable::read(builder.options().answers, limits);
    }
    const std::string text = readSetText(file, limits);
    const std::string task = taskOfFile(file);
    forEachLine(text, [&](std::string_view line, int number) {
        builder.at(file, number);
        if (line.size() > limits.max_line_bytes) {
            return builder.problem("it has " + humanBytes(line.size()) + ".");
        }
        json object;
        try {
            object = parseJson(line, "it", ErrorCode::Input, {limits.max_line_bytes, 16});
        } catch (const Error& error) {
            return builder.problem(error.what());
        }
        if (!object.is_object()) {
            return builder.problem("it is not an object.");
        }
        addLine(object, table ? &*table : nullptr, file, task, builder);
    });
}

void readGqa(const fs::path& file, SetBuilder& builder) {
    const json whole = parsedWhole(file, builder.limits());
    builder.at(file, 0);
    if (!whole.is_object()) {
        return builder.problem("it is not an object of questions by id.");
    }
    for (const auto& [id, entry] : whole.items()) {
        addGqa(id, entry, file, builder);
    }
}

void readVqa(const fs::path& file, SetBuilder& builder) {
    const json whole = parsedWhole(file, builder.limits());
    builder.at(file, 0);
    const json& list = whole.is_object() ? whole.value("data", json()) : whole;
    if (!list.is_array()) {
        return builder.problem("it holds no list of questions.");
    }
    for (const json& entry : list) {
        EvalSample sample;
        sample.id = idOf(entry);
        sample.image_name = textField(entry, {"image"}).value_or("");
        if (sample.image_name.empty()) {  // TextVQA names pictures by their id
            sample.image_name = textField(entry, {"image_id"}).value_or("");
            sample.image_name += sample.image_name.empty() ? "" : ".jpg";
        }
        sample.prompt = textField(entry, {"question", "prompt"}).value_or("");
        sample.answers = answerList(entry);
        sample.boxes = boxesOf(entry);
        const bool many = sample.answers.size() >= 3;
        sample.scorer = many ? Scorer::Vqa : Scorer::Exact;
        sample.task = textField(entry, {"task", "kind"})
                          .value_or(whole.is_object() ? "textvqa"
                                    : many            ? "vizwiz"
                                                      : taskOfFile(file));
        builder.add(std::move(sample), file.parent_path());
    }
}

void readLlava(const fs::path& file, SetBuilder& builder) {
    const json whole = parsedWhole(file, builder.limits());
    builder.at(file, 0);
    if (!whole.is_array()) {
        return builder.problem("it is not a list of conversations.");
    }
    for (const json& entry : whole) {
        const json talk = entry.is_object() ? entry.value("conversations", json()) : json();
        if (!talk.is_array() || talk.empty()) {
            builder.problem("the entry " + inQuotes(idOf(entry)) + " holds no conversation.");
            continue;
        }
        const auto image = textField(entry, {"image"});
        if (!image) {
            continue;  // ScienceQA's questions without a picture are not part of ScienceQA-image
        }
        EvalSample sample;
        sample.id = idOf(entry);
        sample.image_name = *image;
        sample.prompt = textField(talk[0], {"value"}).value_or("");
        constexpr std::string_view kImage = "<image>";
        if (const std::size_t at = sample.prompt.find(kImage); at != std::string::npos) {
            sample.prompt.erase(at, kImage.size());
        }
        const std::size_t first = sample.prompt.find_first_not_of(" \r\n\t");
        sample.prompt.erase(0, first == std::string::npos ? sample.prompt.size() : first);
        const std::string said =
            talk.size() > 1 ? textField(talk[1], {"value"}).value_or("") : std::string();
        const char letter = scienceQaLetter(said);
        sample.scorer = letter == '\0' ? Scorer::Exact : Scorer::ScienceQa;
        if (!said.empty()) {
            sample.answers = {letter == '\0' ? said : std::string(1, letter)};
        }
        sample.task = letter == '\0' ? taskOfFile(file) : "scienceqa";
        builder.add(std::move(sample), file.parent_path());
    }
}

void AnswerTable::addVqa(const json& entry) {
    std::vector<std::string> answers = answerList(entry);
    if (answers.empty()) {
        return;
    }
    const std::string question = lowered(textField(entry, {"question"}).value_or(""));
    for (const char* key : {"image_id", "image"}) {
        if (const auto image = textField(entry, {key})) {
            by_question_[*image + '\n' + question] = answers;
        }
    }
    if (const std::string id = idOf(entry); !id.empty()) {
        by_id_[id] = std::move(answers);
    }
}

AnswerTable AnswerTable::read(const fs::path& file, const SetLimits& limits) {
    AnswerTable table;
    const std::string text = readSetText(file, limits);
    const std::string what = inQuotes(file.string());
    const JsonLimits json_limits{limits.max_file_bytes, 32};
    const json whole = json::parse(text, nullptr, false);
    if (whole.is_discarded()) {  // lines
        forEachLine(text, [&](std::string_view line, int number) {
            table.addVqa(parseJson(
                line, what + " line " + std::to_string(number), ErrorCode::Input, json_limits));
        });
        table.scorer_ = Scorer::Gqa;
        return table;
    }
    parseJson(text, what, ErrorCode::Input, json_limits);  // refuses what a plain parse lets pass
    const bool has_data = whole.is_object() && whole.contains("data");
    if (whole.is_array() || has_data) {
        for (const json& entry : has_data ? whole["data"] : whole) {
            table.addVqa(entry);
        }
        table.scorer_ = Scorer::Vqa;
        return table;
    }
    for (const auto& [id, entry] : whole.items()) {
        if (std::vector<std::string> answers = answerList(entry); !answers.empty()) {
            table.by_id_[id] = std::move(answers);
        }
    }
    table.scorer_ = Scorer::Gqa;
    return table;
}

const std::vector<std::string>* AnswerTable::find(const std::string& id,
                                                  const std::string& image,
                                                  const std::string& prompt) const {
    // LLaVA's TextVQA files put the picture's id where the question's belongs, and a reference and
    // an instruction on lines of their own: the question of the answer file is the first line.
    const std::string question = lowered(prompt.substr(0, prompt.find('\n')));
    for (const std::string& name : {image, fs::path(image).stem().string(), id}) {
        if (const auto found = by_question_.find(name + '\n' + question);
            found != by_question_.end()) {
            return &found->second;
        }
    }
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &found->second;
}

}  // namespace prunescope
