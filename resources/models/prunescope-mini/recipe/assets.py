"""Collects cut-outs, backgrounds and fonts from freely licensed packages into a compact cache.

`python assets.py` builds the cache once; `Assets.load()` maps it into memory. Without the packages, `Assets.toy()`
draws a few shapes itself, which is enough for a smoke test.

What is trained on is what fits into one file of less than 22 MB: `assets.pack`, a plain zip of WebP pictures, the
letters of the fonts, and an index. `python assets.py --unpack FILE` makes the same cache of it on a machine without the
packages.
"""

from __future__ import annotations

import argparse
import glob
import hashlib
import io
import json
import os
import re
import subprocess
import zipfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

import classes

# Before OpenCV starts threads: a worker forked beside them hangs when it touches their pool.
cv2.setNumThreads(0)

RECIPE = Path(__file__).resolve().parent
WORK = Path(os.environ.get("PRUNESCOPE_TRAINING") or RECIPE.parents[3] / ".training")
CACHE = WORK / "cache"
SIZES = (192, 96, 48)
BACKGROUND_SIDE = 448
SPLITS = ("train", "val", "test")
PACK_LIMIT = 22 * 10 ** 6
WEBP = {"format": "WEBP", "quality": 88, "method": 6, "exact": True}
SIGN_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

STAMPS = Path("/usr/share/tuxpaint/stamps")
CLIPART = Path("/usr/share/openclipart/png")
EMOJI_FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
EMOJI_PNG = "/usr/share/rubygems-integration/all/gems/gemojione-*/"
PHOTOS = ("/usr/share/doc/opencv-doc/examples/data/*.*", "/usr/share/backgrounds/**/*.*",
          "/usr/share/wallpapers/*/contents/images/*.*", "{skimage}/data/*.*")
OPENCV_PHOTOS = {"aloeL.jpg", "baboon.jpg", "board.jpg", "building.jpg", "graf1.png", "leuvenA.jpg", "home.jpg",
                 "rubberwhale1.png", "starry_night.jpg", "stuff.jpg", "ela_original.jpg", "box_in_scene.png",
                 "aero1.jpg", "aero3.jpg", "left01.jpg"}
SKIMAGE_PHOTOS = {"astronaut.png", "brick.png", "camera.png", "cell.png", "coins.png", "grass.png", "gravel.png",
                  "hubble_deep_field.jpg", "ihc.png", "retina.jpg"}
SHOWS_A_CLASS = ("ladybird", "mouse", "elephant", "goldfish", "flower", "calla", "wine", "kleiber", "dragonfly",
                 "wings", "cups", "fossa", "screenshot", "vnc", "painted", "balloon", "tree", "cow", "moon")
FONT_PACKAGES = ("dejavu", "liberation", "lato", "open-sans", "roboto", "cantarell", "comfortaa", "crosextra", "freefont",
                 "croscore", "inter", "quicksand", "play", "jura", "linuxlibertine", "hack", "ebgaramond", "andika", "cabin",
                 "courier-prime", "vollkorn", "lobstertwo", "lobster")
FONT_STYLES = re.compile(r"(Bold|Regular|Semibold|SemiBold|Medium|Black|-R|-B|Book|Sans|Serif|Mono|[a-z])$")
FONT_EXCLUDED = re.compile(r"Italic|Oblique|Light|Thin|Symbol|Emoji|Math|Display|Initials|SC|Hairline|Keyboard|_[DR]?(I|BI|RI)", 0)
# A family is one design; metric twins and condensed cuts belong to it.
FONT_TWINS = {"Carlito": "Lato", "Arimo": "LiberationSans", "Tinos": "LiberationSerif", "Cousine": "LiberationMono",
              "LiberationSansNarrow": "LiberationSans", "DejaVuSansCondensed": "DejaVuSans", "DejaVuSansMono": "DejaVuSans",
              "DejaVuSerifCondensed": "DejaVuSerif", "Hack": "DejaVuSans", "RobotoCondensed": "Roboto", "OpenSansCondensed": "OpenSans",
              "EBGaramond08": "EBGaramond12", "Courier Prime Code": "Courier Prime", "Courier Prime Sans": "Courier Prime",
              "Courier Prime Sans Bold": "Courier Prime", "Courier Prime Bold": "Courier Prime", "lobster": "LobsterTwo"}


