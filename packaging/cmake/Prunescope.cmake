# Three helpers: warnings for everything, one static library per folder, one test program per folder.

add_library(prunescope_warnings INTERFACE)
target_compile_options(
    prunescope_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
                                  $<$<BOOL:${PRUNESCOPE_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
    # What these three see inside inlined library code depends on the optimiser, and is often wrong
    # (GCC bugs 105651, 107852): they warn, but stop nothing.
    target_compile_options(
        prunescope_warnings INTERFACE -Wno-error=restrict -Wno-error=stringop-overflow -Wno-error=array-bounds)
endif()

# prunescope_module(core_image HEADERS … SOURCES … [PUBLIC …] [PRIVATE …])
#   PUBLIC: may appear in the module's headers. PRIVATE: its sources only.
function(prunescope_module name)
    cmake_parse_arguments(arg "" "" "HEADERS;SOURCES;PUBLIC;PRIVATE" ${ARGN})
    add_library(${name} STATIC)
    target_sources(
        ${name}
        PRIVATE ${arg_SOURCES}
        PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${arg_HEADERS})
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} PUBLIC ${arg_PUBLIC} PRIVATE prunescope_warnings ${arg_PRIVATE})
    set_target_properties(${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
endfunction()

# prunescope_suite(core_image_test SOURCES … LIBS … [LABELS …])
function(prunescope_suite name)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBS;LABELS" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE prunescope_warnings ${arg_LIBS} GTest::gmock GTest::gtest_main)
    target_compile_definitions(
        ${name} PRIVATE PRUNESCOPE_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                        PRUNESCOPE_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/golden/data")
    gtest_discover_tests(${name} DISCOVERY_TIMEOUT 120 PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 600)
endfunction()
