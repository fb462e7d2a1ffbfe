"""Runs `prunescope-cli eval` as a user does: what it prints, what it refuses, and what survives a kill.

usage: eval_test.py PROGRAM SOURCE_DIR
"""

import collections
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from interrupting import interrupted_after_a_result

PROGRAM = ""
SOURCE = pathlib.Path()
PLAN = ["--methods", "dcp,random", "--budgets", "32", "--limit", "10", "--resamples", "50"]
BASE = [*PLAN, "--threads", "1"]


def samples():
    """A small sample set."""
    return SOURCE / "tests" / "golden" / "starter" / "samples" / "samples.json"


def evaluate(*arguments, timeout=300):
    """The finished process of one call, with text output."""
    return subprocess.run([PROGRAM, "eval", *map(str, arguments)], capture_output=True, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL, check=False)


def without_times(path):
    """Result lines without the times, the only fields that may differ between two runs."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        result = json.loads(line)
        del result["ms"], result["cost_ms"]
        lines.append(json.dumps(result))
    return lines


class Eval(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="prunescope-eval-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def whole(self, name="whole", threads=1):
        out = self.folder / name
        done = evaluate("--set", samples(), *PLAN, "--threads", threads, "--out", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        return out

    def test_table_json_and_csv_agree(self):
        out = self.whole()
        printed = evaluate("--set", samples(), *BASE, "--out", out, "--json")
        summary = json.loads(printed.stdout)
        self.assertEqual(summary, json.loads((out / "summary.json").read_text(encoding="utf-8")))
        self.assertEqual(summary["schema"], "prunescope.eval/1")
        self.assertEqual([(r["method"], r["budget"]) for r in summary["rows"]], [("none", 0), ("dcp", 32), ("random", 32)])
        results = [json.loads(line) for line in (out / "results.jsonl").read_text(encoding="utf-8").splitlines()]
        for row in summary["rows"]:
            own = [r for r in results if (r["method"], r["budget"]) == (row["method"], row["budget"])]
            self.assertEqual(len(own), 10)
            self.assertAlmostEqual(row["average"]["value"], 100 * sum(r["score"] for r in own) / 10)
            if row["budget"]:
                self.assertAlmostEqual(row["D"], sum(r["D"] for r in own) / 10)
                self.assertLessEqual(row["D_interval"]["low"], row["D"])
                self.assertGreaterEqual(row["D_interval"]["high"], row["D"])
                seen = [r["share_of_kept"] for r in own if r["share_of_kept"] is not None]
                self.assertAlmostEqual(row["share_of_kept"]["value"], sum(seen) / len(seen))
                self.assertTrue(all(r["kept"] == 32 for r in own))
        csv = evaluate("--set", samples(), *BASE, "--out", out, "--csv")
        self.assertEqual(csv.stdout, (out / "summary.csv").read_text(encoding="utf-8"))
        self.assertIn("30 of 30 runs are there already", csv.stderr)

    def test_without_a_set_it_scores_the_bundled_benchmark(self):
        done = evaluate("--methods", "random", "--budgets", "32", "--limit", "16", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        summary = json.loads(done.stdout)
        self.assertEqual((summary["set"], summary["samples"], len(summary["tasks"])), ("benchmark", 16, 8))

    def test_the_bundled_benchmark_is_whole(self):
        folder = SOURCE / "resources" / "benchmark"
        items = [json.loads(line) for line in (folder / "items.jsonl").read_text(encoding="utf-8").splitlines()]
        per_task = collections.Counter(item["task"] for item in items)
        self.assertEqual(set(per_task.values()), {400})
        self.assertEqual(len(per_task), 8)
        self.assertEqual(len({item["id"] for item in items}), len(items))
        pictures = {path.relative_to(folder).as_posix() for path in (folder / "images").iterdir()}
        self.assertEqual({item["image"] for item in items}, pictures)

    def test_a_killed_evaluation_goes_on_to_the_same_results(self):
        whole = self.whole()
        out = self.folder / "killed"
        results = out / "results.jsonl"
        kills = 0
        for lines in (1, 7, 13, 22):
            process = subprocess.Popen([PROGRAM, "eval", "--set", str(samples()), *BASE, "--out", str(out)],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            until = time.monotonic() + 200
            while process.poll() is None and time.monotonic() < until:
                if results.exists() and results.read_bytes().count(b"\n") >= lines:
                    break
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
            kills += process.wait() == -signal.SIGKILL
            if lines == 13:  # as if the kill had cut a line
                with open(results, "ab") as file:
                    file.write(b'{"sample":"scene')
        self.assertGreaterEqual(kills, 3)
        done = evaluate("--set", samples(), *BASE, "--out", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(without_times(results), without_times(whole / "results.jsonl"))

        def summary(folder):
            data = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
            for row in data["rows"]:
                del row["ms"], row["cost_ms"]
            return data
        self.assertEqual(summary(out), summary(whole))

    def test_results_do_not_depend_on_threads(self):
        def decided(folder):
            lines = (folder / "results.jsonl").read_text(encoding="utf-8").splitlines()
            return [[r[k] for k in ("sample", "method", "answer", "score", "fired")] for r in map(json.loads, lines)]
        self.assertEqual(decided(self.whole("one")), decided(self.whole("two", threads=2)))

    def test_interrupt_keeps_what_is_finished(self):
        out = self.folder / "paused"
        code, printed, messages = interrupted_after_a_result(
            [PROGRAM, "eval", "--set", str(samples()), *BASE, "--out", str(out)], out)
        self.assertEqual(code, 130, messages)
        self.assertEqual(printed, "")
        self.assertIn("the same command goes on", messages)

    def test_another_configuration_is_refused(self):
        out = self.whole()
        done = evaluate("--set", samples(), *BASE, "--out", out, "--seed", "3")
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertIn("Choose another folder", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_problems_stop_or_are_skipped_with_their_line(self):
        bundled = SOURCE / "resources" / "models" / "prunescope-mini" / "samples"
        known = json.loads((bundled / "samples.json").read_text(encoding="utf-8"))[0]  # what the model gets right
        shutil.copy(bundled / known["image"], self.folder / "a.png")
        (self.folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
        question = {"question_id": 1, "image": "a.png", "text": known["prompt"], "label": known["answer"].lower()}
        lines = [json.dumps(question), "{", json.dumps({**question, "question_id": 2, "image": "gone.png"}),
                 json.dumps({**question, "question_id": 3, "image": "broken.png"})]
        file = self.folder / "pope.jsonl"
        file.write_text("\n".join(lines), encoding="utf-8")
        stopped = evaluate("--set", file, *BASE)
        self.assertEqual(stopped.returncode, 4, stopped.stderr)
        self.assertIn("pope.jsonl line 2", stopped.stderr)
        out = self.folder / "out"
        skipped = evaluate("--set", file, *BASE, "--on-error", "skip", "--out", out)
        self.assertEqual(skipped.returncode, 0, skipped.stderr)
        self.assertIn("pope.jsonl line 3", skipped.stderr)
        self.assertIn("sample 3", skipped.stderr)
        problems = [json.loads(line) for line in (out / "problems.jsonl").read_text(encoding="utf-8").splitlines()]
        self.assertEqual([p.get("line") for p in problems[:2]], [2, 3])
        self.assertEqual({p.get("sample") for p in problems[2:]}, {"3"})
        self.assertIn("POPE all none pope: accuracy 100.0", skipped.stdout)

    def test_a_folder_of_pictures_is_compared_with_the_unpruned_answers(self):
        pictures = self.folder / "pictures"
        pictures.mkdir()
        for name in ("scene1.png", "scene3.png"):
            shutil.copy(samples().parent / name, pictures)
        done = evaluate("--set", pictures, *BASE, "--prompt", "Is there a giraffe in the picture?", "--json")
        rows = json.loads(done.stdout)["rows"]
        self.assertEqual(rows[0]["average"]["value"], 100)
        for row in rows[1:]:
            self.assertEqual(row["average"]["value"], 100 - 50 * row["changed"])

    def test_usage(self):
        pictures = self.folder / "pictures"
        pictures.mkdir()
        shutil.copy(samples().parent / "scene1.png", pictures)
        for arguments, code, words in ((["--set", "nowhere.jsonl"], 4, "nowhere.jsonl"),
                                       (["--set", samples(), "--methods", "best"], 2, "best"),
                                       (["--set", samples(), "--methods", "dcp:lamda=1"], 2, "lamda"),
                                       (["--set", samples(), "--budgets", "0"], 2, ""),
                                       (["--set", samples(), "--on-error", "hope"], 2, "hope"),
                                       (["--set", samples(), "--format", "xml"], 2, "xml"),
                                       (["--set", pictures], 2, "question")):
            done = evaluate(*arguments)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    PROGRAM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
    unittest.main(argv=sys.argv[:1], verbosity=2)
