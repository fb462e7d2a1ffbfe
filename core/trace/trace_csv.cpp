#include "core/trace/trace_csv.h"

#include <array>
#include <charconv>
#include <cmath>
#include <vector>

namespace prunescope {

namespace {

const char* nameOfFate(PatchFate fate) {
    switch (fate) {
        case PatchFate::Kept:
            return "kept";
        case PatchFate::Enriched:
            return "enriched";
        case PatchFate::Reselected:
            return "reselected";
        case PatchFate::Evicted:
            return "evicted";
        case PatchFate::Merged:
            return "merged";
        case PatchFate::Dropped:
            return "dropped";
    }
    return "";
}

const char* nameOfSite(Site::Kind kind) {
    switch (kind) {
        case Site::Kind::EncoderLayer:
            return "encoder";
        case Site::Kind::AfterEncoder:
            return "after_encoder";
        case Site::Kind::DecoderLayer:
            return "decoder";
    }
    return "";
}

/// Quoted where a comma, a quote or a line break would end the field.
std::string field(const std::string& text) {
    if (text.find_first_of(",\"\n\r") == std::string::npos) {
        return text;
    }
    std::string quoted = "\"";
    for (const char c : text) {
        quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    }
    return quoted + "\"";
}

/// Shortest text that reads back as the same float.
std::string shortest(float value) {
    std::array<char, 32> text{};
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

std::string valueAt(const std::vector<float>& values, std::size_t at) {
    return at < values.size() && std::isfinite(values[at]) ? shortest(values[at]) : std::string();
}

void addStage(std::string& csv, const ViewTrace& view, std::size_t v, std::size_t s) {
    const StageTrace& stage = view.stages[s];
    const auto n = static_cast<std::size_t>(view.grid.count());
    const std::vector<PatchFate> fates = patchFates(view, static_cast<int>(s));
    const std::vector<float> mass = patchMass(view, static_cast<int>(s));
    std::vector<const Transfer*> sent(n, nullptr);
    for (const Transfer& edge : stage.transfers) {
        const Transfer*& best = sent[static_cast<std::size_t>(edge.from_patch)];
        best = best == nullptr || edge.weight > best->weight ? &edge : best;
    }
    const bool has_layer = stage.site.kind != Site::Kind::AfterEncoder;
    const std::string head = std::to_string(v) + "," + std::to_string(s) + "," + field(stage.name) +
                             "," + nameOfSite(stage.site.kind) + "," +
                             (has_layer ? std::to_string(stage.site.layer) : std::string()) + ",";
    for (std::size_t p = 0; p < n; ++p) {
        const auto patch = static_cast<int>(p);
        csv += head + std::to_string(patch) + "," + std::to_string(view.grid.rowOf(patch)) + "," +
               std::to_string(view.grid.colOf(patch)) + "," + nameOfFate(fates[p]) + "," +
               std::to_string(stage.slot_from_patch[p]) + "," + valueAt(stage.score, p) + "," +
               valueAt(mass, p) + ",";
        if (p < stage.cluster_of.size() && stage.cluster_of[p] >= 0) {
            csv += std::to_string(stage.cluster_of[p]);
        }
        csv += "," + valueAt(stage.text_relevance, p) + ",";
        if (sent[p] != nullptr) {
            csv += std::to_string(sent[p]->to_patch) + "," + shortest(sent[p]->weight);
        } else {
            csv += ",";
        }
        csv += "\n";
    }
}

}  // namespace

std::string traceToCsv(const RunTrace& trace) {
    std::string csv =
        "view,stage,name,site,layer,patch,row,col,fate,slot,score,mass,cluster,text_relevance,"
        "sent_to,sent_weight\n";
    for (std::size_t v = 0; v < trace.views.size(); ++v) {
        for (std::size_t s = 0; s < trace.views[v].stages.size(); ++s) {
            addStage(csv, trace.views[v], v, s);
        }
    }
    return csv;
}

}  // namespace prunescope
