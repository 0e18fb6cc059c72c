#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The demonstration: draws travelers, enrols some of them, runs a lane, shows what is kept.
# usage: examples/demo.sh [BUILD_DIR [WORK_DIR]]; without a BUILD_DIR, or with '': what is installed
set -euo pipefail

postern=postern
[ -z "${1-}" ] || postern=$(readlink -f "$1")/core/cli/postern
examples=$(dirname "$(readlink -f "$0")")
policy=$examples/../policies/us-border.yaml
work=${2:-demo}

step() {
	printf '\n== %s\n' "$*"
}

rm -rf "$work"
mkdir -p "$work"
cd "$work"

step "Drawing eleven invented people, twice: once to enrol them, once as travelers"
"$postern" synth enrol.avi --people 11 --seed 8 --seconds 44 --fps 15 --size 640x480
"$postern" synth travelers.avi --people 11 --seed 8 --take 1 --seconds 44 --fps 15 \
	--size 640x480 --bystanders 1

step "A vault with a fresh key"
"$postern" vault init --state state --key vault.key

step "Reference pictures go through the gate too"
"$postern" run "$examples/lanes/demo.yaml" --source enrol.avi --state state --key vault.key \
	--scenario "$examples/scenarios/enrol-travelers.yaml" --set policy.purpose=enrol

step "Eleven travelers meet the gate"
"$postern" run "$examples/lanes/demo.yaml" --source travelers.avi --state state --key vault.key \
	--scenario "$examples/scenarios/travelers.yaml" --events events.jsonl

step "Why: the diplomat's case"
"$postern" policy explain "$policy" --category diplomat --known-by document --direction entry \
	--environment air --date 2026-01-15

step "What the vault keeps, and until when"
"$postern" vault list --state state --key vault.key

step "The audit log"
"$postern" audit verify --state state
