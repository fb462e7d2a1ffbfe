#include "ui/rules/patch_ruler.h"

#include <algorithm>
#include <array>
#include <utility>

namespace prunescope {

PatchRuler::PatchRuler(Document* document, SelectionModel* selection, QObject* parent)
    : QObject(parent), document_(document), selection_(selection) {
    connect(selection_, &SelectionModel::patchesChanged, this, &PatchRuler::partnerMaybe);
    connect(selection_, &SelectionModel::viewChanged, this, [this] { swap_from_ = -1; });
}

std::vector<std::int32_t> PatchRuler::selected() const {
    return {selection_->patches().begin(), selection_->patches().end()};
}

bool PatchRuler::allHave(PatchRule rule) const {
    const std::vector<std::int32_t> patches = selected();
    const auto view = static_cast<std::size_t>(selection_->view());
    return !patches.empty() && std::ranges::all_of(patches, [&](std::int32_t patch) {
        return ruleOf(document_->settings(), view, patch) == rule;
    });
}

bool PatchRuler::isKept(std::int32_t patch) const {
    const TracePtr trace = document_->trace();
    const auto view = static_cast<std::size_t>(selection_->view());
    return trace && view < trace->views.size() &&
           std::ranges::binary_search(trace->views[view].kept, patch);
}

void PatchRuler::change(const RunSettings& settings, const QString& text) {
    document_->changeSettings(settings, text);
    Q_EMIT noted(text);
}

void PatchRuler::toggle(PatchRule rule) {
    const std::vector<std::int32_t> patches = selected();
    if (patches.empty()) {
        Q_EMIT noted(tr("Select a patch first"));
        return;
    }
    const bool takes = allHave(rule);
    RunSettings settings = document_->settings();
    setRule(settings,
            static_cast<std::size_t>(selection_->view()),
            patches,
            takes ? PatchRule::None : rule);
    const QString what = patches.size() == 1 ? tr("patch %1").arg(patches.front())
                                             : tr("%1 patches").arg(patches.size());
    const QString text = rule == PatchRule::Pinned
                             ? (takes ? tr("Unpin %1") : tr("Pin %1"))
                             : (takes ? tr("Lift the ban on %1") : tr("Ban %1"));
    change(settings, text.arg(what));
}

void PatchRuler::swap() {
    if (awaitsPartner()) {
        swap_from_ = -1;
        Q_EMIT noted(tr("Swap called off"));
        return;
    }
    const std::vector<std::int32_t> patches = selected();
    if (patches.size() == 2) {
        swapTwo(patches[0], patches[1]);
    } else if (patches.size() == 1) {
        swap_from_ = patches.front();
        Q_EMIT noted(isKept(swap_from_)
                         ? tr("Choose the patch that takes the place of %1").arg(swap_from_)
                         : tr("Choose the kept patch whose place %1 takes").arg(swap_from_));
    } else {
        Q_EMIT noted(tr("Select one patch to swap, or a kept one and one that is not"));
    }
}

void PatchRuler::partnerMaybe() {
    const std::vector<std::int32_t> patches = selected();
    if (!awaitsPartner() || patches.empty()) {
        return;
    }
    const auto other =
        std::ranges::find_if(patches, [this](std::int32_t patch) { return patch != swap_from_; });
    if (other != patches.end() && patches.size() <= 2) {
        swapTwo(std::exchange(swap_from_, -1), *other);
    }
}

void PatchRuler::swapTwo(std::int32_t a, std::int32_t b) {
    if (isKept(a) == isKept(b)) {
        Q_EMIT noted(tr("Nothing to swap: patches %1 and %2 are both %3")
                         .arg(a)
                         .arg(b)
                         .arg(isKept(a) ? tr("kept") : tr("not kept")));
        return;
    }
    const std::int32_t leaves = isKept(a) ? a : b;
    const std::int32_t comes = isKept(a) ? b : a;
    const auto view = static_cast<std::size_t>(selection_->view());
    RunSettings settings = document_->settings();
    setRule(settings, view, std::array{leaves}, PatchRule::Banned);
    setRule(settings, view, std::array{comes}, PatchRule::Pinned);
    change(settings, tr("Swap patch %1 for %2").arg(leaves).arg(comes));
}

void PatchRuler::clear() {
    RunSettings settings = document_->settings();
    settings.patch_rules.clear();
    if (hasRules()) {
        change(settings, tr("Clear pins and bans"));
    }
}

}  // namespace prunescope
