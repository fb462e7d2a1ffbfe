#pragma once

#include "core/text/subword_model.h"

#include <memory>
#include <string>
#include <unordered_map>

#include <nlohmann/json_fwd.hpp>

namespace prunescope {

using Vocabulary = std::unordered_map<std::string, std::int64_t>;

constexpr std::int64_t kMaxVocabulary = 1 << 20;
constexpr std::size_t kMaxTokenBytes = 4096;

/// `model` of tokenizer.json: merges by rank over the whole word, characters that the vocabulary
/// does not have as bytes, else as the unknown token.
/// @throws Error(Model) for other kinds of model and for broken ones
std::unique_ptr<const SubwordModel> readBpeModel(const nlohmann::json& spec,
                                                 const Vocabulary& vocabulary);

/// `model.vocab`, checked.
Vocabulary readVocabulary(const nlohmann::json& spec);

}  // namespace prunescope
