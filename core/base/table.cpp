#include "core/base/table.h"

#include <algorithm>

namespace prunescope {

namespace {

std::size_t widthOf(const std::string& utf8) {
    return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
        return (static_cast<unsigned>(c) & 0xC0U) != 0x80U;
    }));
}

}  // namespace

std::string csvField(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) {
        return text;
    }
    std::string quoted(1, '"');
    for (const char c : text) {
        quoted.append(c == '"' ? 2 : 1, c);
    }
    quoted.push_back('"');
    return quoted;
}

std::string alignedColumns(const std::vector<std::vector<std::string>>& lines,
                           const std::vector<bool>& is_number) {
    std::vector<std::size_t> widths(is_number.size(), 0);
    for (const auto& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i) {
            widths[i] = std::max(widths[i], widthOf(line[i]));
        }
    }
    std::string out;
    for (const auto& line : lines) {
        std::string text;
        for (std::size_t i = 0; i < line.size(); ++i) {
            const std::size_t pad = widths[i] - widthOf(line[i]);
            text.append(i > 0 ? 2 : 0, ' ');
            text.append(is_number[i] ? pad : 0, ' ');
            text.append(line[i]);
            text.append(is_number[i] ? 0 : pad, ' ');
        }
        text.erase(text.find_last_not_of(' ') + 1);
        out += text + '\n';
    }
    return out;
}

}  // namespace prunescope
