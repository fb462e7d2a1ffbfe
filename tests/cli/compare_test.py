"""Runs prunescope-cli compare as a user does: rows, agreement, boxes, files, refusals.

usage: compare_test.py PROGRAM SOURCE_DIR
"""

import csv
import io
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from interrupting import interrupted_after_a_result

PROGRAM = ""
SOURCE = pathlib.Path()


def cli(*arguments, timeout=300):
    """The finished process of one call, with text output."""
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL, check=False)


def compared(*arguments):
    """The JSON of one comparison that must succeed."""
    done = cli("compare", "--json", "--threads", 1, *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class Compare(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="prunescope-compare-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def test_methods_times_budgets_in_the_order_given(self):
        report = compared("--methods", "random,none,grid", "--budgets", "32,8")
        self.assertEqual(report["schema"], "prunescope.compare/1")
        rows = report["pictures"][0]["rows"]
        self.assertEqual([(row["method"], row["budget"]) for row in rows],
                         [("random", 32), ("random", 8), ("none", 32), ("grid", 32), ("grid", 8)])
        self.assertEqual([row["tokens"]["visual_kept"] for row in rows], [32, 8, 576, 32, 8])
        for row in rows:
            self.assertEqual(len(row["kept"][0]), row["tokens"]["visual_kept"])
            self.assertLessEqual({"metric", "kappa", "value", "null_median", "relative", "fired", "accepted"},
                                 row["shift"].keys())
            self.assertGreater(row["total_ms"], 0)
            self.assertIsNone(row["object"], "no box was given")

    def test_a_row_is_what_run_prints(self):
        row = compared("--methods", "dcp", "--budgets", "24")["pictures"][0]["rows"][0]
        run = json.loads(cli("run", "--json", "--budget", 24, "--threads", 1).stdout)
        for field in ("answer", "answer_ids", "tokens", "kept", "settings"):
            self.assertEqual(row[field], run[field], field)
        self.assertEqual(row["shift"]["kappa"], run["shift"]["kappa"])

    def test_agreement_is_with_the_unpruned_answer(self):
        report = compared("--methods", "none,random,cls-topk,dcp", "--budgets", "576,1",
                          "--prompt", "What is in the picture?")
        picture = report["pictures"][0]
        rows = {(row["method"], row["budget"]): row for row in picture["rows"]}
        self.assertTrue(rows["none", 576]["same_answer"])
        self.assertTrue(rows["random", 576]["same_answer"], "all tokens are the un-pruned run")
        differing = 0
        for row in picture["rows"]:
            expected = picture["unpruned"]["answer_ids"]
            got = row["answer_ids"]
            self.assertEqual(row["same_answer"], got == expected)
            if got != expected:
                differing += 1
                at = row["first_difference"]
                self.assertEqual(got[:at], expected[:at])
                self.assertNotEqual(got[at:at + 1], expected[at:at + 1])
            else:
                self.assertIsNone(row["first_difference"])
        self.assertGreater(differing, 0, "one token of 576 cannot answer like all")

    def test_the_picture_is_encoded_once_for_all_that_select_after_the_encoder(self):
        rows = compared("--methods", "random,grid,cls-topk", "--budgets", "16")["pictures"][0]["rows"]
        for row in rows:
            self.assertIn("features", row["reused"])
        self.assertEqual(len({row["cost_ms"]["encode"] for row in rows}), 1, "the one pass costs each the same")

    def test_the_three_meanings_of_a_budget(self):
        arguments = ["--methods", "grid,fastv,pyramiddrop", "--budgets", "200"]
        done = cli("compare", "--csv", *arguments)
        rows = {row["method"]: row for row in csv.DictReader(io.StringIO(done.stdout))}
        means = {name: (float(row["layer_mean_in"]), float(row["layer_mean_out"])) for name, row in rows.items()}
        self.assertEqual(means["grid"], (200, 200))
        # five layers, pruned before the third: 576, 576, 200, 200, 200 enter
        self.assertEqual(means["fastv"], ((2 * 576 + 3 * 200) / 5, (576 + 4 * 200) / 5))
        equal = compared(*arguments, "--equal", "inputs")
        self.assertEqual(equal["equal"], "inputs")
        for row in equal["pictures"][0]["rows"]:
            self.assertLess(abs(row["tokens"]["layer_mean_in"] - 200), 1, row["label"])
        self.assertLess(equal["pictures"][0]["rows"][1]["budget"], 200)

    def test_a_mean_that_a_method_cannot_have_is_said(self):
        done = cli("compare", "--methods", "grid,fastv", "--budgets", "64", "--equal", "inputs", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("fastv is left out at 64", done.stderr)
        self.assertEqual([row["label"] for row in json.loads(done.stdout)["pictures"][0]["rows"]], ["grid"])
        self.assertEqual(cli("compare", "--methods", "fastv", "--budgets", "64", "--equal", "inputs").returncode, 2)

    def test_parameters_of_a_method(self):
        report = compared("--methods", "dcp,dcp:guard=off:lambda=0.25", "--budgets", "16", "--set",
                          "dcp.lambda=0.75", "--tau", "0.01")
        rows = report["pictures"][0]["rows"]
        self.assertEqual([row["label"] for row in rows], ["dcp", "dcp:guard=off:lambda=0.25"])
        self.assertEqual(rows[0]["settings"]["params"], {"lambda": 0.75})
        self.assertEqual(rows[1]["settings"]["params"], {"guard": 0.0, "lambda": 0.25})
        self.assertTrue(all(row["shift"]["fired"] for row in rows))

    def test_shares_in_boxes(self):
        picture = SOURCE / "tests" / "golden" / "starter" / "samples" / "scene1.png"
        whole = compared("--image", picture, "--prompt", "Is there a dog in the picture?", "--methods", "grid,none",
                         "--budgets", "36", "--box", "0,0,100000,100000")["pictures"][0]
        self.assertEqual(whole["boxes"], [[0, 0, 100000, 100000]])
        grid, none = (row["object"] for row in whole["rows"])
        self.assertEqual(none, {"patches": 576, "kept": 576, "share_of_kept": 1, "share_of_object": 1})
        self.assertEqual(grid["share_of_kept"], 1)
        self.assertEqual(grid["share_of_object"], 36 / 576)
        outside = compared("--image", picture, "--prompt", "Is there a dog in the picture?", "--methods", "grid",
                           "--budgets", "36", "--box", "90000,0,5,5")["pictures"][0]["rows"][0]["object"]
        self.assertEqual(outside, {"patches": 0, "kept": 0, "share_of_kept": 0, "share_of_object": None})

    def test_several_pictures_and_csv(self):
        samples = SOURCE / "tests" / "golden" / "starter" / "samples"
        done = cli("compare", "--csv", "--image", samples / "scene1.png", "--image", samples / "scene3.png",
                   "--prompt", 'Is there a "truck", or not?', "--methods", "random,dcp", "--budgets", "16,8")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        self.assertEqual([row["image"] for row in rows], ["scene1.png"] * 4 + ["scene3.png"] * 4)
        self.assertEqual([row["kept"] for row in rows], ["16", "8"] * 4)
        for row in rows:
            self.assertIn(row["same"], ("yes", "no"))
            self.assertEqual(row["error"], "")
            self.assertGreater(float(row["D"]), 0)
            self.assertGreater(float(row["total_ms"]), 0)

    def test_overlays_and_table(self):
        out = self.folder / "made" / "here"
        done = cli("compare", "--methods", "random,dcp:guard=off", "--budgets", "16", "--overlay", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        written = sorted(path.name for path in out.iterdir())
        self.assertEqual(len(written), 2, written)
        self.assertTrue(any(name.endswith("-dcp_guard_off-16.png") for name in written), written)
        for path in out.iterdir():
            self.assertEqual(path.read_bytes()[:4], b"\x89PNG")
        lines = done.stdout.splitlines()
        self.assertEqual(lines[2].split()[:6], ["method", "budget", "kept", "layer_mean_in", "layer_mean_out", "D"])
        self.assertEqual(lines[5], "")
        self.assertTrue(lines[6].startswith("Equal budgets leave as many tokens at the end."), done.stdout)

    def test_a_sample_set(self):
        samples = SOURCE / "tests" / "golden" / "starter" / "samples" / "samples.json"
        asked = ["--samples", samples, "--methods", "random,fastv", "--budgets", "200", "--limit", "6", "--resamples",
                 "100", "--threads", "1"]
        out = self.folder / "set"
        done = cli("compare", *asked, "--out", out, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(report["schema"], "prunescope.compare-set/1")
        self.assertEqual(report, json.loads((out / "compare.json").read_text(encoding="utf-8")))
        self.assertEqual([row["label"] for row in report["rows"]], ["none", "random", "fastv"])
        self.assertIn(" left\n", done.stderr)
        # The same numbers from the samples' lines, which a second call has already.
        again = cli("compare", *asked, "--out", out, "--lines")
        self.assertIn("18 of 18 runs are there already", again.stderr)
        lines = [json.loads(line) for line in again.stdout.splitlines()]
        self.assertEqual(again.stdout, (out / "results.jsonl").read_text(encoding="utf-8"))
        answers = {line["sample"]: line["answer"] for line in lines if line["method"] == "none"}

        def mean(values):
            return sum(values) / len(values)
        for row in report["rows"][1:]:
            own = [line for line in lines if line["method"] == row["label"]]
            self.assertEqual(row["samples"], len(own))
            self.assertAlmostEqual(row["D"]["value"], mean([line["D"] for line in own]))
            self.assertLessEqual(row["D"]["low"], row["D"]["value"])
            self.assertLess(row["D"]["low"], row["D"]["high"])
            self.assertAlmostEqual(row["same_answer"]["value"],
                                   mean([line["answer"] == answers[line["sample"]] for line in own]))
            for share in ("share_of_kept", "share_of_object"):
                known = [line[share] for line in own if line[share] is not None]
                self.assertGreater(len(known), 0, "most of the bundled questions have boxes")
                self.assertLess(len(known), 6, "those that are to be answered with No have none")
                self.assertAlmostEqual(row[share]["value"], mean(known))
            self.assertGreater(row["total_ms"], 0)
        for name, count in (("visual_kept", 200), ("layer_mean_in", 350.4), ("layer_mean_out", 275.2)):
            self.assertAlmostEqual(report["rows"][2]["tokens"][name], count)
        self.assertIsNone(report["rows"][0]["D"])

    def test_a_stopped_set_goes_on(self):
        samples = SOURCE / "tests" / "golden" / "starter" / "samples" / "samples.json"
        out = self.folder / "stopped"
        asked = ["compare", "--samples", str(samples), "--methods", "random,grid", "--budgets", "32", "--limit", "4",
                 "--threads", "1", "--out", str(out), "--csv"]
        code, printed, messages = interrupted_after_a_result([PROGRAM, *asked], out)
        self.assertEqual((code, printed), (130, ""), messages)
        self.assertIn("the same command goes on", messages)
        done = cli(*asked)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("are there already", done.stderr)
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        self.assertEqual([(row["method"], row["samples"]) for row in rows],
                         [("none", "4"), ("random", "4"), ("grid", "4")])
        other = cli(*asked, "--seed", "9")
        self.assertEqual(other.returncode, 5, other.stderr)

    def test_what_is_typed_wrongly_is_usage(self):
        for arguments, mentions in (
                (["--methods", "dcp,best"], "best"),
                (["--budgets", "16,0"], "udget"),
                (["--methods", "dcp:lamda=1"], "lamda"),
                (["--methods", "dcp", "--set", "lambda=1"], "METHOD.NAME=VALUE"),
                (["--methods", "dcp", "--set", "random.seed=1"], "METHOD.NAME=VALUE"),
                (["--box", "1,2,3"], "X,Y,WIDTH,HEIGHT"),
                (["--box", "1,2,3,-4"], "X,Y,WIDTH,HEIGHT"),
                (["--box", "1,2,nan,4"], "X,Y,WIDTH,HEIGHT"),
                (["--equal", "middle"], "inputs"),
                (["--lines"], "--samples"),
                (["--limit", "3"], "--samples"),
                (["--samples", SOURCE, "--image", "a.png"], "--image"),
                (["--samples", SOURCE, "--pin", "3"], "--pin"),
                (["--json", "--csv"], "")):
            done = cli("compare", *arguments)
            self.assertEqual(done.returncode, 2, f"{arguments}: {done.stderr}")
            self.assertEqual(done.stdout, "")
            self.assertIn(mentions, done.stderr)

    def test_a_bad_picture_is_input(self):
        self.assertEqual(cli("compare", "--image", self.folder / "none.png", "--prompt", "a?").returncode, 4)


if __name__ == "__main__":
    PROGRAM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
    unittest.main(argv=sys.argv[:1], verbosity=2)
