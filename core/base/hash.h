#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string_view>

namespace prunescope {

/// 64-bit content hash that names stage results and identifies pictures. Not cryptographic.
class Hasher {
public:
    Hasher& add(std::uint64_t value) {
        state_ = mix(state_ ^ (value + 0x9E3779B97F4A7C15ULL));
        return *this;
    }

    Hasher& add(std::int64_t value) { return add(static_cast<std::uint64_t>(value)); }

    Hasher& add(int value) { return add(static_cast<std::uint64_t>(value)); }

    Hasher& add(bool value) { return add(std::uint64_t{value}); }

    Hasher& add(double value) { return add(std::bit_cast<std::uint64_t>(value)); }

    Hasher& add(std::string_view text) {
        return add(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
    }

    Hasher& add(const char* text) { return add(std::string_view(text)); }

    Hasher& add(std::span<const std::uint8_t> bytes) {
        std::uint64_t word = 0;
        std::size_t filled = 0;
        for (const std::uint8_t byte : bytes) {
            word |= std::uint64_t{byte} << (8 * filled);
            if (++filled == 8) {
                add(word);
                word = 0;
                filled = 0;
            }
        }
        add(word);
        return add(static_cast<std::uint64_t>(bytes.size()));
    }

    std::uint64_t value() const { return state_; }

private:
    static std::uint64_t mix(std::uint64_t z) {
        z = (z ^ (z >> 32)) * 0xD6E8FEB86659FD93ULL;
        z = (z ^ (z >> 32)) * 0xD6E8FEB86659FD93ULL;
        return z ^ (z >> 32);
    }

    std::uint64_t state_ = 0x6A09E667F3BCC908ULL;
};

}  // namespace prunescope
