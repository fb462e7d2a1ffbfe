"""Runs prunescope-cli as a user does and checks exit codes, sentences and files.

usage: cli_test.py PROGRAM SOURCE_DIR
"""

import csv
import io
import json
import math
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

PROGRAM = ""
SOURCE = pathlib.Path()


def cli(*arguments, timeout=120):
    """The finished process of one call, with text output."""
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL, check=False)


def png(width, height):
    """A PNG whose header says width x height, whatever the data holds."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    row = b"\0" + b"\x7f\x30\xc0" * min(width, 64)
    body = zlib.compress(row * min(height, 64))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", body) + chunk(b"IEND", b""))


class Cli(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="prunescope-cli-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def fails(self, code, *arguments, mentions=""):
        done = cli(*arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "", "a failure prints no data")
        self.assertTrue(done.stderr.startswith("prunescope-cli: ") or code == 2, done.stderr)
        self.assertIn(mentions, done.stderr)
        return done.stderr

    def test_run_needs_no_arguments(self):
        done = cli("run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(done.stdout.strip(), ("Yes", "No"))

    def kept(self, *arguments):
        done = cli("run", "--json", "--budget", 16, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout), done.stderr

    def test_pins_and_bans_are_honoured_and_reported(self):
        free, _ = self.kept("--method", "cls-topk")
        leaves = free["kept"][0][2]
        comes = next(p for p in range(576) if p not in free["kept"][0])
        ruled, said = self.kept("--method", "cls-topk", "--pin", f"{comes}", "--ban", leaves)
        self.assertEqual(ruled["settings"]["patch_rules"], [{"pin": [comes], "ban": [leaves]}])
        self.assertEqual(set(ruled["kept"][0]) ^ set(free["kept"][0]), {leaves, comes})
        self.assertNotIn("pinned", said)
        _, said = self.kept("--pin", "100-120")
        self.assertIn("room for 16 of 21 pinned patches", said)
        self.fails(2, "run", "--pin", "576", mentions="There is no patch 576 to pin")
        self.fails(2, "run", "--pin", "5-8", "--ban", "7", mentions="Pinned and banned at once: patch 7")
        self.fails(2, "run", "--ban", "0-575", mentions="at least one has to stay")
        self.fails(2, "run", "--pin", "x", mentions="--pin: \"x\" is no patch")
        done = cli("compare", "--methods", "grid", "--budgets", 16, "--ban", "576")
        self.assertEqual(done.returncode, 2, done.stderr)  # behind the table, whose row says so as well
        self.assertIn("no patch 576", done.stderr)
        self.assertIn("no patch 576", done.stdout)
        done = cli("compare", "--methods", "grid,avgpool", "--budgets", 16, "--pin", 7, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        for row in json.loads(done.stdout)["pictures"][0]["rows"]:
            self.assertIn(7, row["kept"][0])
            self.assertEqual(len(row["kept"][0]), 16)

    def test_a_session_holds_pins_and_bans(self):
        file = self.folder / "pins.prunescope"
        done = cli("run", "--budget", 16, "--pin", "7,100-102", "--ban", "5", "--session", file)
        self.assertEqual(done.returncode, 0, done.stderr)
        shown = cli("session", "show", file)
        self.assertIn("pinned    7,100-102", shown.stdout)
        self.assertIn("banned    5", shown.stdout)
        self.assertEqual(cli("session", "run", file).returncode, 0)

    def test_history_says_what_every_stage_did(self):
        trace = self.folder / "t.json"
        done = cli("run", "--budget", 16, "--trigger", "always", "--pin", "3", "--trace", trace)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = cli("history", "--trace", trace, "--token", "3,213", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual([t["patch"] for t in told["tokens"]], [3, 213])
        self.assertEqual(told["tokens"][0]["rule"], "pinned")
        self.assertIn("A token at the end", told["tokens"][0]["outcome"])
        plain = cli("history", "--budget", 16, "--trigger", "always", "--pin", "3", "--token", "3,213")
        for stage in told["tokens"][1]["stages"]:
            self.assertIn(stage["reason"], plain.stdout)
        done = cli("history", "--trace", trace, "--token", "200-203", "--region")
        self.assertIn("4 patches: ", done.stdout)
        self.fails(2, "history", "--trace", trace, "--token", "576", mentions="there is no patch 576")
        self.fails(2, "history", "--trace", trace, "--token", "1:5", mentions="no patch 5 in view 1")

    def test_metric_and_place_are_used_and_reported(self):
        runs = {}
        for metric, place in (("klDiagFwd", "encoder"), ("frechetDiag", "encoder"), ("frechetDiag", "projected")):
            done = cli("run", "--json", "--method", "grid", "--budget", 16, "--metric", metric, "--place", place)
            self.assertEqual(done.returncode, 0, done.stderr)
            run = json.loads(done.stdout)
            self.assertEqual((run["settings"]["metric"], run["settings"]["place"]), (metric, place))
            shift = run["shift"]
            self.assertEqual((shift["metric"], shift["place"]), (metric, place))
            self.assertAlmostEqual(shift["mean_term"] + shift["variance_term"], shift["kappa"], places=9)
            self.assertEqual(len(shift["channels"]), 10)
            runs[metric, place] = shift["kappa"]
        self.assertEqual(len(set(runs.values())), 3)
        self.fails(2, "run", "--metric", "klDiag", mentions="klDiag")
        self.fails(2, "run", "--place", "decoder", mentions="encoder, projected, normalised")

    def test_curve_of_several_methods(self):
        plot = self.folder / "curves.svg"
        asked = ("curve", "--methods", "random,grid", "--budgets", "24,8", "--metric", "meanCos")
        done = cli(*asked, "--json", "--plot", plot)
        self.assertEqual(done.returncode, 0, done.stderr)
        curve = json.loads(done.stdout)
        self.assertEqual(curve["schema"], "prunescope.curve/1")
        self.assertEqual(curve["metric"], "meanCos")
        self.assertEqual([one["method"] for one in curve["curves"]], ["random", "grid"])
        for one in curve["curves"]:
            self.assertEqual([point["budget"] for point in one["points"]], [8, 24])
            run = json.loads(cli("run", "--json", "--method", one["method"], "--budget", 24,
                                 "--metric", "meanCos").stdout)
            self.assertAlmostEqual(one["points"][1]["shift"], run["shift"]["kappa"], places=12)
        self.assertIn("grid", plot.read_text().lower())
        table = cli(*asked, "--csv").stdout.splitlines()
        self.assertEqual(table[0], "method,budget,shift,shift_after,fired,null_median")
        self.assertEqual(len(table), 5)
        self.assertEqual(len(cli(*asked).stdout.splitlines()), 4)
        self.fails(2, "curve", "--methods", "none", mentions="does not depend on the budget")
        self.fails(2, "curve", "--methods", "nobody", mentions="There is no method")

    def test_attribution_is_what_single_runs_give(self):
        asked = ("--method", "cls-topk", "--budget", 16)
        done = cli("attribute", *asked, "--leave-in", "0,575", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(done.stdout)
        self.assertEqual(found["schema"], "prunescope.attribution/1")
        base = json.loads(cli("run", *asked, "--json").stdout)
        self.assertEqual(found["answer_ids"], base["answer_ids"])
        self.assertEqual([one["patch"] for one in found["leave_out"]],
                         base["kept"][0], "cls-topk keeps the order of the picture")
        self.assertEqual([one["patch"] for one in found["leave_in"]], [0, 575])
        for option, effects in (("--omit", found["leave_out"]), ("--leave-in", found["leave_in"])):
            for effect in effects:
                trace = self.folder / "trace.json"
                cli("run", *asked, option, effect["patch"], "--trace", trace)
                answer = json.loads(trace.read_text())["answer"]
                self.assertEqual(answer["ids"], effect["answer_ids"])
                self.assertEqual(effect["changed"], answer["ids"] != base["answer_ids"])
                # As far as both say the same, the run's own probabilities are those of the answer.
                same = len(answer["ids"]) if not effect["changed"] else effect["first_difference"]
                for t in range(same):
                    self.assertAlmostEqual(math.log(answer["probability"][t]),
                                           found["log_probability"][t] + effect["delta_per_token"][t], places=6)
                self.assertAlmostEqual(sum(effect["delta_per_token"]), effect["delta"], places=12)
        self.assertGreater(max(abs(one["delta"]) for one in found["leave_out"]), 1e-3)
        self.assertIsNone(found["attention"])
        looked = json.loads(cli("attribute", *asked, "--attention", "--json").stdout)
        self.assertEqual(looked["leave_out"], found["leave_out"])
        self.assertEqual([row["patch"] for row in looked["rows"]], base["kept"][0])
        self.assertEqual(len(looked["attention"]), len(base["answer_ids"]))
        for paid in looked["attention"]:
            self.assertEqual(len(paid), 16)
            self.assertTrue(0 < sum(paid) < 1, paid)
        table = cli("attribute", *asked, "--attention").stdout.splitlines()
        self.assertEqual(len(table), 17)
        mean = sum(paid[0] for paid in looked["attention"]) / len(looked["attention"])
        self.assertIn(f"\t{mean:.4f}", next(line for line in table if line.startswith(f"{base['kept'][0][0]}\t")))
        rows = list(csv.DictReader(io.StringIO(cli("attribute", *asked, "--attention", "--leave-in", 0, "--csv").stdout)))
        self.assertEqual([row["patch"] for row in rows], [str(patch) for patch in base["kept"][0] + [0]])
        for row, effect in zip(rows, found["leave_out"] + found["leave_in"]):
            self.assertEqual(float(row["delta_log_p"]), effect["delta"])
            self.assertEqual(row["answer_then"], effect["answer"])
        first = next(name for name in rows[0] if name.startswith("attention_1"))
        self.assertEqual([float(row[first]) for row in rows[:-1]], looked["attention"][0])
        self.assertEqual(rows[-1][first], "", "it was no row")
        self.fails(2, "attribute", "--csv", "--json")
        table = cli("attribute", *asked).stdout.splitlines()
        self.assertEqual(len(table), 17)
        deltas = [abs(float(line.split("\t")[1])) for line in table[1:]]
        self.assertEqual(deltas, sorted(deltas, reverse=True))

    def test_omit_takes_away_what_was_selected_and_nothing_else(self):
        asked = ("run", "--method", "cls-topk", "--budget", 16, "--json")
        base = json.loads(cli(*asked).stdout)
        kept = base["kept"][0]
        dropped = next(patch for patch in range(576) if patch not in kept)
        without = json.loads(cli(*asked, "--omit", f"{kept[3]},0:{kept[5]}").stdout)
        self.assertEqual(without["kept"], base["kept"])
        self.assertEqual(without["tokens"]["visual_kept"], 14)
        self.assertIn(f"without the token of patch {kept[3]}", " ".join(without["notes"]))
        both = json.loads(cli(*asked, "--leave-in", dropped, "--omit", dropped).stdout)
        self.assertEqual(both["answer_ids"], base["answer_ids"])
        self.assertEqual(both["tokens"]["visual_kept"], 16)
        self.fails(2, *asked, "--omit", dropped, mentions=f"No kept token stands for patch {dropped}")
        self.fails(2, *asked, "--leave-in", kept[0], mentions="already")
        self.fails(2, *asked, "--leave-in", 576, mentions="There is no patch 576")
        self.fails(2, *asked, "--leave-in", "3:1", mentions="There is no patch 1")
        self.fails(2, *asked, "--omit", "x", mentions="is no patch")
        self.fails(2, *asked, "--omit", kept[0], "--session", self.folder / "a.prunescope")
        self.fails(2, "attribute", "--method", "fastv", mentions="inside the language model")
        self.fails(2, "run", "--method", "fastv", "--omit", 3, mentions="inside the language model")

    def test_run_json_has_the_contract_fields(self):
        done = cli("run", "--json", "--budget", 16)
        self.assertEqual(done.returncode, 0, done.stderr)
        run = json.loads(done.stdout)
        self.assertEqual(run["schema"], "prunescope.run/1")
        self.assertEqual(run["tokens"]["visual_full"], 576)
        self.assertEqual(run["tokens"]["visual_kept"], 16)
        self.assertEqual(len(run["kept"]), 1)
        self.assertEqual(sorted(set(run["kept"][0])), run["kept"][0])
        self.assertLessEqual({"metric", "per_event", "kappa", "kappa_after", "tau", "fired"}, run["shift"].keys())
        self.assertLessEqual({"preprocess", "encode", "select", "project", "prefill", "decode"},
                             run["timings_ms"].keys())
        self.assertLessEqual({"answer", "answer_ids", "model", "device", "dtype", "settings", "version"}, run.keys())

    def test_runs_repeat_exactly(self):
        def decided(run):
            return [run[name] for name in ("answer_ids", "kept", "shift")]
        first = json.loads(cli("run", "--json", "--budget", 20, "--threads", 1).stdout)
        again = json.loads(cli("run", "--json", "--budget", 20, "--threads", 1).stdout)
        self.assertEqual(decided(first), decided(again))

    def test_every_method_runs(self):
        catalog = json.loads(cli("methods", "--json").stdout)
        ids = [method["id"] for method in catalog["methods"]]
        self.assertLessEqual({"none", "random", "grid", "cls-topk", "dcp"}, set(ids))
        for method in ids:
            run = json.loads(cli("run", "--json", "--method", method, "--budget", 12).stdout)
            self.assertEqual(run["tokens"]["visual_kept"], 576 if method == "none" else 12, method)

    def test_trace_overlay_and_plot_are_written(self):
        names = ["trace.json", "overlay.png", "overlay.svg", "overlay.pdf",
                 "plot.png", "plot.svg", "plot.pdf", "plot.csv"]
        for name in names:
            option = "--" + name.split(".")[0]
            done = cli("run", option, self.folder / name)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertGreater((self.folder / name).stat().st_size, 100, name)
        self.assertEqual((self.folder / "overlay.png").read_bytes()[:4], b"\x89PNG")
        self.assertIn("<svg", (self.folder / "plot.svg").read_text(encoding="utf-8"))
        trace = json.loads((self.folder / "trace.json").read_text(encoding="utf-8"))
        self.assertEqual(trace["schema"], "prunescope.trace/1")

    def test_dump_writes_the_named_tensors(self):
        out = self.folder / "d.safetensors"
        what = "pixel_values,input_ids,hidden,features,projected,logits"
        done = cli("dump", "--method", "none", "--out", out, "--what", what)
        self.assertEqual(done.returncode, 0, done.stderr)
        data = out.read_bytes()
        header = json.loads(data[8:8 + struct.unpack("<Q", data[:8])[0]])
        self.assertEqual(set(header), set(what.split(",")))
        self.assertEqual(header["pixel_values"]["shape"], [1, 3, 336, 336])
        self.assertEqual(header["features"]["shape"][0], 576)
        self.assertEqual(header["hidden"]["shape"][:2], [13, 577], "every layer of the encoder, and what goes in")

    def test_settings_out_of_range_are_usage(self):
        self.fails(2, "run", "--budget", 0, mentions="udget")
        self.fails(2, "run", "--tau", -1, mentions="tau")
        self.fails(2, "run", "--tau", "nan")
        self.fails(2, "run", "--method", "best", mentions="best")
        self.fails(2, "run", "--trigger", "sometimes", mentions="auto, relative, always, never")
        self.fails(2, "run", "--set", "lamda=1", mentions="lambda")
        self.fails(2, "run", "--set", "lambda=much", mentions="not a number")
        self.fails(2, "run", "--nonsense")
        self.fails(2)

    def test_a_budget_above_the_patches_is_taken_and_said(self):
        done = cli("run", "--json", "--budget", 600)
        self.assertEqual(json.loads(done.stdout)["tokens"]["visual_kept"], 576)
        self.assertIn("576 taken", done.stderr)

    def test_bad_models(self):
        self.fails(3, "run", "--model", self.folder / "nowhere", mentions="nowhere")
        self.fails(3, "run", "--model", self.folder, mentions="config.json")
        bundled = SOURCE / "resources" / "models" / "prunescope-mini"
        broken = self.folder / "broken"
        shutil.copytree(bundled, broken, ignore=shutil.ignore_patterns("samples", "recipe"))
        config = json.loads((broken / "config.json").read_text(encoding="utf-8"))
        (broken / "config.json").write_text(json.dumps({**config, "model_type": "qwen3_vl"}), encoding="utf-8")
        self.fails(3, "run", "--model", broken, mentions="qwen3_vl")
        (broken / "config.json").write_text(json.dumps(config), encoding="utf-8")
        weights = broken / "model.safetensors"
        whole = weights.read_bytes()
        for size in (0, 4, 100, 5000, len(whole) // 2, len(whole) - 1):
            weights.write_bytes(whole[:size])
            self.fails(3, "run", "--model", broken, mentions="model.safetensors")
        weights.unlink()
        self.fails(3, "run", "--model", broken)

    def test_bad_pictures(self):
        def picture(name, data):
            path = self.folder / name
            path.write_bytes(data)
            return path
        self.fails(4, "run", "--prompt", "a?", "--image", self.folder / "none.png", mentions="none.png")
        self.fails(4, "run", "--prompt", "a?", "--image", self.folder)
        self.fails(4, "run", "--prompt", "a?", "--image", picture("empty.png", b""))
        self.fails(4, "run", "--prompt", "a?", "--image", picture("text.png", b"not a picture at all"))
        self.fails(4, "run", "--prompt", "a?", "--image", picture("bomb.png", png(60000, 60000)))
        self.fails(4, "run", "--prompt", "a?", "--image", picture("thin.png", png(20000, 1)))
        self.fails(4, "run", "--prompt", "a?", "--image", "/dev/zero", mentions="device")
        for name, data, said in (("gif.png", b"GIF89a......", "GIF"), ("tiff.png", b"II*\0....", "TIFF"),
                                 ("exr.png", b"\x76\x2f\x31\x01....", "OpenEXR"),
                                 ("dicom.png", bytes(128) + b"DICM", "DICOM"),
                                 ("wide.png", png(60000, 60000), "60000 x 60000"),
                                 ("tall.png", png(1, 20000), "narrow"), ("large.png", png(20000, 20000), "megapixels"),
                                 ("cut.png", png(64, 64)[:60], "damaged")):
            said_all = self.fails(4, "run", "--prompt", "a?", "--image", picture(name, data), mentions=said)
            self.assertEqual(len(said_all.strip().splitlines()), 1, "one sentence, with a hint: " + said_all)
        loop = self.folder / "loop.png"
        loop.symlink_to(loop)
        self.fails(4, "run", "--prompt", "a?", "--image", loop)
        fifo = self.folder / "fifo.png"
        os.mkfifo(fifo)
        self.fails(4, "run", "--prompt", "a?", "--image", fifo)

    def test_pictures_with_hostile_names_open(self):
        scene = next((SOURCE / "resources" / "models" / "prunescope-mini" / "samples").glob("*.png"))
        for name in ("ein Bild.png", "\u732b.png", "\u202egnp.png", "\U0001F408.png", "a\nb.png", "dot.", "x" * 250 + ".png",
                     "-x.png", "'quote\".png"):
            path = self.folder / name
            shutil.copy(scene, path)
            done = cli("run", "--image", path, "--prompt", "Is there a dog in the picture?", "--budget", 8)
            self.assertEqual(done.returncode, 0, name + ": " + done.stderr)

    def test_numbers_do_not_depend_on_the_locale(self):
        there = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout.split()
        comma = [name for name in there if name.startswith(("de_", "fr_", "es_", "it_"))]
        if not comma:
            self.skipTest("no locale with a decimal comma is installed")
        environment = {**os.environ, "LC_ALL": comma[0]}
        plot = self.folder / "shift.csv"
        done = subprocess.run([PROGRAM, "run", "--json", "--tau", "0.25", "--plot", plot], capture_output=True, text=True,
                              env=environment, timeout=120, check=False)
        self.assertEqual(json.loads(done.stdout)["settings"]["tau"], 0.25, done.stderr)
        rows = plot.read_text(encoding="utf-8").splitlines()
        self.assertEqual({row.count(",") for row in rows}, {rows[0].count(",")}, "a decimal comma would add columns")

    def test_bad_prompts(self):
        self.fails(4, "run", "--prompt", " ", mentions="prompt")
        self.fails(4, "run", "--prompt", "what is in <image>?", mentions="<image>")
        self.fails(4, "run", "--prompt", "why " * 4000)

    def test_interrupt_exits_with_130(self):
        process = subprocess.Popen([PROGRAM, "eval", "--limit", "400", "--quiet"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        _, messages = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130, messages)

    def test_model_reports(self):
        report = json.loads(cli("model", "--json").stdout)
        self.assertEqual(report["encoder_layers"], 12)
        self.assertEqual(report["encoder_layers_run"], 11)
        self.assertEqual(report["stored_dtype"], "bf16")
        self.assertIn("prunescope-mini", cli("model").stdout)


if __name__ == "__main__":
    PROGRAM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
    unittest.main(argv=sys.argv[:1], verbosity=2)
