"""Runs the built `cim sweep` and `cim merge` as a user would.

Run one test with `.venv/bin/python tests/tools/cim/sweeps.py build/bin/cim Sweeps.test_kills`.
"""

import contextlib
import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import time

import numpy

from cim_test_case import CimTestCase, DATA, SLOWNESS, SOURCE, main

NOISE = ("--vary", "noise=normal:{0.25,0.5,1}qs", "--vary", "quantize={3,4}")


class Sweeps(CimTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.write_evaluation(300)
        cls.write_own_labels()

    def command(self, *arguments, store):
        return ["sweep", "small.onnx", *DATA, "--store", store, *arguments]

    def sweep(self, *arguments, store, **options):
        return self.document(*self.command(*arguments, store=store), **options)

    def fails(self, status, words, *command, **options):
        """What was finished before stays in the store."""
        self.assertRefused(self.cim(*command, **options), status, words)

    def rows(self, store, mode="ro"):
        if not (self.folder / store).exists():
            return []
        database = sqlite3.connect(f"file:{self.folder / store}?mode={mode}", uri=True, timeout=60)
        with contextlib.closing(database):
            if not database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                return []
            return database.execute(
                "SELECT hash, seed, trial, correct, correct_top5 FROM trial JOIN point ON point = id "
                "ORDER BY hash, seed, trial").fetchall()

    # Points

    def test_points_are_those_of_eval(self):
        document = self.sweep(*NOISE, "--trials", 3, store="points.sqlite")
        self.assertEqual(list(document)[:2], ["command", "model"])
        self.assertEqual(list(document)[-1], "seconds")
        self.assertTrue(document["complete"])
        settings = [(p["noise"], p["quantize"]) for p in document["points"]]
        self.assertEqual(settings, [(f"normal:{n}qs", q) for n in ("0.25", "0.5", "1") for q in ("3", "4")])
        for point in document["points"]:
            self.assertEqual(set(point), {"noise", "quantize", "accuracy"})
            result = self.succeeds("eval", "small.onnx", *DATA, "--noise", point["noise"],
                                   "--quantize", point["quantize"], "--trials", "3", "--json", "-")
            accuracy = json.loads(result.stdout)["accuracy"]
            for field, value in accuracy.items():
                self.assertEqual(point["accuracy"][field], value)
            self.assertEqual(point["accuracy"]["quantiles"]["0.5"], float(numpy.median(accuracy["trials"])))

    def test_finished_sweep_answers_from_the_store(self):
        first = self.sweep(*NOISE, "--trials", 3, store="again.sqlite")
        self.assertEqual(first["computed"], 18)
        again = self.sweep(*NOISE, "--trials", 3, store="again.sqlite")
        self.assertEqual(again["computed"], 0)
        self.assertEqual(again["points"], first["points"])
        more = self.sweep(*NOISE, "--trials", 4, "--threads", 1, store="again.sqlite")
        self.assertEqual(more["computed"], 6)
        fewer = self.sweep(*NOISE, "--trials", 3, store="again.sqlite")
        self.assertEqual(fewer["points"], first["points"])
        for change in (["--seed", 1], ["--limit", 200], ["--fold-batch-norm"], ["--precision", "f32-strict"],
                       ["--instruction-set", "baseline"], ["--shift", "1/8qs"], ["--layers", "role:C1"]):
            self.assertGreater(self.sweep("--vary", "quantize={4}", "--noise", "normal:0.5qs", "--trials", 1, *change,
                                          store="again.sqlite")["computed"], 0, change)

    def test_without_random_errors_one_chip_is_enough(self):
        document = self.sweep("--vary", "quantize={none,3}", "--trials", 5, store="exact.sqlite")
        self.assertEqual([len(p["accuracy"]["trials"]) for p in document["points"]], [1, 1])
        self.assertEqual(document["points"][0]["quantize"], "none")
        self.assertEqual(document["points"][0]["accuracy"]["mean"], 1)
        self.assertEqual(self.sweep("--vary", "quantize={none,3}", store="exact.sqlite")["computed"], 0)

    def test_intervals_of_accuracies_end_at_0_and_100(self):
        """Those of differences do not."""
        vary = ("--limit", "40", "--vary", "noise=normal:{0,0.1}ns", "--trials", 2, "--compare", "noise=normal:0ns")
        document = self.sweep(*vary, store="cut.sqlite")
        self.assertLess(document["points"][1]["accuracy"]["ci95"][0], 0)
        accuracies, differences = self.says(*self.command(*vary, store="cut.sqlite")).split("\nAccuracy, ")
        self.assertIn(" 0.00 to 100.00 ", accuracies)
        self.assertRegex(differences, r" -\d{3}\.\d\d to \d")

    def test_errors_of_the_file_itself_are_mentioned(self):
        self.succeeds("compile", "small.onnx", "--until", "perturbed", "--quantize", "4", "-o", "itself.mlir")
        for options, errors in ((), "as compiled"), (("--shift", "+0.01ns"), "as compiled, shift [+]0.01ns"):
            text = self.says("sweep", "itself.mlir", *DATA, "--limit", "4", *options, "--store", "itself.sqlite")
            self.assertRegex(text, rf"\n{errors} +1 ")

    def test_layers_and_overrides_vary(self):
        document = self.sweep("--quantize", 2, "--vary", "layers={role:C1,role:C2,stem,*}", "--vary",
                              "fc:quantize={2,8}", store="layers.sqlite")
        self.assertEqual(len({p["accuracy"]["mean"] for p in document["points"]}) > 3, True)
        self.assertEqual(document["points"][3], {"layers": "role:C2", "fc:quantize": "8", "quantize": "2",
                                                 "accuracy": document["points"][3]["accuracy"]})

    def test_tables_count_by_their_contents(self):
        table = self.folder / "levels.csv"
        vary = ("--vary", "quantize=levels=levels.csv")
        table.write_text("-0.5\n0\n0.5\n")
        self.assertEqual(self.sweep(*vary, store="tables.sqlite")["computed"], 1)
        self.assertEqual(self.sweep(*vary, store="tables.sqlite")["computed"], 0)
        table.write_text("-0.5\n0.1\n0.5\n")
        self.assertEqual(self.sweep(*vary, store="tables.sqlite")["computed"], 1)

    def test_devices_count_by_their_numbers(self):
        preset = SOURCE / "runtime/devices/models/reram-milo2021.yaml"
        device = self.folder / "mine.yaml"
        device.write_text(preset.read_text().replace("reram-milo2021", "mine"))
        vary = ("--crossbar", "64x64", "--vary", "device=mine.yaml", "--trials", 2)
        self.assertEqual(self.sweep(*vary, store="devices.sqlite")["computed"], 2)
        self.assertEqual(self.sweep(*vary, store="devices.sqlite")["computed"], 0)
        device.write_text(device.read_text().replace("4.782321", "5"))
        self.assertEqual(self.sweep(*vary, store="devices.sqlite")["computed"], 2)
        mixed = ("--crossbar", "64x64", "--quantize", 4, "--vary", "fc:device={none,mine.yaml}", "--trials", 2)
        self.assertEqual(self.sweep(*mixed, store="devices.sqlite")["computed"], 3)

    def test_options_in_a_file(self):
        (self.folder / "sweep.yaml").write_text(
            "model: small.onnx\ndata: npy:x.npy,y.npy\nvary:\n  - noise=normal:{0.25,0.5}qs\n  - quantize={3,4}\n"
            "trials: 2\nstore: file.sqlite\n")
        self.assertEqual(len(self.document("sweep", "--config", "sweep.yaml")["points"]), 4)

    # Statistics

    def test_until_the_interval_is_narrow(self):
        arguments = ("--quantize", 3, "--vary", "noise=normal:{0.25,0.5,1}qs", "--until-ci", 0.03)
        document = self.sweep(*arguments, store="until.sqlite")
        counts = []
        for point in document["points"]:
            low, high = point["accuracy"]["ci95"]
            self.assertLessEqual(high - low, 0.03 + 1e-12)
            counts.append(len(point["accuracy"]["trials"]))
        self.assertGreaterEqual(min(counts), 10)
        self.assertGreater(counts[2], counts[0])
        # Chips that others have left there do not change where it stops.
        self.sweep("--quantize", 3, "--vary", "noise=normal:{0.25,0.5,1}qs", "--trials", 80, store="until.sqlite")
        again = self.sweep(*arguments, store="until.sqlite")
        self.assertEqual(again["computed"], 0)
        self.assertEqual(again["points"], document["points"])

    def test_comparison_chip_by_chip(self):
        document = self.sweep(*NOISE, "--trials", 4, "--compare", "quantize=4", "--yield-above", 0.5,
                              store="compare.sqlite")
        self.assertEqual(len(document["differences"]), 3)
        points = {(p["noise"], p["quantize"]): p["accuracy"] for p in document["points"]}
        for difference in document["differences"]:
            self.assertEqual(difference["baseline"]["quantize"], "4")
            noise = difference["noise"]
            expected = numpy.subtract(points[noise, "3"]["trials"], points[noise, "4"]["trials"])
            numpy.testing.assert_array_equal(difference["difference"]["trials"], expected)
        for accuracy in points.values():
            self.assertEqual(accuracy["yield"]["share"], numpy.mean(numpy.array(accuracy["trials"]) >= 0.5))

    # Survival

    def test_kills(self):
        undisturbed = self.sweep(*NOISE, "--trials", 40, store="calm.sqlite")
        store = self.folder / "kills.sqlite"
        generator, kills = random.Random(1), 0
        before = []
        for _ in range(20):
            process = self.start(*self.command(*NOISE, "--trials", 40, store=store.name))
            time.sleep(generator.uniform(0, 1))
            process.kill()
            self.assertEqual(process.communicate()[1], "")
            kills += process.returncode == -signal.SIGKILL
            after = self.rows(store.name, mode="rw")  # there may be a journal to roll back
            self.assertLessEqual(set(before), set(after))
            before = after
            if process.returncode == 0:  # too late: begin anew
                for file in self.folder.glob("kills.sqlite*"):
                    file.unlink()
                before = []
        self.assertGreater(kills, 0)
        document = self.sweep(*NOISE, "--trials", 40, store=store.name)
        self.assertEqual(document["points"], undisturbed["points"])
        self.assertEqual(self.rows(store.name), self.rows("calm.sqlite"))

    def test_interrupt_keeps_what_is_finished(self):
        process = self.start(*self.command(*NOISE, "--trials", 100000, store="stop.sqlite"), "--json", "-", "-o",
                             "stop.svg")
        output, errors = self.end(process, lambda: len(self.rows("stop.sqlite", mode="rw")) >= 5)
        # A single point makes no curve.
        self.assertRegex(errors, "^cim: warning: 'stop.svg' is left out: .*\ncim: interrupted\n$")
        self.assertFalse((self.folder / "stop.svg").exists())
        document = json.loads(output)
        self.assertFalse(document["complete"])
        points = document["points"]
        self.assertEqual(len(points), 6)
        self.assertIsNone(points[-1]["accuracy"])
        self.assertEqual(len(points[0]["accuracy"]["trials"]), len(self.rows("stop.sqlite")))

    def test_what_cannot_be_written_costs_nothing_else(self):
        def command(name, file):
            return (*self.command(*NOISE, "--trials", 2, store="written.sqlite"), "--json", f"{name}.json", "-o", file,
                    "--watch", f"{name}.html")

        def assertWritten(name):
            self.assertEqual(len(json.loads((self.folder / f"{name}.json").read_text())["points"]), 6)
            page = (self.folder / f"{name}.html").read_text()
            self.assertNotIn('http-equiv="refresh"', page)  # as in a page of a sweep that is running

        self.assertRefused(self.with_closed_output(*command("closed", "closed.csv")), 1, "standard output")
        assertWritten("closed")
        self.assertIn("quantize", (self.folder / "closed.csv").read_text())
        undrawn = self.cim(*command("undrawn", "undrawn.svg"), env={"PATH": str(self.folder)})
        self.assertRefused(undrawn, 1, "gnuplot")
        assertWritten("undrawn")
        self.assertIn("accuracy %", undrawn.stdout)

    def test_two_processes_share_the_work(self):
        alone = self.sweep(*NOISE, "--trials", 30, store="alone.sqlite")
        processes = [self.start(*self.command(*NOISE, "--trials", 30, "--threads", 1, store="both.sqlite"), "--json", "-")
                     for _ in range(2)]
        documents = [json.loads(p.communicate(timeout=120 * SLOWNESS)[0]) for p in processes]
        for document in documents:
            self.assertEqual(document["points"], alone["points"])
        # Claims are given up between two looks, so hardly anything is done twice.
        self.assertLessEqual(sum(d["computed"] for d in documents), 180 + 2)
        self.assertEqual(list(self.folder.glob("both.sqlite-*")), [])
        self.assertEqual(self.rows("both.sqlite"), self.rows("alone.sqlite"))

    def test_shards_merge_to_the_whole(self):
        whole = self.sweep(*NOISE, "--trials", 5, store="whole.sqlite")
        shards = [f"shard{i}.sqlite" for i in (1, 2, 3)]
        computed = [self.sweep(*NOISE, "--trials", 5, "--shard", f"{i + 1}/3", store=shards[i])["computed"]
                    for i in range(3)]
        self.assertEqual(computed, [10, 10, 10])
        self.assertEqual(self.document("merge", *shards, "-o", "merged.sqlite")["trials"], 30)
        document = self.sweep(*NOISE, "--trials", 5, store="merged.sqlite")
        self.assertEqual(document["computed"], 0)
        self.assertEqual(document["points"], whole["points"])
        self.assertEqual(self.rows("merged.sqlite"), self.rows("whole.sqlite"))

        # Overlaps are fine, contradictions are not.
        self.succeeds("merge", "merged.sqlite", shards[0], "-o", "more.sqlite")
        self.assertEqual(self.rows("more.sqlite"), self.rows("whole.sqlite"))
        with sqlite3.connect(self.folder / shards[0]) as database:
            database.execute("UPDATE trial SET correct = 1 WHERE trial = 0")
        self.fails(1, "disagrees", "merge", *shards, "merged.sqlite", "-o", "wrong.sqlite")
        self.assertEqual(list(self.folder.glob("wrong.sqlite*")), [])
        self.fails(1, "exists already", "merge", *shards, "-o", "more.sqlite")

    def test_a_shard_without_curves(self):
        arguments = ("--vary", "quantize={3,4}", "--shard", "1/2", "-o", "shard.svg")
        result = self.succeeds(*self.command(*arguments, store="piece.sqlite"))
        self.assertIn("'shard.svg' is left out", result.stderr)

    def add_chips(self, store, count):
        """Chips 1 to `count` of its first point, made up."""
        with contextlib.closing(sqlite3.connect(self.folder / store)) as database, database:
            database.execute(f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
                             "INSERT INTO trial SELECT 1, 0, i, i % 300, 300, 0, 0, 0 FROM n")

    def test_an_interrupted_merge_leaves_nothing(self):
        self.sweep("--vary", "quantize={3}", "--noise", "normal:0.5qs", "--trials", 1, store="long.sqlite")
        self.add_chips("long.sqlite", 999999)
        process = self.start("merge", "long.sqlite", "-o", "ended.sqlite")
        self.end(process, lambda: any(self.folder.glob("ended.sqlite.tmp*")))
        self.assertEqual(list(self.folder.glob("ended.sqlite*")), [])

    def test_merge_says_when_kernels_mix(self):
        for name in ("baseline", "avx2"):
            self.sweep("--vary", "quantize={3}", "--instruction-set", name, store=f"{name}.sqlite")
        result = self.succeeds("merge", "baseline.sqlite", "avx2.sqlite", "-o", "mixed.sqlite")
        self.assertRegex(result.stderr, "mix .* --tuned FILE.json")
        self.assertEqual(len(self.rows("mixed.sqlite")), 2)

    # Bad stores

    def test_bad_stores_are_left_as_they_are(self):
        self.sweep(*NOISE, "--trials", 40, store="good.sqlite")
        good = (self.folder / "good.sqlite").read_bytes()
        generator = random.Random(3)
        (self.folder / "text.sqlite").write_text("not a store\n")
        (self.folder / "short.sqlite").write_bytes(good[:len(good) // 2])
        (self.folder / "header.sqlite").write_bytes(good[:50])
        (self.folder / "noise.sqlite").write_bytes(good[:4096] + generator.randbytes(len(good) - 4096))
        for name, change in (("other", "PRAGMA application_id = 7"), ("newer", "PRAGMA user_version = 2")):
            (self.folder / f"{name}.sqlite").write_bytes(good)
            with sqlite3.connect(self.folder / f"{name}.sqlite") as database:
                database.execute(change)
                database.execute("PRAGMA journal_mode = DELETE")
        with sqlite3.connect(self.folder / "foreign.sqlite") as database:
            database.execute("CREATE TABLE cats (name TEXT)")
        for name, words in (("text", "no store"), ("short", "damaged"), ("header", "no store"), ("noise", "damaged"),
                            ("other", "another program"), ("newer", "version 2"), ("foreign", "another program")):
            with self.subTest(name):
                file = self.folder / f"{name}.sqlite"
                before = file.read_bytes()
                self.fails(1, words if name != "header" else "store",
                           *self.command(*NOISE, "--trials", 41, store=file.name))
                self.fails(1, words if name != "header" else "store",
                           "merge", "good.sqlite", file.name, "-o", "all.sqlite")
                self.assertEqual(file.read_bytes(), before)
                self.assertEqual(list(self.folder.glob(f"{name}.sqlite-*")), [])
                self.assertEqual(list(self.folder.glob("all.sqlite*")), [])
        self.fails(1, "there is no store", "merge", "nowhere.sqlite", "-o", "all.sqlite")
        self.fails(1, "is a folder", *self.command(*NOISE, store="."))

    def test_full_disk(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (40 * 1024, 40 * 1024))
        self.fails(1, "space", *self.command(*NOISE, "--trials", 300, store="full.sqlite"), preexec_fn=limit)
        with sqlite3.connect(self.folder / "full.sqlite") as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchone()[0], "ok")
        document = self.sweep(*NOISE, "--trials", 10, store="full.sqlite")
        self.assertEqual([len(p["accuracy"]["trials"]) for p in document["points"]], [10] * 6)

    @contextlib.contextmanager
    def mounted(self, size):
        """A file system of its own in memory, of \a size."""
        place = self.folder / "mounted"
        place.mkdir(exist_ok=True)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], capture_output=True).returncode:
            self.skipTest("SKIPPED: only root can mount a file system here")
        try:
            yield place
        finally:
            subprocess.run(["umount", "--lazy", place], check=True)

    def test_a_disk_that_is_really_full(self):
        calm = self.sweep(*NOISE, "--trials", 300, store="roomy.sqlite")
        with self.mounted("160k") as place:
            self.fails(1, "space", *self.command(*NOISE, "--trials", 300, store="mounted/full.sqlite"))
            kept = self.rows("mounted/full.sqlite")
            self.assertGreater(len(kept), 10)
            self.assertLessEqual(set(kept), set(self.rows("roomy.sqlite")))
            with contextlib.closing(sqlite3.connect(place / "full.sqlite")) as database:
                self.assertEqual(database.execute("PRAGMA integrity_check").fetchone()[0], "ok")
            # Neither a merge nor a page is half there, when nothing is left.
            with contextlib.suppress(OSError), open(place / "filler", "wb", buffering=0) as filler:
                while True:
                    filler.write(bytes(4096))
            self.fails(1, "space", "merge", "roomy.sqlite", "-o", "mounted/all.sqlite")
            self.fails(1, "mounted/page.html", "report", "roomy.sqlite", "-o", "mounted/page.html")
            (place / "filler").unlink()
            self.assertEqual({f.name for f in place.iterdir()} - {"full.sqlite", "full.sqlite-wal", "full.sqlite-shm"}, set())
            subprocess.run(["mount", "-o", "remount,size=32m", place], check=True)
            self.assertEqual(self.sweep(*NOISE, "--trials", 300, store="mounted/full.sqlite")["points"], calm["points"])

    def test_a_read_only_disk(self):
        with self.mounted("4m") as place:
            first = self.sweep(*NOISE, "--trials", 2, store="mounted/fixed.sqlite")
            before = (place / "fixed.sqlite").read_bytes()
            subprocess.run(["mount", "-o", "remount,ro", place], check=True)
            self.assertEqual(self.sweep(*NOISE, "--trials", 2, store="mounted/fixed.sqlite")["points"], first["points"])
            self.fails(1, "cannot be written", *self.command(*NOISE, "--trials", 3, store="mounted/fixed.sqlite"))
            self.fails(1, "mounted/new.sqlite", *self.command(*NOISE, "--trials", 3, store="mounted/new.sqlite"))
            self.succeeds("merge", "mounted/fixed.sqlite", "-o", "copy.sqlite")
            self.succeeds("report", "mounted/fixed.sqlite", "-o", "ro.html")
            self.assertEqual((place / "fixed.sqlite").read_bytes(), before)

    def test_a_store_that_cannot_be_written_answers(self):
        first = self.sweep(*NOISE, "--trials", 2, store="fixed.sqlite")
        store = self.folder / "fixed.sqlite"
        store.chmod(0o444)
        self.folder.chmod(0o755)
        before = store.read_bytes()
        # Root can write everything.
        user = {"user": "nobody", "extra_groups": []} if os.geteuid() == 0 else {}
        self.assertEqual(self.sweep(*NOISE, "--trials", 2, store=store.name, **user)["points"], first["points"])
        self.fails(1, "cannot be written", *self.command(*NOISE, "--trials", 3, store=store.name), **user)
        self.assertEqual(store.read_bytes(), before)
        if user:  # a folder where no log can be made beside the store
            store.chmod(0o666)
            self.fails(1, "fixed.sqlite", *self.command(*NOISE, "--trials", 3, store=store.name), **user)
            self.assertEqual(store.read_bytes(), before)

    def test_a_large_store_answers(self):
        self.sweep("--vary", "quantize={3}", "--noise", "normal:0.5qs", "--trials", 1, store="large.sqlite")
        self.add_chips("large.sqlite", 999999)
        document = self.sweep("--vary", "quantize={3}", "--noise", "normal:0.5qs", "--trials", 1000000,
                              store="large.sqlite")
        self.assertEqual(document["computed"], 0)

    # Usage

    def test_wrong_usage(self):
        vary = ["--vary", "quantize={3,4}"]
        for words, arguments in (
                ("--store", ["--vary", "quantize={3,4}"]),
                ("did you mean 'noise'", ["--vary", "nose={1,2}", "--store", "u.sqlite"]),
                ("not closed", ["--vary", "quantize={3,4", "--store", "u.sqlite"]),
                ("not opened", ["--vary", "quantize=3,4}", "--store", "u.sqlite"]),
                ("write OPTION=VALUE", ["--vary", "quantize", "--store", "u.sqlite"]),
                ("has no unit", ["--vary", "noise=normal:{0.25,0.5qs}", "--store", "u.sqlite"]),
                ("twice", [*vary, *vary, "--store", "u.sqlite"]),
                ("twice", ["--vary", "quantize={3,3}", "--store", "u.sqlite"]),
                ("varied at once", [*vary, "--quantize", "3", "--store", "u.sqlite"]),
                ("more than", ["--vary", "noise=normal:0." + "{0,1,2,3,4,5,6,7,8,9}" * 9 + "qs", "--store", "u.sqlite"]),
                ("no point has", [*vary, "--compare", "quantize=5", "--store", "u.sqlite"]),
                ("I/N", [*vary, "--shard", "3/2", "--store", "u.sqlite"]),
                ("I/N", [*vary, "--shard", "0/2", "--store", "u.sqlite"]),
                ("fraction", [*vary, "--until-ci", "nan", "--store", "u.sqlite"]),
                ("fraction", [*vary, "--yield-above", "90", "--store", "u.sqlite"])):
            with self.subTest(arguments):
                self.fails(2, words, "sweep", "small.onnx", *DATA, *arguments)
        self.fails(1, "no folder", *self.command(*vary, store="nowhere/u.sqlite"))
        self.fails(1, "not quantized", *self.command("--vary", "quantize={4,none}", "--noise", "normal:1qs",
                                                         "--trials", 1, store="units.sqlite"))
        self.assertEqual(len(self.rows("units.sqlite")), 1)
        self.assertEqual(list(self.folder.glob("u.sqlite*")), [])


if __name__ == "__main__":
    main()
