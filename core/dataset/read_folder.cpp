#include "core/base/error.h"
#include "core/base/text.h"
#include "core/dataset/read_set.h"

#include <algorithm>

namespace prunescope {

namespace fs = std::filesystem;

std::string lowerExtension(const fs::path& path) {
    std::string extension = path.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) {
        return static_cast<char>(std::tolower(c));
    });
    return extension;
}

std::vector<fs::path> sortedEntries(const fs::path& folder) {
    std::vector<fs::path> entries;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        entries.push_back(entry.path());
    }
    std::sort(entries.begin(), entries.end());
    return entries;
}

namespace {

bool isPicture(const fs::path& path) {
    const std::string extension = lowerExtension(path);
    return extension == ".png" || extension == ".jpg" || extension == ".jpeg" ||
           extension == ".webp" || extension == ".bmp" || extension == ".tif" ||
           extension == ".tiff";
}

/// One text of MME: two lines "question <tab> Yes", about the picture of the same name.
void addMmeText(const fs::path& task,
                const fs::path& text_file,
                const fs::path& pictures,
                SetBuilder& builder) {
    std::string image;
    for (const char* extension : {".jpg", ".png", ".jpeg"}) {
        std::error_code error;
        if (fs::is_regular_file(pictures / (text_file.stem().string() + extension), error)) {
            image = text_file.stem().string() + extension;
            break;
        }
    }
    const std::string task_name = task.filename().string();
    const std::string stem = text_file.stem().string();
    forEachLine(readSetText(text_file, builder.limits()), [&](std::string_view line, int number) {
        builder.at(fs::path(text_file.filename()), number);
        if (image.empty()) {
            return builder.problem("there is no picture " + inQuotes(stem + ".jpg") + " in " +
                                   inQuotes(pictures.string()) + ".");
        }
        const std::size_t tab = line.find('\t');
        if (tab == std::string_view::npos) {
            return builder.problem("there is no tab between question and answer.");
        }
        std::string answer(line.substr(tab + 1));
        answer.erase(answer.find_last_not_of(" \t") + 1);
        EvalSample sample;
        sample.id = task_name + "/" + stem + "/" + std::to_string(number);
        sample.image_name = image;
        sample.prompt = std::string(line.substr(0, tab));
        sample.answers = {answer};
        sample.task = task_name;
        sample.scorer = Scorer::Mme;
        sample.group = task_name + "/" + stem;
        builder.add(std::move(sample), pictures);
    });
}

/// Fields of one record, as RFC 4180 has them; moves `text` behind it. A quote that is never closed
/// takes the rest of the file.
std::vector<std::string> takeRecord(std::string_view& text, char separator, int& lines) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        lines += c == '\n' ? 1 : 0;
        if (quoted) {
            if (c == '"' && at + 1 < text.size() && text[at + 1] == '"') {
                fields.back() += '"';
                ++at;
            } else if (c == '"') {
                quoted = false;
            } else {
                fields.back() += c;
            }
        } else if (c == '"' && fields.back().empty()) {
            quoted = true;
        } else if (c == separator) {
            fields.emplace_back();
        } else if (c == '\n') {
            ++at;
            break;
        } else if (c != '\r') {
            fields.back() += c;
        }
    }
    text.remove_prefix(at);
    return fields;
}

/// Column of each field by its name in the header.
struct Columns {
    int image = -1;
    int prompt = -1;
    int answer = -1;
    int id = -1;
    int task = -1;
    int scorer = -1;
    int group = -1;
    int tags = -1;
};

Columns columnsOf(const std::vector<std::string>& header) {
    Columns columns;
    for (std::size_t i = 0; i < header.size(); ++i) {
        std::string name = header[i];
        std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
            return static_cast<char>(std::tolower(c));
        });
        const int at = static_cast<int>(i);
        if (name == "image" || name == "picture" || name == "file") {
            columns.image = at;
        } else if (name == "prompt" || name == "question" || name == "text") {
            columns.prompt = at;
        } else if (name == "answer" || name == "answers" || name == "label") {
            columns.answer = at;
        } else if (name == "id" || name == "question_id") {
            columns.id = at;
        } else if (name == "task" || name == "category") {
            columns.task = at;
        } else if (name == "scorer") {
            columns.scorer = at;
        } else if (name == "group") {
            columns.group = at;
        } else if (name == "tags") {
            columns.tags = at;
        }
    }
    return columns;
}

