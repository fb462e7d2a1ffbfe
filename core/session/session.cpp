#include "core/session/session.h"

#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/session/attribution_json.h"
#include "core/trace/trace_json.h"

#include <charconv>
#include <cmath>
#include <optional>

namespace prunescope {

namespace {

std::string shown(const std::string& value) {
    return value;
}

std::string shown(int value) {
    return std::to_string(value);
}

std::string shown(bool value) {
    return value ? "yes" : "no";
}

std::string shown(const std::optional<double>& value) {
    return value ? number(*value) : "none";
}

template <typename Integer>
std::string shown(const std::vector<Integer>& values) {
    constexpr std::size_t kMost = 12;
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < std::min(values.size(), kMost); ++i) {
        parts.push_back(std::to_string(values[i]));
    }
    if (values.size() > kMost) {
        parts.push_back("… (" + std::to_string(values.size()) + ")");
    }
    return join(parts, ", ");
}

class Comparison {
public:
    explicit Comparison(double tolerance) : tolerance_(tolerance) {}

    template <typename T>
    void same(const std::string& field, const T& saved, const T& now) {
        if (saved != now) {
            found.push_back({field, shown(saved), shown(now)});
        }
    }

    void close(const std::string& field,
               const std::optional<double>& saved,
               const std::optional<double>& now) {
        if (saved.has_value() != now.has_value()) {
            found.push_back({field, shown(saved), shown(now)});
        } else if (saved && std::abs(*saved - *now) >
                                tolerance_ * std::max(std::abs(*saved), std::abs(*now))) {
            found.push_back({field, shown(saved), shown(now)});
        }
    }

    std::vector<Difference> found;

private:
    double tolerance_;
};

void compareStages(Comparison& c,
                   const std::string& at,
                   const std::vector<StageTrace>& saved,
                   const std::vector<StageTrace>& now) {
    c.same(at + ".stages", static_cast<int>(saved.size()), static_cast<int>(now.size()));
    for (std::size_t i = 0; i < std::min(saved.size(), now.size()); ++i) {
        const std::string stage = at + ".stages[" + std::to_string(i) + "]";
        c.same(stage + ".name", saved[i].name, now[i].name);
        c.same(stage + ".tokens_in", saved[i].tokens_in, now[i].tokens_in);
        c.same(stage + ".tokens_out", saved[i].tokens_out, now[i].tokens_out);
        c.same(stage + ".slot_from_patch", saved[i].slot_from_patch, now[i].slot_from_patch);
        c.close(stage + ".shift_before", saved[i].shift_before, now[i].shift_before);
        c.close(stage + ".shift_after", saved[i].shift_after, now[i].shift_after);
    }
}

}  // namespace

bool fitsSession(const Attribution& found) {
    constexpr std::size_t kMostNumbers = 1'000'000;
    return numbersIn(found) <= kMostNumbers;
}

std::string sessionId(const std::string& image_hash,
                      const std::string& prompt,
                      const RunSettings& settings,
                      const std::string& model_fingerprint) {
    std::uint64_t picture = 0;
    std::from_chars(image_hash.data(), image_hash.data() + image_hash.size(), picture, 16);
    Hasher hasher;
    hasher.add(picture).add(prompt).add(settingsToJson(settings)).add(model_fingerprint);
    return hex(hasher.value());
}

std::string sessionId(const SessionState& state) {
    return sessionId(state.image ? hex(contentHash(*state.image)) : std::string(),
                     state.prompt,
                     state.settings,
                     state.model_fingerprint);
}

std::vector<Difference> differencesOf(const RunTrace& saved,
                                      const RunTrace& now,
                                      double tolerance) {
    Comparison c(tolerance);
    c.same("settings", settingsToJson(saved.settings), settingsToJson(now.settings));
    c.same("prompt", saved.prompt, now.prompt);
    c.same("model.name", saved.model.name, now.model.name);
    c.same("model.fingerprint", saved.model.fingerprint, now.model.fingerprint);
    c.same("model.device", saved.model.device, now.model.device);
    c.same("model.dtype", saved.model.dtype, now.model.dtype);
    c.same("model.attention", saved.model.attention, now.model.attention);
    c.same("model.threads", saved.model.threads, now.model.threads);
    c.same("image.hash", saved.image.hash, now.image.hash);
    c.same("views", static_cast<int>(saved.views.size()), static_cast<int>(now.views.size()));
    for (std::size_t v = 0; v < std::min(saved.views.size(), now.views.size()); ++v) {
        const ViewTrace& a = saved.views[v];
        const ViewTrace& b = now.views[v];
        const std::string at = "views[" + std::to_string(v) + "]";
        c.same(at + ".kept", a.kept, b.kept);
        c.close(at + ".shift.kappa", a.shift.kappa, b.shift.kappa);
        c.close(at + ".shift.kappa_after", a.shift.kappa_after, b.shift.kappa_after);
        c.same(at + ".shift.fired", a.shift.fired, b.shift.fired);
        c.same(at + ".shift.accepted", a.shift.accepted, b.shift.accepted);
        compareStages(c, at, a.stages, b.stages);
    }
    c.same("tokens.visual_kept", saved.tokens.visual_kept, now.tokens.visual_kept);
    c.same("tokens.text", saved.tokens.text, now.tokens.text);
    c.same("answer.text", saved.answer.text, now.answer.text);
    c.same("answer.ids", saved.answer.ids, now.answer.ids);
    c.same("version", saved.version, now.version);
    return c.found;
}

}  // namespace prunescope
