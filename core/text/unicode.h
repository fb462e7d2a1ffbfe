#pragma once

#include <string>
#include <string_view>

namespace prunescope {

/// What Unicode's tables say of a text, by ICU. Characters that were assigned after the installed
/// ICU's Unicode (15 in version 72) are Other and have no lower case.

enum class CharClass { Space, Letter, Number, Other };

/// White_Space, L, N, or none of them: `\s`, `\p{L}` and `\p{N}` of regular expressions.
CharClass classOf(char32_t c);

/// Canonical composition (NFC). Requires valid UTF-8.
std::string composed(std::string_view text);

/// Every character's own lower case, whatever stands beside it: a final sigma is an ordinary one.
/// Requires valid UTF-8.
std::string lowercase(std::string_view text);

}  // namespace prunescope
