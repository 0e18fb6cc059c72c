# SPDX-License-Identifier: Apache-2.0
"""postern devices, and sources that are none: what is printed and how it ends."""
import json
import os
import subprocess
import tempfile
import unittest

POSTERN = os.environ["POSTERN"]
POLICY = os.path.join(os.environ["POLICIES"], "us-border.yaml")
SCENARIO = "scenario: 1\nname: nobody\nencounters:\n" \
           "  - {at: 0s, for: 1s, category: us-citizen, known-by: document, notice: current}\n"


def postern(*args):
    done = subprocess.run([POSTERN, *args], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


class Devices(unittest.TestCase):
    def test_a_machine_with_or_without_cameras_is_listed(self):
        status, out, err = postern("devices")
        self.assertEqual((status, err), (0, ""))
        self.assertTrue(out.startswith(("no cameras: ", "/dev/video")), out)

    def test_json_is_one_object(self):
        status, out, err = postern("devices", "--json")
        self.assertEqual((status, err), (0, ""))
        cameras = json.loads(out)["cameras"]
        for camera in cameras:
            self.assertEqual(set(camera), {
                "node", "uri", "best_uri", "serial_uri", "port_uri", "name", "driver", "port",
                "serial", "usb", "state", "advice", "metadata", "holders", "holders_hidden",
                "modes", "controls"})

    def test_all_is_another_amount_of_the_same(self):
        for option in ("--all", "-a", "--controls", "-c"):
            status, out, err = postern("devices", option)
            self.assertEqual((status, err), (0, ""))
            self.assertTrue(out.startswith(("no cameras: ", "/dev/video")), out)

    def test_help_and_wrong_use(self):
        status, out, _ = postern("devices", "--help")
        self.assertEqual(status, 0)
        self.assertIn("usage: postern devices", out)
        for args in (["--jsn"], ["all"]):
            status, out, err = postern("devices", *args)
            self.assertEqual((status, out), (2, ""))
            self.assertIn(args[0], err)


class Doctor(unittest.TestCase):
    def test_a_machine_is_judged_the_same_in_both_forms(self):
        status, out, err = postern("doctor")
        self.assertIn(status, (0, 1, 3))
        self.assertEqual(err, "")
        told = json.loads(postern("doctor", "--json")[1])
        self.assertEqual(set(told), {"cameras", "usable", "stream", "findings"})
        self.assertIsNone(told["stream"])
        if status == 0:
            self.assertIn("nothing is wrong", out)
        for finding in told["findings"]:
            self.assertEqual(set(finding), {"id", "level", "camera", "text", "fix"})
            self.assertIn(f"[{finding['id']}] {finding['text']}: {finding['fix']}", out)
        fatal = any(finding["level"] == "fatal" for finding in told["findings"])
        self.assertEqual(status == 3, fatal and not told["usable"])

    def test_what_is_no_camera_is_a_finding(self):
        status, out, err = postern("doctor", "v4l2:/dev/null", "--seconds", "0")
        self.assertEqual((status, err), (3, ""))
        self.assertTrue(out.startswith("[not-found] /dev/null: no camera"), out)
        status, out, _ = postern("doctor", "v4l2:serial=none-of-that-number")
        self.assertEqual(status, 3)
        self.assertTrue(out.startswith("[not-found] "), out)

    def test_help_and_wrong_use(self):
        status, out, _ = postern("doctor", "--help")
        self.assertEqual(status, 0)
        self.assertIn("usage: postern doctor", out)
        for args, why in ((["--jsn"], "--jsn"), (["a.avi"], "no camera's URI"),
                          (["v4l2:", "v4l2:"], "takes one URI"), (["v4l2:video0"], "names no"),
                          (["--seconds", "-1"], "no time from 0"),
                          (["--seconds", "1m"], "no time from 0"),
                          (["v4l2:/dev/null?fps=x"], "fps=x"), (["--seconds"], "needs a value")):
            status, out, err = postern("doctor", *args)
            self.assertEqual((status, out), (2, ""), args)
            self.assertIn(why, err)


class Sources(unittest.TestCase):
    def refused(self, uri, status, why):
        with tempfile.TemporaryDirectory() as folder:
            scenario = os.path.join(folder, "scenario.yaml")
            with open(scenario, "w", encoding="utf-8") as file:
                file.write(SCENARIO)
            state = os.path.join(folder, "state")
            seen, _, err = postern("run", "--source", uri, "--policy", POLICY, "--scenario",
                                   scenario, "--state", state)
        self.assertEqual(seen, status, err)
        self.assertIn(why, err)

    def test_a_device_that_is_no_camera(self):
        self.refused("v4l2:/dev/null", 3, "/dev/null: no camera")
        self.refused("v4l2:/dev/video99", 3, "'postern devices' lists those there are")
        self.refused(f"v4l2:{__file__}", 3, "no camera but a file")

    def test_a_file_that_is_no_recording(self):
        self.refused("/nowhere/clip.avi", 3, "No such file")
        self.refused(__file__, 3, "no recording that postern reads")
        self.refused("/dev/zero", 3, "neither a recording nor a folder of pictures")

    def test_wrong_uris(self):
        self.refused("v4l2:/dev/null?size=big", 2, "size=big is no size")
        self.refused(f"file:{__file__}?loop=often", 2, "loop=often")


if __name__ == "__main__":
    unittest.main()
