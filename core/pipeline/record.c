/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "audit/receipt.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "pipeline/impl.h"
#include "pipeline/receipt.h"

static void describe(const struct pst_lane *lane, struct pst_policy_decision *ret_decision)
{
	pst_policy_describe(lane->spec.policy, lane->traveler.encounter.cell, ret_decision);
}

static json_t *source_ids(const struct pst_policy_decision *decision)
{
	json_t *ids = json_array();

	for (size_t i = 0; decision->sources[i]; i++) {
		(void)json_array_append_new(ids, json_string(decision->sources[i]->id));
	}
	return ids;
}

/* Takes the payload. @return 0, or the status of the append, which the lane remembers */
static int append(struct pst_lane *lane, const char *kind, json_t *payload)
{
	struct pst_error error = {0};
	char *text = payload ? json_dumps(payload, JSON_COMPACT) : NULL;
	int status =
		text ? pst_audit_append(lane->spec.audit, kind, text, &lane->traveler.audit, &error)
		     : -ENOMEM;

	free(text);
	json_decref(payload);
	lane->audit_error = error;
	if (status < 0) {
		lane->audit_error.status = status;
		pst_events_warning(lane->spec.events, lane->now_ns,
			"audit log not writable, nothing is captured: %s", error.text);
	}
	return status;
}

int pst_record_opened(struct pst_lane *lane)
{
	const struct pst_lane_spec *spec = &lane->spec;
	char digest[2 * 32 + 1];

	pst_bytes_to_hex(spec->policy_digest, 32, digest);
	return append(lane, "lane.opened",
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*, s:s*, s:s*, s:s*, s:s}", "lane",
			spec->config->name, "version", spec->version, "policy", spec->policy->id,
			"policy_sha256", digest, "purpose", spec->config->purpose, "recording",
			spec->sink ? spec->sink->kind : NULL, "detector",
			spec->sink ? NULL : spec->detector->id, "extractor",
			spec->sink ? NULL : spec->extractor->id, "matcher",
			spec->sink ? NULL : spec->matcher->id, "sandbox", "off"));
}

int pst_record_source(struct pst_lane *lane, const char *kind, const char *text, const char *cause)
{
	return append(lane, kind,
		json_pack("{s:s, s:s*, s:s*}", "lane", lane->spec.config->name, "cause", cause,
			"text", text));
}

int pst_record_permit(struct pst_lane *lane)
{
	const struct pst_traveler *traveler = &lane->traveler;
	struct pst_policy_decision decision;

	describe(lane, &decision);
	return append(lane, "permit.granted",
		json_pack("{s:s, s:I, s:I, s:s, s:s, s:s, s:o}", "lane", lane->spec.config->name,
			"encounter", (json_int_t)traveler->number, "permit",
			(json_int_t)traveler->encounter.permit_id, "policy", lane->spec.policy->id,
			"rule", decision.rule_id, "authority",
			pst_authority_name(decision.authority), "sources", source_ids(&decision)));
}

int pst_record_outcome(struct pst_lane *lane, enum pst_outcome outcome)
{
	const struct pst_traveler *traveler = &lane->traveler;
	struct pst_policy_decision decision;

	describe(lane, &decision);
	return append(lane, "encounter.decided",
		json_pack("{s:s, s:I, s:I, s:s, s:s, s:s, s:o}", "lane", lane->spec.config->name,
			"encounter", (json_int_t)traveler->number, "permit",
			(json_int_t)traveler->encounter.permit_id, "category",
			pst_policy_value_name(lane->spec.policy, PST_AXIS_CATEGORY,
				traveler->encounter.request.place.value[PST_AXIS_CATEGORY]),
			"rule", decision.rule_id, "outcome", pst_outcome_name(outcome), "sources",
			source_ids(&decision)));
}

