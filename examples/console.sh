#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The demonstration of the console: a lane with a drawn traveler, and an address for each role.
# Ctrl-C ends both and removes all that they kept.
# usage: examples/console.sh BUILD_DIR [LISTEN]
set -euo pipefail

postern=$(readlink -f "$1")/core/cli/postern
listen=${2:-127.0.0.1:0}
examples=$(dirname "$(readlink -f "$0")")
lane=$examples/lanes/console.yaml
work=$(mktemp -d)
children=()

finish() {
	trap - EXIT
	[ ${#children[@]} = 0 ] || kill "${children[@]}" 2>/dev/null || true
	wait
	rm -rf "$work"
}
trap finish EXIT
trap 'trap "" INT TERM; exit 0' INT TERM # a second Ctrl-C must not stop the cleaning up

step() {
	printf '\n== %s\n' "$*"
}

step "A vault with a fresh key, and one drawn traveler enrolled as S001"
vault=(--state "$work/state" --key "$work/vault.key")
"$postern" vault init "${vault[@]}"
"$postern" run "$examples/lanes/demo.yaml" "${vault[@]}" --set policy.purpose=enrol \
	--source "synth:?seed=8&person=0&seconds=4&size=1280x720&fps=15" \
	--scenario "$examples/scenarios/enrol-one.yaml"

step "A lane at which that traveler stands"
"$postern" run "$lane" "${vault[@]}" --events "$work/events.jsonl" >"$work/lane.log" 2>&1 &
children+=($!)
until [ -S "$work/state/control.sock" ]; do
	if ! kill -0 "${children[0]}" 2>/dev/null; then
		cat "$work/lane.log" >&2
		exit 3
	fi
	sleep 0.1
done
echo "lane gate-7, policy us-border"

step "The console: one address for each role, Ctrl-C to end"
"$postern" console --lane gate-7="$work/state/control.sock" --tokens "$work/tokens" \
	--listen "$listen" &
children+=($!)
cat <<'WORDS'
Open the traveler's page first: while it is to be seen, the lane's notice is current. Then open an
encounter on the officer's page, a us-citizen known by document with the reference S001, and go on,
or opt out, on the traveler's. The integrator's page shows the camera.
WORDS
wait "${children[1]}"
