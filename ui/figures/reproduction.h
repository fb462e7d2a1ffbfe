#pragma once

#include "core/session/figure_state.h"
#include "ui/controller.h"
#include "ui/services/view_recall.h"

#include <memory>
#include <optional>

namespace prunescope {

/// What a figure asks for, and what of it is at hand.
struct FigureNeeds {
    QString figure;  ///< path of the figure
    FigureState state;
    std::shared_ptr<const Image> image;  ///< of exactly the figure's pixels; null: not found
    QString image_path;                  ///< "" when the open picture, which has none, is the one
    bool model_is_open = false;
    QString model_directory;  ///< where one of that name lies; "" not found
};

/// Brings the program back to what an exported figure shows. Looks for the picture beside the
/// figure, among the recent files and the samples, and takes only one whose pixels are the
/// figure's; for the model among the bundled, the recent and the cached. Files are read on a
/// worker; nothing is guessed: what is missing stays missing until it is located.
class FigureReproduction : public QObject {
    Q_OBJECT

public:
    /// None is owned; all must outlive this object.
    FigureReproduction(Document* document,
                       Controller* controller,
                       ViewRecall* recall,
                       const Preferences* preferences,
                       QObject* parent = nullptr);

    /// Then needsChanged() or refused().
    /// @param samples  paths of pictures that may be the one
    void open(const QString& path, const QStringList& samples);

    const FigureNeeds& needs() const { return needs_; }

    /// Takes the picture if it is the one; then pictureTried().
    void tryPicture(const QString& path);

    /// Takes a folder as that of the model. The fingerprint is compared once it is loaded.
    void tryModel(const QString& directory);

    /// Picture, prompt and settings as one undo step; loads the model where it is another, and
    /// runs. Needs the picture.
    void restore();

Q_SIGNALS:
    void needsChanged();
    void pictureTried(const QString& problem);  ///< "" it was the one
    void refused(const QString& message, const QString& hint);
    void noted(const QString& line);  ///< for the log

private:
    struct Found {
        std::optional<FigureNeeds> needs;
        ErrorText error;
    };

    void takeModel();
    void takeTrace();

    Document* document_;
    Controller* controller_;
    ViewRecall* recall_;
    const Preferences* preferences_;
    FigureNeeds needs_;
    int last_opening_ = 0;
    bool waits_for_model_ = false;
    bool waits_for_answer_ = false;
    Background files_;  // last: its workers end before the rest goes
};

}  // namespace prunescope
