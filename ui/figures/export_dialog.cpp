#include "ui/figures/export_dialog.h"

#include "ui/services/appearance.h"

#include <QComboBox>
#include <QDir>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace prunescope {

namespace {

constexpr int kDefaultDpi = 300;

QString helpOf(const QString& ending) {
    const std::pair<const char*, QString> help[] = {
        {"png", ExportDialog::tr("Pixels. The file can bring the program back to this state.")},
        {"svg",
         ExportDialog::tr("Vectors; the picture is embedded once. The file can bring the program "
                          "back to this state.")},
        {"pdf", ExportDialog::tr("Vectors; the picture is embedded once.")},
        {"apng", ExportDialog::tr("An animated PNG, one frame a stage; browsers play it.")},
        {"csv", ExportDialog::tr("A table for spreadsheets.")},
        {"json", ExportDialog::tr("Everything, exactly, as prunescope-cli writes it.")},
    };
    for (const auto& [name, text] : help) {
        if (ending == QLatin1String(name)) {
            return text;
        }
    }
    return {};
}

bool hasPixels(const QString& ending) {
    return ending == QLatin1String("png") || ending == QLatin1String("apng");
}

}  // namespace

ExportDialog::ExportDialog(FigureExporter* exporter,
                           Preferences* preferences,
                           Dialogs* dialogs,
                           QWidget* parent)
    : QDialog(parent),
      exporter_(exporter),
      preferences_(preferences),
      dialogs_(dialogs),
      kind_(new QComboBox(this)),
      format_(new QComboBox(this)),
      dpi_(new QComboBox(this)),
      path_(new QLineEdit(this)),
      note_(new QLabel(this)),
      copy_(new QPushButton(symbolicIcon("copy"), tr("&Copy"), this)),
      write_(new QPushButton(symbolicIcon("export"), tr("&Export"), this)) {
    setObjectName("exportDialog");
    setWindowTitle(tr("Export"));
    kind_->setObjectName("exportKind");
    format_->setObjectName("exportFormat");
    dpi_->setObjectName("exportDpi");
    path_->setObjectName("exportPath");
    note_->setObjectName("exportNote");
    copy_->setObjectName("exportCopy");
    write_->setObjectName("exportWrite");
    for (const FigureKind each : kFigureKinds) {
        kind_->addItem(titleOf(each));
    }
    const std::pair<QString, int> resolutions[] = {{tr("Screen, 96 dpi"), 96},
                                                   {tr("Slides, 150 dpi"), 150},
                                                   {tr("Print, 300 dpi"), 300},
                                                   {tr("Fine print, 600 dpi"), 600}};
    for (const auto& [text, dpi] : resolutions) {
        dpi_->addItem(text, dpi);
    }
    note_->setWordWrap(true);
    note_->setMinimumHeight(fontMetrics().height() * 3);
    note_->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    copy_->setToolTip(tr("Put it on the clipboard: as pixels, as SVG, plots also as CSV text"));
    write_->setToolTip(tr("Write the file"));
    write_->setDefault(true);
    auto* browse = new QPushButton(symbolicIcon("folder"), tr("&Browse…"), this);
    browse->setObjectName("exportBrowse");
    browse->setToolTip(tr("Choose folder and name"));
    auto* shut = new QPushButton(tr("Close"), this);
    shut->setObjectName("exportClose");
    shut->setToolTip(tr("Close this window"));

    auto* file = new QHBoxLayout;
    file->addWidget(path_, 1);
    file->addWidget(browse);
    auto* form = new QFormLayout;
    const auto add = [form](const QString& label, QWidget* field, const QString& tip) {
        auto* text = new QLabel(label);
        text->setBuddy(field);
        field->setToolTip(tip);
        field->setAccessibleName(QString(label).remove('&'));
        form->addRow(text, field);
    };
    add(tr("&What"), kind_, tr("What to export"));
    add(tr("&Format"), format_, tr("The kind of file"));
    add(tr("&Resolution"), dpi_, tr("Of pixels; vectors have none"));
    auto* file_label = new QLabel(tr("F&ile"));
    file_label->setBuddy(path_);
    path_->setAccessibleName(tr("File"));
    path_->setToolTip(tr("Where the file goes"));
    form->addRow(file_label, file);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(copy_);
    buttons->addStretch(1);
    buttons->addWidget(write_);
    buttons->addWidget(shut);
    auto* column = new QVBoxLayout(this);
    column->addLayout(form);
    column->addWidget(note_);
    column->addStretch(1);
    column->addLayout(buttons);
    resize(560, sizeHint().height());

    connect(kind_, &QComboBox::currentIndexChanged, this, &ExportDialog::takeKind);
    connect(format_, &QComboBox::currentIndexChanged, this, &ExportDialog::suggestPath);
    connect(path_, &QLineEdit::textEdited, this, &ExportDialog::showState);
    connect(browse, &QPushButton::clicked, this, &ExportDialog::browse);
    connect(write_, &QPushButton::clicked, this, &ExportDialog::write);
    connect(copy_, &QPushButton::clicked, this, [this] { exporter_->copy(kind()); });
    connect(shut, &QPushButton::clicked, this, &QDialog::close);
    connect(exporter_, &FigureExporter::written, this, [this](const QString& path) {
        if (path == std::exchange(writing_, {})) {
            close();
        }
    });
    connect(exporter_, &FigureExporter::copied, this, [this](const QString& what) {
        note_->setText(tr("Copied: %1.").arg(what));
    });
    connect(exporter_,
            &FigureExporter::failed,
            this,
            [this](const QString& message, const QString& hint) {
                writing_.clear();
                showState();
                note_->setText(message + ' ' + hint);
            });
}