static void fill_record(const struct pst_lane *lane, const struct pst_policy_decision *decision,
	enum pst_store store, struct pst_vault_record_info *info)
{
	const struct pst_traveler *traveler = &lane->traveler;
	const uint16_t *value = traveler->encounter.request.place.value;
	const struct pst_policy *policy = lane->spec.policy;

	*info = (struct pst_vault_record_info){
		.store = pst_store_name(store),
		.retention = decision->retention->class_name,
		.retention_s = decision->retention->keep_s[store],
		.category =
			pst_policy_value_name(policy, PST_AXIS_CATEGORY, value[PST_AXIS_CATEGORY]),
		.purpose = pst_policy_value_name(policy, PST_AXIS_PURPOSE, value[PST_AXIS_PURPOSE]),
		.lane = lane->spec.config->name,
		.subject = traveler->person->subject[0] ? traveler->person->subject : NULL,
		.template_format = (uint16_t)lane->spec.extractor->manifest->template_.type,
		.audit_sequence = traveler->audit,
	};
	memcpy(info->contract, lane->match.contract, sizeof(info->contract));
	memcpy(info->permit, lane->run, sizeof(lane->run));
	pst_bytes_put64(info->permit + sizeof(lane->run), traveler->encounter.permit_id);
}

static void stored(struct pst_lane *lane, const struct pst_vault_record_info *info, int64_t now_s)
{
	struct pst_traveler *traveler = &lane->traveler;
	const struct pst_events_stored entry = {.store = info->store,
		.retention = info->retention,
		.expires_s = now_s + info->retention_s};

	traveler->stored[traveler->stored_count++] = entry;
	pst_events_vault_stored(lane->spec.events, lane->now_ns, traveler->number, &entry);
}

static int seal(struct pst_lane *lane, const struct pst_vault_record_info *info, bool reference)
{
	const struct pst_shot *shot = &lane->shot;
	struct pst_error error = {0};
	int64_t now_s = pst_clock_wall_s();
	int status = reference ? pst_vault_gallery_add(lane->spec.vault, lane->spec.config->gallery,
					 info, shot->bytes, shot->size, now_s, NULL, &error)
			       : pst_vault_add(lane->spec.vault, info, shot->bytes, shot->size,
					 now_s, NULL, &error);

	if (status < 0) {
		pst_events_warning(
			lane->spec.events, lane->now_ns, "nothing stored: %s", error.text);
	} else if (status > 0) {
		stored(lane, info, now_s);
	}
	return status;
}

/* A reference rests in the store that may keep it longest. */
static int seal_reference(struct pst_lane *lane, const struct pst_policy_decision *decision)
{
	const int64_t *keep_s = decision->retention->keep_s;
	struct pst_vault_record_info info;

	fill_record(lane, decision,
		keep_s[PST_STORE_IDENTITY] > keep_s[PST_STORE_MATCHING] ? PST_STORE_IDENTITY
									: PST_STORE_MATCHING,
		&info);
	int status = seal(lane, &info, /* reference= */ true);
	return status == 0 ? PST_E_EXPIRED : status;
}

int pst_record_template(struct pst_lane *lane, enum pst_outcome outcome)
{
	static const enum pst_store stores[] = {PST_STORE_MATCHING, PST_STORE_IDENTITY};
	struct pst_policy_decision decision;
	struct pst_vault_record_info info;
	int status = 0;

	describe(lane, &decision);
	if (!lane->spec.vault) {
		return outcome == PST_OUTCOME_ENROLLED ? PST_E_VAULT : 0;
	}
	if (outcome == PST_OUTCOME_ENROLLED) {
		return seal_reference(lane, &decision);
	}
	for (size_t i = 0; outcome == PST_OUTCOME_VERIFIED && i < 2 && status >= 0; i++) {
		fill_record(lane, &decision, stores[i], &info);
		if (info.retention_s > 0) {
			status = seal(lane, &info, /* reference= */ false);
		}
	}
	return status;
}

