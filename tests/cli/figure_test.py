#!/usr/bin/env python3
"""Figures and tables of the command line, read by other programs than ours.

Usage: figure_test.py PRUNESCOPE_CLI REPOSITORY. The animation is decoded by Pillow where it is
installed; the structure of the files is checked in any case.
"""

import csv
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
import zlib

try:
    from PIL import Image, ImageChops
except ImportError:
    Image = ImageChops = None

CLI, REPOSITORY = sys.argv[1], pathlib.Path(sys.argv[2])
SVG = "{http://www.w3.org/2000/svg}"


def run(*arguments):
    return subprocess.run([CLI, "run", *map(str, arguments)], check=True, capture_output=True, text=True)


def chunks(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at = 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        (crc,) = struct.unpack(">I", data[at + 8 + length : at + 12 + length])
        assert crc == zlib.crc32(kind + body), kind
        yield kind, body
        at += 12 + length


def state_of_png(data):
    for kind, body in chunks(data):
        if kind == b"iTXt" and body.startswith(b"prunescope.figure\0"):
            return json.loads(body.split(b"\0", 5)[5])
    raise AssertionError("no state")


def mean_difference(a, b):
    levels = ImageChops.difference(a, b).histogram()
    return sum(n * (i % 256) for i, n in enumerate(levels)) / (3 * a.width * a.height)


def test_animation(folder):
    path = folder / "stages.apng"
    table = folder / "trace.csv"
    still = folder / "last.png"
    run("--budget", 32, "--overlay", path, "--trace", table)
    run("--budget", 32, "--overlay", still)
    data = path.read_bytes()
    kinds = [kind for kind, _ in chunks(data)]
    rows = list(csv.DictReader(table.open()))
    stages = 1 + max(int(row["stage"]) for row in rows)
    assert len(rows) == stages * 576
    assert sum(row["slot"] != "-1" for row in rows if int(row["stage"]) == stages - 1) == 32
    assert kinds.count(b"fcTL") == stages + 1
    assert state_of_png(data)["settings"]["budget"] == 32
    sequence = [struct.unpack(">I", body[:4])[0] for kind, body in chunks(data) if kind in (b"fcTL", b"fdAT")]
    assert sequence == list(range(len(sequence)))
    if Image is None:
        print("Pillow is not installed: frames were not decoded")
        return
    with Image.open(path) as animation:
        assert animation.n_frames == stages + 1 and animation.is_animated
        frames = []
        for i in range(animation.n_frames):
            animation.seek(i)
            frames.append(animation.convert("RGB"))
            last = i == animation.n_frames - 1
            assert animation.info["duration"] == (3000 if last else 1200), "the result stays longer"
    assert len({frame.tobytes() for frame in frames}) == len(frames), "every stage looks different"
    with Image.open(still) as image:  # the last stage by another way, at twice the resolution
        wanted = image.convert("RGB").reduce(2)
    assert wanted.width == frames[-1].width and wanted.height <= frames[-1].height
    far = [mean_difference(frame.crop((0, 0, *wanted.size)), wanted) for frame in frames]
    # Hatches and thin lines are smoothed differently at half the resolution: near, not equal.
    assert far[-1] < 12 and far[-1] < 0.75 * min(far[:-1]), far


def test_figures_carry_their_state(folder):
    prompt = 'Is there a <mango> & "more"?'
    result = json.loads(run("--prompt", prompt, "--overlay", folder / "o.svg", "--json").stdout)
    tree = ElementTree.parse(folder / "o.svg")
    state = json.loads(tree.find(f"{SVG}metadata").text)
    assert state["prompt"] == prompt and state["settings"]["method"] == result["settings"]["method"]
    assert len(tree.findall(f".//{SVG}image")) == 1
    words = " ".join(text.text or "" for text in tree.iter(f"{SVG}text"))
    assert state["id"] in words
    run("--prompt", prompt, "--overlay", folder / "o.png", "--plot", folder / "p.png")
    assert state_of_png((folder / "o.png").read_bytes())["id"] == state["id"]
    assert state_of_png((folder / "p.png").read_bytes())["id"] == state["id"]
    session = folder / "s.prunescope"
    run("--prompt", prompt, "--session", session)
    shown = subprocess.run([CLI, "session", "show", session], check=True, capture_output=True, text=True).stdout
    assert state["id"] in shown, shown


def test_pdf_holds_one_picture(folder):
    run("--overlay", folder / "o.pdf")
    pdf = (folder / "o.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-1.") and len(re.findall(rb"/Subtype /Image", pdf)) == 1


def main():
    for name, test in sorted(globals().items()):
        if name.startswith("test_"):
            with tempfile.TemporaryDirectory() as folder:
                test(pathlib.Path(folder))
            print("ok", name)


if __name__ == "__main__":
    main()
