#include "ui/panels/model_chooser.h"

#include "core/model/bundled.h"
#include "ui/services/appearance.h"

#include <QDir>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace prunescope {

namespace {

constexpr int kDirectoryRole = Qt::UserRole;
constexpr int kReasonRole = Qt::UserRole + 1;

QString sizeText(std::uint64_t bytes) {
    return QLocale().formattedDataSize(static_cast<qint64>(bytes), 1);
}

}  // namespace

ModelChooser::ModelChooser(Preferences* preferences, Dialogs* dialogs, QWidget* parent)
    : QDialog(parent),
      preferences_(preferences),
      dialogs_(dialogs),
      list_(new QTreeWidget(this)),
      note_(new QLabel(this)),
      open_(new QPushButton(symbolicIcon("model"), tr("Open"), this)) {
    setObjectName("modelChooser");
    setWindowTitle(tr("Models"));
    resize(720, 420);
    list_->setObjectName("models");
    list_->setAccessibleName(tr("Models"));
    list_->setToolTip(tr("Double-click opens a model"));
    list_->setHeaderLabels({tr("Model"), tr("Files"), tr("Stored as"), tr("Needs"), tr("Fits")});
    list_->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    list_->header()->setStretchLastSection(false);
    note_->setObjectName("modelNote");
    note_->setWordWrap(true);
    open_->setObjectName("openModel");
    open_->setDefault(true);
    auto* folder = new QPushButton(symbolicIcon("folder"), tr("Folder…"), this);
    folder->setObjectName("openModelFolder");
    folder->setToolTip(tr("A Hugging Face checkpoint folder, as it was downloaded"));
    auto* shut = new QPushButton(tr("Close"), this);
    shut->setObjectName("closeModels");
    shut->setToolTip(tr("Close this window"));

    auto* buttons = new QHBoxLayout;
    buttons->addWidget(folder);
    buttons->addStretch(1);
    buttons->addWidget(open_);
    buttons->addWidget(shut);
    auto* column = new QVBoxLayout(this);
    column->addWidget(list_, 1);
    column->addWidget(note_);
    column->addLayout(buttons);
    connect(list_, &QTreeWidget::currentItemChanged, this, &ModelChooser::showSelected);
    connect(list_, &QTreeWidget::itemActivated, this, &ModelChooser::openSelected);
    connect(open_, &QPushButton::clicked, this, &ModelChooser::openSelected);
    connect(shut, &QPushButton::clicked, this, &QDialog::close);
    connect(folder, &QPushButton::clicked, this, [this] {
        const QString chosen = dialogs_->openFolder(this, tr("Model folder"));
        if (!chosen.isEmpty()) {
            Q_EMIT modelChosen(chosen);
            close();
        }
    });
    showSelected();
}

void ModelChooser::present() {
    list_->clear();
    note_->setText(tr("Looking for models"));
    show();
    raise();
    const QString bundled = QString::fromStdString(bundledModel().string());
    const QStringList recent = preferences_->recentModels();
    const QStringList folders = preferences_->modelFolders();
    files_.run(
        [bundled, recent, folders] {
            std::vector<Group> groups{{tr("Bundled"), {}}, {tr("Recent"), {}}};
            if (QFileInfo(bundled).isDir()) {
                groups[0].candidates.push_back(inspectModel(bundled.toStdString()));
            }
            for (const QString& directory : recent) {
                if (directory != bundled) {
                    groups[1].candidates.push_back(inspectModel(directory.toStdString()));
                }
            }
            for (const QString& folder : folders) {
                groups.push_back(
                    {QDir::toNativeSeparators(folder), findModelsIn(folder.toStdString())});
            }
            groups.push_back({tr("Hugging Face cache"), findCachedModels()});
            return groups;
        },
        [this](const std::vector<Group>& groups) { showGroups(groups); });
}

void ModelChooser::showGroups(const std::vector<Group>& groups) {
    list_->clear();
    for (const Group& group : groups) {
        auto* top = new QTreeWidgetItem(list_, {group.title});
        top->setFirstColumnSpanned(true);
        top->setExpanded(true);
        top->setFlags(Qt::ItemIsEnabled);
        for (const ModelCandidate& model : group.candidates) {
            auto* item = new QTreeWidgetItem(
                top,
                {QString::fromStdString(model.name),
                 sizeText(model.file_bytes),
                 QString::fromStdString(model.stored_dtype),
                 sizeText(model.memory_needed),
                 model.why_not.empty() ? (model.fits ? tr("yes") : tr("no")) : tr("cannot open")});
            item->setData(0, kDirectoryRole, QString::fromStdString(model.directory.string()));
            item->setToolTip(0, QString::fromStdString(model.directory.string()));
            QString reason = QString::fromStdString(model.why_not);
            if (reason.isEmpty() && !model.fits) {
                reason = tr("Needs %1, and %2 is free.")
                             .arg(sizeText(model.memory_needed), sizeText(model.memory_available));
            }
            item->setData(0, kReasonRole, reason);
        }
        if (group.candidates.empty()) {
            auto* none = new QTreeWidgetItem(top, {tr("none")});
            none->setFlags(Qt::NoItemFlags);
        }
    }
    if (list_->topLevelItem(0)->childCount() > 0) {
        list_->setCurrentItem(list_->topLevelItem(0)->child(0));
    }
    showSelected();
}

void ModelChooser::showSelected() {
    const QTreeWidgetItem* item = list_->currentItem();
    const bool is_model = item != nullptr && item->data(0, kDirectoryRole).isValid();
    note_->setText(is_model
                       ? item->data(0, kReasonRole).toString()
                       : tr("Nothing is downloaded: only folders on this machine are listed."));
    open_->setEnabled(is_model);
    open_->setToolTip(is_model ? tr("Load this model") : tr("Choose a model first"));
}

void ModelChooser::openSelected() {
    const QTreeWidgetItem* item = list_->currentItem();
    if (item != nullptr && item->data(0, kDirectoryRole).isValid()) {
        Q_EMIT modelChosen(item->data(0, kDirectoryRole).toString());
        close();
    }
}

}  // namespace prunescope
