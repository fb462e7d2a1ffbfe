#include "ui/compare/method_grid.h"

#include "core/prune/catalog.h"

#include <algorithm>
#include <utility>

namespace prunescope {

MethodGrid::MethodGrid(Document* document, QObject* parent) : QObject(parent), document_(document) {
    for (const MethodSpec& method : methodCatalog()) {
        methods_.push_back(method.id);
    }
    setMethods(methods_);
    connect(document_, &Document::inputsChanged, this, &MethodGrid::takeInputs);
    connect(document_, &Document::modelChanged, this, &MethodGrid::takeInputs);
}

void MethodGrid::setMethods(const std::vector<std::string>& ids) {
    std::vector<std::string> shown{"none"};
    for (const MethodSpec& method : methodCatalog()) {
        const bool is_wanted = std::find(ids.begin(), ids.end(), method.id) != ids.end();
        if (is_wanted && method.id != "none" && static_cast<int>(shown.size()) < kMost) {
            shown.push_back(method.id);
        }
    }
    const bool is_other = shown != methods_;
    methods_ = std::move(shown);
    takeInputs();
    if (is_other) {
        Q_EMIT methodsChosen();
    }
}

void MethodGrid::setOpen(bool open) {
    if (open != is_open_) {
        is_open_ = open;
        Q_EMIT workChanged();
    }
}

void MethodGrid::stop() {
    is_stopped_ = true;
    Q_EMIT workChanged();
}

void MethodGrid::resume() {
    is_stopped_ = false;
    for (std::size_t i = 0; i < tiles_.size(); ++i) {
        if (tiles_[i].status == Status::Failed) {
            tiles_[i].status = Status::Waiting;
            Q_EMIT tileChanged(static_cast<int>(i));
        }
    }
    Q_EMIT workChanged();
}

int MethodGrid::doneCount() const {
    return static_cast<int>(std::count_if(tiles_.begin(), tiles_.end(), [](const Tile& tile) {
        return tile.status != Status::Waiting;
    }));
}

void MethodGrid::setBoxes(const std::vector<RectF>& boxes) {
    if (boxes != boxes_) {
        boxes_ = boxes;
        Q_EMIT tilesReset();
    }
}

RunSettings MethodGrid::settingsFor(const std::string& method) const {
    RunSettings settings = document_->settings();
    if (settings.method != method) {
        settings.method = method;
        settings.params.clear();
    }
    return settings;
}

// Keeps the results that the change does not touch.
void MethodGrid::takeInputs() {
    const auto& model = document_->model();
    const std::string now = model ? model->fingerprint + model->device + model->dtype : "";
    const bool is_same_question =
        image_ == document_->image() && prompt_ == document_->prompt() && model_ == now;
    image_ = document_->image();
    prompt_ = document_->prompt();
    model_ = now;
    const std::vector<Tile> before = std::exchange(tiles_, {});
    bool is_other = before.size() != methods_.size();
    for (const std::string& id : methods_) {
        Tile tile{settingsFor(id), {}, {}, {}, Status::Waiting};
        const MethodSpec* method = findMethod(id);
        tile.title = QString::fromStdString(method != nullptr ? method->title : id);
        const auto kept = std::find_if(before.begin(), before.end(), [&](const Tile& old) {
            return is_same_question && old.settings == tile.settings;
        });
        if (kept != before.end()) {
            tile = *kept;
        } else {
            is_other = true;
        }
        tiles_.push_back(std::move(tile));
    }
    if (is_other) {
        is_stopped_ = false;
        Q_EMIT tilesReset();
        Q_EMIT workChanged();
    }
}

std::vector<int> MethodGrid::waiting() const {
    std::vector<int> list;
    if (!is_open_ || is_stopped_ || !image_ || !document_->model()) {
        return list;
    }
    for (std::size_t i = 0; i < tiles_.size(); ++i) {
        if (tiles_[i].status == Status::Waiting) {
            list.push_back(static_cast<int>(i));
        }
    }
    return list;
}

RunRequest MethodGrid::request(int tile) const {
    RunRequest request;
    request.image = image_;
    request.image_name = document_->imageName().toStdString();
    request.prompt = prompt_.toStdString();
    request.settings = tiles_.at(static_cast<std::size_t>(tile)).settings;
    return request;
}

void MethodGrid::takeResult(int tile, TracePtr trace, bool complete) {
    Tile& at = tiles_.at(static_cast<std::size_t>(tile));
    at.trace = std::move(trace);
    at.status = complete ? Status::Done : Status::Waiting;
    Q_EMIT tileChanged(tile);
}

void MethodGrid::takeError(int tile, const QString& message) {
    Tile& at = tiles_.at(static_cast<std::size_t>(tile));
    at.trace.reset();
    at.error = message;
    at.status = Status::Failed;
    Q_EMIT tileChanged(tile);
}

}  // namespace prunescope
