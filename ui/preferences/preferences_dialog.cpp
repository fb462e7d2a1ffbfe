#include "ui/preferences/preferences_dialog.h"

#include "ui/services/desktop_motion.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QFormLayout>
#include <QGroupBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>

namespace prunescope {

namespace {

// What the combos of three say: nothing, no, yes.
constexpr int kUnsaid = -1;

int numberOf(const std::optional<bool>& said) {
    return said ? static_cast<int>(*said) : kUnsaid;
}

std::optional<bool> saidBy(const QComboBox& combo) {
    const int number = combo.currentData().toInt();
    return number == kUnsaid ? std::nullopt : std::optional(number == 1);
}

void select(QComboBox& combo, const QVariant& value) {
    const QSignalBlocker quiet(&combo);
    if (combo.findData(value) < 0) {
        combo.addItem(value.toString(), value);  // "cuda:1", of the command line
    }
    combo.setCurrentIndex(combo.findData(value));
}

QFormLayout* formOf(QGroupBox* group) {
    auto* form = new QFormLayout(group);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    return form;
}

void addRow(QFormLayout* form, const QString& label, QWidget* field) {
    auto* text = new QLabel(label);
    text->setBuddy(field);
    form->addRow(text, field);
}

}  // namespace

PreferencesDialog::PreferencesDialog(Session* session,
                                     Preferences* preferences,
                                     Dialogs* dialogs,
                                     QWidget* parent)
    : QDialog(parent), session_(session), preferences_(preferences), dialogs_(dialogs) {
    setObjectName("preferencesDialog");
    setWindowTitle(tr("Preferences"));
    auto* left = new QVBoxLayout;
    left->addWidget(makeAppearance());
    left->addWidget(makeComputing());
    left->addStretch(1);
    auto* right = new QVBoxLayout;
    right->addWidget(makeModels(), 1);
    right->addWidget(makeSessions());
    auto* columns = new QHBoxLayout;
    columns->addLayout(left);
    columns->addLayout(right, 1);
    auto* rows = new QVBoxLayout(this);
    rows->addLayout(columns, 1);
    rows->addLayout(makeButtons());
    resize(720, sizeHint().height());  // room for paths
    connect(&session_->document, &Document::liveChanged, this, &PreferencesDialog::refresh);
    connect(&session_->ahead, &AheadController::onChanged, this, &PreferencesDialog::refresh);
    connect(&session_->controller, &Controller::hardwareChanged, this, &PreferencesDialog::refresh);
    refresh();
}

QComboBox* PreferencesDialog::combo(const char* name, const QString& title, const QString& tip) {
    auto* made = new QComboBox(this);
    made->setObjectName(name);
    made->setAccessibleName(title);
    made->setToolTip(tip);
    connect(made, &QComboBox::currentIndexChanged, this, &PreferencesDialog::takeControls);
    return made;
}

QWidget* PreferencesDialog::makeAppearance() {
    auto* group = new QGroupBox(tr("Appearance"), this);
    theme_ = combo("prefTheme", tr("Theme"), tr("Light or dark"));
    const std::pair<QString, Appearance> themes[] = {{tr("As the desktop"), Appearance::System},
                                                     {tr("Light"), Appearance::Light},
                                                     {tr("Dark"), Appearance::Dark}};
    contrast_ = new QCheckBox(tr("&High contrast"), group);
    contrast_->setObjectName("prefContrast");
    contrast_->setToolTip(
        tr("Black and white instead of shades; on by itself where the desktop's "
           "colours are of high contrast"));
    motion_ = combo("prefMotion",
                    tr("Motion"),
                    tr("Reduced: nothing moves, fades or blinks by itself. The desktop's own "
                       "setting is read from KDE's and GTK's files."));
    QFormLayout* form = formOf(group);
    for (const auto& [title, value] : themes) {
        const QSignalBlocker quiet(theme_);
        theme_->addItem(title, static_cast<int>(value));
    }
    for (const auto& [title, value] :
         {std::pair(tr("As the desktop"), kUnsaid), {tr("Reduced"), 1}, {tr("Full"), 0}}) {
        const QSignalBlocker quiet(motion_);
        motion_->addItem(title, value);
    }
    addRow(form, tr("&Theme"), theme_);
    form->addRow(QString(), contrast_);
    addRow(form, tr("&Motion"), motion_);
    connect(contrast_, &QCheckBox::toggled, this, &PreferencesDialog::takeControls);
    return group;
}

QWidget* PreferencesDialog::makeComputing() {
    auto* group = new QGroupBox(tr("Computing"), this);
    live_ = new QCheckBox(tr("&Live"), group);
    live_->setObjectName("prefLive");
    live_->setToolTip(tr("Run by itself whenever an input changes"));
    ahead_ = combo("prefAhead",
                   tr("Compute ahead"),
                   tr("While nothing runs, compute what the next move of threshold or budget would "
                      "ask for; needs Live"));
    for (const auto& [title, value] :
         {std::pair(tr("Where a run is quick"), kUnsaid), {tr("Always"), 1}, {tr("Never"), 0}}) {
        const QSignalBlocker quiet(ahead_);
        ahead_->addItem(title, value);
    }
    device_ = combo("prefDevice",
                    tr("Device"),
                    tr("Where models run; a change loads the open one again. Automatic takes a GPU "
                       "when LibTorch sees one."));
    dtype_ = combo("prefPrecision",
                   tr("Precision"),
                   tr("Numbers models compute with; a change loads the open one again"));
    for (const auto& [title, value] :
         {std::pair(tr("Automatic"), "auto"), {tr("CPU"), "cpu"}, {tr("GPU"), "cuda"}}) {
        const QSignalBlocker quiet(device_);
        device_->addItem(title, value);
    }
    for (const auto& [title, value] : {std::pair(tr("Automatic"), "auto"),
                                       {QStringLiteral("fp32"), "fp32"},
                                       {QStringLiteral("bf16"), "bf16"},
                                       {QStringLiteral("fp16"), "fp16"}}) {
        const QSignalBlocker quiet(dtype_);
        dtype_->addItem(title, value);
    }
    QFormLayout* form = formOf(group);
    form->addRow(QString(), live_);
    addRow(form, tr("Compute &ahead"), ahead_);
    addRow(form, tr("&Device"), device_);
    addRow(form, tr("&Precision"), dtype_);
    connect(live_, &QCheckBox::toggled, this, &PreferencesDialog::takeControls);
    return group;
}

QWidget* PreferencesDialog::makeModels() {
    auto* group = new QGroupBox(tr("Folders with models"), this);
    folders_ = new QListWidget(group);
    folders_->setObjectName("prefModelFolders");
    folders_->setAccessibleName(tr("Folders with models"));
    folders_->setToolTip(
        tr("Looked through, one level deep, for checkpoints beside the Hugging Face cache"));
    auto* add = new QPushButton(tr("&Add…"), group);
    add->setObjectName("prefAddFolder");
    add->setToolTip(tr("Choose one more folder"));
    remove_ = new QPushButton(tr("&Remove"), group);
    remove_->setObjectName("prefRemoveFolder");
    remove_->setToolTip(tr("Look there no more; nothing is deleted"));
    auto* buttons = new QVBoxLayout;
    for (QPushButton* button : {add, remove_}) {
        button->setAutoDefault(false);
        buttons->addWidget(button);
    }
    buttons->addStretch(1);
    auto* row = new QHBoxLayout(group);
    row->addWidget(folders_, 1);
    row->addLayout(buttons);
    connect(add, &QPushButton::clicked, this, &PreferencesDialog::addFolder);
    connect(remove_, &QPushButton::clicked, this, &PreferencesDialog::removeFolder);
    connect(folders_, &QListWidget::currentRowChanged, this, [this](int current) {
        remove_->setEnabled(current >= 0);
    });
    return group;
}

QWidget* PreferencesDialog::makeSessions() {
    auto* group = new QGroupBox(tr("Sessions and settings"), this);
    autosave_ = new QSpinBox(group);
    autosave_->setObjectName("prefAutosave");
    autosave_->setAccessibleName(tr("Seconds between a change and its autosave"));
    autosave_->setToolTip(tr("What a crash can lose at most; 0 switches autosaving off"));
    autosave_->setRange(0, Preferences::kMostAutosaveSeconds);
    autosave_->setSpecialValueText(tr("Off"));
    autosave_->setSuffix(tr(" s"));
    autosave_->setKeyboardTracking(false);
    QFormLayout* form = formOf(group);
    addRow(form, tr("A&utosave after"), autosave_);
    const auto addPath = [&](const char* name, const QString& title, const QString& path) {
        auto* label = new QLabel(QDir::toNativeSeparators(path), group);
        label->setObjectName(name);
        label->setAccessibleName(title);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        label->setWordWrap(true);
        form->addRow(title, label);
    };
    addPath("prefSettingsPath", tr("Settings are in"), preferences_->path());
    addPath("prefStatePath", tr("Autosaves are in"), preferences_->stateFolder());
    connect(autosave_, &QSpinBox::valueChanged, this, &PreferencesDialog::takeControls);
    return group;
}

QLayout* PreferencesDialog::makeButtons() {
    auto* defaults = new QPushButton(tr("Restore d&efaults"), this);
    defaults->setObjectName("prefDefaults");
    defaults->setToolTip(tr("All of this window back to how the program came"));
    auto* cancel = new QPushButton(tr("&Cancel"), this);
    cancel->setObjectName("prefCancel");
    cancel->setToolTip(tr("Back to how it was when this window was opened"));
    auto* shut = new QPushButton(tr("Close"), this);
    shut->setObjectName("prefClose");
    shut->setToolTip(tr("Keep it as it is"));
    shut->setDefault(true);
    auto* row = new QHBoxLayout;
    row->addWidget(defaults);
    row->addStretch(1);
    row->addWidget(cancel);
    row->addWidget(shut);
    connect(defaults, &QPushButton::clicked, this, [this] { apply({}); });
    connect(cancel, &QPushButton::clicked, this, &PreferencesDialog::reject);
    connect(shut, &QPushButton::clicked, this, &PreferencesDialog::accept);
    return row;
}

void PreferencesDialog::present() {
    if (!isVisible()) {
        before_ = inForce();
    }
    refresh();
    show();
    raise();
    activateWindow();
    theme_->setFocus();
}

PreferenceValues PreferencesDialog::inForce() const {
    return {preferences_->appearance(),
            preferences_->highContrast(),
            preferences_->motion(),
            session_->document.live(),
            preferences_->computeAhead(),
            session_->controller.hardware().device,
            session_->controller.hardware().dtype,
            preferences_->modelFolders(),
            preferences_->autosaveSeconds()};
}

PreferenceValues PreferencesDialog::onShow() const {
    PreferenceValues values = inForce();
    values.appearance = static_cast<Appearance>(theme_->currentData().toInt());
    values.high_contrast = contrast_->isChecked();
    values.reduced_motion = saidBy(*motion_);
    values.live = live_->isChecked();
    values.compute_ahead = saidBy(*ahead_);
    values.device = device_->currentData().toString();
    values.dtype = dtype_->currentData().toString();
    values.autosave_s = autosave_->value();
    return values;
}

void PreferencesDialog::apply(const PreferenceValues& wanted) {
    const PreferenceValues now = inForce();
    preferences_->setModelFolders(wanted.model_folders);
    preferences_->setAutosaveSeconds(wanted.autosave_s);
    session_->files.setAutosaveSeconds(wanted.autosave_s);
    if (wanted.live != now.live) {
        session_->document.setLive(wanted.live);
    }
    if (wanted.compute_ahead != now.compute_ahead) {
        session_->ahead.setOn(wanted.compute_ahead);
    }
    if (wanted.device != now.device || wanted.dtype != now.dtype) {
        Hardware hardware = session_->controller.hardware();
        hardware.device = wanted.device;
        hardware.dtype = wanted.dtype;
        session_->controller.runOn(hardware);
    }
    if (wanted.appearance != now.appearance || wanted.high_contrast != now.high_contrast ||
        wanted.reduced_motion != now.reduced_motion) {
        preferences_->setAppearance(wanted.appearance);
        preferences_->setHighContrast(wanted.high_contrast);
        preferences_->setMotion(wanted.reduced_motion);
        Q_EMIT appearanceChanged();
    }
    refresh();
}

void PreferencesDialog::takeControls() {
    apply(onShow());
}

void PreferencesDialog::refresh() {
    const PreferenceValues values = inForce();
    select(*theme_, static_cast<int>(values.appearance));
    select(*motion_, numberOf(values.reduced_motion));
    motion_->setItemText(
        0, desktopReducesMotion() ? tr("As the desktop: reduced") : tr("As the desktop: full"));
    select(*ahead_, numberOf(values.compute_ahead));
    ahead_->setEnabled(values.live);
    select(*device_, values.device);
    select(*dtype_, values.dtype);
    for (const auto& [box, is_on] :
         {std::pair(contrast_, values.high_contrast), {live_, values.live}}) {
        const QSignalBlocker quiet(box);
        box->setChecked(is_on);
    }
    {
        const QSignalBlocker quiet(autosave_);
        autosave_->setValue(values.autosave_s);
    }
    const int row = folders_->currentRow();
    folders_->clear();
    folders_->addItems(values.model_folders);
    folders_->setCurrentRow(std::min(row, folders_->count() - 1));
    remove_->setEnabled(folders_->currentRow() >= 0);
}

void PreferencesDialog::addFolder() {
    const QString chosen = dialogs_->openFolder(this, tr("Folder with models"));
    if (chosen.isEmpty()) {
        return;
    }
    PreferenceValues values = inForce();
    const QString clean = QDir::cleanPath(chosen);
    if (!values.model_folders.contains(clean)) {
        values.model_folders << clean;
        apply(values);
    }
    folders_->setCurrentRow(static_cast<int>(values.model_folders.indexOf(clean)));
}

void PreferencesDialog::removeFolder() {
    PreferenceValues values = inForce();
    const int row = folders_->currentRow();
    if (row >= 0 && row < values.model_folders.size()) {
        values.model_folders.removeAt(row);
        apply(values);
    }
}

void PreferencesDialog::reject() {
    apply(before_);
    QDialog::reject();
}

}  // namespace prunescope
