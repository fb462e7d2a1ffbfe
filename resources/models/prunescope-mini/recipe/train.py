"""Trains the model. `python train.py` starts, or goes on from the last checkpoint after any interruption.

Stages: the tower on windows of 224 pixels and then at 336, with dense supervision; projector and decoder on cached
features; everything together. `python train.py --smoke --minutes 1` runs all stages in a minute on drawn shapes.

On a GPU batches are larger, scenes come from as many workers as there are cores, and the reader stage sees new scenes
instead of cached features. The state is one safetensors file that either device loads.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os
import random
import shutil
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Iterator

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

import classes
import questions as qa
import reader
import tokenizer as bpe
from assets import WORK, Assets
from model import GRID, PATCH, SEEN_NORM, SIDE, Shape, Teacher, Tower, batch_targets, build, initialise_reader
from scenes import Composer, Scene, Thing

SAVE_SECONDS = 240
VALIDATE_SECONDS = 2400
LOG_SECONDS = 60


@dataclass
class Stage:
    """One part of the curriculum; `pictures` may be raised later, the schedule stretches."""

    name: str
    side: int
    batch: int
    pictures: int
    rate: float
    final: float = 0.05       # learning rate at the end, relative
    decay: float = 0.35       # share of the stage in which the rate falls
    warm_up: int = 300        # steps
    cost: float = 1.0         # time of one picture, relative: shares out a schedule that is given in minutes


@dataclass
class Plan:
    """Everything that decides the outcome."""

    stages: list[Stage] = field(default_factory=lambda: [
        Stage("tower224", 224, 32, 300_000, 1.0e-3, final=0.3, decay=0.3, warm_up=800, cost=1.0),
        Stage("tower336", 336, 16, 60_000, 3.5e-4, final=0.1, decay=0.5, cost=2.6),
        Stage("reader", 336, 8, 160_000, 8.0e-4, final=0.05, decay=0.5, warm_up=100, cost=1.5),
        Stage("joint", 336, 16, 90_000, 3.0e-4, final=0.02, decay=0.6, cost=4.0)])
    shape: Shape = field(default_factory=Shape)
    seed: int = 20240
    cached: int = 6_400              # pictures whose features the reader stage uses
    questions: int = 10              # per picture
    token_dropout: float = 0.95      # share of the steps with a random subset of the visual tokens; 0: never
    dropout_keep: tuple[int, ...] = (96, 144, 144, 144, 192)  # never the budgets that are reported (16, 32, 64)
    uneven: float = 0.6              # of these, the share whose subset is dense here and thin there
    tower_slowdown: float = 0.4      # learning rate of the tower in the joint stage, relative
    projector_slowdown: float = 0.1  # of the projector, which begins without loss
    teacher_weight: float = 0.25     # of the dense losses in the joint stage
    guide_weight: float = 1.0        # of teaching the decoder where to look
    threads: int = 2
    workers: int = 1                 # processes that compose scenes
    batch_scale: int = 1             # batches so many times larger; learning rates grow with its square root
    minutes: float = 0.0             # > 0: all stages together take so long, whatever the speed
    echo: int = 1                    # how often a scene is seen: more than once where composing it takes longer than a step
    echo_batches: int = 256          # kept for that
    toy: bool = False

    def scaled(self, stage: Stage) -> Stage:
        """The stage as it runs at this batch scale."""
        rate = min(3e-3, stage.rate * self.batch_scale ** 0.5)
        return dataclasses.replace(stage, batch=stage.batch * self.batch_scale, rate=rate,
                                   warm_up=max(2, round(stage.warm_up / self.batch_scale ** 0.5)))


def gpu_plan() -> Plan:
    """Composing a picture takes longer than a step here: full-size pictures almost from the start, each seen twice, and
    more than a third of the time for everything together. The shares hold for `--minutes` too."""
    return Plan(stages=[Stage("tower224", 224, 256, 120_000, 2.0e-3, final=0.6, decay=0.2, warm_up=200),
                        Stage("tower336", 336, 128, 260_000, 1.5e-3, final=0.2, decay=0.4, warm_up=100),
                        Stage("reader", 336, 128, 140_000, 2.0e-3, final=0.3, decay=0.3, warm_up=150),
                        Stage("joint", 336, 128, 480_000, 1.0e-3, final=0.02, decay=0.7, warm_up=100)], echo=2)


def smoke_plan() -> Plan:
    """A run of about a minute."""
    return Plan(stages=[Stage("tower224", 224, 16, 240, 1e-3, warm_up=5, cost=1.0), Stage("tower336", 336, 8, 64, 4e-4, warm_up=2, cost=2.6),
                        Stage("reader", 336, 8, 160, 1e-3, warm_up=5, cost=1.5), Stage("joint", 336, 8, 48, 3e-4, warm_up=2, cost=4.0)],
                shape=Shape(vision_width=64, vision_layers=10, vision_heads=2, text_width=64, text_layers=2, text_heads=2, text_inner=128),
                cached=64, toy=True)


class Scenes(IterableDataset):
    """Batches of scenes with their targets and questions from number `first` on, without end.

    Workers take turns, so the batches and their order are the same for any number of workers.
    """

    def __init__(self, assets: Assets, split: str, stage: Stage, first: int, tokenizer: Tokenizer, ask: int) -> None:
        self.assets, self.split, self.stage, self.first, self.tokenizer, self.ask = assets, split, stage, first, tokenizer, ask

    def __iter__(self) -> Iterator[tuple[Tensor, dict[str, Tensor], reader.Packed | None]]:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        torch.set_num_threads(1)
        composer = Composer(self.assets, self.split)
        info = get_worker_info()
        turns, turn = (info.num_workers, info.id) if info else (1, 0)
        number = self.first + turn * self.stage.batch
        while True:
            scenes = [composer.scene(number + i, self.stage.side) for i in range(self.stage.batch)]
            asked = [qa.Asker(s, self.assets.names, self.assets.categories, random.Random(number + i)).several(self.ask, qa.MIXTURE)
                     for i, s in enumerate(scenes)] if self.ask else []
            number += turns * self.stage.batch
            packed = reader.pack(self.tokenizer, asked, len(self.assets.names)) if asked else None
            yield torch.from_numpy(np.stack([s.image for s in scenes])), batch_targets(scenes), packed


def cached_scene(kept: dict[str, Any], label: np.ndarray, position: np.ndarray) -> Scene:
    """What questions and the guide need of a scene: its things, its size, and what each patch shows."""
    nothing = np.zeros(0)
    things = [Thing(**{**t, "box": tuple(t["box"])}) for t in kept["things"]]
    return Scene(np.zeros((kept["side"], 1, 3), np.uint8), things, label, nothing, nothing, nothing, nothing, position, nothing,
                 kept["kinds"])


def first_scene(stage_index: int, again: int = 0) -> int:
    """Stages see different scenes, and so does a stage that is begun again."""
    return 10_000_000 * (stage_index + 1 + 100 * again)


class Run:
    """A training run in a folder."""

    def __init__(self, folder: Path, plan: Plan, device: str = "cpu") -> None:
        self.folder, self.plan = folder, plan
        self.device = torch.device(device)
        folder.mkdir(parents=True, exist_ok=True)
        torch.set_num_threads(plan.threads)
        self.assets = Assets.toy() if plan.toy else Assets.load()
        self.tokenizer = self.make_tokenizer()
        torch.manual_seed(plan.seed)
        self.model = build(plan.shape, self.tokenizer.token_to_id(bpe.IMAGE), self.tokenizer.token_to_id(bpe.PAD)).to(self.device)
        self.teacher = Teacher(plan.shape.vision_width, len(self.assets.names)).to(self.device)
        self.guide = reader.Guide(plan.shape.text_width, plan.shape.vision_width).to(self.device)
        self.tower = Tower(self.model)
        self.generator = torch.Generator().manual_seed(plan.seed)
        self.rng = random.Random(plan.seed)
        self.stage_index = self.step = 0
        self.pictures = 0       # of the stage, so far: batches may differ from call to call
        self.began = 0.0        # progress of the stage when this call took it up, and the seconds then
        self.began_seconds = 0.0
        self.seconds = 0.0
        self.again = 0          # how often a stage was begun again
        self.further = False    # this stage takes up what it ended with, instead of beginning anew
        self.until = math.inf   # seconds at which this call stops
        self.optimizer: torch.optim.AdamW | None = None
        self.stop = False
        self.name_tokens = self.last_tokens().to(self.device)

    @property
    def stage(self) -> Stage:
        """The stage being trained, at this call's batch size."""
        return self.plan.scaled(self.plan.stages[self.stage_index])

    def last_tokens(self) -> Tensor:
        """The last token of each class's name and of its plural, [classes, 2]; the name's again where others share the plural's."""
        one, several = ([self.tokenizer.encode(form(n), add_special_tokens=False).ids[-1] for n in self.assets.names]
                        for form in (str, classes.plural))
        return torch.tensor([(a, b if several.count(b) == 1 else a) for a, b in zip(one, several)])

    def autocast(self) -> torch.autocast:
        """bf16 where it is safe."""
        return torch.autocast(self.device.type, dtype=torch.bfloat16)

    def make_tokenizer(self) -> Tokenizer:
        """The tokenizer of this run, trained once."""
        path = self.folder / "tokenizer.json"
        if path.exists():
            return Tokenizer.from_file(str(path))
        composer = Composer(self.assets, "train")
        lines = qa.corpus(self.assets.names, composer.scene, self.assets.categories, 40 if self.plan.toy else 400)
        return bpe.build(lines, path)

    # -- checkpoints ---------------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Writes the state so that a kill at any moment leaves either the old or the new one. Tensors and JSON only."""
        tensors = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        tensors |= {f"teacher.{k}": v for k, v in self.teacher.state_dict().items()}
        tensors |= {f"guide.{k}": v for k, v in self.guide.state_dict().items()}
        if self.optimizer is not None:
            for number, values in self.optimizer.state_dict()["state"].items():
                tensors |= {f"optimizer.{number}.{k}": v for k, v in values.items()}
        tensors |= {"generator": self.generator.get_state(), "torch": torch.get_rng_state()}
        finished = self.stage_index == len(self.plan.stages)
        state = {"stage": "" if finished else self.stage.name, "pictures": self.pictures, "seconds": self.seconds, "again": self.again,
                 "further": self.further, "progress": 1.0 if finished else self.progress(), "rng": self.rng.getstate(), "plan": dataclasses.asdict(self.plan)}
        path = self.folder / "state.safetensors"
        new = path.with_suffix(".new")
        save_file({k: v.detach().cpu().contiguous() for k, v in tensors.items()}, new, {"state": json.dumps(state)})
        with open(new, "rb") as file:
            os.fsync(file.fileno())
        os.replace(new, path)

    def resume(self) -> None:
        """Goes on from the last state, if there is one."""
        path = self.folder / "state.safetensors"
        if not path.exists():
            self.begin_stage()
            return
        with safe_open(path, "pt") as file:
            state = json.loads(file.metadata()["state"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}

        def part(prefix: str) -> dict[str, Tensor]:
            return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

        names = [s.name for s in self.plan.stages]
        self.stage_index = names.index(state["stage"]) if state["stage"] else len(names)
        self.pictures, self.seconds, self.again = state["pictures"], state["seconds"], state.get("again", 0)
        self.further = state.get("further", False)
        self.began, self.began_seconds = state["progress"], self.seconds
        self.model.load_state_dict(part("model."))
        self.teacher.load_state_dict(part("teacher."))
        self.guide.load_state_dict(part("guide.") or self.guide.state_dict())
        if self.stage_index < len(names):
            self.step = self.pictures // self.stage.batch
            self.begin_stage()
            moments: dict[int, dict[str, Tensor]] = {}
            for name, value in part("optimizer.").items():
                number, _, key = name.partition(".")
                moments.setdefault(int(number), {})[key] = value
            if moments:
                self.optimizer.load_state_dict({"state": moments, "param_groups": self.optimizer.state_dict()["param_groups"]})
        self.generator.set_state(tensors["generator"])
        version, words, gauss = state["rng"]
        self.rng.setstate((version, tuple(words), gauss))
        torch.set_rng_state(tensors["torch"])
        print(f"resumed at {state['stage'] or 'the end'}, {self.pictures} pictures, after {self.seconds / 3600:.2f} h", flush=True)

    def begin_again(self, name: str, further: bool) -> None:
        """Takes up a stage from the beginning of its schedule, with new pictures, whatever was done before; `further`: with
        what it had learnt by then, where the reader would otherwise begin anew."""
        self.further = further
        self.stage_index = [s.name for s in self.plan.stages].index(name)
        self.step, self.pictures, self.began, self.began_seconds = 0, 0, 0.0, self.seconds
        self.again += 1
        self.begin_stage()

    # -- schedule ------------------------------------------------------------------------------------------------------

    def begin_stage(self) -> None:
        """The optimiser of a stage: only what it trains."""
        towers = list(self.model.model.vision_tower.parameters())
        projector = list(self.model.model.multi_modal_projector.parameters())
        rest = [p for n, p in self.model.named_parameters() if "vision_tower" not in n and "projector" not in n]
        guide = list(self.guide.parameters())
        for parameter in self.model.parameters():
            parameter.requires_grad_(True)
        name = self.stage.name
        if name.startswith("tower"):
            groups = [(towers + list(self.teacher.parameters()), 1.0)]
        elif name == "reader":
            groups = [(rest, 1.0), (projector, self.plan.projector_slowdown), (guide, 5.0)]
            if self.pictures == 0 and not self.further:
                self.open_reader()
        else:
            groups = [(rest, 1.0), (projector, self.plan.projector_slowdown), (guide, 5.0), (towers + list(self.teacher.parameters()), self.plan.tower_slowdown)]
        if name != "joint":
            trained = {id(p) for members, _ in groups for p in members}
            for parameter in self.model.parameters():
                parameter.requires_grad_(id(parameter) in trained)
        split = []
        for members, factor in groups:
            split.append({"params": [p for p in members if p.dim() > 1], "factor": factor, "weight_decay": 0.05})
            split.append({"params": [p for p in members if p.dim() <= 1], "factor": factor, "weight_decay": 0.0})
        self.optimizer = torch.optim.AdamW(split, self.stage.rate, betas=(0.9, 0.98), fused=True)

    def open_reader(self) -> None:
        """The reader begins anew, with a projector that loses nothing of what the tower tells."""
        initialise_reader(self.model)
        composer = Composer(self.assets, "train")
        pictures = np.stack([composer.scene(first_scene(80) + i, SIDE).image for i in range(8 if self.plan.toy else 128)])
        with torch.no_grad():
            hidden, _ = self.tower.forward(torch.from_numpy(pictures).to(self.device), last=False)
        self.guide.open(self.model, self.teacher.read(hidden[:, 1:].flatten(0, 1)), self.name_tokens)

    def steps(self, stage: Stage) -> int:
        """Steps of a stage."""
        return math.ceil(stage.pictures / stage.batch)

    def progress(self) -> float:
        """How much of the stage is done, 0 to 1: by pictures, or by time where the plan is given in minutes."""
        if not self.plan.minutes:
            return self.step / self.steps(self.stage)
        stages = self.plan.stages[self.stage_index:]
        work = [s.pictures * s.cost for s in stages]
        work[0] *= 1 - self.began
        slot = (60 * self.plan.minutes - self.began_seconds) * work[0] / max(sum(work), 1e-9)
        return self.began + (1 - self.began) * min(1.0, (self.seconds - self.began_seconds) / max(slot, 1e-9))

    def set_rate(self) -> float:
        """Warm-up, constant, then linear decay: the constant part can be stretched without harm."""
        stage = self.stage
        falling = (self.progress() - (1 - stage.decay)) / stage.decay
        factor = min(1.0, (self.step + 1) / stage.warm_up, 1 - (1 - stage.final) * max(0.0, falling))
        for group in self.optimizer.param_groups:
            group["lr"] = stage.rate * factor * group["factor"]
        return stage.rate * factor

    # -- losses --------------------------------------------------------------------------------------------------------

    def tower_loss(self, pictures: Tensor, targets: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """Dense supervision of the tower, at a random window of the grid."""
        free = GRID - pictures.shape[1] // PATCH
        offset = (self.rng.randint(0, free), self.rng.randint(0, free))
        with self.autocast():
            hidden, pooled = self.tower.forward(pictures, offset)
            return self.teacher.losses(hidden, pooled, targets, offset)

    def moved(self, pictures: Tensor, targets: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """A batch on the device."""
        return pictures.to(self.device, non_blocking=True), {k: v.to(self.device, non_blocking=True) for k, v in targets.items()}

    def keep(self) -> int:
        """How many visual tokens this step sees."""
        if self.rng.random() >= self.plan.token_dropout:
            return GRID * GRID
        return self.rng.choice(self.plan.dropout_keep)

    def reader_loss(self, features: Tensor, packed: reader.Packed, label: Tensor, position: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Next-token loss of the answers, and where to look for them. `label` and `position`: of every patch."""
        keep = self.keep()
        if keep < GRID * GRID and self.rng.random() < self.plan.uneven:
            place = reader.uneven_tokens((label <= len(self.assets.names)).float(), keep, self.generator).to(self.device)
        else:
            place = reader.kept_tokens(features.shape[0], keep, self.generator).to(self.device)
        features = reader.features_at(features, place)
        label, position = label.gather(1, place), position.gather(1, place)
        with self.autocast():
            done = reader.run(self.model, self.tokenizer, features, packed)
            guided, numbers = self.guide.losses(done, packed.looks.to(self.device), label, position, place)
        loss = F.cross_entropy(done.logits, done.wanted)
        numbers |= {"loss": loss.detach(), "token": (done.logits.argmax(-1) == done.wanted).float().mean()}
        loss = loss + self.plan.guide_weight * guided
        return loss + 0.04 * (done.seen.float().norm(dim=-1) / SEEN_NORM - 1).square().mean(), numbers

    # -- data ----------------------------------------------------------------------------------------------------------

    def fresh(self) -> Iterator[tuple[Tensor, dict[str, Tensor], reader.Packed | None]]:
        """New scenes from workers that run ahead, from where this stage stands; each is seen `plan.echo` times, the later times
        among others of the last batches."""
        stage = self.stage
        ask = self.plan.questions if stage.name in ("reader", "joint") else 0
        data = Scenes(self.assets, "train", stage, first_scene(self.stage_index, self.again) + self.pictures, self.tokenizer, ask)
        recent: list[Any] = []
        for pictures, targets, packed in DataLoader(data, batch_size=None, num_workers=self.plan.workers, prefetch_factor=4,
                                                    pin_memory=self.device.type == "cuda"):
            batch = (*self.moved(pictures, targets), packed)
            yield batch
            if self.plan.echo > 1:
                recent = [*recent[-self.plan.echo_batches + 1:], batch]
                for _ in range(self.plan.echo - 1):
                    yield recent[self.rng.randrange(len(recent))]

    def cached(self) -> Iterator[tuple[Tensor, dict[str, Tensor], reader.Packed]]:
        """Features of cached scenes in random order, with new questions each time."""
        features, scenes = self.feature_cache()
        while True:
            chosen = [self.rng.randrange(len(scenes)) for _ in range(self.stage.batch)]
            mixture = qa.WARM_UP if self.progress() < 0.12 and not self.further else qa.MIXTURE
            asked = [qa.Asker(scenes[i], self.assets.names, self.assets.categories, self.rng).several(self.plan.questions, mixture) for i in chosen]
            targets = {name: torch.from_numpy(np.stack([getattr(scenes[i], name) for i in chosen]).astype(np.int64)).to(self.device)
                       for name in ("label", "position")}
            rows = torch.from_numpy(np.stack([features[i] for i in chosen])).view(torch.bfloat16)
            yield rows.to(self.device), targets, reader.pack(self.tokenizer, asked, len(self.assets.names))

    def feature_cache(self) -> tuple[np.ndarray, list[Scene]]:
        """Computes the features of `plan.cached` scenes once; goes on where it was interrupted."""
        path, meta, labels_path = (self.folder / n for n in ("features.bin", "features.jsonl", "labels.bin"))
        width, total = self.plan.shape.vision_width, self.plan.cached
        lines = meta.read_text().splitlines() if meta.exists() else []
        mode = "r+" if path.exists() and labels_path.exists() else "w+"
        features = np.memmap(path, np.int16, mode, shape=(total, GRID * GRID, width))
        labels = np.memmap(labels_path, np.uint8, mode, shape=(total, 2, GRID * GRID))
        done = 0 if mode == "w+" else min(len(lines), total)
        scenes = [cached_scene(json.loads(lines[i]), *labels[i]) for i in range(done)]
        composer, began = Composer(self.assets, "train"), time.time()
        while len(scenes) < total and not self.stop:
            new = [composer.scene(first_scene(90) + len(scenes) + i, SIDE) for i in range(min(16, total - len(scenes)))]
            with torch.no_grad(), self.autocast():
                hidden, _ = self.tower.forward(torch.from_numpy(np.stack([s.image for s in new])).to(self.device), last=False)
            at = slice(len(scenes), len(scenes) + len(new))
            features[at] = hidden[:, 1:].bfloat16().cpu().view(torch.int16).numpy()
            labels[at] = np.stack([(s.label, s.position) for s in new])
            for scene in new:
                kept = {"side": scene.image.shape[0], "things": [dataclasses.asdict(t) for t in scene.things], "kinds": scene.kinds}
                lines[len(scenes):] = [json.dumps(kept)]
                scenes.append(cached_scene(json.loads(lines[-1]), *labels[len(scenes)]))
            if len(scenes) % 800 < 16 or len(scenes) == total:
                features.flush()
                labels.flush()
                temporary = meta.with_suffix(".new")
                temporary.write_text("\n".join(lines) + "\n")
                os.replace(temporary, meta)
                rate = (len(scenes) - done) / (time.time() - began)
                print(f"features {len(scenes)}/{total}  {rate:.1f}/s  {(total - len(scenes)) / max(rate, 0.01) / 60:.0f} min left", flush=True)
        return features, scenes

    # -- main loop -----------------------------------------------------------------------------------------------------

    def train(self) -> None:
        """Runs the remaining stages."""
        while self.stage_index < len(self.plan.stages) and not self.stop:
            self.train_stage()
            if self.stop:
                break
            save_file({k: v.detach().cpu().contiguous() for k, v in self.model.state_dict().items()},
                      self.folder / f"{self.stage.name}.safetensors")
            self.stage_index, self.step, self.pictures, self.optimizer = self.stage_index + 1, 0, 0, None
            self.further = False
            self.began, self.began_seconds = 0.0, self.seconds
            if self.stage_index < len(self.plan.stages):
                self.begin_stage()
            self.save()
        print("finished" if self.stage_index == len(self.plan.stages) else "stopped; run again to go on", flush=True)

    def train_stage(self) -> None:
        """One stage, from the current step on."""
        stage, total = self.stage, self.steps(self.stage)
        use_cache = stage.name == "reader" and self.device.type == "cpu"
        data: Iterator[Any] = self.cached() if use_cache else self.fresh()
        now = saved = logged = time.time()
        validated = now
        since, sums, seen = 0, {}, {}
        began_step, began = self.step, now
        interval = 5 if self.plan.toy else LOG_SECONDS if not self.plan.minutes else 15
        while self.progress() < 1:
            rate = self.set_rate()
            batch = next(data)
            if self.stop:
                break
            loss, numbers = self.losses_of(batch)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_([p for g in self.optimizer.param_groups for p in g["params"]], 1.0)
            self.optimizer.found_inf = (~torch.isfinite(norm)).float()  # such a step is left out, without waiting for the device
            self.optimizer.step()
            self.step += 1
            self.pictures += stage.batch
            since += 1
            for key, value in numbers.items():
                sums[key] = sums.get(key, 0) + value
                seen[key] = seen.get(key, 0) + 1
            self.seconds += time.time() - now
            now = time.time()
            last = self.progress() >= 1
            if self.seconds > self.until and not last:
                self.stop = True
            if now - logged > interval or last or self.step == began_step + 10:
                speed = since * stage.batch / max(1e-9, now - logged)
                overall = (self.step - began_step) * stage.batch / (now - began)
                means = {k: round(float(v) / seen[k], 4) for k, v in sums.items()}
                left = (total - self.step) * stage.batch / max(overall, 1e-9)
                if self.plan.minutes:
                    left = (now - began) * (1 - self.progress()) / max(self.progress() - self.began, 1e-9)
                self.report({"stage": stage.name, "step": self.step, "progress": round(self.progress(), 4), "pictures": self.pictures,
                             "hours": round(self.seconds / 3600, 3), "rate": rate, "pictures_per_s": round(speed, 2),
                             "stage_left_h": round(left / 3600, 2), **means})
                logged, since, sums, seen = now, 0, {}, {}
            if now - saved > SAVE_SECONDS or self.stop:
                self.save()
                saved = now
            if now - validated > VALIDATE_SECONDS or last:
                self.validate()
                validated = now = time.time()
            if self.stop:
                break
        self.save()

    def losses_of(self, batch: Any) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss of a batch in the current stage."""
        if self.stage.name.startswith("tower"):
            return self.tower_loss(batch[0], batch[1])
        if self.stage.name == "reader" and batch[0].dtype == torch.bfloat16:  # cached features
            return self.reader_loss(batch[0], batch[2], batch[1]["label"], batch[1]["position"])
        pictures, targets, packed = batch
        if self.stage.name == "reader":
            with torch.no_grad(), self.autocast():
                hidden, _ = self.tower.forward(pictures, last=False)
            return self.reader_loss(hidden[:, 1:], packed, targets["label"], targets["position"])
        with self.autocast():
            hidden, pooled = self.tower.forward(pictures)
            dense, dense_numbers = self.teacher.losses(hidden, pooled, targets, (0, 0))
        loss, numbers = self.reader_loss(hidden[:, 1:], packed, targets["label"], targets["position"])
        return loss + self.plan.teacher_weight * dense, numbers | {"label": dense_numbers["label"], "dense": dense_numbers["loss"]}

    @torch.no_grad()
    def validate(self) -> None:
        """What the model knows of cut-outs and backgrounds of the validation split."""
        composer = Composer(self.assets, "val")
        side = self.stage.side
        scenes = [composer.scene(i, side) for i in range(16 if self.plan.toy else 96)]
        sums: dict[str, list[float]] = {}
        by_group: dict[str, list[bool]] = {}
        for start in range(0, len(scenes), 16):
            part = scenes[start:start + 16]
            with self.autocast():
                pictures, targets = self.moved(torch.from_numpy(np.stack([s.image for s in part])), batch_targets(part))
                hidden, pooled = self.tower.forward(pictures)
                _, numbers = self.teacher.losses(hidden, pooled, targets, (0, 0))
                for key, value in numbers.items():
                    sums.setdefault(key, []).append(float(value))
                if self.stage.name in ("reader", "joint"):
                    asked = [qa.Asker(s, self.assets.names, self.assets.categories, random.Random(start + i), held_out=True).several(16, qa.MIXTURE)
                             for i, s in enumerate(part)]
                    packed = reader.pack(self.tokenizer, asked)
                    scores = reader.run(self.model, self.tokenizer, hidden[:, 1:], packed).logits
                    for row, right in zip(asked, reader.exactly_right(scores, packed)):
                        for question, correct in zip(row, right):
                            group = next(g for g, kinds in qa.GROUPS.items() if question.kind in kinds)
                            by_group.setdefault(group, []).append(correct)
        result = {k: round(float(np.nanmean(v)), 4) for k, v in sums.items()}
        result |= {g: round(float(np.mean(v)), 3) for g, v in sorted(by_group.items())}
        self.report({"validation": self.stage.name, "step": self.step, "hours": round(self.seconds / 3600, 3), **result})

    def report(self, numbers: dict[str, Any]) -> None:
        """One line for people, the same for programs."""
        with open(self.folder / "metrics.jsonl", "a") as file:
            file.write(json.dumps(numbers) + "\n")
        print("  ".join(f"{k} {v:.2e}" if k == "rate" else f"{k} {v}" for k, v in numbers.items()), flush=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, default=WORK / "run", help="folder of checkpoints and logs")
    parser.add_argument("--smoke", action="store_true", help="all stages on drawn shapes, in about a minute")
    parser.add_argument("--pictures", action="append", default=[], metavar="STAGE=N", help="pictures of a stage (also when going on)")
    begin = parser.add_mutually_exclusive_group()
    begin.add_argument("--from", dest="start", metavar="STAGE", help="begin this stage (again) with the weights at hand; the reader anew")
    begin.add_argument("--further", metavar="STAGE", help="go through this stage once more, with all that it has learnt")
    parser.add_argument("--token-dropout", type=float, help="share of the steps with a random subset of the visual tokens")
    parser.add_argument("--threads", type=int, help="threads of the training step")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--workers", type=int, help="processes that compose scenes (default: 1, on a GPU all cores but one)")
    parser.add_argument("--batch-scale", type=int, help="batches so many times larger")
    parser.add_argument("--echo", type=int, help="how often each scene is seen (default: 1, on a GPU 2)")
    parser.add_argument("--minutes", type=float, help="stop after so many minutes, with the state saved")
    parser.add_argument("--schedule-minutes", type=float,
                        help="length of the whole training over all calls: the learning rate ends its fall then "
                             "(default with --minutes: with this call)")
    arguments = parser.parse_args()
    device = ("cuda" if torch.cuda.is_available() else "cpu") if arguments.device == "auto" else arguments.device
    on_gpu = device == "cuda"
    plan = smoke_plan() if arguments.smoke else gpu_plan() if on_gpu else Plan()
    folder = arguments.run.with_name(arguments.run.name + "-smoke") if arguments.smoke else arguments.run
    if arguments.smoke:
        shutil.rmtree(folder, ignore_errors=True)
    for item in arguments.pictures:
        name, _, count = item.partition("=")
        next(s for s in plan.stages if s.name == name).pictures = int(count)
    if arguments.token_dropout is not None:
        plan.token_dropout = arguments.token_dropout
    if arguments.threads:
        plan.threads = arguments.threads
    plan.workers = arguments.workers or (max(1, (os.cpu_count() or 4) - 1) if on_gpu else 1)
    plan.batch_scale = arguments.batch_scale or 1
    plan.echo = arguments.echo or plan.echo
    run = Run(folder, plan, device)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        run.stop = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    run.resume()
    if arguments.start or arguments.further:
        run.begin_again(arguments.start or arguments.further, bool(arguments.further))
    if arguments.minutes:
        run.until = run.seconds + 60 * arguments.minutes
        plan.minutes = arguments.schedule_minutes or run.until / 60
    elif arguments.schedule_minutes:
        plan.minutes = arguments.schedule_minutes
    print(f"{device}, {plan.workers} workers, batches x {plan.batch_scale}", flush=True)
    run.train()
    if arguments.smoke and run.stage_index == len(plan.stages):
        import export
        import evaluate
        export.export(run, folder / "model", samples=1)
        evaluate.evaluate(run, "test", pictures=8)


if __name__ == "__main__":
    main()
