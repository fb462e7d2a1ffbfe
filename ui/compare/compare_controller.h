#pragma once

#include "ui/compare/method_grid.h"
#include "ui/compare/reference.h"
#include "ui/engine_bridge.h"

#include <vector>

#include <QObject>
#include <QTimer>

namespace prunescope {

/// Has the engine compute what B and the grid of methods need, below what the document needs, and
/// brings the results to them. Knows no widget.
class CompareController : public QObject {
    Q_OBJECT

public:
    CompareController(Document* document,
                      Reference* reference,
                      MethodGrid* grid,
                      EngineBridge* engine,
                      QObject* parent = nullptr);

private:
    /// What one batch was asked; a result counts only while the question is still the same.
    struct Asked {
        RunId batch = 0;
        std::vector<int> tiles;  ///< per variant; of the grid
        std::vector<RunRequest> variants;
    };

    bool mayRun() const;
    void syncReference();
    void syncGrid();
    void drop(Asked& asked);
    void onEvent(const Event& event);
    void onReference(const Event& event);
    void onGrid(const Event& event);

    Document* document_;
    Reference* reference_;
    MethodGrid* grid_;
    EngineBridge* engine_;
    Asked of_reference_;
    Asked of_grid_;
    QTimer reference_soon_;
    QTimer grid_soon_;
};

}  // namespace prunescope
