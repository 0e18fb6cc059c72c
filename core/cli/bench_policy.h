/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_BENCH_POLICY_H
#define PST_CLI_BENCH_POLICY_H

/* What a recording is measured under: a gate that opens at once, and keeps nothing. */
static const char bench_policy[] =
	"policy: bench\n"
	"format: 1\n"
	"version: 1\n"
	"title: What postern bench runs on recordings\n"
	"from: 2020-01-01\n"
	"choice-window: 0s\n"
	"texts: {notice-version: b1, notice: \"A measurement on a recording.\", notice-until: "
	"2099-12-31, withdraw: \"Stop it.\", complain: \"To yourself.\", disclaimer: \"No policy "
	"for people.\"}\n"
	"axes:\n"
	"  - {axis: category, values: [recorded, unknown]}\n"
	"  - {axis: known-by, values: [self]}\n"
	"  - {axis: direction, values: [entry]}\n"
	"  - {axis: age-band, values: [unsaid], default: unsaid}\n"
	"  - {axis: environment, values: [air]}\n"
	"  - {axis: modality, values: [face]}\n"
	"sources:\n"
	"  - {source: bench, title: postern bench, citation: its help, checked: 2026-01-01, "
	"status: seen}\n"
	"retention:\n"
	"  - {class: nothing-kept, matching: none, identity: none, partner: none, crossing: none}\n"
	"rules:\n"
	"  - {id: unknown, text: Nobody knows., when: {category: [unknown]}, verdict: refuse, "
	"outcome: refer-unknown-category, basis: design, sources: [bench]}\n"
	"  - {id: said-no, text: No is no., when: {category: [recorded], choice: [decline, "
	"withdraw]}, verdict: refuse, outcome: refer-opted-out, basis: policy, sources: [bench]}\n"
	"  - {id: not-told, text: No notice., when: {category: [recorded], choice: [none, "
	"consent], notice: [absent, stale]}, verdict: ask, outcome: refer-no-notice, obligations: "
	"[show-notice], basis: policy, sources: [bench]}\n"
	"  - {id: recorded, text: A recording., when: {category: [recorded], choice: [none, "
	"consent], notice: [current]}, verdict: allow, authority: required-if-asked, retention: "
	"nothing-kept, basis: policy, sources: [bench]}\n";

#endif
