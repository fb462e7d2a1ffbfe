#!/usr/bin/env python3
"""Shows that check.py finds what it is there to find: each case is a repository with one fault."""
import subprocess
import sys
import tempfile
from pathlib import Path

CHECK = Path(__file__).resolve().parent / "check.py"
HEADER = "#pragma once\n"
OLD = "/" + "home/somebody/pictures"
NOTE = "TO" + "DO"

# check, file, text (or {file: text}, None), what the finding must say
CASES = [
    ("layers", "core/base/bad.h", HEADER + '#include "core/model/vlm.h"\n', "core/base may not include core/model"),
    ("layers", "core/trace/bad.cpp", "#include <ATen/core/Tensor.h>\n", "may not include torch"),
    ("layers", "core/trace/bad.h", HEADER + "#include <ATen/core/Tensor.h>\n", "may not include torch in headers"),
    ("wall", {"ui/bad.cpp": '#include "core/engine/engine.h"\n',
              "core/engine/engine.h": HEADER + '#include "core/engine/stages.h"\n',
              "core/engine/stages.h": HEADER + "#include <ATen/core/Tensor.h>\n"}, None,
     "reaches ATen/core/Tensor.h through core/engine/engine.h > core/engine/stages.h"),
    ("layers", "core/prune/bad.cpp", "#include <QString>\n", "may not include qt"),
    ("layers", "core/image/bad.h", HEADER + "#include <opencv2/core.hpp>\n", "may not include opencv in headers"),
    ("layers", "ui/bad.cpp", "#include <c10/core/Device.h>\n", "may not include torch"),
    ("layers", "ui/bad.cpp", "#include <opencv2/imgproc.hpp>\n", "may not include opencv"),
    ("layers", "ui/bad.cpp", '#include "core/model/vlm.h"\n', "ui may not include core/model"),
    ("layers", "core/new/bad.cpp", "int x;\n", "belongs to no layer"),
    ("layers", "core/base/bad.cpp", '#include "sub/error.h"\n', "is not rooted"),
    ("banned", "core/model/bad.cpp", "#include <torch/torch.h>\n", "torch/torch.h is banned"),
    ("banned", "core/model/bad.cpp", "#include <ATen/ATen.h>\n", "ATen/ATen.h is banned"),
    ("banned", "core/base/bad.h", "int x;\n", "#pragma once is missing"),
    ("sizes", "core/base/bad.cpp", "int x;\n" * 701, "701 lines, 700 are allowed"),
    ("sizes", "core/base/bad.h", "int x;\n" * 301, "301 lines, 300 are allowed"),
    ("sizes", "ui/main_window.cpp", "int x;\n" * 401, "401 lines, 400 are allowed"),
    ("machine", "core/base/bad.cpp", f'auto p = "{OLD}";\n', "names a place on one machine"),
    ("machine", "core/base/bad.cpp", f"// {NOTE} later\n", "needs its issue"),
    ("toplevel", "docs/page.md", "text\n", "is not one of the top-level entries"),
    ("format", "core/base/bad.cpp", "int   x ;\n", "is not formatted"),
]
# Things that must pass.
GOOD = [
    ("layers", "core/model/good.cpp", '#include "core/base/error.h"\n#include <ATen/core/Tensor.h>\n'),
    ("layers", "ui/good.cpp", '#include "core/engine/event.h"\n#include <QWidget>\n'),
    ("machine", "core/base/good.cpp", f"// {NOTE}(#12): later\n// a/work/b and /workshop are no places\n"),
    ("sizes", "core/base/good.cpp", "int x;\n" * 700),
    ("format", "core/base/good.cpp", "int x;\n"),
]


def run(check, path, text):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, content in (path if isinstance(path, dict) else {path: text}).items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content, encoding="utf-8")
        style = CHECK.parent.parent.parent / ".clang-format"
        if style.is_file():
            (root / ".clang-format").write_text(style.read_text(encoding="utf-8"), encoding="utf-8")
        return subprocess.run([sys.executable, str(CHECK), "--root", folder, check],
                              capture_output=True, text=True)


def main():
    wrong = 0
    for check, path, text, wanted in CASES:
        result = run(check, path, text)
        if "was not checked" in result.stdout:
            print(f"skipped: {check} (its tool is not installed)")
        elif result.returncode != 1 or wanted not in result.stdout:
            wrong += 1
            print(f"missed: {check} on {path}, wanted '{wanted}', got:\n{result.stdout}{result.stderr}")
    for check, path, text in GOOD:
        result = run(check, path, text)
        if result.returncode != 0:
            wrong += 1
            print(f"false alarm: {check} on {path}:\n{result.stdout}{result.stderr}")
    print(f"{len(CASES) + len(GOOD)} cases, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
