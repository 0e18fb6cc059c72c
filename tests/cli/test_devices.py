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
                "modes"})

    def test_all_is_another_amount_of_the_same(self):
        for option in ("--all", "-a"):
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
