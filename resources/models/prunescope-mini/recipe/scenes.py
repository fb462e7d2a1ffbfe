"""Composes pictures: cut-outs and signs over photographs, with everything a teacher needs to know about each patch."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass, field

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from assets import Assets

PATCH = 14
COLOURS = {"red": (0.0, 0.85, 0.85), "orange": (0.075, 0.95, 1.0), "yellow": (0.15, 0.9, 1.0), "green": (0.34, 0.8, 0.7),
           "blue": (0.61, 0.85, 0.85), "purple": (0.77, 0.7, 0.7), "pink": (0.91, 0.45, 1.0), "brown": (0.07, 0.7, 0.45),
           "white": (0.0, 0.0, 1.0), "black": (0.0, 0.0, 0.16), "gray": (0.0, 0.0, 0.55)}
COLOUR_NAMES = list(COLOURS)
CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
MAX_COUNT = 6
MAX_WORD = 7
LUMA = np.array([0.3, 0.59, 0.11])
SPLIT_SEEDS = {"train": 11, "val": 12, "test": 13}

# Words on signs. A word lies in one split only: reading is spelling, not recognition of a known word.
WORDS = """STOP EXIT OPEN SALE CAFE TAXI HOTEL BANK PARK SHOP FOOD MILK TEA BUS ZOO GYM BAR PUB SPA ART BOOK NEWS POST FISH
CAKE PIZZA SLOW FAST LEFT RIGHT NORTH SOUTH EAST WEST PUSH PULL HELP INFO LIFT STAIR QUIET DANGER HOT COLD WET DRY FREE FULL
EMPTY CLOSED ENTER NO YES GO START END FINISH WAIT LINE GATE ROOM FLOOR DESK HALL CITY TOWN ROAD LANE STREET RIVER LAKE BEACH
SEA HILL FARM BARN GARDEN TREE ROSE LILY SUN MOON STAR RAIN SNOW WIND FIRE WATER JUICE SODA SOUP RICE BEEF PORK EGGS SALT
SUGAR SPICE BREAD FRUIT APPLE LEMON MANGO PEACH GRAPE ONION BAKERY MARKET STORE OUTLET KIOSK MUSIC DANCE MOVIE GAMES TOYS
BIKE CARS TRAIN PLANE BOATS TRUCK FERRY METRO TRAM PORT DOCK PIER BRIDGE TUNNEL TOWER CASTLE MUSEUM SCHOOL CLASS LAB OFFICE
CLINIC DOCTOR NURSE PETS DOGS CATS BIRDS HORSE SHEEP LIONS BEARS WOLF FOX DUCK OWL FROG GOLD SILVER IRON STEEL GLASS WOOD
STONE BRICK PAINT TOOLS KEYS LOCK SAFE CASH COINS PRICE CHEAP HALF DEAL SPECIAL NEW OLD BIG SMALL LARGE MINI MAX SUPER BEST
FIRST LAST NEXT UP DOWN IN OUT ON OFF TOP JAZZ ROCK DISCO QUIZ EXPO VOTE WIFI ZONE UNIT DEPOT VIDEO PHONE PRINT COPY PHOTO
FILM LENS CLOCK WATCH JEWEL GIFT CARDS PARTY CLUB TEAM GOAL SPORT TENNIS GOLF POOL SWIM RUN WALK JUMP CLIMB CAMP HIKE VIEW""".split()


@dataclass
class Thing:
    """One visible object or sign. The box is (left, top, right, bottom) in pixels; label -1 is a sign."""

    name: str
    label: int
    box: tuple[float, float, float, float]
    area: float = 0.0
    visible: float = 1.0
    colour: str = ""
    text: str = ""

    @property
    def centre(self) -> tuple[float, float]:
        """Centre of the box."""
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2


@dataclass
class Scene:
    """A picture, what is in it, and one row of targets per patch."""

    image: np.ndarray
    things: list[Thing]
    label: np.ndarray      # class per patch; the number of classes: sign; +1: background
    colour: np.ndarray     # index of the colour name, -1: not asked
    box: np.ndarray        # [patches, 4] centre x, centre y, width, height over the picture's side; NaN: no object
    count: np.ndarray      # how many of the same class the picture shows, 0: no object
    character: np.ndarray  # index of the character + 1, 0: none
    position: np.ndarray   # place of the character in its word + 1, 0: none
    present: np.ndarray    # per class, 1 where the picture shows it
    kinds: list[str] = field(default_factory=list)


def split_words(split: str) -> list[str]:
    """The words of a split."""
    order = np.random.RandomState(5).permutation(len(WORDS))
    parts = {"test": order[:45], "val": order[45:70], "train": order[70:]}
    return sorted({WORDS[i] for i in parts[split]} - {"NO", "GO"})


def class_weights(count: int) -> np.ndarray:
    """Some classes are common and some rare, so that 'popular' negatives exist."""
    weights = 1.0 / (3.0 + np.arange(count)) ** 0.5
    return np.random.RandomState(3).permutation(weights / weights.sum())


def tinted(rgba: np.ndarray, colour: str, rng: np.random.Generator) -> np.ndarray:
    """The premultiplied cut-out in shades of one named colour."""
    hue, saturation, value = COLOURS[colour]
    hue = (hue + rng.uniform(-0.015, 0.015)) % 1
    base = np.array(colorsys.hsv_to_rgb(hue, saturation * rng.uniform(0.85, 1), value * rng.uniform(0.9, 1)), np.float32)
    alpha = rgba[..., 3].astype(np.float32)
    grey = rgba[..., :3].astype(np.float32) @ LUMA.astype(np.float32) / np.maximum(alpha, 1)
    shade = (0.62 + 0.5 * np.clip(grey, 0, 1) if colour not in ("white", "black") else
             0.72 + 0.28 * grey if colour == "white" else 0.5 + 1.1 * grey)
    result = np.empty_like(rgba)
    result[..., :3] = np.clip(base[None, None] * shade[..., None] * alpha[..., None], 0, alpha[..., None])
    result[..., 3] = rgba[..., 3]
    return result


def recoloured(rgba: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The premultiplied cut-out in other colours: there are about eight of a class to learn its shape from."""
    grey = np.tile(LUMA, (3, 1))
    saturation = 0.0 if rng.random() < 0.15 else rng.uniform(0.3, 1.5)
    turn = np.eye(3)
    if rng.random() < 0.3:  # the hue: a rotation about the grey axis
        angle = rng.uniform(-np.pi, np.pi)
        third = (1 - np.cos(angle)) / 3
        skew = np.sin(angle) / np.sqrt(3) * np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
        turn = np.cos(angle) * np.eye(3) + third + skew
    contrast = rng.uniform(0.55, 1.3) * (-1 if rng.random() < 0.04 else 1)
    matrix = np.zeros((4, 4))
    matrix[:3, :3] = contrast * (turn @ (grey + saturation * (np.eye(3) - grey)))
    matrix[:3, 3] = (0.5 if contrast > 0 else 0.55) * (1 - contrast) + rng.uniform(-0.12, 0.12)
    matrix[3, 3] = 1
    result = cv2.transform(rgba, matrix)
    result[..., :3] = np.minimum(result[..., :3], result[..., 3:])
    return result