std::vector<std::string> splitAtBars(const std::string& text) {
    std::vector<std::string> parts;
    std::size_t at = 0;
    while (at <= text.size() && !text.empty()) {
        const std::size_t end = std::min(text.find('|', at), text.size());
        parts.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

}  // namespace

void readMme(const fs::path& folder, SetBuilder& builder) {
    std::vector<fs::path> tasks;
    for (const fs::path& entry : sortedEntries(folder)) {
        if (fs::is_directory(entry)) {
            tasks.push_back(entry);
        }
    }
    for (const fs::path& task : tasks) {
        const bool parted = fs::is_directory(task / "questions_answers_YN");
        const fs::path texts = parted ? task / "questions_answers_YN" : task;
        for (const fs::path& text_file : sortedEntries(texts)) {
            if (lowerExtension(text_file) == ".txt") {
                addMmeText(task, text_file, parted ? task / "images" : task, builder);
            }
        }
    }
}

void readCsv(const fs::path& file, SetBuilder& builder) {
    const std::string whole = readSetText(file, builder.limits());
    std::string_view text = whole;
    const std::string_view first_line = text.substr(0, text.find('\n'));
    const char separator = first_line.find('\t') != std::string_view::npos ? '\t' : ',';
    int line = 1;
    builder.at(file, line);
    const Columns columns = columnsOf(takeRecord(text, separator, line));
    if (columns.image < 0 || columns.prompt < 0) {
        throw Error(ErrorCode::Input,
                    inQuotes(file.string()) + " has no columns \"image\" and \"prompt\".",
                    "The first line names the columns: image,prompt,answer,task.");
    }
    while (!text.empty()) {
        builder.at(file, line);
        const std::vector<std::string> fields = takeRecord(text, separator, line);
        if (fields.size() == 1 && fields[0].empty()) {
            continue;
        }
        const auto field = [&](int column) {
            return column >= 0 && static_cast<std::size_t>(column) < fields.size()
                       ? fields[static_cast<std::size_t>(column)]
                       : std::string();
        };
        EvalSample sample;
        sample.id = field(columns.id);
        sample.image_name = field(columns.image);
        sample.prompt = field(columns.prompt);
        sample.answers = splitAtBars(field(columns.answer));
        sample.task = field(columns.task);
        sample.task = sample.task.empty() ? file.stem().string() : sample.task;
        sample.scorer = sample.answers.size() > 1 ? Scorer::AnyOf : Scorer::Exact;
        sample.group = field(columns.group);
        sample.tags = splitAtBars(field(columns.tags));
        if (const std::string scorer = field(columns.scorer); !scorer.empty()) {
            try {
                sample.scorer = scorerFrom(scorer);
            } catch (const Error& error) {
                builder.problem(error.what());
                continue;
            }
        }
        builder.add(std::move(sample), file.parent_path());
    }
}

void readPictures(const fs::path& folder, SetBuilder& builder) {
    if (!fs::is_directory(folder)) {
        throw Error(ErrorCode::Input, inQuotes(folder.string()) + " is not a folder of pictures.");
    }
    const std::string& prompt = builder.options().prompt;
    if (prompt.empty()) {
        throw Error(
            ErrorCode::Usage, "A folder of pictures needs a question.", "Give one with --prompt.");
    }
    for (const fs::path& picture : sortedEntries(folder)) {
        if (!isPicture(picture)) {
            continue;
        }
        builder.at(picture, 0);
        EvalSample sample;
        sample.id = picture.filename().string();
        sample.image_name = sample.id;
        sample.prompt = prompt;
        sample.task = "pictures";
        builder.add(std::move(sample), folder);
    }
}

}  // namespace prunescope
