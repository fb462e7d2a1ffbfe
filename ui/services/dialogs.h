#pragma once

#include <QString>

class QWidget;

namespace prunescope {

/// Questions to the user. Tests hand in answers instead of windows. Empty: the user cancelled.
class Dialogs {
public:
    virtual ~Dialogs() = default;
    Dialogs(const Dialogs&) = delete;
    Dialogs& operator=(const Dialogs&) = delete;

    virtual QString openPicture(QWidget* parent) = 0;
    virtual QString openFile(QWidget* parent, const QString& title, const QString& filter) = 0;
    virtual QString openFolder(QWidget* parent, const QString& title) = 0;
    virtual QString saveAs(QWidget* parent,
                           const QString& title,
                           const QString& suggestion,
                           const QString& filter) = 0;

protected:
    Dialogs() = default;
};

/// The real ones.
class FileDialogs : public Dialogs {
public:
    QString openPicture(QWidget* parent) override;
    QString openFile(QWidget* parent, const QString& title, const QString& filter) override;
    QString openFolder(QWidget* parent, const QString& title) override;
    QString saveAs(QWidget* parent,
                   const QString& title,
                   const QString& suggestion,
                   const QString& filter) override;
};

}  // namespace prunescope
