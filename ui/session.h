#pragma once

#include "ui/ahead/ahead_controller.h"
#include "ui/attribution/token_attribution.h"
#include "ui/compare/compare_controller.h"
#include "ui/compare/compare_settings.h"
#include "ui/controller.h"
#include "ui/document.h"
#include "ui/engine_bridge.h"
#include "ui/evaluate/evaluation.h"
#include "ui/saving/session_files.h"
#include "ui/selection.h"
#include "ui/views/overlay_settings.h"

namespace prunescope {

/// All of the program that is not a widget. Outlives the window that shows it.
struct Session {
    Session(Engine::MakeBackend make, Preferences* preferences)
        : engine(std::move(make)),
          controller(&document, &engine, preferences),
          ahead(&document, &controller, &engine, preferences),
          compare(&document, &reference, &grid, &engine),
          evaluation(&document, &engine),
          attribution(&document, &selection, &controller, &engine),
          files(&document, &selection, &attribution, preferences->stateFolder()) {}

    Document document;
    Reference reference{&document};
    MethodGrid grid{&document};
    SelectionModel selection;
    OverlaySettings overlay;
    CompareSettings compare_settings;
    EngineBridge engine;
    Controller controller;
    AheadController ahead;
    CompareController compare;
    Evaluation evaluation;
    TokenAttribution attribution;
    SessionFiles files;
};

}  // namespace prunescope
