#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace prunescope {

/// Cuts one word or segment, already normalised, into ids. Immutable.
class SubwordModel {
public:
    virtual ~SubwordModel() = default;
    SubwordModel(const SubwordModel&) = delete;
    SubwordModel& operator=(const SubwordModel&) = delete;

    /// Appends the ids of `text` to `ids`.
    virtual void encode(std::string_view text, std::vector<std::int64_t>& ids) const = 0;

protected:
    SubwordModel() = default;
};

}  // namespace prunescope
