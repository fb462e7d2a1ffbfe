#include "core/base/table.h"
#include "core/base/text.h"
#include "core/session/attribution_json.h"

#include <algorithm>
#include <cmath>

namespace prunescope {

namespace {

std::string cell(double value) {
    return std::isfinite(value) ? number(value) : std::string();
}

/// "delta_1 Yes": numbered, since a word can come twice.
std::string headOf(const AnswerTrace& answer, const char* what, std::size_t token) {
    const bool has_word = token < answer.pieces.size() && !answer.pieces[token].empty();
    const std::string piece = has_word ? " " + answer.pieces[token] : "";
    return csvField(std::string(what) + "_" + std::to_string(token + 1) + piece);
}

std::string line(const Attribution& found,
                 const PlacedRow& placed,
                 std::size_t row,
                 const TokenEffect* effect,
                 bool is_added) {
    const std::size_t n_answer = found.answer.ids.size();
    std::string csv = std::string(is_added ? "put back" : "taken away") + "," +
                      std::to_string(placed.view) + "," +
                      (placed.row.patch >= 0 ? std::to_string(placed.row.patch) : "") + "," +
                      nameOf(placed.row.kind) + "," + std::to_string(row) + ",";
    if (effect != nullptr) {
        csv += cell(effect->delta) + "," + (effect->changesAnswer() ? "yes," : "no,") +
               (effect->changesAnswer() ? std::to_string(effect->first_difference + 1) : "") + "," +
               csvField(effect->text);
    } else {
        csv += ",,,";
    }
    for (std::size_t t = 0; t < n_answer; ++t) {
        csv += "," + (effect != nullptr ? cell(effect->delta_of[t]) : std::string());
    }
    for (std::size_t t = 0; t < n_answer; ++t) {
        csv += "," + (is_added || found.attention.empty() ? std::string()
                                                          : cell(found.attention[t][row]));
    }
    return csv + "\n";
}

}  // namespace

std::string attributionToCsv(const Attribution& found) {
    std::string csv =
        "change,view,patch,kind,row,delta_log_p,changes_answer,first_difference,answer_then";
    for (const char* what : {"delta", "attention"}) {
        for (std::size_t t = 0; t < found.answer.ids.size(); ++t) {
            csv += "," + headOf(found.answer, what, t);
        }
    }
    csv += "\n";
    for (std::size_t row = 0; row < found.rows.size(); ++row) {
        const auto effect = std::ranges::find_if(found.effects, [&](const TokenEffect& each) {
            return !each.added && each.row == static_cast<int>(row);
        });
        csv += line(
            found, found.rows[row], row, effect != found.effects.end() ? &*effect : nullptr, false);
    }
    for (const TokenEffect& effect : found.effects) {
        if (effect.added) {
            csv += line(found,
                        {effect.view, effect.token},
                        static_cast<std::size_t>(effect.row),
                        &effect,
                        true);
        }
    }
    return csv;
}

}  // namespace prunescope
