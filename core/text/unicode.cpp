#include "core/text/unicode.h"

#include "core/base/error.h"
#include "core/text/utf8.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/uchar.h>

namespace prunescope {

CharClass classOf(char32_t c) {
    const auto point = static_cast<UChar32>(c);
    const std::uint32_t category = U_GET_GC_MASK(point);
    return (category & U_GC_L_MASK) != 0   ? CharClass::Letter
           : (category & U_GC_N_MASK) != 0 ? CharClass::Number
           : isSpace(c)                    ? CharClass::Space
                                           : CharClass::Other;
}

std::string composed(std::string_view text) {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
    std::string out;
    icu::StringByteSink<std::string> sink(&out, static_cast<std::int32_t>(text.size()));
    if (U_SUCCESS(status)) {
        const icu::StringPiece piece(text.data(), static_cast<std::int32_t>(text.size()));
        nfc->normalizeUTF8(0, piece, sink, nullptr, status);
    }
    if (U_FAILURE(status)) {
        throw Error(ErrorCode::Failure,
                    std::string("ICU could not normalise a text: ") + u_errorName(status));
    }
    return out;
}

std::string lowercase(std::string_view text) {
    constexpr char32_t kCapitalDottedI = 0x130;  // the one whose lower case is two characters
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint c = codePointAt(text, at);
        at += c.length;
        if (c.value == kCapitalDottedI) {
            out += "i\xCC\x87";
        } else {
            appendUtf8(out, static_cast<char32_t>(u_tolower(static_cast<UChar32>(c.value))));
        }
    }
    return out;
}

}  // namespace prunescope