FigureKind ExportDialog::kind() const {
    return kFigureKinds[static_cast<std::size_t>(std::max(0, kind_->currentIndex()))];
}

QString ExportDialog::ending() const {
    return format_->currentData().toString();
}

void ExportDialog::present(FigureKind kind) {
    const int dpi = dpi_->findData(preferences_->exportDpi(kDefaultDpi));
    dpi_->setCurrentIndex(dpi < 0 ? dpi_->findData(kDefaultDpi) : dpi);
    kind_->setCurrentIndex(static_cast<int>(kind));
    takeKind();
    show();
    raise();
    activateWindow();
    write_->setFocus();
}

void ExportDialog::takeKind() {
    const QSignalBlocker quiet(format_);
    format_->clear();
    for (const QString& each : endingsOf(kind())) {
        format_->addItem(each.toUpper(), each);
    }
    const QString last = preferences_->exportFormat(static_cast<int>(kind()));
    format_->setCurrentIndex(std::max(0, format_->findData(last)));
    suggestPath();
}

void ExportDialog::suggestPath() {
    path_->setText(QDir(preferences_->exportFolder())
                       .filePath(exporter_->suggestedName(kind()) + '.' + ending()));
    showState();
}

void ExportDialog::browse() {
    const QString filter = tr("%1 (*.%2)").arg(ending().toUpper(), ending());
    QString chosen = dialogs_->saveAs(this, tr("Export"), path_->text(), filter);
    if (!chosen.isEmpty()) {
        if (QFileInfo(chosen).suffix().isEmpty()) {
            chosen += '.' + ending();
        }
        path_->setText(chosen);
        showState();
    }
}

void ExportDialog::showState() {
    const QString reason = exporter_->whyNot(kind());
    const QString path = path_->text().trimmed();
    const QString format = ending();
    dpi_->setEnabled(hasPixels(format));
    dpi_->setToolTip(hasPixels(format) ? tr("Of pixels")
                                       : tr("This format has no pixels of its own"));
    copy_->setEnabled(reason.isEmpty());
    write_->setEnabled(reason.isEmpty() && !path.isEmpty() && writing_.isEmpty());
    const bool replaces = QFileInfo::exists(path);
    write_->setText(replaces ? tr("R&eplace") : tr("&Export"));
    if (!reason.isEmpty()) {
        note_->setText(reason);
    } else if (replaces) {
        note_->setText(tr("%1 exists and will be replaced. %2")
                           .arg(QFileInfo(path).fileName(), helpOf(format)));
    } else {
        note_->setText(helpOf(format));
    }
}

void ExportDialog::write() {
    const QString path = QFileInfo(path_->text().trimmed()).absoluteFilePath();
    preferences_->setExport(QFileInfo(path).absolutePath(),
                            static_cast<int>(kind()),
                            ending(),
                            dpi_->currentData().toInt());
    writing_ = path;
    write_->setEnabled(false);
    exporter_->write(kind(), path, dpi_->currentData().toDouble());
}

}  // namespace prunescope
