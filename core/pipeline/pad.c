/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/pad.h"

static enum pst_pad_state state_of(const struct pst_pad_finding *finding)
{
	switch (finding->answer) {
	case PST_PAD_UNSET:
		return PST_PAD_STATE_MISSING;
	case PST_PAD_PASS:
		return PST_PAD_STATE_PASS;
	case PST_PAD_FAIL:
		return PST_PAD_STATE_FAIL;
	case PST_PAD_UNCERTAIN:
		return PST_PAD_STATE_UNCERTAIN;
	default:
		return PST_PAD_STATE_ERROR;
	}
}

struct pst_pad_states pst_pad_states_of(const struct pst_wire_pad *pad)
{
	if (pad->status != 0) {
		return (struct pst_pad_states){PST_PAD_STATE_ERROR, PST_PAD_STATE_ERROR};
	}
	return (struct pst_pad_states){
		state_of(&pad->result.impersonation), state_of(&pad->result.evasion)};
}

static enum pst_pad_state merge(enum pst_pad_state before, enum pst_pad_state now, bool used)
{
	if (before == PST_PAD_STATE_FAIL || now == PST_PAD_STATE_FAIL) {
		return PST_PAD_STATE_FAIL;
	}
	return used ? now : before;
}

struct pst_pad_states pst_pad_states_merge(
	struct pst_pad_states before, struct pst_pad_states now, bool used)
{
	return (struct pst_pad_states){merge(before.impersonation, now.impersonation, used),
		merge(before.evasion, now.evasion, used)};
}

static enum pst_pad_verdict judge(bool required, enum pst_pad_state state)
{
	if (!required || state == PST_PAD_STATE_PASS) {
		return PST_PAD_VERDICT_CLEAR;
	}
	return state == PST_PAD_STATE_FAIL ? PST_PAD_VERDICT_ATTACK : PST_PAD_VERDICT_UNSURE;
}

enum pst_pad_verdict pst_pad_fuse(struct pst_pad_rules rules, struct pst_pad_states states)
{
	enum pst_pad_verdict impersonation = judge(rules.impersonation, states.impersonation);
	enum pst_pad_verdict evasion = judge(rules.evasion, states.evasion);

	return impersonation < evasion ? impersonation : evasion;
}

const char *pst_pad_state_name(enum pst_pad_state state)
{
	static const char *const names[PST_PAD_STATE_COUNT] = {
		[PST_PAD_STATE_ERROR] = "error",
		[PST_PAD_STATE_MISSING] = "missing",
		[PST_PAD_STATE_UNCERTAIN] = "uncertain",
		[PST_PAD_STATE_FAIL] = "fail",
		[PST_PAD_STATE_PASS] = "pass",
	};

	return names[(unsigned)state < PST_PAD_STATE_COUNT ? state : PST_PAD_STATE_ERROR];
}
