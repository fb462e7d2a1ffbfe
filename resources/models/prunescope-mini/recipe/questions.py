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

# Where a training phrasing may say that it asks about the picture: `{here}` behind something, `{In}` at the front.
HERE = ["", "", "", " in the picture", " in the image", " in the photo", " in this picture", " in this image", " in this photo", " here"]
IN = ["In the picture,", "In the image,", "In this photo,", "In this picture,", "In this image,", "Looking at the picture,"]
# What a relation is called in training, beside its name.
ALSO = {"to the left of": ["left of", "on the left of"], "to the right of": ["right of", "on the right of"],
        "above": ["over"], "below": ["under", "beneath"]}

# (training phrasings, held-out phrasings). A training phrasing that comes out as a held-out one is drawn again.
PHRASES: dict[str, tuple[list[str], list[str]]] = {
    "existence": (["Is there {a}{here}?", "Can you see {a}{here}?", "Do you see {a}{here}?", "Does the picture show {a}?",
                   "Does the image contain {a}?", "Is {a} in this photo?", "Is {a} visible{here}?", "Does the picture have {a} in it?",
                   "Can {a} be seen{here}?", "{In} is there {a}?", "{In} can you see {a}?", "Is {a} there?", "Have you found {a}{here}?",
                   "Does this picture include {a}?", "Is there {a} anywhere{here}?", "Would you say there is {a}{here}?"],
                  ["Is there {a} in this image?", "Does this image show {a}?", "Can you see {a} in the picture?"]),
    "relation_yes": (["Is the {n} {r} the {m}{here}?", "Can you see the {n} {r} the {m}{here}?", "Is there a {n} {r} the {m}{here}?",
                      "{In} can you see the {n} {r} the {m}?", "Would you say the {n} is {r} the {m}?", "Does the {n} lie {r} the {m}?",
                      "Is it true that the {n} is {r} the {m}?", "The {n} is {r} the {m}, is it?", "Is the {n} placed {r} the {m}{here}?",
                      "{In} is the {n} found {r} the {m}?", "Do you find the {n} {r} the {m}{here}?", "Does the picture show the {n} {r} the {m}?"],
                     ["In the image, is the {n} {r} the {m}?", "Do you see the {n} {r} the {m}?"]),
    "relation_what": (["What is {r} the {m}{here}?", "Which object is {r} the {m}{here}?", "What do you see {r} the {m}{here}?",
                       "What can you find {r} the {m}?", "{In} what do you see {r} the {m}?", "Name the object {r} the {m}.",
                       "What thing is {r} the {m}{here}?", "What is the object {r} the {m}?", "{In} which object is {r} the {m}?",
                       "What stands {r} the {m}?", "Tell me what is {r} the {m}.", "What lies {r} the {m}{here}?"],
                      ["What object is {r} the {m}?", "In the picture, what is {r} the {m}?"]),
    "place": (["Where is the {n}{here}?", "In which part of the image is the {n}?", "Where do you see the {n}{here}?",
               "What part of the picture is the {n} in?", "{In} where is the {n}?", "Where can I find the {n}{here}?",
               "What is the position of the {n}{here}?", "Where is the {n} located{here}?", "In what part of the picture is the {n}?",
               "Tell me where the {n} is.", "Which part of the picture shows the {n}?", "Where in this photo is the {n}?",
               "Where does the picture show the {n}?"],
              ["Where in the image is the {n}?", "In which part of the picture is the {n}?"]),
    "place_side": (["Is the {n} on the left or on the right{here}?", "On which side is the {n}, left or right?",
                    "Which side is the {n} on, left or right?", "Is the {n} left or right{here}?", "{In} is the {n} on the left or the right?",
                    "Left or right: where is the {n}?", "Is the {n} to the left or to the right{here}?",
                    "On which side of the picture is the {n}, the left or the right?", "Does the {n} appear on the left or on the right?",
                    "Is the {n} in the left or the right half{here}?", "Do you see the {n} on the left or the right side{here}?"],
                   ["Is the {n} on the left or the right of the image?"]),
    "place_what": (["What is at the {p}{here}?", "What is in the {p} of the picture?", "What do you see at the {p}{here}?",
                    "What can you see in the {p}{here}?", "What is in the {p}{here}?", "Name the object at the {p}.",
                    "What object is in the {p} of the image?", "{In} what is at the {p}?", "What thing is at the {p} of this photo?",
                    "Which object do you see in the {p}{here}?", "What is shown at the {p} of the picture?", "Tell me what is at the {p}.",
                    "{In} which object is in the {p}?"],
                   ["What is at the {p} of the image?", "Which object is at the {p}?"]),
    "colour": (["What color is the {n}{here}?", "What is the color of the {n}{here}?", "Which color does the {n} have{here}?",
                "What colour is the {n}{here}?", "{In} what color is the {n}?", "Tell me the color of the {n}.", "The {n} is what color?",
                "What is the {n}'s color?", "What color would you say the {n} is?", "Name the color of the {n}.",
                "Of what color is the {n}{here}?"],
               ["What color does the {n} have?", "Which color is the {n}?"]),
    "colour_yes": (["Is the {n} {c}{here}?", "Is the color of the {n} {c}?", "Is the {n} {c} in color?", "Does the {n} look {c}{here}?",
                    "{In} is the {n} {c}?", "Is there a {c} {n}{here}?", "Would you call the {n} {c}?", "Is it a {c} {n}?",
                    "Is the {n} {c} or not?", "Do you see a {c} {n}{here}?"],
                   ["Is the {n} in the picture {c}?"]),
    "colour_what": (["What is {c}{here}?", "Which object is {c}{here}?", "Name the {c} object{here}.", "What thing is {c}{here}?",
                     "What is the {c} object{here}?", "{In} what is {c}?", "Tell me which object is {c}.", "Which thing is {c}{here}?"],
                    ["What object is {c}?"]),
    "size": (["Which is bigger, the {n} or the {m}?", "Is the {n} or the {m} bigger{here}?", "What is larger, the {n} or the {m}?",
              "Which one is bigger, the {n} or the {m}?", "{In} what is bigger, the {n} or the {m}?", "Which of the two is larger, the {n} or the {m}?",
              "Is the {n} larger or the {m}?", "Which object is larger, the {n} or the {m}?", "Which looks bigger{here}, the {n} or the {m}?",
              "The {n} or the {m}: which is bigger?"],
             ["Which is larger, the {n} or the {m}?"]),
    "category": (["Is there {g}{here}?", "Can you see {g}{here}?", "Does the image show {g}?", "Do you see {g}{here}?",
                  "Does the picture contain {g}?", "{In} is there {g}?", "Is {g} shown{here}?", "Is {g} visible{here}?",
                  "Does this picture have {g} in it?", "Can {g} be seen{here}?"], ["Is there {g} in this image?"]),
    "category_what": (["Which {g} is in the picture?", "What {g} is this?", "What {g} do you see{here}?", "What kind of {g} is this?",
                       "What {g} is shown{here}?", "{In} which {g} do you see?", "Which {g} can you see{here}?", "Name the {g}{here}.",
                       "What {g} is there{here}?", "Which {g} is it?", "What {g} does the picture show?"],
                      ["Which {g} do you see in the image?"]),
    "count": (["How many {s} are there{here}?", "How many {s} do you see{here}?", "How many {s} are in the picture?", "Count the {s}{here}.",
               "What is the number of {s}{here}?", "{In} how many {s} are there?", "How many {s} does the image show?", "How many {s} are shown{here}?",
               "Tell me how many {s} there are.", "How many {s} appear{here}?", "{In} how many {s} do you see?", "Number of {s}?",
               "How many {s} can I see{here}?", "How many {s} are visible{here}?", "Can you count the {s}{here}?"],
              ["How many {s} are there in the image?", "How many {s} can you see?"]),
    "count_yes": (["Are there {k} {s}{here}?", "Do you see {k} {s}{here}?", "Can you see {k} {s}{here}?", "Does the picture show {k} {s}?",
                   "{In} are there {k} {s}?", "Are there exactly {k} {s}{here}?", "Is the number of {s} {k}?", "Do you count {k} {s}{here}?",
                   "Are {k} {s} shown{here}?", "Would you say there are {k} {s}{here}?"],
                  ["Are there {k} {s} in this image?"]),
    "compare": (["Are there more {s} than {t}{here}?", "Do you see more {s} than {t}{here}?", "Can you see more {s} than {t}{here}?",
                 "{In} are there more {s} than {t}?", "Does the picture show more {s} than {t}?", "Is the number of {s} larger than that of {t}?",
                 "Are the {s} more than the {t}?", "Do the {s} outnumber the {t}{here}?"],
                ["Are there more {s} than {t} in the image?"]),
    "read": (["What does the sign say{here}?", "What is written on the sign{here}?", "Read the sign{here}.", "What text do you see{here}?",
              "What is on the sign?", "What can you read{here}?", "What does the board say{here}?", "Which text is on the sign?",
              "Tell me what the sign says.", "{In} what does the sign say?", "What text is on the board?", "Read the text{here}.",
              "What do the letters say{here}?", "Read what is written on the board."],
             ["What is written on the board?", "What does the sign in the image say?"]),
    "read_word": (["What word is on the sign{here}?", "Which word is on the sign?", "Read the word{here}.", "What word do you see{here}?",
                   "{In} what word is on the sign?", "Which word does the sign show?", "What word can you read{here}?",
                   "Which word is written on the board?", "Tell me the word on the sign."], ["What is the word on the sign?"]),
    "read_number": (["What number is on the sign{here}?", "Which number do you see{here}?", "Read the number{here}.", "What number do you see{here}?",
                     "{In} what number is on the sign?", "Which number does the sign show?", "What number can you read{here}?",
                     "Which number is written on the board?", "Tell me the number on the sign."], ["What is the number on the sign?"]),
    "read_colour": (["What does the {c} sign say{here}?", "What is written on the {c} sign{here}?", "Read the {c} sign{here}.",
                     "What does the {c} board say{here}?", "{In} what does the {c} sign say?", "What text is on the {c} sign?",
                     "Which text is on the {c} board?", "Tell me what the {c} sign says.", "What can you read on the {c} sign?"],
                    ["What is written on the {c} board?"]),
    "read_yes": (["Does the sign say {w}?", "Is the word {w} on the sign{here}?", "Is {w} written on the sign{here}?", "Does the board say {w}?",
                  "{In} does the sign say {w}?", "Can you read {w} on the sign?", "Does the sign read {w}?", "Is it {w} that the sign says?",
                  "Do you see {w} on the board{here}?"], ["Does the sign in the image say {w}?"]),
    "describe": (["Describe the image.", "What is in the picture?", "Describe this image please.", "What do you see{here}?",
                  "What does the image show?", "Give a short description of the picture.", "What is shown{here}?", "Tell me about the picture.",
                  "What is this?", "What can be seen{here}?", "Describe what you see{here}.", "Caption this image.", "Please describe this photo.",
                  "Write a caption for the picture.", "What is going on{here}?"],
                 ["Describe the picture.", "What can you see in this image?"]),
    "list": (["List the objects{here}.", "Which objects are in the picture?", "Name the objects{here}.", "What objects do you see{here}?",
              "Which things do you see{here}?", "List everything{here}.", "What objects are there{here}?", "Name all things{here}."],
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


def whole(words: str, text: str) -> int:
    """Where words stand in a text as words: no hat in What. -1: nowhere."""
    found = re.search(rf"\b{re.escape(words)}\b", text)
    return found.start() if found else -1


def cell(thing: Thing, side: int) -> int:
    """Which of the nine parts of the picture the centre lies in."""
    x, y = thing.centre
    return min(2, int(3 * y / side)) * 3 + min(2, int(3 * x / side))


def clear_of_borders(thing: Thing, side: int) -> bool:
    """Whether the centre is well inside its ninth of the picture."""
    return all(abs(value / side * 3 - line) > 0.12 for value in thing.centre for line in (1, 2))


class Asker:
    """Makes questions about one scene."""

    def __init__(self, scene: Scene, names: list[str], categories: list[str], rng: random.Random, held_out: bool = False,
                 careless: bool = True) -> None:
        self.scene, self.names, self.categories, self.rng = scene, names, categories, rng
        self.phrase_set = 1 if held_out else 0
        self.careless = careless
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
        return Question(kind, self.phrase(kind, **words), answer, detail, asked, self.named(answer))

    def phrase(self, kind: str, **words: str) -> str:
        """The text of a question. In training often put otherwise, and now and then written as carelessly as people do."""
        training, held_out = PHRASES[kind]
        if self.phrase_set:
            return self.rng.choice(held_out).format(**words)
        while True:
            text = self.rng.choice(training).replace("{here}", self.rng.choice(HERE)).replace("{In}", self.rng.choice(IN))
            if text not in held_out:
                break
        if "r" in words and self.rng.random() < 0.3:
            words["r"] = self.rng.choice(ALSO[words["r"]])
        text = text.format(**words)
        if self.careless and self.rng.random() < 0.1:
            text = text[0].lower() + text[1:]
        return text[:-1] if self.careless and self.rng.random() < 0.1 else text

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
                     if whole(form, answer) >= 0)

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
            return Question("unknown", self.phrase(kind), "There is no sign.", "no sign")
        name = self.names[self.rng.choice(self.absent)]
        kind, extra = self.rng.choice([("place", {}), ("colour", {}), ("place_side", {}), ("colour_yes", {"c": self.rng.choice(COLOUR_NAMES)})])
        text = self.phrase(kind, n=name, **extra)
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


MIXTURE = {"existence": 3.0, "relation_yes": 1.6, "relation_what": 1.6, "place": 1.6, "place_side": 0.8, "place_what": 1.6,
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
        lines += [p.replace("{here}", "").replace("{In}", IN[0]).replace("{", "").replace("}", "") for p in train + held] * 2
    for i in range(pictures):
        for question in Asker(make_scenes(i), names, categories, rng, i % 4 == 0).several(12, MIXTURE):
            lines += [question.text] + ([question.answer] if not question.answer.isupper() else [])
    # Words in capitals are left out: signs are spelt letter by letter.
    return [" ".join(w for w in line.split(" ") if not (w.isupper() and len(w.strip(".,?:")) > 1)) for line in lines]
