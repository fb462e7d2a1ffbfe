#pragma once

#include "ui/controller.h"
#include "ui/document.h"
#include "ui/engine_bridge.h"
#include "ui/selection.h"
#include "ui/views/overlay_settings.h"

namespace prunescope {

/// All of the program that is not a widget. Outlives the window that shows it.
struct Session {
    Session(Engine::MakeBackend make, Preferences* preferences)
        : engine(std::move(make)), controller(&document, &engine, preferences) {}

    Document document;
    SelectionModel selection;
    OverlaySettings overlay;
    EngineBridge engine;
    Controller controller;
};

}  // namespace prunescope
