# The window's program.
add_executable(
    prunescope gui_main.cpp gui_options.cpp gui_options.h screenshots.cpp screenshots.h)
set_target_properties(prunescope PROPERTIES AUTOMOC ON)
target_link_libraries(prunescope PRIVATE prunescope_warnings ui core_engine CLI11::CLI11)
target_compile_definitions(prunescope PRIVATE PRUNESCOPE_VERSION="${PROJECT_VERSION}")
install(TARGETS prunescope)
