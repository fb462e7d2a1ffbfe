#include "ui/attribution/attribution_model.h"

#include "ui/views/effect_marks.h"
#include "ui/views/effect_words.h"
#include "ui/views/swatch.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace prunescope {

namespace {

// Below every size: not a number, then not known yet.
constexpr double kNoNumber = -1;
constexpr double kNotKnown = -2;

/// The same question; its numbers are then the same too, or both are none.
bool isSameChange(const TokenEffect& a, const TokenEffect& b) {
    return a.added == b.added && a.view == b.view && a.token == b.token && a.row == b.row;
}

}  // namespace

bool AttributionModel::goesOn(const Attribution& found) const {
    return found_ != nullptr && found_->rows == found.rows && found_->answer == found.answer &&
           found.effects.size() >= effects_taken_ &&
           std::equal(found_->effects.begin(),
                      found_->effects.begin() + static_cast<std::ptrdiff_t>(effects_taken_),
                      found.effects.begin(),
                      isSameChange);
}

void AttributionModel::setFound(std::shared_ptr<const Attribution> found,
                                const std::vector<PatchGrid>& grids) {
    if (found == found_) {
        return;
    }
    grids_ = grids;
    if (found == nullptr || !goesOn(*found)) {
        beginResetModel();
        found_ = std::move(found);
        rows_.clear();
        effects_taken_ = 0;
        const std::size_t n = found_ != nullptr ? found_->rows.size() : 0;
        for (std::size_t i = 0; i < n; ++i) {
            const PlacedRow& placed = found_->rows[i];
            if (placed.row.kind != RowKind::Padding) {
                rows_.push_back({placed.view, placed.row, static_cast<int>(i), -1});
            }
        }
        endResetModel();
    } else {
        found_ = std::move(found);
    }
    takeEffects();
}

void AttributionModel::takeEffects() {
    const std::size_t n = found_ != nullptr ? found_->effects.size() : 0;
    if (rows_.empty() && n == 0) {
        return;
    }
    for (; effects_taken_ < n; ++effects_taken_) {
        const TokenEffect& effect = found_->effects[effects_taken_];
        const auto number = static_cast<int>(effects_taken_);
        if (effect.added) {
            const auto at = static_cast<int>(rows_.size());
            beginInsertRows({}, at, at);
            rows_.push_back({effect.view, effect.token, -1, number});
            endInsertRows();
            continue;
        }
        const auto row = std::ranges::find(rows_, effect.row, &Row::place);
        if (row != rows_.end()) {
            row->effect = number;
        }
    }
    // Marks are drawn against the largest effect, and attention comes at once: any row may change.
    Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, kColumns - 1));
}

void AttributionModel::setAnswerToken(int token) {
    if (std::exchange(answer_token_, token) != token) {
        Q_EMIT headerDataChanged(Qt::Horizontal, 0, kColumns - 1);
        if (!rows_.empty()) {
            Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, kColumns - 1));
        }
    }
}

ViewPatch AttributionModel::placeOf(int row) const {
    const Row& at = rows_.at(static_cast<std::size_t>(row));
    return {at.view, at.token.patch};
}

const TokenEffect* AttributionModel::effectOf(const Row& row) const {
    return row.effect >= 0 ? &found_->effects[static_cast<std::size_t>(row.effect)] : nullptr;
}

int AttributionModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int AttributionModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : kColumns;
}

QString AttributionModel::textOf(const Row& row, int column) const {
    const TokenEffect* effect = effectOf(row);
    const QString name = tokenName(row.view, row.token);
    switch (column) {
        case Token:
            return row.place < 0 ? tr("%1 put back").arg(name) : name;
        case Delta:
            return effect != nullptr ? deltaText(effect->delta) : QStringLiteral("…");
        case DeltaOfPiece:
            return effect != nullptr ? deltaText(deltaOf(*effect, answer_token_))
                                     : QStringLiteral("…");
        case Attention:
            return row.place < 0 ? QString()
                   : found_->attention.empty()
                       ? QStringLiteral("…")
                       : attentionText(attentionTo(*found_, row.place, answer_token_));
        case Answer:
            if (effect == nullptr) {
                return {};
            }
            return effect->changesAnswer() ? QString::fromStdString(effect->text).simplified()
                                           : tr("the same");
        default:
            return {};
    }
}