@dataclass
class Cutout:
    """One cut-out: its class (-1: clutter without a name), where it came from, its split, and where its pixels lie."""

    label: int
    source: str
    group: str
    split: str = "train"
    levels: list[tuple[int, int, int]] = field(default_factory=list)


class Assets:
    """Cut-outs at several sizes, backgrounds and fonts, by split."""

    def __init__(self, names: list[str], categories: list[str], cutouts: list[Cutout], pixels: np.ndarray,
                 backgrounds: list[dict], background_pixels: np.ndarray, fonts: dict[str, list[str]]) -> None:
        self.names, self.categories = names, categories
        self.cutouts, self.pixels = cutouts, pixels
        self.backgrounds, self.background_pixels = backgrounds, background_pixels
        self.fonts = fonts
        self.by_class: dict[str, dict[int, list[int]]] = {s: defaultdict(list) for s in SPLITS}
        for i, cutout in enumerate(cutouts):
            self.by_class[cutout.split][cutout.label].append(i)
        for label in range(len(names)):  # small classes have no cut-out of their own for validation
            if label not in self.by_class["val"]:
                self.by_class["val"][label] = self.by_class["train"][label]

    def image(self, index: int, side: float) -> np.ndarray:
        """The cut-out (premultiplied RGBA) from the smallest stored size that is not below `side`."""
        levels = self.cutouts[index].levels
        chosen = levels[0]
        for level in levels:
            if max(level[1], level[2]) >= side:
                chosen = level
        offset, height, width = chosen
        return self.pixels[offset:offset + height * width * 4].reshape(height, width, 4)

    def background(self, index: int) -> np.ndarray:
        """One background picture."""
        entry = self.backgrounds[index]
        size = entry["h"] * entry["w"] * 3
        return self.background_pixels[entry["offset"]:entry["offset"] + size].reshape(entry["h"], entry["w"], 3)

    def background_indices(self, split: str) -> list[int]:
        """Backgrounds of a split."""
        return [i for i, entry in enumerate(self.backgrounds) if entry["split"] == split]

    @staticmethod
    def load(folder: Path = CACHE) -> "Assets":
        """Maps the cache built by this script."""
        index = json.loads((folder / "index.json").read_text())
        fonts = {split: [str(folder / name) for name in names] for split, names in index["fonts"].items()}
        return Assets(index["names"], index["categories"], [Cutout(**c) for c in index["cutouts"]],
                      np.load(folder / "cutouts.npy", mmap_mode="r"), index["backgrounds"],
                      np.load(folder / "backgrounds.npy", mmap_mode="r"), fonts)

    @staticmethod
    def toy() -> "Assets":
        """Drawn shapes and plain backgrounds: needs no package."""
        shapes = {"ball": None, "box": 4, "kite": 3, "gem": 6, "star": 5}
        cutouts, pieces, offset = [], [], 0
        for label, (name, corners) in enumerate(shapes.items()):
            for variant, split in enumerate(("train", "train", "val", "test")):
                picture = Image.new("RGBA", (96, 96))
                draw = ImageDraw.Draw(picture)
                fill = tuple(int(v) for v in np.random.RandomState(label * 7 + variant).randint(40, 255, 3)) + (255,)
                if corners is None:
                    draw.ellipse((6, 6, 90, 90), fill)
                elif name == "star":
                    angle = np.arange(10) * np.pi / 5
                    radius = np.where(np.arange(10) % 2, 18, 44)
                    draw.polygon([(48 + r * np.sin(a), 48 - r * np.cos(a)) for a, r in zip(angle, radius)], fill)
                else:
                    draw.regular_polygon((48, 48, 44), corners, fill=fill)
                array = premultiply(np.asarray(picture))
                cutouts.append(Cutout(label, f"toy/{name}{variant}", f"{name}{variant}", split, [(offset, 96, 96)]))
                pieces.append(array.reshape(-1))
                offset += array.size
        backgrounds, background_pieces = [], []
        for i, split in enumerate(SPLITS):
            noise = np.random.RandomState(i).randint(60, 200, (8, 8, 3)).astype(np.uint8)
            array = cv2.resize(noise, (BACKGROUND_SIDE, BACKGROUND_SIDE), interpolation=cv2.INTER_CUBIC)
            backgrounds.append({"split": split, "offset": i * array.size, "h": array.shape[0], "w": array.shape[1],
                                "source": "toy"})
            background_pieces.append(array.reshape(-1))
        return Assets(list(shapes), ["toy"] * len(shapes), cutouts, np.concatenate(pieces), backgrounds,
                      np.concatenate(background_pieces), {s: [""] for s in SPLITS})


