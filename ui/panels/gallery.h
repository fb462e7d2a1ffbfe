#pragma once

#include "ui/services/background.h"
#include "ui/services/samples.h"

#include <QListWidget>

namespace prunescope {

/// A strip of the pictures that come with the model. Thumbnails are read on a worker.
class Gallery : public QListWidget {
    Q_OBJECT

public:
    explicit Gallery(QWidget* parent = nullptr);

    /// Reads `<model_directory>/samples`; emits ready() when it is known what there is.
    void showModel(const QString& model_directory);

    const std::vector<Sample>& samples() const { return samples_; }

    QStringList promptsFor(const QString& path) const;

    /// Boxes of what a sample's prompt asks about, in picture pixels; empty when not known.
    std::vector<RectF> boxesFor(const QString& path, const QString& prompt) const;

    /// As a click on the first picture; a `prompt` that is not empty is asked instead of its own.
    void openFirst(const QString& prompt = {});

Q_SIGNALS:
    void ready();
    void sampleChosen(const QString& path, const QString& prompt);

private:
    void choose(int row, const QString& prompt = {});
    const Sample* find(const QString& path) const;

    std::vector<Sample> samples_;
    QString directory_;
    Background files_;
};

}  // namespace prunescope
