#!/usr/bin/env python3
"""Holds the repository to its own rules. Standard library only.

    check.py [--root DIR] [CHECK…]      every check when none is named; exit status 1 on findings

A finding is one line: FILE:LINE: what is wrong (what to do).
"""
import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP_LEVEL = {"CMakeLists.txt", "app", "core", "ui", "resources", "tests", "packaging", "README.md",
             "LICENSE", "CMakePresets.json"}
CODE = {".h", ".cpp"}
PROSE = CODE | {".md", ".txt", ".cmake", ".py", ".sh", ".json", ".qrc", ".in", ".supp", ".desktop", ""}
LIMITS = {".cpp": (500, 700), ".h": (120, 300)}  # lines: needs a reason, fails
MAIN_WINDOW_LIMIT = 400
BANNED = {
    "torch/torch.h": "include the ATen/ops you use (22 s of compile time)",
    "torch/all.h": "include the ATen/ops you use",
    "ATen/ATen.h": "include ATen/core/Tensor.h and the ATen/ops you use (10 s of compile time)",
    "bits/stdc++.h": "include what you use",
}
LIBRARIES = [
    ("torch", re.compile(r"^(ATen|c10|torch)/")),
    ("opencv", re.compile(r"^opencv2?/|^opencv")),
    ("json", re.compile(r"^nlohmann/")),
    ("zip", re.compile(r"^zip\.h$")),
    ("icu", re.compile(r"^unicode/")),
    ("sentencepiece", re.compile(r"^sentencepiece")),
    ("cli11", re.compile(r"^CLI/|^CLI11")),
    ("gtest", re.compile(r"^(gtest|gmock|benchmark)/")),
    ("qt", re.compile(r"^Q[A-Z]|^Qt|^qcustomplot|^qt[a-z]+\.h$")),
]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


class Findings:
    def __init__(self):
        self.lines = []
        self.notes = []

    def add(self, path, line, text):
        self.lines.append(f"{path}:{line}: {text}")

    def note(self, text):
        self.notes.append(text)


def tracked(root):
    """Files of the repository, whether committed or about to be; all files without git."""
    try:
        listed = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True, check=True).stdout.decode().split("\0")
        top = subprocess.run(["git", "-C", str(root), "rev-parse", "--show-toplevel"],
                             capture_output=True, check=True).stdout.decode().strip()
        if Path(top).resolve() != root.resolve():
            raise OSError
    except (OSError, subprocess.CalledProcessError):
        listed = [str(p.relative_to(root)) for p in root.rglob("*")
                  if p.is_file() and not {"build", ".git"} & set(p.relative_to(root).parts)]
    return sorted(p for p in set(listed)
                  if p and (root / p).is_file())


def read(root, path):
    return (root / path).read_text(encoding="utf-8", errors="replace").splitlines()


def code_files(root):
    return [p for p in tracked(root)
            if Path(p).suffix in CODE and p.split("/")[0] in ("app", "core", "ui", "tests")]


def load_layers(path):
    table = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        cells = [cell.split() for cell in line.split(":")]
        if len(cells) != 4 or len(cells[0]) != 1:
            raise SystemExit(f"{path}:{number}: four cells are expected, separated by ':'")
        table[cells[0][0]] = tuple(set(cell) - {"-"} for cell in cells[1:])
    return table


def layer_of(path, table):
    fits = [folder for folder in table if path.startswith(folder + "/")]
    return max(fits, key=len) if fits else None


def library_of(header):
    return next((name for name, pattern in LIBRARIES if pattern.search(header)), None)


