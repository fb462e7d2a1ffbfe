#pragma once

#include "core/image/patch_grid.h"
#include "ui/document.h"

#include <string>
#include <vector>

#include <QObject>
#include <QString>

namespace prunescope {

/// Several methods on the picture, prompt and budget that are open: what the small multiples show.
/// The first tile is always the un-pruned run, which the answers are held against. A tile's result
/// stays as long as what it depends on stays, whatever else changes.
class MethodGrid : public QObject {
    Q_OBJECT

public:
    static constexpr int kMost = 16;  ///< tiles, the un-pruned one among them

    enum class Status { Waiting, Done, Failed };

    struct Tile {
        RunSettings settings;
        QString title;
        TracePtr trace;  ///< without an answer as long as it is not Done
        QString error;
        Status status = Status::Waiting;
    };

    explicit MethodGrid(Document* document, QObject* parent = nullptr);

    const std::vector<Tile>& tiles() const { return tiles_; }

    /// Ids in the catalog's order, at most kMost; "none" is always the first.
    const std::vector<std::string>& methods() const { return methods_; }

    void setMethods(const std::vector<std::string>& ids);

    /// Nothing is computed while it is closed.
    bool isOpen() const { return is_open_; }

    void setOpen(bool open);

    /// The user stopped it: waits for resume() or a change of inputs.
    bool isStopped() const { return is_stopped_; }

    void stop();
    void resume();

    int doneCount() const;

    /// Of objects, in picture pixels; empty: not known.
    const std::vector<RectF>& boxes() const { return boxes_; }

    void setBoxes(const std::vector<RectF>& boxes);

    /// What is to be run now, as indices of tiles; empty when closed, stopped or done.
    std::vector<int> waiting() const;
    RunRequest request(int tile) const;

    void takeResult(int tile, TracePtr trace, bool complete);
    void takeError(int tile, const QString& message);

Q_SIGNALS:
    void methodsChosen();  ///< another choice of methods
    void tilesReset();     ///< other tiles, or some results are gone
    void tileChanged(int tile);
    void workChanged();  ///< waiting() is another list

private:
    void takeInputs();
    RunSettings settingsFor(const std::string& method) const;

    Document* document_;
    std::vector<std::string> methods_;
    std::vector<Tile> tiles_;
    std::vector<RectF> boxes_;
    bool is_open_ = false;
    bool is_stopped_ = false;

    // Of the results in tiles_.
    std::shared_ptr<const Image> image_;
    QString prompt_;
    std::string model_;
};

}  // namespace prunescope
