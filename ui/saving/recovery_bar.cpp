#include "ui/saving/recovery_bar.h"

#include "ui/saving/session_files.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

namespace prunescope {

RecoveryBar::RecoveryBar(SessionFiles* files, QWidget* parent) : QFrame(parent) {
    setObjectName("recoveryBar");
    setFrameShape(QFrame::StyledPanel);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(8, 4, 8, 4);
    auto* text = new QLabel(tr("The last sitting ended unexpectedly; its state was kept."), this);
    text->setWordWrap(true);
    row->addWidget(text, 1);
    auto* recover = new QPushButton(tr("&Recover"), this);
    recover->setObjectName("recoverButton");
    recover->setToolTip(tr("Open the picture, question, settings and result as they were"));
    auto* skip = new QPushButton(tr("S&kip"), this);
    skip->setObjectName("skipRecoveryButton");
    skip->setToolTip(tr("Do not ask again; File > Reopen last session still has it"));
    row->addWidget(recover);
    row->addWidget(skip);
    connect(recover, &QPushButton::clicked, files, &SessionFiles::openLast);
    connect(skip, &QPushButton::clicked, files, &SessionFiles::skipRecovery);
    connect(files, &SessionFiles::recoveryChanged, this, &QWidget::hide);
    setVisible(files->wasInterrupted());
}

}  // namespace prunescope