double AttributionModel::sizeOf(const Row& row, int column) const {
    const TokenEffect* effect = effectOf(row);
    if (column == Attention) {
        const double paid = attentionTo(*found_, row.place, answer_token_);
        return row.place < 0 ? kNotKnown : std::isnan(paid) ? kNoNumber : paid;
    }
    if (effect == nullptr) {
        return kNotKnown;
    }
    const double size = std::abs(column == Delta ? effect->delta : deltaOf(*effect, answer_token_));
    return std::isnan(size) ? kNoNumber : size;
}

QString AttributionModel::tipOf(const Row& row, int column) const {
    const TokenEffect* effect = effectOf(row);
    if (column == Answer && effect != nullptr && effect->changesAnswer()) {
        return tr("%1\nanother from token %2 on")
            .arg(QString::fromStdString(effect->text))
            .arg(effect->first_difference + 1);
    }
    const auto view = static_cast<std::size_t>(row.view);
    if (row.token.patch < 0 || view >= grids_.size()) {
        return tr("A token that stands for no patch");
    }
    const QString place = tr("Patch %1, row %2, column %3")
                              .arg(row.token.patch)
                              .arg(grids_[view].rowOf(row.token.patch))
                              .arg(grids_[view].colOf(row.token.patch));
    return row.place < 0 ? place + tr(", dropped; put back here") : place;
}

QVariant AttributionModel::markOf(const Row& row) const {
    const TokenEffect* effect = effectOf(row);
    if (effect == nullptr || std::isnan(deltaOf(*effect, answer_token_))) {
        return {};
    }
    const double share =
        supportShare(*effect, largestSupport(*found_, answer_token_), answer_token_);
    return swatchOf(1.0, [&](QPainter& painter, const QRectF& area) {
        painter.fillRect(area.adjusted(1, 1, -1, -1), QColor(kSwatchGround));
        paintEffect(painter, area, share, flips(*effect, answer_token_));
    });
}

QVariant AttributionModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    const Row& row = rows_[static_cast<std::size_t>(index.row())];
    const int column = index.column();
    switch (role) {
        case Qt::DisplayRole:
            return textOf(row, column);
        case Qt::ToolTipRole:
            return tipOf(row, column);
        case Qt::DecorationRole:
            return column == Token ? markOf(row) : QVariant();
        case Qt::TextAlignmentRole: {
            const bool is_number = column != Token && column != Answer;
            return static_cast<int>((is_number ? Qt::AlignRight : Qt::AlignLeft) |
                                    Qt::AlignVCenter);
        }
        case kSortRole:
            if (column ==
                Token) {  // in the order of the language model's rows, then those put back
                return index.row();
            }
            return column == Answer ? QVariant(textOf(row, column)) : QVariant(sizeOf(row, column));
        default:
            return {};
    }
}

QVariant AttributionModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || (role != Qt::DisplayRole && role != Qt::ToolTipRole)) {
        return {};
    }
    const bool is_tip = role == Qt::ToolTipRole;
    const QString piece =
        found_ != nullptr && answer_token_ >= 0
            ? QStringLiteral("“%1”").arg(answerPiece(found_->answer, answer_token_))
            : QString();
    switch (section) {
        case Token:
            return is_tip ? tr("The token taken away, or the dropped patch put back") : tr("Token");
        case Delta:
            return is_tip ? tr("Change of the log-probability of the run's answer, in nats. "
                               "Sorted by size.")
                          : tr("Δ log p");
        case DeltaOfPiece:
            return is_tip ? tr("The part of the change at this answer token, given those before "
                               "it, in nats. Sorted by size.")
                          : tr("Δ of %1").arg(piece);
        case Attention:
            return is_tip ? tr("Attention that the position which predicts the answer token pays "
                               "to the token, mean over heads and layers; without a chosen answer "
                               "token the mean of all")
                   : piece.isEmpty() ? tr("Attention")
                                     : tr("Attention of %1").arg(piece);
        case Answer:
            return is_tip ? tr("The greedy answer with this change") : tr("Answer then");
        default:
            return {};
    }
}

}  // namespace prunescope
