#include "ui/figures/reproduce_dialog.h"

#include "ui/figures/overlay_figure.h"

#include <QFileInfo>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace prunescope {

namespace {

QString text(const std::string& utf8) {
    return QString::fromStdString(utf8);
}

QPushButton* button(const QString& name,
                    const QString& label,
                    const QString& tip,
                    QWidget* parent) {
    auto* made = new QPushButton(label, parent);
    made->setObjectName(name);
    made->setToolTip(tip);
    return made;
}

}  // namespace

ReproduceDialog::ReproduceDialog(FigureReproduction* reproduction,
                                 Dialogs* dialogs,
                                 QWidget* parent)
    : QDialog(parent), reproduction_(reproduction) {
    setObjectName("reproduceDialog");
    setWindowTitle(tr("Reproduce from figure"));
    locate_picture_ = button("locatePicture",
                             tr("Locate &picture…"),
                             tr("Choose the file; only the same pixels are taken"),
                             this);
    locate_model_ =
        button("locateModel", tr("Locate &model…"), tr("Choose the checkpoint's folder"), this);
    as_picture_ = button("figureAsPicture",
                         tr("&Open as a picture"),
                         tr("Ask the model about the figure itself"),
                         this);
    restore_ = button("restoreFigure",
                      tr("&Restore"),
                      tr("Picture, prompt and settings as they were; one undo step"),
                      this);
    restore_->setDefault(true);
    auto* shut = button("closeReproduce", tr("Cancel"), tr("Leave everything as it is"), this);
    auto* grid = new QGridLayout;
    grid->setColumnStretch(1, 1);
    grid->setHorizontalSpacing(12);
    const auto row = [&](const QString& name, const QString& id, QWidget* at_end) {
        const int at = grid->rowCount();
        auto* label = new QLabel(name, this);
        auto* value = new QLabel(this);
        value->setObjectName(id);
        value->setWordWrap(true);
        value->setTextFormat(Qt::PlainText);  // what it says comes from a file
        value->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        value->setAccessibleName(name);
        grid->addWidget(label, at, 0, Qt::AlignTop);
        grid->addWidget(value, at, 1);
        if (at_end != nullptr) {
            grid->addWidget(at_end, at, 2, Qt::AlignTop);
        }
        return value;
    };
    figure_ = row(tr("Figure"), "figureName", nullptr);
    prompt_ = row(tr("Prompt"), "figurePrompt", nullptr);
    settings_ = row(tr("Settings"), "figureSettings", nullptr);
    picture_ = row(tr("Picture"), "figurePicture", locate_picture_);
    model_ = row(tr("Model"), "figureModel", locate_model_);
    note_ = new QLabel(this);
    note_->setObjectName("figureNote");
    note_->setWordWrap(true);
    note_->setTextFormat(Qt::PlainText);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(as_picture_);
    buttons->addStretch(1);
    buttons->addWidget(restore_);
    buttons->addWidget(shut);
    auto* column = new QVBoxLayout(this);
    column->addLayout(grid);
    column->addWidget(note_);
    column->addStretch(1);
    column->addLayout(buttons);
    resize(620, sizeHint().height());
    connect(reproduction_, &FigureReproduction::needsChanged, this, &ReproduceDialog::showNeeds);
    connect(reproduction_, &FigureReproduction::pictureTried, note_, &QLabel::setText);
    connect(locate_picture_, &QPushButton::clicked, this, [this, dialogs] {
        const QString path = dialogs->openPicture(this);
        if (!path.isEmpty()) {
            reproduction_->tryPicture(path);
        }
    });
    connect(locate_model_, &QPushButton::clicked, this, [this, dialogs] {
        const QString directory = dialogs->openFolder(this, tr("Model folder"));
        if (!directory.isEmpty()) {
            reproduction_->tryModel(directory);
        }
    });
    connect(as_picture_, &QPushButton::clicked, this, [this] {
        close();
        Q_EMIT openAsPicture(reproduction_->needs().figure);
    });
    connect(restore_, &QPushButton::clicked, this, [this] {
        close();
        reproduction_->restore();
    });
    connect(shut, &QPushButton::clicked, this, &QDialog::close);
}

void ReproduceDialog::showNeeds() {
    const FigureNeeds& needs = reproduction_->needs();
    const FigureState& state = needs.state;
    const QFileInfo figure(needs.figure);
    figure_->setText(tr("%1 · session %2").arg(figure.fileName(), text(state.session_id)));
    prompt_->setText(text(state.prompt));
    settings_->setText(settingsCaption(state.settings));
    const QString picture =
        tr("%1, %2×%3").arg(text(state.image.name)).arg(state.image.width).arg(state.image.height);
    if (!needs.image) {
        picture_->setText(tr("%1: not found (identity %2)").arg(picture, text(state.image.hash)));
    } else if (needs.image_path.isEmpty()) {
        picture_->setText(tr("%1: open").arg(picture));
    } else {
        picture_->setText(tr("%1: %2").arg(picture, needs.image_path));
    }
    const QString name = text(state.model_name);
    if (needs.model_is_open) {
        model_->setText(tr("%1: open").arg(name));
    } else if (!needs.model_directory.isEmpty()) {
        model_->setText(tr("%1: will be loaded from %2").arg(name, needs.model_directory));
    } else {
        model_->setText(
            tr("%1: not found (fingerprint %2)").arg(name, text(state.model_fingerprint)));
    }
    locate_picture_->setVisible(!needs.image);
    locate_model_->setVisible(!needs.model_is_open);
    restore_->setEnabled(needs.image != nullptr);
    restore_->setToolTip(needs.image
                             ? tr("Picture, prompt and settings as they were; one undo step")
                             : tr("Locate the picture first"));
    as_picture_->setVisible(figure.suffix().toLower() != QLatin1String("svg"));
    const bool has_model = needs.model_is_open || !needs.model_directory.isEmpty();
    note_->setText(!needs.image ? tr("The picture is missing; nothing is put in its place.")
                   : !has_model ? tr("Without the model, settings and picture can be restored; the "
                                     "result will be that of the model that is open.")
                                : QString());
    show();
    raise();
}

}  // namespace prunescope
