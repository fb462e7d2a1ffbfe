"""Session files from outside: written by a run, shown, checked, run again, kept readable.

usage: session_test.py PROGRAM SOURCE_DIR
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

PROGRAM = ""
SOURCE = pathlib.Path()


def cli(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=120,
                          stdin=subprocess.DEVNULL, check=False)


class Session(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="prunescope-session-"))
        cls.file = cls.folder / "a.prunescope"
        done = cli("run", "--json", "--budget", 16, "--tau", 0.05, "--session", cls.file)
        assert done.returncode == 0, done.stderr
        cls.run_json = json.loads(done.stdout)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def changed(self, name, change):
        """A copy of the session with one file of it changed."""
        copy = self.folder / "changed.prunescope"
        with zipfile.ZipFile(self.file) as old, zipfile.ZipFile(copy, "w") as new:
            for entry in old.namelist():
                data = old.read(entry)
                new.writestr(entry, change(data) if entry == name else data)
        return copy

    def test_it_is_a_plain_zip_with_the_named_files(self):
        with zipfile.ZipFile(self.file) as archive:
            self.assertIsNone(archive.testzip())
            self.assertLessEqual({"manifest.json", "inputs/picture.png", "inputs/prompt.txt", "settings.json",
                                  "model.json", "trace.json"}, set(archive.namelist()))
            text = b"".join(archive.read(n) for n in archive.namelist() if not n.endswith(".png")).decode()
        self.assertNotIn(str(SOURCE), text, "no absolute path goes into a session")

    def test_show_gives_the_result_without_a_model(self):
        shown = cli("session", "show", self.file, "--json")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        summary = json.loads(shown.stdout)
        self.assertEqual(summary["schema"], "prunescope.session-summary/1")
        for field in ("answer", "answer_ids", "kept", "shift"):
            self.assertEqual(summary["run"][field], self.run_json[field], field)
        self.assertIn(self.run_json["answer"], cli("session", "show", self.file).stdout)

    def test_a_second_run_is_the_same_bit_for_bit(self):
        done = cli("session", "run", self.file, "--json", "--out", self.folder / "again.prunescope")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(json.loads(done.stdout)["differences"], [])
        again = json.loads(cli("session", "show", self.folder / "again.prunescope", "--json").stdout)
        self.assertEqual(again["run"]["kept"], self.run_json["kept"])

    def test_differences_are_named_and_exit_with_5(self):
        done = cli("session", "run", self.changed("trace.json", lambda t: t.replace(b'"dtype": "fp32"', b'"dtype": "fp16"')))
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertIn("model.dtype\tsaved fp16\tnow fp32", done.stdout)

    def test_verify_tells_order_from_contradiction(self):
        self.assertEqual(cli("session", "verify", self.file).returncode, 0)
        done = cli("session", "verify", self.changed("inputs/prompt.txt", lambda _: b"Another question?"))
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertIn("another prompt", done.stderr)

    def test_migrate_keeps_everything(self):
        out = self.folder / "migrated.prunescope"
        self.assertEqual(cli("session", "migrate", self.file, "--out", out).returncode, 0)
        with zipfile.ZipFile(self.file) as old, zipfile.ZipFile(out) as new:
            self.assertEqual({n: old.read(n) for n in old.namelist()}, {n: new.read(n) for n in new.namelist()})

    def test_other_files_are_refused_with_a_sentence(self):
        for name, data in (("empty", b""), ("text", b"hello"), ("newer", None)):
            path = self.folder / f"{name}.prunescope"
            if data is None:
                path = self.changed("manifest.json", lambda _: b'{"schema": "prunescope.session/9"}')
            else:
                path.write_bytes(data)
            done = cli("session", "show", path)
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertEqual(done.stdout, "")
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertIn("prunescope.session/9", done.stderr)
        self.assertEqual(cli("session", "show", self.folder / "missing").returncode, 4)
        self.assertEqual(cli("session").returncode, 2)

    def test_what_tokens_did_is_kept_with_its_run(self):
        path = self.folder / "effects.prunescope"
        asked = ("--method", "cls-topk", "--budget", 4, "--attention", "--leave-in", 0)
        found = json.loads(cli("attribute", *asked, "--json", "--session", path).stdout)
        self.assertEqual(len(found["leave_out"]), 4)
        self.assertEqual(json.loads(cli("session", "show", path, "--json").stdout)["attribution"], found)
        self.assertIn("effects   5 of 5 tokens known", cli("session", "show", path).stdout)
        self.assertEqual(cli("session", "run", path).returncode, 0, "the run is the one that was asked about")
        self.assertIsNone(json.loads(cli("session", "show", self.file, "--json").stdout)["attribution"])

    def test_kept_files_of_older_versions_open(self):
        kept = sorted((SOURCE / "tests/session/corpus").glob("*.prunescope"))
        self.assertTrue(kept)
        for path in kept:
            done = cli("session", "verify", path)
            self.assertEqual(done.returncode, 0, f"{path.name}: {done.stderr}")
        kept = SOURCE / "tests/session/corpus/v1-attribution.prunescope"
        effects = json.loads(cli("session", "show", kept, "--json").stdout)["attribution"]
        self.assertEqual(len(effects["leave_out"]), 16)
        self.assertEqual(len(effects["attention"]), len(effects["answer_ids"]))


if __name__ == "__main__":
    PROGRAM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
    unittest.main(argv=sys.argv[:1], verbosity=1)
