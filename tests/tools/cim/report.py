"""Runs the built `cim report` and `cim sweep --watch` as a user would, and looks at the page in a real browser.

Run one test with `.venv/bin/python tests/tools/cim/report.py build/bin/cim Reports.test_page`. With $SCREENSHOTS as a
folder, pictures of the page are left there.
"""

import contextlib
import csv
import json
import os
import pathlib
import pty
import re
import signal
import sqlite3
import time
import unittest

import onnx

from browser import Browser, is_installed
from cim_test_case import CimTestCase, DATA, SLOWNESS, main
from small_network import small_network

SEED = str(2**53 + 1)  # as a number, JavaScript would round it


class Reports(CimTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.write_evaluation(200)
        (cls.folder / "<").mkdir()
        onnx.save(small_network(), cls.folder / "<" / "script><b>.onnx")
        cls.sweep("--quantize", 4, "--vary", "noise=normal:{0,0.25,0.5,1,2}qs", "--trials", 12)
        cls.sweep("--quantize", 4, "--vary", "noise=uniform:{0.25,1}qs", "--trials", 3)
        cls.sweep("--quantize", 4, "--vary", "shift={-1/8,-1/16,0,+1/16,+1/8}qs")
        cls.sweep("--vary", "quantize={none,2,3,4,5,6,7,8}")
        cls.sweep("--noise", "normal:0.2ns", "--vary", "layers={role:C1,role:C2,stem,fc}", "--trials", 5)
        cls.sweep("--quantize", 4, "--vary", "shift={0,1/8}qs", "--seed", SEED)

    @classmethod
    def sweep(cls, *arguments, store="store.sqlite", model="</script><b>.onnx"):
        result = cls.cim("sweep", model, *DATA, "--store", store, "--json", "-", *arguments)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    def report(self, *arguments):
        return self.succeeds("report", "store.sqlite", *arguments).stdout

    def data_in(self, page):
        text = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S).group(1)
        return json.loads(text)

    # What is in the page

    def test_numbers_are_those_of_the_sweep(self):
        document = self.sweep("--quantize", 4, "--vary", "noise=normal:{0.25,1}qs", "--trials", 12, "--yield-above",
                              0.3, "--compare", "noise=normal:0.25qs")
        self.assertEqual(document["computed"], 0)
        self.report("-o", "numbers.html", "--yield-above", 0.3)
        page = (self.folder / "numbers.html").read_text()
        self.assertNotRegex(page.replace("http://www.w3.org", "").split("<script>")[0], r"https?://")
        data = self.data_in(page)
        study = data["studies"][0]
        for point in document["points"]:
            (shown,) = [r for r in study["results"] if r["options"] == {"noise": point["noise"], "quantize": "4"}]
            for field in ("mean", "std", "ci95", "image_ci95"):
                self.assertEqual(shown[field], point["accuracy"][field])
            self.assertEqual(shown["chips"], 12)
            self.assertEqual(shown["yield"], point["accuracy"]["yield"]["share"])
            self.assertEqual(shown["quantiles"][0], point["accuracy"]["quantiles"]["0.05"])
            self.assertEqual(sum(shown["histogram"]["counts"]), 12)
        self.assertEqual(data["schema"], 1)
        self.assertEqual(study["model_sha256"], data["studies"][1]["model_sha256"])
        # The seed tells studies apart; the name is the user's, and no markup.
        self.assertEqual([s["seed"] for s in data["studies"]], ["0", SEED])
        self.assertEqual(data["studies"][1]["model"], "</script><b>.onnx")

    def test_charts(self):
        self.report("-o", "charts.html")
        study = self.data_in((self.folder / "charts.html").read_text())["studies"][0]
        charts = {chart["x"]: chart for chart in study["charts"]}
        self.assertEqual(set(charts), {"layers", "noise (qs)", "quantize (bits)", "shift (qs)"})
        normal, uniform = charts["noise (qs)"]["curves"]
        self.assertIn("normal", normal["name"])
        self.assertEqual([x for x, _ in normal["points"]], [0, 0.25, 0.5, 1, 2])
        # Without noise there is noise 0, also where other sweeps measured it.
        self.assertEqual([x for x, _ in uniform["points"]], [0, 0.25, 1])
        self.assertEqual([x for x, _ in charts["shift (qs)"]["curves"][0]["points"]],
                         [-1 / 8, -1 / 16, 0, 1 / 16, 1 / 8])
        self.assertEqual([x for x, _ in charts["quantize (bits)"]["curves"][0]["points"]], list(range(2, 9)))
        self.assertEqual(charts["layers"]["categories"], ["role:C1", "role:C2", "stem", "fc"])
        # What bars of layers are compared with was measured by another sweep.
        (exact,) = [r for r in study["results"] if not r["options"]]
        self.assertEqual(charts["layers"]["reference"], exact["mean"])
        self.assertIsNone(charts["quantize (bits)"]["reference"])
        # Differences are chip by chip against the least error of the curve.
        for x, index in normal["points"]:
            difference = study["results"][index].get("difference")
            self.assertEqual(difference is None, x == 0)
            if difference:
                baseline = study["results"][difference["baseline"]]
                self.assertAlmostEqual(difference["mean"], study["results"][index]["mean"] - baseline["mean"])

    def test_pictures_and_tables(self):
        self.report("-o", "all.csv")
        with open(self.folder / "all.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual({row["seed"] for row in rows}, {"0", SEED})
        (row,) = [r for r in rows if r["noise"] == "normal:1qs"]
        self.assertEqual((row["chips"], row["quantize"]), ("12", "4"))
        for name in ("all.svg", "all.png"):
            self.report("-o", name)
        self.assertIn("accuracy by layers", (self.folder / "all.svg").read_text())
        self.assertTrue((self.folder / "all.png").read_bytes().startswith(b"\x89PNG"))
        self.sweep("--quantize", 4, "--vary", "noise=normal:{0,0.25,0.5,1,2}qs", "--trials", 12, "-o", "one.svg")
        self.assertNotIn("accuracy by layers", (self.folder / "one.svg").read_text())
        for vary in ((), ("--vary", "noise=normal:{1}qs")):  # before anything is measured
            self.fails(2, "no option varies", "sweep", "small.onnx", *DATA, "--quantize", 4, *vary, "--store",
                       "never.sqlite", "-o", "never.svg")
        if "SCREENSHOTS" in os.environ:
            (pathlib.Path(os.environ["SCREENSHOTS"]) / "all.png").write_bytes((self.folder / "all.png").read_bytes())

    # Layers and time

    def test_tolerance_and_time(self):
        result = self.cim("tolerance", "small.onnx", *DATA, "--noise", "normal:0.2ns", "--trials", 5,
                              "--store", "others.sqlite", "--json", "tolerance.json")
        self.assertEqual(result.returncode, 0, result.stderr)
        measured = json.loads((self.folder / "tolerance.json").read_text())
        self.sweep("--crossbar", "64x64", "--vary", "device={pcm-joshi2020,reram-wan2022}@{20s,1h,1d}", "--trials", 5,
                   store="others.sqlite", model="small.onnx")
        for name in ("others.svg", "others.html"):
            result = self.cim("report", "others.sqlite", "-o", name)
            self.assertEqual(result.returncode, 0, result.stderr)
        study = self.data_in((self.folder / "others.html").read_text())["studies"][0]
        charts = {chart["x"]: chart for chart in study["charts"]}
        bars, time = charts["layers"], charts["time after programming"]
        self.assertEqual(bars["categories"], [layer["name"] for layer in measured["layers"]])
        self.assertEqual(bars["reference"], measured["exact"]["mean"])
        self.assertEqual([study["results"][result]["mean"] for _, result in bars["curves"][0]["points"]],
                         [layer["accuracy"]["mean"] for layer in measured["layers"]])
        (exact,) = [i for i, r in enumerate(study["results"]) if not r["options"]]
        for _, result in bars["curves"][0]["points"]:
            self.assertEqual(study["results"][result]["difference"]["baseline"], exact)
        self.assertTrue(time["time"] and time["logarithmic"])
        self.assertEqual([[x for x, _ in curve["points"]] for curve in time["curves"]], 2 * [[20, 3600, 86400]])
        picture = (self.folder / "others.svg").read_text()
        for word in ("block.conv2", "time after programming", "20 s", "1 d"):
            self.assertIn(word, picture)
        if is_installed():
            browser = Browser()
            self.addCleanup(browser.close)
            browser.open((self.folder / "others.html").as_uri())
            browser.wait("document.documentElement.dataset.ready === 'true'")
            words = browser.run("return [...document.querySelectorAll('.chart svg text')].map(t => t.textContent)")
            self.assertLessEqual({"20 s", "1 h", "1 d", "without errors"}, set(words))
            # A bar per layer, from the accuracy without errors on; hovering shows its values.
            x, y = browser.run("const box = [...document.querySelectorAll('.chart > div')].find(d => d.ariaLabel.endsWith('layers'));"
                               "box.scrollIntoView({block: 'center'}); const chart = echarts.getInstanceByDom(box);"
                               "const place = box.getBoundingClientRect(), s = chart.getOption().series[0];"
                               "const lowest = s.data.reduce((a, b) => b.value[1] < a.value[1] ? b : a);"
                               "const p = chart.convertToPixel({seriesIndex: 0}, lowest.value);"
                               "return [place.left + p[0], place.top + p[1] - 4];")
            browser.move(x, y)
            browser.wait("[...document.querySelectorAll('.chart div')].some(d => d.textContent.startsWith('layers'))")
            if "SCREENSHOTS" in os.environ:
                browser.screenshot(pathlib.Path(os.environ["SCREENSHOTS"]) / "layers.png")
            self.assertEqual(browser.console(), [])

    def test_wrong_usage(self):
        for status, words, arguments in ((2, "-o is missing", ["store.sqlite"]), (2, "STORE", ["-o", "a.html"]),
                                         (2, ".html", ["store.sqlite", "-o", "a.pdf"]),
                                         (1, "no store", ["nowhere.sqlite", "-o", "a.html"]),
                                         (1, "no folder", ["store.sqlite", "-o", "nowhere/a.html"])):
            result = self.cim("report", *arguments)
            self.assertEqual(result.returncode, status, result)
            self.assertIn(words, result.stderr)
            self.assertEqual(len(result.stderr.splitlines()), 1)
        self.assertFalse((self.folder / "a.html").exists())

    # Of an experiment

    def experiment(self, text):
        (self.folder / "experiment.yaml").write_text(text)
        return "reproduce", "experiment.yaml"

    def test_experiment_without_chips(self):
        """What has nothing to say of weights alone is refused before they are looked at."""
        weights = "runs: {weights: {command: histogram, model: small.onnx, quantize: 3}}\n"
        for words, arguments in (("-o 'x.html' would be empty", ["-o", "x.html"]),
                                 ("-o 'x.svg' would be empty", ["-o", "x.md", "-o", "x.svg"]),
                                 ("--store 'x.sqlite' has no effect", ["--store", "x.sqlite"]),
                                 ("--limit has no effect", ["--limit", 9]),
                                 ("--trials has no effect", ["--trials", 2])):
            self.fails(2, words, *self.experiment(weights), *arguments)
        self.succeeds(*self.experiment(weights), "-o", "x.md")
        own = "runs: {own: {command: sweep, model: small.onnx, data: 'npy:x.npy,y.npy', store: own.sqlite}}\n"
        self.fails(2, "-o 'x.html' would be empty", *self.experiment(own), "-o", "x.html")
        self.succeeds(*self.experiment(own), "--limit", 9)

    def test_wrong_experiments(self):
        run = "runs: {weights: {command: histogram, model: small.onnx}}\n"
        result = self.cim(*self.experiment(run + "published: [{run: weights, at: {quantize: 3}, accuracy: 0.5}]"))
        self.assertRefused(result, 1, "run 'weights' has no such point")
        # What the file alone shows is said before anything else.
        for words, text in (("no run 'b'", run + "published: [{run: b, at: {quantize: 3}, accuracy: 0.5}]"),
                            ("'train' cannot be", "runs: {a: {command: train}}"), ("no map", "runs: {a: 1}")):
            self.fails(1, words, *self.experiment(text))

    # A running sweep

    def test_watch(self):
        arguments = ["sweep", "small.onnx", *DATA, "--quantize", "4", "--vary", "noise=normal:{0.5,1}qs", "--trials",
                     "100000", "--store", "watch.sqlite", "--watch", "watch.html"]
        controller, terminal = pty.openpty()
        process = self.start(*arguments, stderr=terminal)
        os.close(terminal)
        page = self.folder / "watch.html"
        try:
            while not page.exists() or not self.data_in(page.read_text())["studies"]:
                time.sleep(0.1)
            seen = [self.data_in(page.read_text())]
            while len(seen) < 3:  # always whole, whenever it is read
                data = self.data_in(page.read_text())
                if data != seen[-1]:
                    seen.append(data)
            self.assertIn("2 points", seen[0]["running"])
            self.assertIn('http-equiv="refresh"', page.read_text())
            chips = [d["studies"][0]["results"][0]["chips"] for d in seen]
            self.assertLess(chips[0], chips[2])
        finally:
            process.send_signal(signal.SIGINT)
            shown = b""
            with contextlib.suppress(OSError):  # the end of a pseudo-terminal
                while piece := os.read(controller, 65536):
                    shown += piece
            process.communicate(timeout=60 * SLOWNESS)
            os.close(controller)
        self.assertEqual(process.returncode, 130)
        self.assertIn(b"accuracy %", shown)
        self.assertIsNone(self.data_in(page.read_text())["running"])
        self.assertNotIn('http-equiv="refresh"', page.read_text())
        result = self.cim("sweep", "--watch", "small.onnx", *DATA, "--store", "x.sqlite")
        self.assertEqual(result.returncode, 2)

    def test_watch_in_a_file(self):
        for value, pages in ("false", []), ("true", []), ("watched.html", ["watched.html"]):
            with self.subTest(value):
                (self.folder / "watch.yaml").write_text(f"watch: {value}\n")
                # The model that follows is no name of a page.
                self.succeeds("sweep", "--config", "watch.yaml", "small.onnx", *DATA, "--vary", "quantize={3,4}",
                              "--store", "configured.sqlite")
                self.assertEqual([path.name for path in self.folder.glob("watched*")], pages)

    # In a browser

    @unittest.skipUnless(is_installed(), "SKIPPED: the packages chromium and chromium-driver are not installed")
    def test_page(self):
        self.report("-o", "page.html", "--yield-above", 0.995)
        browser = Browser()
        self.addCleanup(browser.close)
        browser.open((self.folder / "page.html").as_uri())
        browser.wait("document.documentElement.dataset.ready === 'true'")

        # It stands alone, and names are no markup.
        self.assertEqual(browser.run("return performance.getEntriesByType('resource').filter("
                                     "e => !e.name.startsWith('data:')).map(e => e.name)"), [])
        self.assertIn("script><b>.onnx", browser.run("return [...document.querySelectorAll('h2')].map(h => h.textContent)"))

        # Charts are drawn: curves, with bands, in the colours of the page.
        count = browser.run("return document.querySelectorAll('.chart').length")
        self.assertEqual(count, 5)
        for chart in range(count):
            self.assertGreater(browser.run(
                "return document.querySelectorAll('.chart')[arguments[0]].querySelectorAll('svg path').length", chart), 10)
        noise = ("const box = [...document.querySelectorAll('.chart > div')].find(d => d.ariaLabel.endsWith('noise'));"
                 "box.scrollIntoView({block: 'center'}); const chart = echarts.getInstanceByDom(box);"
                 "const place = box.getBoundingClientRect();")

        # Hovering a point shows its values.
        x, y = browser.run(noise + "const s = chart.getOption().series[0]; const p = chart.convertToPixel({seriesIndex: 0},"
                           "s.data[s.data.length - 1].value); return [place.left + p[0], place.top + p[1]];")
        browser.move(x, y)
        tooltip = "[...document.querySelectorAll('.chart div')].find(d => d.textContent.startsWith('noise'))"
        browser.wait(f"{tooltip} !== undefined")
        text = browser.run(f"return {tooltip}.innerText")
        self.assertIn("normal:2qs", text)
        self.assertIn("95 % over images", text)
        if "SCREENSHOTS" in os.environ:
            browser.screenshot(pathlib.Path(os.environ["SCREENSHOTS"]) / "tooltip.png")

        # The wheel zooms.
        browser.scroll_wheel(x, y, -300)
        browser.wait("(() => {" + noise + "const z = chart.getOption().dataZoom[0]; return z.end - z.start < 99; })()")

        # Bands change with what they stand for.
        shape = "return document.querySelectorAll('.chart')[1].querySelector('svg').innerHTML"
        before = browser.run(shape)
        browser.run("document.querySelector('input[value=spread]').click()")
        self.assertNotEqual(browser.run(shape), before)

        # A threshold is not rounded: 100 % would be another one.
        self.assertIn("yield ≥ 99.5 %", browser.run("return [...document.querySelectorAll('th')].map(h => h.textContent)"))

        # A click on a column sorts, another turns the order around.
        column = ("const cells = [...document.querySelectorAll('table')[0].querySelectorAll('th')];"
                  "const c = cells.findIndex(h => h.textContent === arguments[0]);")
        values = column + ("return [...document.querySelectorAll('table')[0].querySelectorAll('tbody tr')]"
                           ".map(r => r.children[c].textContent)")
        click = column + "cells[c].click();"
        browser.run(click, "accuracy %")
        shown = [float(v) for v in browser.run(values, "accuracy %")]
        self.assertEqual(shown, sorted(shown))
        browser.run(click, "accuracy %")
        self.assertEqual([float(v) for v in browser.run(values, "accuracy %")], sorted(shown, reverse=True))
        browser.run(click, "shift")
        shifts = [v for v in browser.run(values, "shift") if v != "none"]
        self.assertEqual(shifts, ["-1/8qs", "-1/16qs", "0qs", "+1/16qs", "+1/8qs"])

        # A row opens the distribution over its chips.
        browser.run(click, "chips"), browser.run(click, "chips")
        browser.run("document.querySelector('tbody tr').click()")
        browser.wait("document.querySelector('tr.detail svg') !== null")
        if "SCREENSHOTS" in os.environ:
            browser.run("document.querySelector('.toolbar').scrollIntoView()")
            browser.screenshot(pathlib.Path(os.environ["SCREENSHOTS"]) / "table.png")

        # Filtering, and the table as a file.
        browser.run("const f = document.querySelector('input[type=search]'); f.value = 'uniform';"
                    "f.dispatchEvent(new Event('input'))")
        self.assertEqual(len(browser.run(values, "chips")), 2)
        browser.run("[...document.querySelectorAll('button')].find(b => b.textContent === 'Download CSV').click()")
        saved = pathlib.Path(browser.profile.name) / "script-b-.onnx.csv"
        # A browser takes the name with an empty file before it moves what it received there.
        end = time.monotonic() + 20
        while not (saved.exists() and saved.stat().st_size) and time.monotonic() < end:
            time.sleep(0.05)
        with open(saved, newline="") as file:
            self.assertIn("normal:2qs", {row["noise"] for row in csv.DictReader(file)})
        self.assertTrue(browser.run(noise + "return chart.getDataURL({type: 'svg'})").startswith("data:image/svg+xml"))

        # Dark where the system is, and the other way by the button.
        background = "return getComputedStyle(document.body).backgroundColor"
        browser.prefer("light")
        self.assertEqual(browser.run(background), "rgb(255, 255, 255)")
        browser.prefer("dark")
        self.assertEqual(browser.run(background), "rgb(20, 23, 28)")
        for scheme in ("light", "dark"):
            browser.prefer(scheme)
            browser.run("scrollTo(0, 0)")
            if "SCREENSHOTS" in os.environ:
                browser.screenshot(pathlib.Path(os.environ["SCREENSHOTS"]) / f"{scheme}.png")
        browser.run("document.getElementById('theme').click()")
        self.assertEqual(browser.run(background), "rgb(255, 255, 255)")
        self.assertEqual(browser.console(), [])

    @unittest.skipUnless(is_installed(), "SKIPPED: the packages chromium and chromium-driver are not installed")
    def test_intervals_beyond_all(self):
        """Two chips that differ much have an interval below 0 and above 100 %, and are drawn all the same."""
        for vary in (("noise=normal:{1,0.5}qs",), ("layers={stem,block.conv1,block.conv2}", "--noise", "normal:0.2ns")):
            self.sweep("--quantize", 4, "--trials", 2, "--vary", *vary, store="beyond.sqlite")
        with sqlite3.connect(self.folder / "beyond.sqlite") as database:
            database.execute("UPDATE trial SET correct = 100 + 90 * trial")
        self.succeeds("report", "beyond.sqlite", "-o", "beyond.html")
        browser = Browser()
        self.addCleanup(browser.close)
        browser.open((self.folder / "beyond.html").as_uri())
        browser.wait("document.documentElement.dataset.ready === 'true'")
        shapes = ("return [...document.querySelectorAll('.chart > div')].map(d => echarts.getInstanceByDom(d).getZr().storage"
                  ".getDisplayList().filter(s => s.type === arguments[0] && s.style[arguments[1]] === arguments[2]).length)")
        self.assertIn(1, browser.run(shapes, "polygon", "opacity", 0.2))
        self.assertIn(9, browser.run(shapes, "line", "lineWidth", 1.2))  # three a whisker
        self.assertIn("0.00 to 100.00", browser.run("return document.querySelector('table').innerText"))
        if "SCREENSHOTS" in os.environ:
            browser.screenshot(pathlib.Path(os.environ["SCREENSHOTS"]) / "beyond.png")

    def test_a_large_store_makes_a_small_page(self):
        self.sweep("--quantize", 4, "--vary", "noise=normal:{0.5,1}qs", "--trials", 1, store="large.sqlite")
        with sqlite3.connect(self.folder / "large.sqlite") as database:
            database.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 499999) "
                             "INSERT INTO trial SELECT p.id, 0, i, (i * 7919) % 200, 200, 0, 0, 0 FROM n, point p")
        result = self.cim("report", "large.sqlite", "-o", "large.html")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertLess((self.folder / "large.html").stat().st_size, 2_000_000)
        self.assertIn("1,000,000", result.stdout)


if __name__ == "__main__":
    main()
