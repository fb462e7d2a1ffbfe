#include "core/base/text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace prunescope {

namespace {

std::string fixed(double value, int decimals) {
    std::array<char, 64> buffer{};
    const auto end = std::to_chars(
        buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, decimals);
    return {buffer.data(), end.ptr};
}

}  // namespace

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
    std::string out;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) {
            out += separator;
        }
        out += parts[i];
    }
    return out;
}

std::string inQuotes(std::string_view text, std::size_t max_length) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text.substr(0, max_length)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) {
            out += "\\x";
            out += kDigits[byte >> 4];
            out += kDigits[byte & 15];
        } else {
            out += c;
        }
    }
    out += text.size() > max_length ? "…\"" : "\"";
    return out;
}

std::string humanBytes(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 999.5 && unit + 1 < kUnits.size()) {
        value /= 1000.0;
        ++unit;
    }
    return fixed(value, unit == 0 || value >= 100 ? 0 : 1) + " " + std::string(kUnits[unit]);
}

std::string humanDuration(double milliseconds) {
    if (milliseconds < 10) {
        return fixed(milliseconds, 1) + " ms";
    }
    if (milliseconds < 1000) {
        return fixed(milliseconds, 0) + " ms";
    }
    if (milliseconds < 120'000) {
        return fixed(milliseconds / 1000, 1) + " s";
    }
    const auto seconds = static_cast<std::int64_t>(std::llround(milliseconds / 1000));
    return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
}

std::string number(double value) {
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    return {buffer.data(), end.ptr};
}

std::string formatted(const char* format, double value) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), format, value);
    return text.data();
}

std::string hex(std::uint64_t value) {
    std::string out(16, '0');
    for (std::size_t i = 0; i < 16; ++i) {
        out[15 - i] = "0123456789abcdef"[(value >> (4 * i)) & 15];
    }
    return out;
}

}  // namespace prunescope