def check_layers(root, found):
    """Includes stay within tests/lint/layers.txt."""
    table = load_layers(HERE / "layers.txt")
    for path in code_files(root):
        layer = layer_of(path, table)
        if layer is None:
            found.add(path, 1, "belongs to no layer (add its folder to tests/lint/layers.txt)")
            continue
        ours, in_headers, in_sources = table[layer]
        libraries = in_headers if path.endswith(".h") else in_sources
        for number, line in enumerate(read(root, path), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            quote, header = match.groups()
            library = library_of(header)
            if library:
                if library not in libraries:
                    where = "headers" if path.endswith(".h") else "sources"
                    found.add(path, number, f"{layer} may not include {library} in {where}: {header}")
            elif quote == '"':
                target = layer_of(header, table)
                if target is None:
                    if (root / path).parent.joinpath(header).is_file() or "/" in header:
                        found.add(path, number, f'"{header}" is not rooted at the repository')
                elif target != layer and target not in ours and header not in ours \
                        and header.split("/")[0] not in ours:
                    found.add(path, number, f"{layer} may not include {target}: {header}")


def check_wall(root, found):
    """Nothing that ui includes, at any depth, reaches LibTorch or OpenCV."""
    includes = {path: [(number, INCLUDE.match(line).group(2))
                       for number, line in enumerate(read(root, path), 1) if INCLUDE.match(line)]
                for path in code_files(root)}

    def reach(path, way, seen):
        for _, header in includes.get(path, []):
            if library_of(header) in ("torch", "opencv"):
                return way + [header]
            if header in includes and header not in seen:
                seen.add(header)
                deeper = reach(header, way + [header], seen)
                if deeper:
                    return deeper
        return None

    for path in (p for p in includes if p.startswith("ui/")):
        for number, header in includes[path]:
            way = reach(header, [header], {header}) if header in includes else None
            if way:
                found.add(path, number, "reaches " + way[-1] + " through " + " > ".join(way[:-1]))


def check_banned(root, found):
    """Headers that cost more than they give."""
    for path in code_files(root):
        for number, line in enumerate(read(root, path), 1):
            match = INCLUDE.match(line)
            if match and match.group(2) in BANNED:
                found.add(path, number, f"{match.group(2)} is banned: {BANNED[match.group(2)]}")
            if re.match(r"^using namespace (?!std::(string_view|chrono)?_?literals)", line) \
                    and path.endswith(".h"):
                found.add(path, number, "no using namespace in a header")
        if path.endswith(".h") and not any(l.startswith("#pragma once") for l in read(root, path)):
            found.add(path, 1, "#pragma once is missing")


def check_sizes(root, found):
    """No file is the place where everything ends up."""
    for path in code_files(root):
        lines = len(read(root, path))
        typical, limit = LIMITS[Path(path).suffix]
        if path == "ui/main_window.cpp":
            limit = MAIN_WINDOW_LIMIT
        if lines > limit:
            found.add(path, limit, f"{lines} lines, {limit} are allowed (divide it by topic)")
        elif lines > typical and path.endswith(".cpp"):
            found.note(f"{path}: {lines} lines; {typical} need a reason")


def check_machine(root, found):
    """Nothing names a machine, and nothing is left for later without an issue."""
    places = "|".join(["work", "root", r"home/\w+", r"Users/\w+"])
    machine = re.compile(r"(?<![\w.}\])*-])/(" + places + r")(/|\b)")
    later = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X{3})\b(?!\s*\(?#\d+)")
    data = ("resources/models/", "tests/golden/data/")
    for path in tracked(root):
        if Path(path).suffix not in PROSE or path == "LICENSE":
            continue
        if path.startswith(data) and Path(path).suffix in (".json", ".txt"):
            continue
        for number, line in enumerate(read(root, path), 1):
            if machine.search(line):
                found.add(path, number, f"names a place on one machine: {line.strip()[:80]}")
            if later.search(line):
                found.add(path, number, f"work for later needs its issue, as in TO" "DO(#12)")


def check_toplevel(root, found):
    """The top level is closed."""
    entries = {p.split("/")[0] for p in tracked(root)}
    for entry in sorted(entries):
        if not entry.startswith(".") and entry not in TOP_LEVEL:
            found.add(entry, 1, "is not one of the top-level entries")
    for entry in sorted(TOP_LEVEL - entries):
        found.add(entry, 1, "is missing at the top level")


def check_format(root, found):
    """clang-format 14 would change nothing."""
    tool = shutil.which("clang-format-14")
    if not tool:
        found.note("clang-format-14 is not installed: the format was not checked")
        return
    files = code_files(root)
    if not files:
        return
    result = subprocess.run([tool, "--dry-run", *files], cwd=root, capture_output=True, text=True)
    seen = set()
    for line in result.stderr.splitlines():
        match = re.match(r"(.+?):(\d+):\d+: (warning|error)", line)
        if match and match.group(1) not in seen:
            seen.add(match.group(1))
            found.add(match.group(1), match.group(2), "is not formatted (run packaging/format)")
    if result.returncode != 0 and not seen:
        found.add(".clang-format", 1, result.stderr.strip()[:200])


CHECKS = {
    "layers": check_layers,
    "wall": check_wall,
    "banned": check_banned,
    "sizes": check_sizes,
    "machine": check_machine,
    "toplevel": check_toplevel,
    "format": check_format,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--root", type=Path, default=HERE.parent.parent)
    parser.add_argument("checks", nargs="*", metavar="CHECK", help=", ".join(CHECKS))
    arguments = parser.parse_args()
    unknown = set(arguments.checks) - set(CHECKS)
    if unknown:
        parser.error(f"no such check: {', '.join(sorted(unknown))}")
    failed = False
    for name in arguments.checks or CHECKS:
        found = Findings()
        CHECKS[name](arguments.root, found)
        print(f"{name}: {'ok' if not found.lines else f'{len(found.lines)} to mend'}")
        for line in found.lines:
            print("  " + line)
        for note in found.notes:
            print("  note: " + note)
        failed |= bool(found.lines)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
