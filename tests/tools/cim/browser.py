"""A headless Chromium, driven over WebDriver (W3C Recommendation, 2018) by ChromeDriver.

Debian's packages chromium and chromium-driver; nothing else is needed.
"""

import base64
import json
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request

ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--disable-dev-shm-usage", "--force-device-scale-factor=1"]


def is_installed():
    return bool(shutil.which("chromium") and shutil.which("chromedriver"))


class Browser:
    """One window; close() ends everything."""

    def __init__(self, width=1400, height=1000):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True)
        for line in self.driver.stdout:
            if match := re.search(r"successfully on port (\d+)", line):
                self.address = f"http://127.0.0.1:{match.group(1)}"
                break
        else:
            raise RuntimeError("chromedriver did not start")
        options = {"binary": shutil.which("chromium"),
                   "args": [*ARGUMENTS, f"--window-size={width},{height}", f"--user-data-dir={self.profile.name}/profile"],
                   "prefs": {"download.default_directory": self.profile.name}}
        session = self.request("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.session = "/session/" + session["sessionId"]

    def request(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def call(self, command, body):
        return self.request("POST", f"{self.session}/{command}", body)

    def open(self, address):
        self.call("url", {"url": address})

    def run(self, script, *arguments):
        """The value of JavaScript, which sees its arguments as `arguments`."""
        return self.call("execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while not self.run("return " + condition):
            if time.monotonic() > end:
                raise AssertionError(f"never came true: {condition}")
            time.sleep(0.05)

    def move(self, x, y):
        self.call("actions", {"actions": [{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": [
            {"type": "pointerMove", "x": round(x) - 3, "y": round(y), "duration": 0},
            {"type": "pointerMove", "x": round(x), "y": round(y), "duration": 50}]}]})

    def scroll_wheel(self, x, y, amount):
        self.call("actions", {"actions": [{"type": "wheel", "id": "wheel", "actions": [
            {"type": "scroll", "x": round(x), "y": round(y), "deltaX": 0, "deltaY": amount, "duration": 50}]}]})

    def prefer(self, scheme):
        self.call("goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]}})

    def screenshot(self, path):
        path.write_bytes(base64.b64decode(self.request("GET", f"{self.session}/screenshot")))

    def console(self):
        return [entry["message"] for entry in self.call("se/log", {"type": "browser"})]

    def close(self):
        try:
            self.request("DELETE", self.session)
        finally:
            self.driver.terminate()
            self.driver.wait(timeout=20)
            self.driver.stdout.close()
            self.profile.cleanup()