class Composer:
    """Makes scenes of one split; the same seed always gives the same scene."""

    def __init__(self, assets: Assets, split: str) -> None:
        self.assets, self.split = assets, split
        self.vary = split == "train"  # cut-outs change shape and colour more than those that are asked about later
        self.names = assets.names
        pool = assets.by_class[split]
        self.labels = np.array(sorted(label for label in pool if label >= 0 and pool[label]))
        weights = class_weights(len(self.names))[self.labels]
        self.weights = weights / weights.sum()
        self.clutter = assets.by_class["train"][-1]
        self.backgrounds = assets.background_indices(split) or assets.background_indices("train")
        self.words = split_words(split)
        self.fonts: dict[tuple[str, int], ImageFont.FreeTypeFont | ImageFont.ImageFont] = {}
        self.font_files = assets.fonts[split] or assets.fonts["train"]
        categories = sorted(set(assets.categories))
        self.members = [[i for i, label in enumerate(self.labels) if assets.categories[label] == c] for c in categories]
        self.members = [m for m in self.members if len(m) >= 3] or [list(range(len(self.labels)))]

    def font(self, file: str, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
        """A font, kept for the next time."""
        key = (file, size)
        if key not in self.fonts:
            self.fonts[key] = ImageFont.truetype(file, size) if file else ImageFont.load_default(size)
        return self.fonts[key]

    def background(self, rng: np.random.Generator, side: int) -> np.ndarray:
        """A crop of a photograph, or now and then a soft gradient or noise."""
        if rng.random() < 0.8:
            source = self.assets.background(self.backgrounds[rng.integers(len(self.backgrounds))])
            height, width = source.shape[:2]
            crop = int(rng.uniform(0.45, 1.0) * min(height, width))
            top, left = rng.integers(height - crop + 1), rng.integers(width - crop + 1)
            picture = cv2.resize(source[top:top + crop, left:left + crop], (side, side), interpolation=cv2.INTER_LINEAR)
            if rng.random() < 0.5:
                picture = picture[:, ::-1]
            picture = np.ascontiguousarray(picture)
            mean = sum(cv2.mean(picture)[:3]) / 3
            picture = cv2.convertScaleAbs(picture, alpha=(contrast := rng.uniform(0.4, 1.0)),
                                          beta=mean * (1 - contrast) + rng.uniform(-35, 35))
            if rng.random() < 0.4:
                picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 2.5))
            return picture
        cells = int(rng.choice([2, 3, 8, 16]))
        noise = rng.uniform(20, 235, 3) + rng.normal(0, rng.uniform(8, 55), (cells, cells, 3))
        return cv2.resize(np.clip(noise, 0, 255).astype(np.uint8), (side, side), interpolation=cv2.INTER_CUBIC)

    def sign(self, rng: np.random.Generator) -> tuple[np.ndarray, str, str, list[tuple[float, float, float, float]]]:
        """A board with a word or a number: pixels, text, board colour, and a box per character."""
        if rng.random() < 0.35:
            text = str(rng.integers(0, 10 ** int(rng.integers(1, 4))))
        elif self.split == "train" and rng.random() < 0.35:  # random strings teach letters, not words
            text = "".join(CHARACTERS[rng.integers(26)] for _ in range(int(rng.integers(2, MAX_WORD))))
        else:
            text = self.words[rng.integers(len(self.words))]
        size = int(rng.integers(24, 41 if len(text) <= 4 else 34))
        font = self.font(self.font_files[rng.integers(len(self.font_files))], size)
        colour = COLOUR_NAMES[rng.integers(len(COLOUR_NAMES))]
        board = np.array(colorsys.hsv_to_rgb(*COLOURS[colour])) * 255
        ink = (rng.uniform(215, 255, 3) if board @ LUMA < 130 else rng.uniform(0, 50, 3)).astype(int)
        margin, gap = int(rng.integers(6, 13)), float(rng.uniform(1, 4))
        widths = [font.getlength(c) for c in text]
        width = int(sum(widths) + gap * (len(text) - 1)) + 2 * margin
        height = size + margin + 6
        picture = Image.new("RGBA", (width, height))
        draw = ImageDraw.Draw(picture)
        draw.rounded_rectangle((0, 0, width - 1, height - 1), int(rng.integers(0, 9)), fill=(*board.astype(int), 255),
                               outline=tuple(int(v) for v in ink) + (255,) if rng.random() < 0.5 else None, width=2)
        x, boxes = float(margin), []
        for character, advance in zip(text, widths):
            draw.text((x, height / 2), character, font=font, fill=tuple(int(v) for v in ink), anchor="lm")
            boxes.append((x, (height - size) / 2, x + advance, (height + size) / 2))
            x += advance + gap
        return np.asarray(picture), text, colour, boxes

    def plan(self, rng: np.random.Generator, side: int) -> list[tuple[int, bool]]:
        """Which classes appear how often: (index into labels, is a repeat)."""
        area = (side / 336) ** 2
        wanted = max(1, int(rng.integers(2, 9) * (0.45 + 0.55 * area) + 0.5))
        chosen: list[int] = []
        theme = self.members[rng.integers(len(self.members))] if rng.random() < 0.6 else None
        while len(chosen) < wanted:
            if theme is not None and rng.random() < 0.65:
                pick = theme[rng.integers(len(theme))]
            else:
                pick = int(rng.choice(len(self.labels), p=self.weights))
            repeats = 1 if rng.random() < 0.72 else int(rng.integers(2, 6))
            chosen += [pick] * min(repeats, max(1, wanted + 1 - len(chosen)))
        return [(pick, chosen.count(pick) > 1) for pick in chosen]

    def scene(self, seed: int, side: int = 336) -> Scene:
        """The scene with this number."""
        rng = np.random.default_rng((SPLIT_SEEDS[self.split], side, seed))
        canvas = self.background(rng, side)
        owner = np.zeros((side, side), np.uint8)
        letters = np.zeros((side, side), np.uint8)
        letter_info: list[tuple[int, int]] = [(0, 0)]
        things: list[Thing] = []
        full_area: list[float] = []
        shared_scale = rng.uniform(0.75, 1.2)
        light = rng.uniform(-0.5, 0.5, 2) * 10
        placements: list[tuple[str, int]] = [("clutter", -1)] * int(rng.integers(0, 3) if rng.random() < 0.4 and self.clutter else 0)
        plan = self.plan(rng, side)
        tint_of: dict[int, str] = {}
        placements += [("object", pick) for pick, _ in plan]
        signs = int(rng.random() < 0.45) + int(rng.random() < 0.12 * (side > 300))
        placements += [("sign", -1)] * signs
        for kind, pick in placements:
            colour, text, boxes = "", "", []
            if kind == "sign":
                pixels, text, colour, boxes = self.sign(rng)
                scale, angle, flip = rng.uniform(0.9, 1.25), rng.normal(0, 5), False
                scale = min(scale, 0.92 * side / pixels.shape[1])
            else:
                pool = self.clutter if kind == "clutter" else self.assets.by_class[self.split][int(self.labels[pick])]
                index = pool[rng.integers(len(pool))]
                size = rng.uniform(30, 60) if kind == "clutter" else np.exp(rng.uniform(np.log(50), np.log(128))) * shared_scale
                pixels = self.assets.image(index, size)
                scale = size / max(pixels.shape[:2])
                angle, flip = rng.normal(0, 13 if self.vary else 9), rng.random() < 0.5
                if kind == "object" and rng.random() < 0.35:
                    colour = COLOUR_NAMES[rng.integers(len(COLOUR_NAMES))]
                    if pick in tint_of and rng.random() < 0.7:
                        colour = tint_of[pick]
                    tint_of[pick] = colour
                    pixels = tinted(np.asarray(pixels), colour, rng)
            height, width = pixels.shape[:2]
            stretch = rng.uniform(0.88, 1.14) if kind == "object" else 1.0
            cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
            sx, sy = scale * stretch * (-1 if flip else 1), scale / stretch
            linear = np.array([[cosine * sx, -sine * sy], [sine * sx, cosine * sy]])
            if self.vary and kind != "sign" and rng.random() < 0.4:
                linear = linear @ np.array([[1, rng.normal(0, 0.16)], [rng.normal(0, 0.1), 1]])
            half_w, half_h = np.abs(linear) @ np.array([width / 2, height / 2])
            box = None
            for _ in range(14):
                cx = rng.uniform(half_w * 0.92, side - half_w * 0.92) if 2 * half_w < side else side / 2
                cy = rng.uniform(half_h * 0.92, side - half_h * 0.92) if 2 * half_h < side else side / 2
                trial = (cx - half_w, cy - half_h, cx + half_w, cy + half_h)
                limit = 0.22 if kind == "object" else 0.08
                if all(overlap(trial, t.box) < limit * min(box_area(t.box), box_area(trial)) for t in things):
                    box = trial
                    break
            if box is None:
                continue
            left, top = max(0, int(np.floor(box[0]))), max(0, int(np.floor(box[1])))
            right, bottom = min(side, int(np.ceil(box[2]))), min(side, int(np.ceil(box[3])))
            offset = np.array([cx - left, cy - top]) - linear @ np.array([width / 2, height / 2])
            matrix = np.concatenate([linear, offset[:, None]], 1)
            patch = cv2.warpAffine(np.asarray(pixels), matrix, (right - left, bottom - top), flags=cv2.INTER_LINEAR)
            if self.vary and kind != "sign":
                if not colour and rng.random() < 0.6:
                    patch = recoloured(patch, rng)
                if rng.random() < 0.2:
                    patch = cv2.blur(patch, (3, 3))
            if rng.random() < 0.5:
                self.shadow(canvas, patch[..., 3], (left, top), light, rng)
            gain = rng.uniform(0.72, 1.18) if not colour else rng.uniform(0.9, 1.08)
            area = canvas[top:bottom, left:right]
            keep = 255 - patch[..., 3:].astype(np.uint16)
            area[:] = np.minimum(patch[..., :3] * np.float32(gain) + (area * keep) // 255, 255).astype(np.uint8)
            mask = patch[..., 3] > 110
            region = owner[top:bottom, left:right]
            letters[top:bottom, left:right][mask] = 0
            if kind == "clutter":
                region[mask] = 0
                continue
            things.append(Thing("sign" if kind == "sign" else self.names[self.labels[pick]],
                                -1 if kind == "sign" else int(self.labels[pick]), box, float(mask.sum()), 1.0, colour, text))
            region[mask] = len(things)
            for place, (x0, y0, x1, y1) in enumerate(boxes):
                corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]) @ linear.T + offset + [left, top]
                letter_info.append((CHARACTERS.index(text[place]) + 1, place + 1))
                cv2.fillConvexPoly(letters, np.round(corners).astype(np.int32), len(letter_info) - 1)
        canvas = self.finish(canvas, rng)
        return self.targets(canvas, owner, letters, letter_info, things)

    @staticmethod
    def shadow(canvas: np.ndarray, alpha: np.ndarray, corner: tuple[int, int], light: np.ndarray, rng: np.random.Generator) -> None:
        """Darkens the background next to the cut-out."""
        height, width = alpha.shape
        left, top = corner[0] + int(light[0]), corner[1] + int(abs(light[1])) + 2
        x0, y0, x1, y1 = max(0, left), max(0, top), min(canvas.shape[1], left + width), min(canvas.shape[0], top + height)
        if x1 <= x0 or y1 <= y0:
            return
        soft = cv2.blur(alpha, (7, 7))[y0 - top:y1 - top, x0 - left:x1 - left].astype(np.uint16)
        strength = int(rng.uniform(60, 150))
        area = canvas[y0:y1, x0:x1]
        area[:] = (area * (255 - (soft * strength // 255))[..., None] // 255).astype(np.uint8)

    @staticmethod
    def finish(canvas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Lighting, blur and noise over the whole picture."""
        if rng.random() < 0.5:
            cast = rng.uniform(0.86, 1.1, 3)
            canvas = cv2.multiply(canvas, (*cast, 0.0))
        if rng.random() < 0.25:
            canvas = cv2.GaussianBlur(canvas, (0, 0), rng.uniform(0.4, 1.1))
        if rng.random() < 0.3:
            side = canvas.shape[0]
            noise = rng.normal(0, rng.uniform(2, 10), (side // 2, side // 2, 1)).astype(np.float32)
            noise = cv2.resize(noise, (side, side), interpolation=cv2.INTER_NEAREST)[..., None]
            canvas = np.clip(canvas + noise, 0, 255).astype(np.uint8)
        return canvas

    def targets(self, canvas: np.ndarray, owner: np.ndarray, letters: np.ndarray, letter_info: list[tuple[int, int]],
                things: list[Thing]) -> Scene:
        """Reads the answers per patch off the maps, and drops what nobody could see."""
        side, classes = canvas.shape[0], len(self.names)
        pixels_left = np.bincount(owner.reshape(-1), minlength=len(things) + 1)
        for i, thing in enumerate(things):
            thing.visible = pixels_left[i + 1] / max(1.0, thing.area)
            thing.area = float(pixels_left[i + 1]) / side ** 2
        shown = [t.visible > 0.45 and t.area * side ** 2 > 120 for t in things]
        of_patch, share = majority(owner, len(things) + 1)
        per_class = np.bincount([t.label for t, s in zip(things, shown) if s and t.label >= 0], minlength=classes)
        signs = sum(t.label < 0 for t in things)
        rows = np.array([(classes + 1, -1, np.nan, np.nan, np.nan, np.nan, 0)] + [
            (classes if t.label < 0 else t.label, COLOUR_NAMES.index(t.colour) if t.colour else -1,
             t.centre[0] / side, t.centre[1] / side, (t.box[2] - t.box[0]) / side, (t.box[3] - t.box[1]) / side,
             min(MAX_COUNT, signs if t.label < 0 else per_class[t.label])) for t in things], np.float32)
        of_patch = np.where(share > 0.3, of_patch, 0)
        values = rows[of_patch]
        letter_of_patch, letter_share = majority(letters, len(letter_info))
        info = np.array(letter_info, np.int64)[np.where(letter_share > 0.3, letter_of_patch, 0)]
        return Scene(canvas, [t for t, s in zip(things, shown) if s], values[:, 0].astype(np.int64), values[:, 1].astype(np.int64),
                     values[:, 2:6], values[:, 6].astype(np.int64), info[:, 0], info[:, 1], (per_class > 0).astype(np.float32))


def majority(owner: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The most frequent number other than 0 in each patch, and its share of the patch."""
    grid = owner.shape[0] // PATCH
    blocks = owner.reshape(grid, PATCH, grid, PATCH).transpose(0, 2, 1, 3).reshape(grid * grid, PATCH * PATCH)
    flat = blocks.astype(np.int64) + np.arange(grid * grid)[:, None] * count
    table = np.bincount(flat.reshape(-1), minlength=grid * grid * count).reshape(grid * grid, count)
    table[:, 0] = 0
    best = table.argmax(1)
    return best, table[np.arange(grid * grid), best] / (PATCH * PATCH)


def box_area(box: tuple[float, float, float, float]) -> float:
    """Area of a box."""
    return (box[2] - box[0]) * (box[3] - box[1])


def overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    """Area that two boxes share."""
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
