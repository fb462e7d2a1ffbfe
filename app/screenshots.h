#pragma once

#include "ui/main_window.h"

#include <functional>
#include <vector>

#include <QElapsedTimer>
#include <QObject>
#include <QTemporaryDir>
#include <QTimer>

namespace prunescope {

/// Drives the window through its states and writes a picture of each, then ends the program:
/// status 0 when all were written. The event loop runs all the while; nothing waits inside it.
class Screenshots : public QObject {
    Q_OBJECT

public:
    Screenshots(Session* session, MainWindow* window, const QString& directory);

    void start();

private:
    /// Does `act`, waits until `ready`, then takes a picture named `name` ("" takes none).
    struct Step {
        QString name;
        std::function<void()> act;
        std::function<bool()> ready;
        QString widget = {};  ///< name of what the picture shows; "": the window
    };

    void addStates(const QString& suffix);
    void addPanels(const QString& suffix);
    void addRemarks(const QString& suffix);
    void addFigure(const QString& suffix);
    void addEvaluation();
    void addErrors(const QString& suffix);
    void addRules(const QString& suffix);
    void addAttribution(const QString& suffix);
    void addCompare(const QString& suffix);
    void begin();
    void tick();
    bool isAtRest() const;
    bool isComplete() const;
    void setTau(double tau);
    void setBudget(int budget);
    void setMethod(const std::string& id);

    Session* session_;
    MainWindow* window_;
    QString directory_;
    std::vector<Step> steps_;
    std::size_t at_ = 0;
    int calm_ticks_ = 0;
    int fresh_budget_ = 42;  ///< of a run that must take its time; no result is at hand for it
    bool failed_ = false;
    QTimer timer_;
    QElapsedTimer waited_;
    QTemporaryDir broken_model_;
};

}  // namespace prunescope
