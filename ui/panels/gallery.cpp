#include "ui/panels/gallery.h"

#include <QFileInfo>
#include <QImageReader>

namespace prunescope {

namespace {

constexpr QSize kThumbnail(44, 44);

struct Found {
    std::vector<Sample> samples;
    std::vector<QImage> thumbnails;
};

Found lookFor(const QString& directory) {
    Found found;
    found.samples = readSamples(directory);
    for (const Sample& sample : found.samples) {
        const QImage picture = QImageReader(sample.path).read();
        found.thumbnails.push_back(
            picture.isNull()
                ? QImage()
                : picture.scaled(kThumbnail * 2, Qt::KeepAspectRatio, Qt::SmoothTransformation));
    }
    return found;
}

}  // namespace

Gallery::Gallery(QWidget* parent) : QListWidget(parent) {
    setObjectName("gallery");
    setAccessibleName(tr("Sample pictures"));
    setToolTip(tr("Pictures that come with the model"));
    setViewMode(QListView::IconMode);
    setFlow(QListView::LeftToRight);
    setWrapping(false);
    setMovement(QListView::Static);
    setIconSize(kThumbnail);
    setSpacing(1);
    setUniformItemSizes(true);
    setFrameShape(QFrame::NoFrame);
    viewport()->setAutoFillBackground(false);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFixedHeight(kThumbnail.height() + 26);
    connect(this, &QListWidget::itemClicked, this, [this](const QListWidgetItem* item) {
        choose(row(item));
    });
    connect(this, &QListWidget::itemActivated, this, [this](const QListWidgetItem* item) {
        choose(row(item));
    });
    hide();
}

void Gallery::showModel(const QString& model_directory) {
    directory_ = model_directory;
    files_.run([model_directory] { return lookFor(model_directory); },
               [this, model_directory](const Found& found) {
                   if (model_directory != directory_) {
                       return;
                   }
                   samples_ = found.samples;
                   clear();
                   for (std::size_t i = 0; i < samples_.size(); ++i) {
                       auto* item = new QListWidgetItem(this);
                       item->setIcon(QIcon(QPixmap::fromImage(found.thumbnails[i])));
                       const QString name = QFileInfo(samples_[i].path).completeBaseName();
                       item->setToolTip(name + "\n" + samples_[i].prompts.join("\n"));
                       item->setData(Qt::AccessibleTextRole, name);
                   }
                   setVisible(!samples_.empty());
                   Q_EMIT ready();
               });
}

const Sample* Gallery::find(const QString& path) const {
    const QString wanted = QFileInfo(path).absoluteFilePath();
    for (const Sample& sample : samples_) {
        if (QFileInfo(sample.path).absoluteFilePath() == wanted) {
            return &sample;
        }
    }
    return nullptr;
}

QStringList Gallery::promptsFor(const QString& path) const {
    const Sample* sample = find(path);
    return sample != nullptr ? sample->prompts : QStringList();
}

std::vector<RectF> Gallery::boxesFor(const QString& path, const QString& prompt) const {
    const Sample* sample = find(path);
    if (sample == nullptr) {
        return {};
    }
    const auto found = sample->boxes.find(prompt);
    return found != sample->boxes.end() ? found->second : std::vector<RectF>();
}

void Gallery::openFirst(const QString& prompt) {
    if (!samples_.empty()) {
        setCurrentRow(0);
        choose(0, prompt);
    }
}

void Gallery::choose(int row, const QString& prompt) {
    if (row >= 0 && static_cast<std::size_t>(row) < samples_.size()) {
        const Sample& sample = samples_[static_cast<std::size_t>(row)];
        Q_EMIT sampleChosen(sample.path, prompt.isEmpty() ? sample.prompts.first() : prompt);
    }
}

}  // namespace prunescope
