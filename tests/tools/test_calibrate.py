#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""calibrate.py keeps each FMR, gives none that the counts don't carry, and names bad lines."""
import pathlib
import subprocess
import sys

TOOL = pathlib.Path(__file__).with_name("calibrate.py")


def run(lines):
	return subprocess.run([sys.executable, TOOL, "--contract", "00", "--domain", "drawn", "--origin",
		"test"], input="\n".join(lines), capture_output=True, text=True, check=False)


def main():
	impostor = [i / 1000 for i in range(400)]
	out = run([f"impostor {s}" for s in impostor] + ["genuine 0.9", "genuine 0.2"])
	assert out.returncode == 0, out.stderr
	assert "genuine: 2\nimpostor: 400\n" in out.stdout, out.stdout
	points = [line for line in out.stdout.splitlines() if "fmr" in line]
	assert points == ['  - {fmr: "1e-1", score: 0.3591, fnmr: 0.5000}',
		'  - {fmr: "1e-2", score: 0.3951, fnmr: 0.5000}'], points
	for point, allowed in zip(points, (40, 4)):
		score = float(point.split("score: ")[1].split(",")[0])
		assert sum(s >= score for s in impostor) <= allowed

	same = run(["impostor 0.5"] * 100 + ["genuine 0.9"])
	assert '"1e-1", score: 0.5001' in same.stdout, same.stdout
	assert "line 2" in run(["genuine 1", "stranger 0.1"]).stderr
	assert "no scores" in run(["genuine 1"]).stderr


main()
