#pragma once

#include "core/trace/run_trace.h"

#include <cstddef>
#include <optional>

namespace prunescope {

/// The first token (0-based, by id) in which two answers differ, or where the shorter one ends;
/// nothing when they are the same, token for token.
std::optional<std::size_t> firstDifference(const AnswerTrace& a, const AnswerTrace& b);

}  // namespace prunescope