/* The ledger of one encounter, as events tell it: seen = leased + withheld + lost. */
static struct pst_events_frames frames_of(
	const struct pst_ledger_counts *counts, uint64_t damaged_leased)
{
	return (struct pst_events_frames){.seen = counts->seen,
		.leased = counts->leased,
		.withheld = counts->withheld,
		.lost = counts->lost + counts->damaged,
		.damaged = counts->damaged + damaged_leased};
}

struct pst_events_frames pst_record_frames(const struct pst_lane *lane)
{
	const struct pst_ledger_counts all = pst_ledger_snapshot(&lane->ledger);

	return frames_of(&all, lane->damaged);
}

/* Of whom was recorded, what a match would have said can't be expected. */
static const char *unmet(const struct pst_scenario_expect *expect,
	const struct pst_events_closed *closed, bool recorded, char *text, size_t size)
{
	bool none = expect->leased.expected && expect->leased.high == 0;

	if (!recorded && expect->outcome[0] &&
		strcmp(expect->outcome, pst_outcome_name(closed->outcome)) != 0) {
		(void)snprintf(text, size, "outcome %s expected", expect->outcome);
	} else if (expect->verdict[0] &&
		   strcmp(expect->verdict, pst_verdict_name(closed->verdict)) != 0) {
		(void)snprintf(text, size, "verdict %s expected", expect->verdict);
	} else if (expect->rule[0] && strcmp(expect->rule, closed->rule) != 0) {
		(void)snprintf(text, size, "rule %s expected", expect->rule);
	} else if ((!recorded || none) &&
		   !pst_scenario_count_met(&expect->leased, closed->frames.leased)) {
		(void)snprintf(text, size, "%llu frames leased, other than expected",
			(unsigned long long)closed->frames.leased);
	} else if (!recorded &&
		   !pst_scenario_count_met(&expect->withheld, closed->frames.withheld)) {
		(void)snprintf(text, size, "%llu frames withheld, other than expected",
			(unsigned long long)closed->frames.withheld);
	} else {
		return NULL;
	}
	return text;
}

static enum pst_choice choice_of(const struct pst_traveler *traveler)
{
	static const enum pst_choice choices[] = {
		[PST_SCENARIO_CHOICE_NONE] = PST_CHOICE_NONE,
		[PST_SCENARIO_CHOICE_DECLINE] = PST_CHOICE_DECLINE,
		[PST_SCENARIO_CHOICE_CONSENT] = PST_CHOICE_CONSENT,
		[PST_SCENARIO_CHOICE_WITHDRAW] = PST_CHOICE_WITHDRAW,
	};

	return traveler->chose ? choices[traveler->person->choice] : PST_CHOICE_NONE;
}

static int64_t since(int64_t begin_ns, int64_t end_ns)
{
	return begin_ns < 0 || end_ns < begin_ns ? -1 : end_ns - begin_ns;
}

static void fill_closed(const struct pst_lane *lane, const struct pst_policy_decision *decision,
	int64_t now_ns, struct pst_events_closed *ret_closed)
{
	const struct pst_traveler *traveler = &lane->traveler;
	const struct pst_ledger_counts counts = pst_ledger_since(&lane->ledger, &traveler->before);
	const struct pst_encounter *encounter = &traveler->encounter;

	*ret_closed = (struct pst_events_closed){.encounter = traveler->number,
		.category = pst_policy_value_name(lane->spec.policy, PST_AXIS_CATEGORY,
			encounter->request.place.value[PST_AXIS_CATEGORY]),
		.verdict = decision->verdict,
		.authority = decision->authority,
		.rule = decision->rule_id,
		.outcome = encounter->outcome,
		.reason = encounter->reason,
		.choice = choice_of(traveler),
		.idle = lane->idle_stopped ? PST_EVENTS_IDLE_NOT_STREAMING
					   : PST_EVENTS_IDLE_RETURNED_UNREAD,

		.frames = frames_of(&counts, traveler->damaged),
		.bystanders_max = traveler->bystanders_max,
		.to_permit_ns = since(encounter->opened_ns, traveler->permit_ns),
		.to_first_face_ns = since(traveler->permit_ns, traveler->first_face_ns),
		.to_best_shot_ns = since(traveler->permit_ns, traveler->shot_ns),
		.to_decision_ns = since(traveler->permit_ns, traveler->decided_ns),
		.total_ns = since(encounter->opened_ns, now_ns),
		.stored = traveler->stored,
		.stored_count = traveler->stored_count};
}

