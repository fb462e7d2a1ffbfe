"""Trains the recipe's model from nothing for a minute, on drawn shapes, and opens the result in the program.

usage: smoke_test.py PROGRAM RECIPE_DIR      exit 77: Python modules are missing
"""

import faulthandler
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = ""
RECIPE = pathlib.Path()


def missing():
    """A module that the recipe needs and this Python lacks, or nothing."""
    for module in ("cv2", "numpy", "PIL", "safetensors", "tokenizers", "torch", "transformers"):
        try:
            __import__(module)
        except ImportError:
            return module
    return ""


class Recipe(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="prunescope-recipe-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)

    def train(self, *arguments, folder="minute"):
        environment = {**os.environ, "PRUNESCOPE_TRAINING": str(self.folder / folder), "OMP_NUM_THREADS": "2"}
        return subprocess.Popen([sys.executable, str(RECIPE / "train.py"), "--device", "cpu", *arguments], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)

    def test_a_minute_from_nothing(self):
        began = time.monotonic()
        process = self.train("--smoke", "--minutes", "1")
        printed, _ = process.communicate(timeout=500)
        self.assertEqual(process.returncode, 0, printed)
        self.assertIn("finished", printed)
        lines = [json.loads(line) for line in (self.folder / "minute" / "run-smoke" / "metrics.jsonl").read_text().splitlines()]
        steps = [line for line in lines if "stage" in line]
        self.assertEqual([s for i, s in enumerate(line["stage"] for line in steps) if i == 0 or s != steps[i - 1]["stage"]],
                         ["tower224", "tower336", "reader", "joint"])
        for name in ("tower224", "tower336", "reader", "joint"):
            own = [line for line in steps if line["stage"] == name]
            self.assertAlmostEqual(own[-1]["progress"], 1, msg="the schedule reaches its end in the time given")
            self.assertLess(own[-1]["rate"], max(line["rate"] for line in own) + 1e-12)
            self.assertTrue(all(line["loss"] == line["loss"] and line["loss"] < 100 for line in own), "losses are finite")
        self.assertLess(steps[-1]["hours"] * 60, 1.5)
        print(f"{time.monotonic() - began:.0f} s for {sum(s['pictures'] for s in steps if s['progress'] == 1)} pictures")

        model = self.folder / "minute" / "run-smoke" / "model"
        self.assertLess(sum(f.stat().st_size for f in model.iterdir() if f.is_file()), 24_000_000)
        sample = json.loads((model / "samples" / "samples.json").read_text())[0]
        done = subprocess.run([PROGRAM, "run", "--model", model, "--image", model / "samples" / sample["image"], "--prompt", sample["prompt"],
                               "--method", "none", "--dtype", "fp32", "--max-new-tokens", "64", "--json"],
                              capture_output=True, text=True, check=False, timeout=100)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["answer_ids"], sample["answer_ids"], "transformers gives the same answer")

    def test_a_killed_run_goes_on_where_it_was_saved(self):
        sys.path.insert(0, str(RECIPE))
        os.environ["PRUNESCOPE_TRAINING"] = str(self.folder)
        import torch
        import train
        plan = train.smoke_plan()
        plan.stages[0].pictures = 32
        run = train.Run(self.folder / "state", plan)
        run.resume()
        run.train_stage()  # saves at its end
        again = train.Run(self.folder / "state", plan)
        again.resume()
        self.assertEqual((again.pictures, again.step, again.seconds), (run.pictures, run.step, run.seconds))
        self.assertEqual(again.rng.getstate(), run.rng.getstate())
        for mine, theirs in ((run.model, again.model), (run.teacher, again.teacher)):
            for name, value in mine.state_dict().items():
                self.assertTrue(torch.equal(value, theirs.state_dict()[name]), name)
        before, after = run.optimizer.state_dict()["state"], again.optimizer.state_dict()["state"]
        self.assertEqual(before.keys(), after.keys())
        self.assertTrue(all(torch.equal(before[i][k], after[i][k]) for i in before for k in before[i]))
        self.assertTrue(torch.equal(run.generator.get_state(), again.generator.get_state()))

    def test_the_benchmark_has_the_same_bytes_every_time(self):
        written = []
        for name in ("first", "second"):
            out = self.folder / name
            subprocess.run([sys.executable, str(RECIPE / "benchmark.py"), str(out), "--toy", "--count", "6"], check=True,
                           stdout=subprocess.DEVNULL, timeout=300)
            written.append({str(f.relative_to(out)): f.read_bytes() for f in sorted(out.rglob("*")) if f.is_file()})
        self.assertEqual(written[0], written[1])
        tasks = [json.loads(line)["task"] for line in written[0]["items.jsonl"].decode().splitlines()]
        self.assertGreaterEqual(len(set(tasks)), 5)
        self.assertEqual({task: tasks.count(task) for task in tasks}, {task: 6 for task in set(tasks)})
        done = subprocess.run([PROGRAM, "eval", "--set", self.folder / "first", "--methods", "none", "--limit", "8", "--json"],
                              capture_output=True, text=True, check=False, timeout=200)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(set(json.loads(done.stdout)["tasks"]), set(tasks))

    def test_an_interrupt_stops_cleanly_and_the_state_is_whole(self):
        process = self.train("--smoke", "--pictures", "tower224=100000", folder="interrupted")
        state = self.folder / "interrupted" / "run-smoke" / "state.safetensors"
        log = self.folder / "interrupted" / "run-smoke" / "metrics.jsonl"
        until = time.monotonic() + 300
        while process.poll() is None and not log.exists() and time.monotonic() < until:
            time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, printed)
        self.assertIn("stopped; run again to go on", printed)
        self.assertTrue(state.exists())


if __name__ == "__main__":
    PROGRAM, RECIPE = sys.argv[1], pathlib.Path(sys.argv[2])
    if missing():
        print(f"skipped: this Python has no module {missing()}")
        sys.exit(77)
    faulthandler.dump_traceback_later(780, exit=True)  # says where it hangs before ctest kills it silently
    unittest.main(argv=sys.argv[:1], verbosity=2)
