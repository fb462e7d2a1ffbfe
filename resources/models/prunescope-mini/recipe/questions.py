"""Questions and answers about a scene: what the benchmarks of the pruning papers measure, asked in many ways.

Every task has phrasings for training and phrasings that are only used in evaluation (`held_out=True`).
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Callable

import classes
from scenes import COLOUR_NAMES, Scene, Thing, class_weights

PLACES = ["top left", "top", "top right", "left", "center", "right", "bottom left", "bottom", "bottom right"]
RELATIONS = {"to the left of": (-1, 0), "to the right of": (1, 0), "above": (0, -1), "below": (0, 1)}
UNKNOWN = "I do not know."

# (training phrasings, held-out phrasings)
PHRASES: dict[str, tuple[list[str], list[str]]] = {
    "existence": (["Is there {a} in the image?", "Is there {a} in the picture?", "Is there {a}?", "Can you see {a}?",
                   "Does the picture show {a}?", "Do you see {a} here?", "Is {a} in this photo?"],
                  ["Is there {a} in this image?", "Does this image show {a}?", "Can you see {a} in the picture?"]),
    "relation_yes": (["Is the {n} {r} the {m}?", "Is the {n} {r} the {m} in the picture?", "Can you see the {n} {r} the {m}?"],
                     ["In the image, is the {n} {r} the {m}?", "Do you see the {n} {r} the {m}?"]),
    "relation_what": (["What is {r} the {m}?", "Which object is {r} the {m}?", "What do you see {r} the {m}?"],
                      ["What object is {r} the {m}?", "In the picture, what is {r} the {m}?"]),
    "place": (["Where is the {n}?", "Where is the {n} in the picture?", "In which part of the image is the {n}?"],
              ["Where in the image is the {n}?", "In which part of the picture is the {n}?"]),
    "place_side": (["Is the {n} on the left or on the right?", "On which side is the {n}, left or right?"],
                   ["Is the {n} on the left or the right of the image?"]),
    "place_what": (["What is at the {p}?", "What is in the {p} of the picture?", "What do you see at the {p}?"],
                   ["What is at the {p} of the image?", "Which object is at the {p}?"]),
    "colour": (["What color is the {n}?", "What is the color of the {n}?", "Which color does the {n} have?"],
               ["What color does the {n} have?", "Which color is the {n}?"]),
    "colour_yes": (["Is the {n} {c}?", "Is the color of the {n} {c}?"], ["Is the {n} in the picture {c}?"]),
    "colour_what": (["What is {c}?", "Which object is {c}?", "Name the {c} object."], ["What object is {c}?"]),
    "size": (["Which is bigger, the {n} or the {m}?", "Is the {n} or the {m} bigger?", "What is larger, the {n} or the {m}?"],
             ["Which is larger, the {n} or the {m}?"]),
    "category": (["Is there {g} in the picture?", "Can you see {g}?", "Does the image show {g}?"], ["Is there {g} in this image?"]),
    "category_what": (["Which {g} is in the picture?", "What {g} is this?", "What {g} do you see?"],
                      ["Which {g} do you see in the image?"]),
    "count": (["How many {s} are there?", "How many {s} do you see?", "How many {s} are in the picture?", "Count the {s}."],
              ["How many {s} are there in the image?", "How many {s} can you see?"]),
    "count_yes": (["Are there {k} {s} in the picture?", "Are there {k} {s}?", "Do you see {k} {s}?"],
                  ["Are there {k} {s} in this image?"]),
    "compare": (["Are there more {s} than {t}?", "Do you see more {s} than {t}?"], ["Are there more {s} than {t} in the image?"]),
    "read": (["What does the sign say?", "What is written on the sign?", "Read the sign.", "What text do you see?"],
             ["What is written on the board?", "What does the sign in the image say?"]),
    "read_word": (["What word is on the sign?", "Which word is on the sign?", "Read the word."], ["What is the word on the sign?"]),
    "read_number": (["What number is on the sign?", "Which number do you see?", "Read the number."], ["What is the number on the sign?"]),
    "read_colour": (["What does the {c} sign say?", "What is written on the {c} sign?"], ["What is written on the {c} board?"]),
    "read_yes": (["Does the sign say {w}?", "Is the word {w} on the sign?"], ["Does the sign in the image say {w}?"]),
    "describe": (["Describe the image.", "What is in the picture?", "Describe this image please.", "What do you see?",
                  "What does the image show?", "Give a short description of the picture."],
                 ["Describe the picture.", "What can you see in this image?"]),
    "list": (["List the objects.", "Which objects are in the picture?", "Name the objects in the image."],
             ["List the objects in the image."]),
}
UNANSWERABLE = ["Who took this picture?", "What time is it?", "How much does it cost?", "Who is this?", "What is the name of the {n}?",
                "How old is the {n}?", "Where was the photo taken?", "What happens next?", "Why is the {n} here?",
                "Who owns the {n}?", "What is the {n} thinking?", "When was this?", "What day is it?", "How much is the {n}?",
                "What is the capital of France?", "Tell me a joke.", "Hello", "Who are you?", "How heavy is the {n}?",
                "Write a story.", "What is the weather like?", "What brand is the {n}?", "What is behind the {n}?"]
# What counts as one benchmark task.
GROUPS = {"existence": ["existence"], "relations": ["relation_yes", "relation_what"],
          "places": ["place", "place_side", "place_what"], "attributes": ["colour", "colour_yes", "colour_what", "size"],
          "categories": ["category", "category_what"], "counting": ["count", "count_yes", "compare"],
          "reading": ["read", "read_word", "read_number", "read_colour", "read_yes"], "description": ["describe", "list"],
          "unknown": ["unknown"]}
CATEGORY_WORDS = {"animal": "animal", "food": "food", "household": "household object", "toy": "toy", "vehicle": "vehicle",
                  "plant": "plant", "building": "building", "clothing": "piece of clothing", "music": "musical instrument"}
NUMBERS = ["no", "one", "two", "three", "four", "five", "six"]


@dataclass(frozen=True)
class Mention:
    """A class that a question or its answer names, and what the picture says of it. Teaches, is never asked for."""

    words: str
    label: int                                  # the number of classes: a sign
    count: int = 0
    colour: int = -1                            # -1: not known, or several things
    box: tuple[float, ...] | None = None        # of the only one: centre x, centre y, width, height over the picture's side


@dataclass(frozen=True)
class Question:
    """One question with its answer; `detail` names the kind of negative or the sub-task."""

    kind: str
    text: str
    answer: str
    detail: str = ""
    asked: tuple[Mention, ...] = ()             # named in the text
    answered: tuple[Mention, ...] = ()          # named in the answer
    sign: tuple[float, ...] | None = None       # the sign that the answer spells: left, top, right, bottom over the side


@lru_cache
def forms(names: tuple[str, ...]) -> dict[str, int]:
    """Every form in which a question may name a class, and the class."""
    found = {form: i for i, name in enumerate(names) for form in (classes.plural(name), classes.article(name), name)}
    return found | {"sign": len(names)}


def cell(thing: Thing, side: int) -> int:
    """Which of the nine parts of the picture the centre lies in."""
    x, y = thing.centre
    return min(2, int(3 * y / side)) * 3 + min(2, int(3 * x / side))


def clear_of_borders(thing: Thing, side: int) -> bool:
    """Whether the centre is well inside its ninth of the picture."""
    return all(abs(value / side * 3 - line) > 0.12 for value in thing.centre for line in (1, 2))


class Asker:
    """Makes questions about one scene."""

    def __init__(self, scene: Scene, names: list[str], categories: list[str], rng: random.Random, held_out: bool = False) -> None:
        self.scene, self.names, self.categories, self.rng = scene, names, categories, rng
        self.phrase_set = 1 if held_out else 0
        self.side = scene.image.shape[0]
        self.objects = [t for t in scene.things if t.label >= 0]
        self.signs = [t for t in scene.things if t.label < 0 and t.visible > 0.85]
        self.hidden_sign = any(t.label < 0 and t.visible <= 0.85 for t in scene.things)
        self.counts: dict[int, int] = {}
        for thing in self.objects:
            self.counts[thing.label] = self.counts.get(thing.label, 0) + 1
        self.single = [t for t in self.objects if self.counts[t.label] == 1]
        self.unique = self.single + (self.signs if len(self.signs) == 1 and not self.hidden_sign else [])
        self.absent = [i for i in range(len(names)) if i not in self.counts]

    def say(self, kind: str, answer: str, detail: str = "", **words: str) -> Question:
        """A question in one of the phrasings of its kind."""
        known = forms(tuple(self.names))
        asked = tuple(self.mention(word, known[word]) for word in words.values() if word in known)
        text = self.rng.choice(PHRASES[kind][self.phrase_set]).format(**words)
        return Question(kind, text, answer, detail, asked, self.named(answer))

    def mention(self, words: str, label: int) -> Mention:
        """What the picture says of a class."""
        things = self.signs if label == len(self.names) else [t for t in self.objects if t.label == label]
        if len(things) != 1 or (label == len(self.names) and self.hidden_sign):
            return Mention(words, label, len(things))
        left, top, right, bottom = (value / self.side for value in things[0].box)
        colour = COLOUR_NAMES.index(things[0].colour) if things[0].colour else -1
        return Mention(words, label, 1, colour, ((left + right) / 2, (top + bottom) / 2, right - left, bottom - top))

    def named(self, answer: str) -> tuple[Mention, ...]:
        """The shown classes that an answer names."""
        return tuple(self.mention(form, label) for label in self.counts
                     for form in (self.names[label], classes.plural(self.names[label]))
                     if re.search(rf"\b{re.escape(form)}\b", answer))

    def spelt(self, question: Question, sign: Thing) -> Question:
        """The question, with the sign that its answer spells."""
        return replace(question, sign=tuple(value / self.side for value in sign.box))

    def negative(self) -> tuple[int, str]:
        """An absent class: any, a common one, or one of a category that the picture shows."""
        mode = self.rng.choice(["random", "popular", "adversarial"])
        if mode == "popular":
            weights = class_weights(len(self.names))
            common = sorted(self.absent, key=lambda i: -weights[i])[:max(3, len(self.names) // 6)]
            return self.rng.choice(common), mode
        if mode == "adversarial" and self.counts:
            shown = {self.categories[i] for i in self.counts}
            near = [i for i in self.absent if self.categories[i] in shown]
            if near:
                return self.rng.choice(near), mode
        return self.rng.choice(self.absent), "random"

    def existence(self) -> Question | None:
        if self.counts and self.rng.random() < 0.5:
            label = self.rng.choice(list(self.counts))
            return self.say("existence", "Yes", "positive", a=classes.article(self.names[label]))
        label, mode = self.negative()
        return self.say("existence", "No", mode, a=classes.article(self.names[label]))

    def pair(self) -> tuple[Thing, Thing, list[str]] | None:
        """Two single things and the relations that clearly hold from the first to the second."""
        if len(self.unique) < 2:
            return None
        first, second = self.rng.sample(self.unique, 2)
        dx = (first.centre[0] - second.centre[0]) / self.side
        dy = (first.centre[1] - second.centre[1]) / self.side
        holds = [r for r, (x, y) in RELATIONS.items() if dx * x + dy * y > 0.12]
        return (first, second, holds) if holds else None

    def relation_yes(self) -> Question | None:
        found = self.pair()
        if found is None:
            return None
        first, second, holds = found
        relation = self.rng.choice(holds)
        if self.rng.random() < 0.5:
            first, second, answer = second, first, "No"
        else:
            answer = "Yes"
        return self.say("relation_yes", answer, n=first.name, m=second.name, r=relation)

    def relation_what(self) -> Question | None:
        found = self.pair()
        if found is None:
            return None
        _, anchor, holds = found
        relation = self.rng.choice(holds)
        x, y = RELATIONS[relation]
        def along(t: Thing) -> float:
            return ((t.centre[0] - anchor.centre[0]) * x + (t.centre[1] - anchor.centre[1]) * y) / self.side
        others = [t for t in self.scene.things if t is not anchor]
        there = [t for t in others if along(t) > 0.12]
        unclear = [t for t in others if 0 < along(t) <= 0.12]
        if unclear or len({t.name for t in there}) != 1:
            return None
        return self.say("relation_what", there[0].name, m=anchor.name, r=relation)

    def place(self) -> Question | None:
        options = [t for t in self.unique if clear_of_borders(t, self.side)]
        if not options:
            return None
        thing = self.rng.choice(options)
        return self.say("place", PLACES[cell(thing, self.side)], n=thing.name)

    def place_side(self) -> Question | None:
        options = [t for t in self.unique if abs(t.centre[0] / self.side - 0.5) > 0.1]
        if not options:
            return None
        thing = self.rng.choice(options)
        return self.say("place_side", "left" if thing.centre[0] < self.side / 2 else "right", n=thing.name)

    def place_what(self) -> Question | None:
        by_cell: dict[int, set[str]] = {}
        clear: dict[int, bool] = {}
        for thing in self.scene.things:
            by_cell.setdefault(cell(thing, self.side), set()).add(thing.name)
            clear[cell(thing, self.side)] = clear.get(cell(thing, self.side), True) and clear_of_borders(thing, self.side)
        options = [c for c, names in by_cell.items() if len(names) == 1 and clear[c]]
        if not options:
            return None
        chosen = self.rng.choice(options)
        return self.say("place_what", next(iter(by_cell[chosen])), p=PLACES[chosen])

    def colour(self) -> Question | None:
        options = [t for t in self.unique if t.colour]
        if not options:
            return None
        thing = self.rng.choice(options)
        return self.say("colour", thing.colour, n=thing.name)

    def colour_yes(self) -> Question | None:
        options = [t for t in self.unique if t.colour]
        if not options:
            return None
        thing = self.rng.choice(options)
        if self.rng.random() < 0.5:
            return self.say("colour_yes", "Yes", n=thing.name, c=thing.colour)
        return self.say("colour_yes", "No", n=thing.name, c=self.rng.choice([c for c in COLOUR_NAMES if c != thing.colour]))

    def colour_what(self) -> Question | None:
        coloured = [t for t in self.unique if t.colour in ("blue", "purple", "pink")]
        options = [t for t in coloured if sum(o.colour == t.colour for o in self.scene.things) == 1]
        if not options or any(not t.colour for t in self.objects):
            return None
        thing = self.rng.choice(options)
        return self.say("colour_what", thing.name, c=thing.colour)

    def size(self) -> Question | None:
        if len(self.single) < 2:
            return None
        first, second = self.rng.sample(self.single, 2)
        a, b = ((t.box[2] - t.box[0]) * (t.box[3] - t.box[1]) for t in (first, second))
        if max(a, b) < 1.8 * min(a, b):
            return None
        return self.say("size", (first if a > b else second).name, n=first.name, m=second.name)

    def category(self) -> Question | None:
        shown = {self.categories[i] for i in self.counts}
        yes = self.rng.random() < 0.5
        options = [c for c in CATEGORY_WORDS if (c in shown) == yes]
        if not options:
            return None
        word = CATEGORY_WORDS[self.rng.choice(options)]
        return self.say("category", "Yes" if yes else "No", g="food" if word == "food" else classes.article(word))

    def category_what(self) -> Question | None:
        by_category: dict[str, set[int]] = {}
        for label in self.counts:
            by_category.setdefault(self.categories[label], set()).add(label)
        options = [c for c, members in by_category.items() if len(members) == 1 and c in CATEGORY_WORDS]
        if not options:
            return None
        chosen = self.rng.choice(options)
        return self.say("category_what", self.names[next(iter(by_category[chosen]))], g=CATEGORY_WORDS[chosen])

    def count(self) -> Question | None:
        repeated = [i for i, n in self.counts.items() if n > 1]
        roll = self.rng.random()
        if repeated and roll < 0.6:
            label = self.rng.choice(repeated)
        elif self.counts and roll < 0.92:
            label = self.rng.choice(list(self.counts))
        else:
            label = self.rng.choice(self.absent)
        return self.say("count", str(self.counts.get(label, 0)), s=classes.plural(self.names[label]))

    def count_yes(self) -> Question | None:
        if not self.counts:
            return None
        repeated = [i for i, n in self.counts.items() if n > 1]
        label = self.rng.choice(repeated if repeated and self.rng.random() < 0.7 else list(self.counts))
        right = self.counts[label]
        yes = self.rng.random() < 0.5
        shown = right if yes else self.rng.choice([n for n in range(2, 6) if n != right])
        if shown < 2 or shown >= len(NUMBERS):
            return None
        return self.say("count_yes", "Yes" if yes else "No", k=NUMBERS[shown], s=classes.plural(self.names[label]))

    def compare(self) -> Question | None:
        if len(self.counts) < 2 or len(set(self.counts.values())) < 2:
            return None
        first, second = self.rng.sample(list(self.counts), 2)
        if self.counts[first] == self.counts[second]:
            return None
        return self.say("compare", "Yes" if self.counts[first] > self.counts[second] else "No",
                        s=classes.plural(self.names[first]), t=classes.plural(self.names[second]))

    def lone_sign(self) -> Thing | None:
        return self.signs[0] if len(self.signs) == 1 and not self.hidden_sign else None

    def read(self) -> Question | None:
        sign = self.lone_sign()
        return self.spelt(self.say("read", sign.text), sign) if sign else None

    def read_word(self) -> Question | None:
        sign = self.lone_sign()
        return self.spelt(self.say("read_word", sign.text), sign) if sign and not sign.text.isdigit() else None

    def read_number(self) -> Question | None:
        sign = self.lone_sign()
        return self.spelt(self.say("read_number", sign.text), sign) if sign and sign.text.isdigit() else None

    def read_colour(self) -> Question | None:
        if not self.signs or self.hidden_sign:
            return None
        sign = self.rng.choice(self.signs)
        if sum(s.colour == sign.colour for s in self.signs) > 1:
            return None
        return self.spelt(self.say("read_colour", sign.text, c=sign.colour), sign)

    def read_yes(self) -> Question | None:
        sign = self.lone_sign()
        if sign is None:
            return None
        if self.rng.random() < 0.5:
            return self.say("read_yes", "Yes", w=sign.text)
        letters = list(sign.text)
        pool = "0123456789" if sign.text.isdigit() else "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        for i in self.rng.sample(range(len(letters)), max(1, len(letters) - 1)):
            letters[i] = self.rng.choice([c for c in pool if c != letters[i]])
        return self.say("read_yes", "No", w="".join(letters))

    def phrase_list(self) -> list[str]:
        """The things in reading order from the left, repeated ones with their number."""
        seen: list[str] = []
        for thing in sorted(self.scene.things, key=lambda t: t.centre[0]):
            if thing.label < 0:
                part = f"a {thing.colour} sign" + (f" that says {thing.text}" if thing.visible > 0.85 else "")
                part = part.replace("a orange", "an orange")
            elif (n := self.counts[thing.label]) == 1:
                part = classes.article((thing.colour + " " if thing.colour else "") + thing.name)
                if classes.article(thing.name).startswith("some"):
                    part = "some " + (thing.colour + " " if thing.colour else "") + thing.name
            else:
                part = f"{NUMBERS[min(n, 6)]} {classes.plural(thing.name)}"
            if part not in seen:
                seen.append(part)
        return seen

    def describe(self) -> Question | None:
        parts = self.phrase_list()
        if not parts:
            return None
        text = parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
        return self.say("describe", f"The picture shows {text}.")

    def list(self) -> Question | None:
        seen: list[str] = []
        for thing in sorted(self.scene.things, key=lambda t: t.centre[0]):
            if thing.name not in seen:
                seen.append(thing.name)
        return self.say("list", ", ".join(seen)) if seen else None

    def unknown(self) -> Question | None:
        roll = self.rng.random()
        if roll < 0.5:
            name = self.names[self.rng.choice(list(self.counts))] if self.counts and self.rng.random() < 0.7 else "picture"
            return Question("unknown", self.rng.choice(UNANSWERABLE).format(n=name), UNKNOWN, "unanswerable")
        if roll < 0.65 and not self.signs and not self.hidden_sign:
            kind = self.rng.choice(["read", "read_word", "read_number"])
            return Question("unknown", self.rng.choice(PHRASES[kind][self.phrase_set]), "There is no sign.", "no sign")
        name = self.names[self.rng.choice(self.absent)]
        kind, extra = self.rng.choice([("place", {}), ("colour", {}), ("place_side", {}), ("colour_yes", {"c": self.rng.choice(COLOUR_NAMES)})])
        text = self.rng.choice(PHRASES[kind][self.phrase_set]).format(n=name, **extra)
        verb = "are" if classes.article(name).startswith("some") and name.endswith("s") else "is"
        return Question("unknown", text, f"There {verb} no {name}.", "absent")

    def ask(self, kind: str) -> Question | None:
        """A question of this kind, or None where the scene does not allow one."""
        if not self.absent and kind in ("existence", "count", "unknown"):
            return None
        maker: Callable[[], Question | None] = getattr(self, kind)
        return maker()

    def several(self, count: int, weights: dict[str, float]) -> list[Question]:
        """A mixture of kinds."""
        kinds, shares = list(weights), list(weights.values())
        result: list[Question] = []
        for _ in range(count * 6):
            question = self.ask(self.rng.choices(kinds, shares)[0])
            if question is not None and all(question.text != other.text for other in result):
                result.append(question)
                if len(result) == count:
                    break
        return result


MIXTURE = {"existence": 4.0, "relation_yes": 1.6, "relation_what": 1.6, "place": 1.6, "place_side": 0.8, "place_what": 1.6,
           "colour": 1.4, "colour_yes": 0.7, "colour_what": 0.6, "size": 0.8, "category": 0.7, "category_what": 0.7,
           "count": 2.0, "count_yes": 1.0, "compare": 0.8, "read": 1.6, "read_word": 0.8, "read_number": 0.8, "read_colour": 0.8,
           "read_yes": 0.7, "describe": 0.5, "list": 0.7, "unknown": 0.9}
WARM_UP = {"existence": 5.0, "list": 3.0, "place_what": 1.5, "colour": 1.0, "count": 1.0, "read": 1.5, "category_what": 1.0,
           "place": 1.0}


def corpus(names: list[str], make_scenes: Callable[[int], Scene], categories: list[str], pictures: int = 400) -> list[str]:
    """Text for the tokenizer: questions, answers, and all names in all forms."""
    rng = random.Random(7)
    lines = [UNKNOWN, "Yes", "No"] * 20
    for name in names:
        lines += [name, classes.article(name), classes.plural(name), f"There is no {name}."] * 6
    for train, held in PHRASES.values():
        lines += [p.replace("{", "").replace("}", "") for p in train + held] * 2
    for i in range(pictures):
        for question in Asker(make_scenes(i), names, categories, rng, i % 4 == 0).several(12, MIXTURE):
            lines += [question.text] + ([question.answer] if not question.answer.isupper() else [])
    # Words in capitals are left out: signs are spelt letter by letter.
    return [" ".join(w for w in line.split(" ") if not (w.isupper() and len(w.strip(".,?:")) > 1)) for line in lines]
