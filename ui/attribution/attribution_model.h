#pragma once

#include "core/engine/attribution.h"
#include "core/image/patch_grid.h"

#include <memory>
#include <vector>

#include <QAbstractTableModel>

namespace prunescope {

/// The visual tokens of a run and the patches put back, a row each. Effects come one at a time:
/// rows that are there stay, only their cells change.
class AttributionModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Token, Delta, DeltaOfPiece, Attention, Answer, kColumns };

    /// What rows are sorted by: the size of a change, of attention; what is no number comes last.
    static constexpr int kSortRole = Qt::UserRole;

    using QAbstractTableModel::QAbstractTableModel;

    /// Null: empty.
    /// @param grids  of the views, for the tooltips
    void setFound(std::shared_ptr<const Attribution> found, const std::vector<PatchGrid>& grids);

    /// -1: the answer as a whole.
    void setAnswerToken(int token);

    /// The row's view and patch; a patch of -1 where it stands for none.
    ViewPatch placeOf(int row) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Row {
        int view = 0;
        OutputRow token;
        int place = -1;   ///< among the rows of the picture; -1: put back
        int effect = -1;  ///< -1: not known yet
    };

    bool goesOn(const Attribution& found) const;
    void takeEffects();
    const TokenEffect* effectOf(const Row& row) const;
    QString textOf(const Row& row, int column) const;
    double sizeOf(const Row& row, int column) const;
    QString tipOf(const Row& row, int column) const;
    QVariant markOf(const Row& row) const;

    std::shared_ptr<const Attribution> found_;
    std::vector<PatchGrid> grids_;
    std::vector<Row> rows_;
    std::size_t effects_taken_ = 0;
    int answer_token_ = -1;
};

}  // namespace prunescope
