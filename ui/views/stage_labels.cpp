#include "ui/views/stage_labels.h"

#include "ui/theme/fate_style.h"

#include <algorithm>
#include <cmath>

#include <QCoreApplication>
#include <QStringList>

namespace prunescope {

namespace {

constexpr int kAnchorsNamed = 2;

QString text(const char* source) {
    return QCoreApplication::translate("StageLabels", source);
}

/// Stage that removed the patch, or -1 while it is there.
int removedAt(const ViewTrace& view, int stage, std::size_t patch) {
    for (int s = 0; s <= stage; ++s) {
        if (view.stages[static_cast<std::size_t>(s)].slot_from_patch[patch] < 0) {
            return s;
        }
    }
    return -1;
}

QString transfersText(const ViewTrace& view, int stage, int patch) {
    std::vector<Transfer> sent;
    int received = 0;
    for (int s = 0; s <= stage; ++s) {
        for (const Transfer& edge : view.stages[static_cast<std::size_t>(s)].transfers) {
            if (edge.from_patch == patch) {
                sent.push_back(edge);
            }
            received += edge.to_patch == patch ? 1 : 0;
        }
    }
    std::stable_sort(sent.begin(), sent.end(), [](const Transfer& a, const Transfer& b) {
        return a.weight > b.weight;
    });
    QStringList parts;
    const int n_sent = static_cast<int>(sent.size());
    for (int i = 0; i < std::min(n_sent, kAnchorsNamed); ++i) {
        const Transfer& edge = sent[static_cast<std::size_t>(i)];
        const QString place = edge.to_patch < 0
                                  ? text(QT_TRANSLATE_NOOP("StageLabels", "extra token"))
                                  : QStringLiteral("#%1").arg(edge.to_patch);
        parts << QStringLiteral("%1 (%2)").arg(place).arg(
            static_cast<double>(edge.weight), 0, 'f', 2);
    }
    if (n_sent > kAnchorsNamed) {
        parts << text(QT_TRANSLATE_NOOP("StageLabels", "%1 more")).arg(n_sent - kAnchorsNamed);
    }
    if (!parts.isEmpty()) {
        return QStringLiteral(" → ") + text(QT_TRANSLATE_NOOP("StageLabels", "anchor ")) +
               parts.join(QStringLiteral(", "));
    }
    if (received > 0) {
        return QStringLiteral(" · ") +
               text(QT_TRANSLATE_NOOP("StageLabels", "received from %1")).arg(received);
    }
    return {};
}

QString rankText(const StageTrace& stage, std::size_t patch) {
    if (patch >= stage.score.size() || std::isnan(stage.score[patch])) {
        return {};
    }
    int rank = 1;
    int of = 0;
    for (const float score : stage.score) {
        of += std::isnan(score) ? 0 : 1;
        rank += score > stage.score[patch] ? 1 : 0;
    }
    return QStringLiteral(" · ") +
           text(QT_TRANSLATE_NOOP("StageLabels", "score rank %1/%2")).arg(rank).arg(of);
}

QString clusterText(const ViewTrace& view, int stage, std::size_t patch) {
    QString said;
    for (int s = stage; s >= 0; --s) {
        const StageTrace& now = view.stages[static_cast<std::size_t>(s)];
        if (now.cluster_of.empty()) {
            continue;
        }
        if (now.cluster_of[patch] >= 0) {
            said += QStringLiteral(" · ") +
                    text(QT_TRANSLATE_NOOP("StageLabels", "cluster %1")).arg(now.cluster_of[patch]);
        }
        if (patch < now.text_relevance.size() && !std::isnan(now.text_relevance[patch])) {
            said += QStringLiteral(" · ") +
                    text(QT_TRANSLATE_NOOP("StageLabels", "text sim %1"))
                        .arg(static_cast<double>(now.text_relevance[patch]), 0, 'f', 2);
        }
        break;
    }
    return said;
}

}  // namespace

QString siteLabel(const Site& site) {
    switch (site.kind) {
        case Site::Kind::EncoderLayer:
            return text(QT_TRANSLATE_NOOP("StageLabels", "L%1")).arg(site.layer);
        case Site::Kind::AfterEncoder:
            return text(QT_TRANSLATE_NOOP("StageLabels", "encoder out"));
        case Site::Kind::DecoderLayer:
            return text(QT_TRANSLATE_NOOP("StageLabels", "decoder %1")).arg(site.layer);
    }
    return {};
}

QString stageLabel(const ViewTrace& view, int stage) {
    if (stage < 0 || view.stages.empty()) {
        return text(QT_TRANSLATE_NOOP("StageLabels", "before · %1 tokens")).arg(view.grid.count());
    }
    const auto last = view.stages.size() - 1;
    const StageTrace& now = view.stages[std::min(static_cast<std::size_t>(stage), last)];
    QString where;
    switch (now.site.kind) {
        case Site::Kind::EncoderLayer:
            where = text(QT_TRANSLATE_NOOP("StageLabels", "after layer %1")).arg(now.site.layer);
            break;
        case Site::Kind::AfterEncoder:
            where = text(QT_TRANSLATE_NOOP("StageLabels", "encoder out"));
            break;
        case Site::Kind::DecoderLayer:
            where = text(QT_TRANSLATE_NOOP("StageLabels", "before decoder layer %1"))
                        .arg(now.site.layer);
            break;
    }
    return QStringLiteral("%1 · %2 · %3 → %4")
        .arg(where, QString::fromStdString(now.name))
        .arg(now.tokens_in)
        .arg(now.tokens_out);
}

QString patchText(const ViewTrace& view, int stage, int patch) {
    if (patch < 0 || patch >= view.grid.count()) {
        return {};
    }
    const auto i = static_cast<std::size_t>(patch);
    const int now = std::min(stage, static_cast<int>(view.stages.size()) - 1);
    QString said = QStringLiteral("#%1 r%2 c%3")
                       .arg(patch)
                       .arg(view.grid.rowOf(patch))
                       .arg(view.grid.colOf(patch));
    if (now < 0) {
        return said;
    }
    said += QStringLiteral(" · ") + fateLabel(patchFates(view, now)[i]).toLower();
    const int removed = removedAt(view, now, i);
    if (removed >= 0) {
        const Site& site = view.stages[static_cast<std::size_t>(removed)].site;
        said += text(QT_TRANSLATE_NOOP("StageLabels", " at %1")).arg(siteLabel(site));
    }
    said += transfersText(view, now, patch);
    const float mass = patchMass(view, now)[i];
    if (mass > 1.0F) {
        said += QStringLiteral(" · ") + text(QT_TRANSLATE_NOOP("StageLabels", "mass %1"))
                                            .arg(static_cast<double>(mass), 0, 'f', 1);
    }
    said += rankText(view.stages[static_cast<std::size_t>(removed >= 0 ? removed : now)], i);
    return said + clusterText(view, now, i);
}

QString notesAbout(const Remarks& remarks, int view, int patch) {
    QStringList said;
    for (const SessionNote& note : remarks.notes) {
        if (note.view == view && std::ranges::find(note.patches, patch) != note.patches.end()) {
            said << QString::fromStdString(note.text).simplified();
        }
    }
    return said.join(QStringLiteral(" / "));
}

QString progressText(const Progress& progress) {
    const std::pair<const char*, const char*> words[] = {
        {"load", QT_TRANSLATE_NOOP("StageLabels", "loading weights")},
        {"encode", QT_TRANSLATE_NOOP("StageLabels", "encoding the picture")},
        {"select", QT_TRANSLATE_NOOP("StageLabels", "selecting tokens")},
        {"prefill", QT_TRANSLATE_NOOP("StageLabels", "reading the prompt")},
        {"decode", QT_TRANSLATE_NOOP("StageLabels", "answering")},
        {"attribute", QT_TRANSLATE_NOOP("StageLabels", "answering without each token")},
        {"curve", QT_TRANSLATE_NOOP("StageLabels", "shift against budget")},
        {"curves", QT_TRANSLATE_NOOP("StageLabels", "shift against budget, all methods")},
    };
    QString said = QString::fromStdString(progress.stage);
    for (const auto& [name, word] : words) {
        said = progress.stage == name ? text(word) : said;
    }
    if (progress.of > 0 && progress.stage != "load") {  // bytes say nothing to a reader
        said += text(QT_TRANSLATE_NOOP("StageLabels", ", %1 of %2"))
                    .arg(progress.step)
                    .arg(progress.of);
    }
    return said;
}

std::vector<int> clusterMates(const ViewTrace& view, int stage, int patch) {
    std::vector<int> mates;
    for (int s = std::min(stage, static_cast<int>(view.stages.size()) - 1); s >= 0; --s) {
        const std::vector<std::int32_t>& cluster_of =
            view.stages[static_cast<std::size_t>(s)].cluster_of;
        const auto at = static_cast<std::size_t>(patch);
        if (at >= cluster_of.size()) {
            continue;
        }
        for (std::size_t i = 0; i < cluster_of.size() && cluster_of[at] >= 0; ++i) {
            if (cluster_of[i] == cluster_of[at]) {
                mates.push_back(static_cast<int>(i));
            }
        }
        break;
    }
    return mates;
}

int patchNamed(const QString& said, const PatchGrid& grid) {
    const QStringList parts = said.split(',');
    bool is_number = false;
    const int first = parts.front().trimmed().toInt(&is_number);
    if (!is_number || parts.size() > 2) {
        return -1;
    }
    if (parts.size() == 1) {
        return first >= 0 && first < grid.count() ? first : -1;
    }
    const int col = parts.back().trimmed().toInt(&is_number);
    const bool is_inside =
        is_number && first >= 0 && first < grid.rows && col >= 0 && col < grid.cols;
    return is_inside ? first * grid.cols + col : -1;
}

}  // namespace prunescope
