#pragma once

#include "core/trace/patch_rules.h"
#include "ui/document.h"
#include "ui/selection.h"

#include <vector>

#include <QObject>

namespace prunescope {

/// Pins, bans and swaps the selected patches, each as one undo step in words.
class PatchRuler : public QObject {
    Q_OBJECT

public:
    /// Neither is owned; both must outlive it.
    PatchRuler(Document* document, SelectionModel* selection, QObject* parent = nullptr);

    /// Gives the selected patches the rule, or takes it from them where all have it already.
    void toggle(PatchRule rule);

    /// Of two selected patches, one kept and one not: pins the one that is not, bans the other.
    /// With one selected the next one that is selected completes the swap; called again before
    /// that, it is called off.
    void swap();

    void clear();

    /// Whether all selected patches have the rule; false when none is selected.
    bool allHave(PatchRule rule) const;

    bool hasRules() const { return !document_->settings().patch_rules.empty(); }

    bool awaitsPartner() const { return swap_from_ >= 0; }

Q_SIGNALS:
    void noted(const QString& text);  ///< what was done or is awaited, for the status bar

private:
    std::vector<std::int32_t> selected() const;
    bool isKept(std::int32_t patch) const;
    void partnerMaybe();
    void swapTwo(std::int32_t a, std::int32_t b);
    void change(const RunSettings& settings, const QString& text);

    Document* document_;
    SelectionModel* selection_;
    int swap_from_ = -1;  ///< the patch whose partner is awaited
};

}  // namespace prunescope
