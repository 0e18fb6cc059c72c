#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a calibration file of the scores that drawn-scores prints.

    calibrate.py --contract ID --domain drawn --origin TEXT [--matcher cosine] < SCORES > FILE

The contract id is what `postern plugins` prints. A threshold is the least score, in steps of
0.0001, that at most FMR of the impostor comparisons reach; one is given for 1e-1, 1e-2, 1e-3 and
1e-4 as long as there are 3/FMR impostor comparisons.
"""
import argparse
import bisect
import math
import sys

STEPS = 10000


def threshold(impostor, fmr):
	"""Least multiple of 1/STEPS that at most fmr of the rising scores reach."""
	allowed = math.floor(fmr * len(impostor))
	step = math.floor(impostor[-allowed - 1] * STEPS)
	while len(impostor) - bisect.bisect_left(impostor, step / STEPS) > allowed:
		step += 1
	return step / STEPS


def read(lines):
	scores = {"genuine": [], "impostor": []}
	for number, line in enumerate(lines, 1):
		kind, _, value = line.partition(" ")
		if kind not in scores:
			sys.exit(f"line {number}: 'genuine SCORE' or 'impostor SCORE' is wanted")
		scores[kind].append(float(value))
	if not scores["genuine"] or not scores["impostor"]:
		sys.exit("no scores: both genuine and impostor ones are wanted")
	return sorted(scores["genuine"]), sorted(scores["impostor"])


def main():
	parser = argparse.ArgumentParser(description=__doc__,
		formatter_class=argparse.RawDescriptionHelpFormatter)
	parser.add_argument("--contract", required=True)
	parser.add_argument("--matcher", default="cosine")
	parser.add_argument("--domain", required=True, choices=["drawn", "photograph"])
	parser.add_argument("--origin", required=True)
	options = parser.parse_args()
	genuine, impostor = read(sys.stdin)
	print("calibration: 1")
	print(f"contract: {options.contract}")
	print(f"matcher: {options.matcher}")
	print(f"domain: {options.domain}")
	print(f'origin: "{options.origin}"')
	print(f"genuine: {len(genuine)}")
	print(f"impostor: {len(impostor)}")
	print("thresholds:")
	for exponent in (1, 2, 3, 4):
		if len(impostor) < 3 * 10**exponent:
			break
		score = threshold(impostor, 10**-exponent)
		fnmr = bisect.bisect_left(genuine, score) / len(genuine)
		print(f'  - {{fmr: "1e-{exponent}", score: {score:.4f}, fnmr: {fnmr:.4f}}}')


if __name__ == "__main__":
	main()
