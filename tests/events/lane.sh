#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# lane.sh POSTERN SOURCE_ROOT PYTHON: the events of a real lane are valid, and twice the same.
set -euo pipefail

postern=$(readlink -f "$1") root=$2 python=$3
# A worker with a sanitizer cannot be locked down.
sandbox=strict
! grep -qaE '__[at]san_init' "${postern%/*}/../worker/postern-worker" || sandbox=off
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

run() {
	"$postern" run --source 'synth:?people=4&seed=7&size=640x480&fps=10&seconds=16' \
		--policy "$root/policies/us-border.yaml" --set policy.date=2026-01-15 \
		--scenario "$root/examples/scenarios/exit-and-age.yaml" --state "$work/state" \
		--detector cascade --extractor lbph --sandbox "$sandbox" --events "$1" >/dev/null
}

"$postern" plugins >plugins.txt
if ! grep -qE '^cascade .* ok ' plugins.txt; then
	echo "skipped: the cascade plugin is not usable here"
	exit 77
fi
run first.jsonl
run second.jsonl
"$python" "$root/tests/events/validate.py" first.jsonl second.jsonl
[ "$(grep -c '"kind":"encounter.closed"' first.jsonl)" = 4 ]

# What depends on the machine: wall clock, ids of receipts, positions in the log, how long a
# comparison took. Every other time is the source's own.
strip() {
	sed -E 's/"(wall|receipt)":"[^"]*"//g; s/"audit":[0-9]+//g; s/"duration_ms":[0-9.]+//g' "$1" |
		grep '"kind":"\(encounter\|permit\|match\)'
}
diff <(strip first.jsonl) <(strip second.jsonl)