def premultiply(rgba: np.ndarray) -> np.ndarray:
    """Colour times alpha, so that interpolation has no fringe."""
    alpha = rgba[..., 3:].astype(np.uint16)
    return np.concatenate([(rgba[..., :3].astype(np.uint16) * alpha // 255).astype(np.uint8), rgba[..., 3:]], -1)


def shrink(rgba: np.ndarray, side: int) -> np.ndarray:
    """Area-averaged copy whose longer side is `side`."""
    height, width = rgba.shape[:2]
    scale = side / max(height, width)
    size = (max(4, round(width * scale)), max(4, round(height * scale)))
    return cv2.resize(rgba, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)


def trimmed(picture: Image.Image) -> np.ndarray | None:
    """The part inside the alpha box, or None where there is no real cut-out."""
    picture = picture.convert("RGBA")
    alpha = np.asarray(picture)[..., 3]
    rows, columns = np.flatnonzero((alpha > 40).any(1)), np.flatnonzero((alpha > 40).any(0))
    if len(rows) < 24 or len(columns) < 10:
        return None
    array = np.asarray(picture)[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
    coverage = (array[..., 3] > 128).mean()
    return None if coverage > 0.985 or coverage < 0.06 else array


def open_svg(data: bytes) -> Image.Image | None:
    """A rendered SVG; None where the renderer is missing or fails."""
    try:
        done = subprocess.run(["rsvg-convert", "-w", "256", "-h", "256", "-a"], input=data, capture_output=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Image.open(io.BytesIO(done.stdout)) if done.returncode == 0 and done.stdout else None


def opened(path: Path) -> np.ndarray | None:
    """A cut-out file as trimmed RGBA."""
    try:
        picture = open_svg(path.read_bytes()) if path.suffix == ".svg" else Image.open(path)
        return None if picture is None else trimmed(picture)
    except (OSError, ValueError, SyntaxError):
        return None


def find_cutouts(table: list[classes.Entry]) -> list[tuple[int, str, np.ndarray]]:
    """(class, source, picture) of everything the class table matches, and clutter with class -1."""
    found: list[tuple[int, str, np.ndarray]] = []

    def add(label: int, source: str, array: np.ndarray | None) -> None:
        if array is not None and not classes.NOT_WHAT_IT_SAYS.search(source):
            found.append((label, source, array))

    stamp_patterns = [classes.pattern(e.stamps) for e in table]
    clip_patterns = [classes.pattern(e.clipart) for e in table]
    for path in sorted([*STAMPS.rglob("*.png"), *STAMPS.rglob("*.svg")]):
        text_file = path.with_suffix(".txt")
        if "_mirror" in path.stem or not text_file.exists():
            continue
        lines = text_file.read_text(errors="replace").splitlines()
        caption = classes.plain(lines[0] if lines else "")
        source = "tuxpaint/" + str(path.relative_to(STAMPS))
        if classes.EXCLUDE_STAMPS.search(caption):
            continue
        hits = [i for i, p in enumerate(stamp_patterns) if p.search(caption)]
        if hits:
            hits = [i for i in hits if table[i].name in caption] or hits
            add(max(hits, key=lambda i: len(table[i].name)), source, opened(path))
        elif any(part in source for part in ("/food/", "/household/", "symbols/shapes", "seasonal", "/hobbies/", "flags")):
            add(-1, source, opened(path))
    for path in sorted(CLIPART.rglob("*.png")):
        relative = str(path.relative_to(CLIPART))
        if classes.EXCLUDE_CLIPART.search(relative) or relative.startswith(("computer/icons", "signs_and_symbols", "logos",
                                                                            "special", "people", "geography")):
            continue
        stem = classes.plain(path.stem.replace("_", " "))
        hits = [i for i, p in enumerate(clip_patterns) if p.search(stem)]
        if hits:
            add(hits[0] if len(hits) == 1 else max(hits, key=lambda i: len(table[i].name)), "openclipart/" + relative, opened(path))
    for root in glob.glob(EMOJI_PNG):
        index = json.loads((Path(root) / "config" / "index.json").read_text())
        font = ImageFont.truetype(str(EMOJI_FONT), 109) if EMOJI_FONT.exists() else None
        for label, entry in enumerate(table):
            for short in entry.emoji:
                if short not in index:
                    continue
                add(label, "gemojione/" + short, opened(Path(root) / "assets" / "png" / (index[short]["unicode"].upper() + ".png")))
                if font is not None:
                    picture = Image.new("RGBA", (180, 160))
                    ImageDraw.Draw(picture).text((10, 10), index[short]["moji"].replace("\ufe0f", "")[:1], font=font, embedded_color=True)
                    add(label, "noto-emoji/" + short, trimmed(picture))
    return found


def signature(rgba: np.ndarray) -> np.ndarray:
    """A small picture that tells copies of one drawing apart from different drawings."""
    height, width = rgba.shape[:2]
    side = max(height, width)
    square = np.full((side, side, 3), 127, np.uint8)
    alpha = rgba[..., 3:] / 255
    top, left = (side - height) // 2, (side - width) // 2
    square[top:top + height, left:left + width] = rgba[..., :3] * alpha + 127 * (1 - alpha)
    return cv2.resize(square, (16, 16), interpolation=cv2.INTER_AREA).astype(np.float32)


def grouped(found: list[tuple[int, str, np.ndarray]]) -> list[str]:
    """A group name for each cut-out: copies and mirrored copies of one drawing share it, so a split never parts them."""
    small = [signature(array) for _, _, array in found]
    parent = list(range(len(found)))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    for i in range(len(found)):
        for j in range(i):
            same_class = found[i][0] == found[j][0]
            distance = min(np.abs(small[i] - small[j]).mean(), np.abs(small[i] - small[j][:, ::-1]).mean())
            if distance < (11 if same_class else 4):
                parent[root(i)] = root(j)
    return [found[root(i)][1] for i in range(len(found))]


def digest(text: str) -> str:
    """Stable pseudo-random order of names."""
    return hashlib.sha1(text.encode()).hexdigest()


def split_groups(labels: list[int], groups: list[str]) -> dict[str, str]:
    """Assigns groups to splits class by class: about a fifth is held out for the benchmark, one for validation."""
    result: dict[str, str] = {}
    per_class: dict[int, set[str]] = defaultdict(set)
    for label, group in zip(labels, groups):
        per_class[label].add(group)
    for label, members in per_class.items():
        order = sorted(members, key=digest)
        count = len(order)
        held = 0 if count < 4 or label < 0 else 1 if count < 8 else 2 if count < 14 else 3
        checked = 1 if count >= 5 and label >= 0 else 0
        for i, group in enumerate(order):
            result[group] = "test" if i < held else "val" if i < held + checked else "train"
    return result


def find_backgrounds() -> list[tuple[str, np.ndarray]]:
    """Photographs and painted backgrounds that show none of the named things, without copies."""
    try:
        import importlib.util
        spec = importlib.util.find_spec("skimage")
        skimage = str(Path(spec.origin).parent) if spec and spec.origin else "/nonexistent"
    except ImportError:
        skimage = "/nonexistent"
    found: list[tuple[str, np.ndarray]] = []
    seen: list[np.ndarray] = []
    for wildcard in PHOTOS:
        for name in sorted(glob.glob(wildcard.format(skimage=skimage), recursive=True), key=lambda f: (-os.path.getsize(f), f)):
            base = os.path.basename(name)
            if "opencv-doc" in name and base not in OPENCV_PHOTOS or "skimage" in name and base not in SKIMAGE_PHOTOS:
                continue
            if any(word in name.lower() for word in SHOWS_A_CLASS):
                continue
            try:
                array = np.asarray(Image.open(name).convert("RGB"))
            except (OSError, ValueError):
                continue
            if min(array.shape[:2]) < 230:
                continue
            scale = BACKGROUND_SIDE / min(array.shape[:2])
            array = cv2.resize(array, (round(array.shape[1] * scale), round(array.shape[0] * scale)),
                               interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)[:, :BACKGROUND_SIDE * 2]
            small = cv2.resize(array, (16, 16), interpolation=cv2.INTER_AREA).astype(np.float32)
            if any(np.abs(small - other).mean() < 8 for other in seen):
                continue
            seen.append(small)
            found.append((name, array))
    return found


def find_fonts() -> dict[str, list[str]]:
    """Font files by split; all cuts of a design lie in one split."""
    families: dict[str, list[str]] = defaultdict(list)
    for path in sorted([*Path("/usr/share/fonts").rglob("*.ttf"), *Path("/usr/share/fonts").rglob("*.otf")]):
        if any(path.parts[5].startswith(p) for p in FONT_PACKAGES) and FONT_STYLES.search(path.stem) and not FONT_EXCLUDED.search(path.stem):
            family = re.split(r"[-_]", path.stem)[0]
            family = re.sub(r" ?Bold$", "", family)
            families[FONT_TWINS.get(family, family)].append(str(path))
    result: dict[str, list[str]] = {s: [] for s in SPLITS}
    for i, family in enumerate(sorted(families, key=digest)):
        result["test" if i % 6 == 0 else "val" if i % 6 == 1 else "train"] += families[family][:6]
    return result


def background_group(name: str) -> str:
    """Variants of one wallpaper (sizes, day and night) share a group."""
    path = Path(name)
    if "wallpapers" in path.parts:
        return path.parts[path.parts.index("wallpapers") + 1]
    return re.sub(r"(-[dl]|_\d+x\d+|[LR]|-(Dark|Light|Cold|Radioactive|Warm)(-no-logo)?)$", "", path.stem)


def background_split(name: str) -> str:
    """The split of a background."""
    rank = int(digest(background_group(name))[:8], 16) % 10
    return "test" if rank < 2 else "val" if rank == 2 else "train"


def letters_of(font: str) -> bytes:
    """The font with nothing but what signs are written with."""
    import logging
    from fontTools import subset
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    options = subset.Options(layout_features=[], name_IDs=[], notdef_outline=True, drop_tables=["GPOS", "GSUB", "GDEF", "kern"])
    loaded = subset.load_font(font, options)
    chosen = subset.Subsetter(options)
    chosen.populate(text=SIGN_LETTERS)
    chosen.subset(loaded)
    loaded["head"].modified = loaded["head"].created  # not the time of packing
    out = io.BytesIO()
    loaded.recalcTimestamp = False
    loaded.save(out)
    return out.getvalue()


def webp(array: np.ndarray, quality: int = WEBP["quality"]) -> bytes:
    """A picture, with loss in colour and none in alpha."""
    out = io.BytesIO()
    Image.fromarray(array).save(out, **WEBP | {"quality": quality})
    return out.getvalue()


def collect(path: Path) -> None:
    """Collects from the installed packages what the splits are made of into one file."""
    table = classes.entries()
    found = find_cutouts(table)
    groups = grouped(found)
    splits = split_groups([f[0] for f in found], groups)
    trained = {found[i][0] for i in range(len(found)) if splits[groups[i]] == "train"}
    kept = [i for i, entry in enumerate(table) if i in trained and len({groups[k] for k in range(len(found)) if found[k][0] == i}) >= 3]
    renumber = {old: new for new, old in enumerate(kept)} | {-1: -1}
    index: dict[str, Any] = {"names": [table[i].name for i in kept], "categories": [table[i].category for i in kept], "cutouts": [],
                             "backgrounds": [], "fonts": {}}
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as out:
        def add(name: str, data: bytes) -> str:
            out.writestr(zipfile.ZipInfo(name), data)  # a fixed date: the same packages give the same bytes
            return name

        for (label, source, array), group in zip(found, groups):
            if label in renumber:
                name = add(f"cutouts/{len(index['cutouts']):04d}.webp", webp(shrink(premultiply(array), SIZES[0])))
                index["cutouts"].append({"file": name, "label": renumber[label], "source": source, "group": group, "split": splits[group]})
        for source, array in find_backgrounds():
            name = add(f"backgrounds/{len(index['backgrounds']):03d}.webp", webp(array))
            index["backgrounds"].append({"file": name, "source": source, "split": background_split(source)})
        for split, fonts in find_fonts().items():
            index["fonts"][split] = [add(f"fonts/{split}{i:03d}{Path(f).suffix}", letters_of(f)) for i, f in enumerate(fonts)]
        add("index.json", json.dumps(index).encode())
    print("not kept:", [e.name for i, e in enumerate(table) if i not in kept])


def pack(path: Path, base: Path | None = None) -> None:
    """Collects everything into one file; `base`, a file packed before, saves the search of the installed packages."""
    import more  # which needs this module
    path.parent.mkdir(parents=True, exist_ok=True)
    if base:
        more.extend(base, path)
    else:
        collect(path.with_suffix(".base"))
        more.extend(path.with_suffix(".base"), path)
        path.with_suffix(".base").unlink()


def unpack(path: Path, folder: Path = CACHE) -> None:
    """Makes the cache of a packed file: pixels that can be mapped into memory."""
    (folder / "fonts").mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path) as packed:
        index = json.loads(packed.read("index.json"))

        def picture(name: str, mode: str) -> np.ndarray:
            return np.asarray(Image.open(io.BytesIO(packed.read(name)), formats=["WEBP"]).convert(mode))

        cutouts, pieces, offset = [], [], 0
        for entry in index["cutouts"]:
            entry.pop("more", None)
            whole = picture(entry.pop("file"), "RGBA").copy()
            whole[..., :3] = np.minimum(whole[..., :3], whole[..., 3:])  # premultiplied, whatever the compression did
            cutout = Cutout(**entry)
            for side in SIZES:
                level = shrink(whole, side)
                cutout.levels.append((offset, level.shape[0], level.shape[1]))
                pieces.append(level.reshape(-1))
                offset += level.size
            cutouts.append(cutout)
        np.save(folder / "cutouts.npy", np.concatenate(pieces))
        backgrounds, pieces, offset = [], [], 0
        for entry in index["backgrounds"]:
            array = picture(entry["file"], "RGB")
            backgrounds.append({"source": entry["source"], "split": entry["split"], "offset": offset, "h": array.shape[0], "w": array.shape[1]})
            pieces.append(array.reshape(-1))
            offset += array.size
        np.save(folder / "backgrounds.npy", np.concatenate(pieces))
        for number, name in enumerate(n for names in index["fonts"].values() for n in names):
            (folder / "fonts" / f"{number:03d}{Path(name).suffix}").write_bytes(packed.read(name))
    counter = iter(range(10 ** 6))
    fonts = {split: [f"fonts/{next(counter):03d}{Path(n).suffix}" for n in names] for split, names in index["fonts"].items()}
    (folder / "index.json").write_text(json.dumps({
        "names": index["names"], "categories": index["categories"], "cutouts": [vars(c) for c in cutouts],
        "backgrounds": backgrounds, "fonts": fonts}))
    print(f"{len(index['names'])} classes, cut-outs by split:",
          {s: sum(c.split == s and c.label >= 0 for c in cutouts) for s in SPLITS}, "clutter", sum(c.label < 0 for c in cutouts),
          "backgrounds", {s: sum(b["split"] == s for b in backgrounds) for s in SPLITS},
          "fonts", {s: len(f) for s, f in fonts.items()})


def contact_sheet(path: Path, split: str | None = None) -> None:
    """One row per class with its cut-outs, to check names by eye (a coloured frame marks the split)."""
    assets = Assets.load()
    members = [[i for i, c in enumerate(assets.cutouts) if c.label == k and split in (None, c.split)] for k in range(len(assets.names))]
    columns, cell = 24, 52
    sheet = np.full((len(members) * cell, columns * cell + 90, 3), 255, np.uint8)
    for row, indices in enumerate(members):
        cv2.putText(sheet, assets.names[row], (2, row * cell + 30), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 1)
        for column, i in enumerate(indices[:columns]):
            small = shrink(assets.image(i, 48), 46)
            top, left = row * cell + 3, 90 + column * cell + 3
            area = sheet[top:top + small.shape[0], left:left + small.shape[1]]
            area[:] = small[..., :3] + (area * (1 - small[..., 3:] / 255.0)).astype(np.uint8)
            colour = {"train": (220, 220, 220), "val": (60, 90, 255), "test": (255, 0, 0)}[assets.cutouts[i].split]
            cv2.rectangle(sheet, (left - 2, top - 2), (left + 47, top + 47), colour, 1)
    Image.fromarray(sheet).save(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sheet", type=Path, help="write a contact sheet instead of building")
    parser.add_argument("--pack", type=Path, metavar="FILE", help="collect into this file instead of the cache's own")
    parser.add_argument("--base", type=Path, metavar="FILE", help="take what the splits are made of from this packed file")
    parser.add_argument("--unpack", type=Path, metavar="FILE", help="make the cache of a packed file; needs no package")
    arguments = parser.parse_args()
    if arguments.sheet:
        contact_sheet(arguments.sheet)
    elif arguments.unpack:
        unpack(arguments.unpack)
    else:
        packed_file = arguments.pack or CACHE / "assets.pack"
        pack(packed_file, arguments.base)
        unpack(packed_file)
