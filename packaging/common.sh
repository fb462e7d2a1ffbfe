# Shared by the scripts beside it; not run by itself.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
deps=$root/build/deps
torch_version=2.13.0

# Messages go to stderr: stdout belongs to the program that is started.
say() { printf 'prunescope: %s\n' "$*" >&2; }

# One sentence about what failed, one about what to do.
fail() {
    printf 'prunescope: %s\n' "$1" >&2
    [[ -n ${2:-} ]] && printf '            %s\n' "$2" >&2
    exit 1
}

# Takes the LibTorch that packaging/setup found, and the tools of its environment.
load_environment() {
    # shellcheck disable=SC1091
    source "$deps/env.sh"
}

# configure PRESET: only when something that ninja does not watch has changed.
configure() {
    local preset=$1 folder=$root/build/$1 stamp wanted
    stamp=$folder/.configured
    wanted=$(sha256sum "$root/CMakePresets.json" | cut -d' ' -f1)" ${LibTorch_ROOT:-}"
    [[ -f $folder/build.ninja && -f $stamp && $(<"$stamp") == "$wanted" ]] && return 0
    say "configuring $preset"
    # Another LibTorch than last time: the paths that were found must go.
    [[ -f $stamp && $(<"$stamp") != *" ${LibTorch_ROOT:-}" ]] && rm -f "$folder/CMakeCache.txt"
    (cd "$root" && "${CMAKE:-cmake}" --preset "$preset" >"$folder.log" 2>&1) || {
        cat "$folder.log" >&2
        fail "CMake could not configure '$preset'." \
            "The reason is above; if a package is missing, remove build/deps/*.stamp and try again."
    }
    printf '%s' "$wanted" >"$stamp"
}

# compile PRESET [arguments of cmake --build]
compile() {
    local preset=$1
    shift
    "${CMAKE:-cmake}" --build "$root/build/$preset" "$@" >&2 ||
        fail "The build of '$preset' failed." \
            "The first error is above; when memory ran out, try again with CMAKE_BUILD_PARALLEL_LEVEL=1."
}