static json_t *ms_or_null(int64_t ns)
{
	return ns < 0 ? json_null() : json_integer(ns / PST_NS_PER_MS);
}

/* All that reports count: no name, no frame, nothing of a face. */
static json_t *closed_entry(const struct pst_lane *lane, const struct pst_events_closed *closed)
{
	const struct pst_traveler *traveler = &lane->traveler;
	const uint16_t *value = traveler->encounter.request.place.value;
	bool captured = closed->outcome != PST_OUTCOME_REFER_NOT_CAPTURED;

	return json_pack("{s:s, s:I, s:s, s:s, s:s, s:s?, s:s?, s:s, s:s?, s:o, s:o, s:s, "
			 "s:I, s:I, s:I, s:I}",
		"lane", lane->spec.config->name, "encounter", (json_int_t)traveler->number,
		"category", closed->category, "rule", closed->rule, "outcome",
		pst_outcome_name(closed->outcome), "reason",
		captured ? NULL : pst_capture_reason_name(closed->reason), "recording",
		pst_receipt_recording(lane), "notice",
		pst_notice_name((enum pst_notice)value[PST_AXIS_NOTICE]), "choice",
		closed->choice == PST_CHOICE_NONE ? NULL : pst_choice_name(closed->choice),
		"consent_ms", ms_or_null(traveler->consent_ns), "decline_ms",
		ms_or_null(traveler->decline_ns), "receipt", closed->receipt, "seen",
		(json_int_t)closed->frames.seen, "leased", (json_int_t)closed->frames.leased,
		"withheld", (json_int_t)closed->frames.withheld, "lost",
		(json_int_t)closed->frames.lost);
}

void pst_record_closed(struct pst_lane *lane, int64_t now_ns)
{
	struct pst_traveler *traveler = &lane->traveler;
	struct pst_policy_decision decision;
	struct pst_events_closed closed;
	const char *sources[PST_SOURCES_MAX];
	char receipt[PST_RECEIPT_ID_SIZE];
	char text[160];

	describe(lane, &decision);
	fill_closed(lane, &decision, now_ns, &closed);
	for (; decision.sources[closed.source_count] && closed.source_count < PST_SOURCES_MAX;
		closed.source_count++) {
		sources[closed.source_count] = decision.sources[closed.source_count]->id;
	}
	closed.sources = sources;
	const struct pst_events_match match = {.identify = traveler->match.identify,
		.fmr = traveler->match.fmr,
		.matched = traveler->match.matched,
		.rank = traveler->match.rank};
	closed.match = traveler->compared ? &match : NULL;
	pst_receipt_new_id(receipt);
	closed.receipt = receipt;
	closed.audit = append(lane, "encounter.closed", closed_entry(lane, &closed)) < 0
			       ? -1
			       : (int64_t)traveler->audit;
	if (pst_receipt_issue(lane, &decision, &closed) < 0) {
		closed.receipt = NULL;
	}
	pst_events_encounter_closed(lane->spec.events, now_ns, &closed);

	const struct pst_lane_closed line = {.person = traveler->person,
		.closed = &closed,
		.decision = &decision,
		.unmet = unmet(&traveler->person->expect, &closed,
			pst_receipt_recording(lane) != NULL, text, sizeof(text))};
	lane->summary.unmet += line.unmet != NULL;
	if (lane->spec.closed) {
		lane->spec.closed(lane->spec.user, &line);
	}
}
