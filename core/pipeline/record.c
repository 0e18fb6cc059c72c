/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "audit/receipt.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "pipeline/agree.h"
#include "pipeline/idle.h"
#include "pipeline/impl.h"
#include "pipeline/receipt.h"
#include "policy/choices.h"

static void describe(const struct pst_lane *lane, struct pst_policy_decision *ret_decision)
{
	pst_policy_describe(lane->traveler.policy, lane->traveler.encounter.cell, ret_decision);
}

static json_t *source_ids(const struct pst_policy_decision *decision)
{
	json_t *ids = json_array();

	for (size_t i = 0; decision->sources[i]; i++) {
		(void)json_array_append_new(ids, json_string(decision->sources[i]->id));
	}
	return ids;
}

int pst_record_append(
	struct pst_lane *lane, const char *kind, json_t *payload, uint64_t *ret_sequence)
{
	struct pst_error error = {0};

	if (pst_books_write_revoked(lane) < 0) {
		json_decref(payload);
		return lane->audit_error.status;
	}
	char *text = payload ? json_dumps(payload, JSON_COMPACT) : NULL;
	int status = text ? pst_audit_append(lane->spec.audit, kind, text, ret_sequence, &error)
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

/* Of the encounter: the lane remembers where the log holds it. */
static int append(struct pst_lane *lane, const char *kind, json_t *payload)
{
	return pst_record_append(lane, kind, payload, &lane->traveler.audit);
}

/* What an operator chose where the policy leaves it open: one entry each. */
static int append_choices(struct pst_lane *lane, const struct pst_policy *policy)
{
	const struct pst_policy_choices *choices = policy->choices;
	int status = 0;

	for (size_t i = 0; choices && i < choices->count && status >= 0; i++) {
		const struct pst_policy_choice *choice = &choices->list[i];
		char day[PST_CLOCK_TEXT_SIZE];

		pst_clock_format_day(choice->day, day);
		status = pst_record_append(lane, "policy.choice",
			json_pack("{s:s, s:s, s:s*, s:s*, s:s*, s:s*, s:s, s:s, s:s}", "lane",
				lane->spec.config->name, "policy", policy->id, "rule", choice->rule,
				"reading", choice->rule ? "otherwise" : NULL, "retention",
				choice->retention, "keep", choice->keep, "reason", choice->reason,
				"by", choice->by, "date", day),
			NULL);
	}
	return status;
}

void pst_record_keep_time(struct pst_lane *lane)
{
	struct pst_vault_clock_status clock = {.held = lane->clock_held};
	struct pst_error error = {0};

	bool rests = pst_idle_is_locked(lane);

	if (!lane->spec.vault || (rests && !pst_idle_wake_to_expire(lane))) {
		return;
	}
	if (pst_vault_clock_read(lane->spec.vault, pst_clock_wall_s(), &clock, &error) < 0 &&
		!lane->vault_failed) {
		lane->vault_failed = true;
		pst_events_warning(lane->spec.events, lane->now_ns, "%s", error.text);
	}
	if (rests) {
		pst_idle_rest_again(lane);
	}
	if (clock.held == lane->clock_held) {
		return;
	}
	lane->clock_held = clock.held;
	pst_events_warning(lane->spec.events, lane->now_ns, "%s",
		clock.held ? "the clock jumped ahead and is not synchronised: nothing is stored "
			     "until it is, or until 'postern vault clock --accept'"
			   : "the vault believes the clock again");
	/* A log that cannot be written closes the gate at the next traveler. */
	(void)!pst_record_append(lane, "vault.clock",
		json_pack("{s:s, s:I, s:I}", "is", clock.held ? "held" : "believed", "time",
			(json_int_t)clock.now_s, "shown", (json_int_t)clock.shown_s),
		NULL);
}

int pst_record_opened(struct pst_lane *lane)
{
	const struct pst_lane_spec *spec = &lane->spec;
	char digest[2 * 32 + 1];
	char run[2 * sizeof(lane->run) + 1];

	pst_bytes_to_hex(spec->policy_digest, 32, digest);
	pst_bytes_to_hex(lane->run, sizeof(lane->run), run);
	int status = append(lane, "lane.opened",
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s, "
			  "s:s*, s:s*}",
			"lane", spec->config->name, "run", run, "version", spec->version, "policy",
			lane->policy->id, "policy_sha256", digest, "purpose", spec->config->purpose,
			"recording", spec->sink ? spec->sink->kind : NULL, "detector",
			spec->sink ? NULL : spec->detector->id, "quality",
			spec->sink ? NULL : spec->quality->id, "pad",
			spec->pad ? spec->pad->id : NULL, "extractor",
			spec->sink ? NULL : spec->extractor->id, "matcher",
			spec->sink ? NULL : spec->matcher->id, "sandbox",
			pst_lane_is_sandboxed(lane) ? "strict" : "off", "keeps",
			spec->inbox ? "inbox" : NULL, "pictures",
			spec->config->picture == PST_LANE_PICTURE_MASKED ? "masked" : NULL));

	lane->recorded = status == 0;
	return status < 0 ? status : append_choices(lane, lane->policy);
}

int pst_record_policy(struct pst_lane *lane, const struct pst_policy *next,
	const struct pst_events_policy *change)
{
	char from[2 * PST_POLICY_DIGEST_SIZE + 1];
	char to[2 * PST_POLICY_DIGEST_SIZE + 1];

	pst_bytes_to_hex(change->from_digest, PST_POLICY_DIGEST_SIZE, from);
	pst_bytes_to_hex(change->to_digest, PST_POLICY_DIGEST_SIZE, to);
	int status = pst_record_append(lane, "policy.changed",
		json_pack("{s:s, s:s, s:I, s:s, s:I, s:s}", "lane", lane->spec.config->name,
			"policy", change->policy, "from_version", (json_int_t)change->from_version,
			"from_sha256", from, "version", (json_int_t)change->to_version,
			"policy_sha256", to),
		NULL);
	return status < 0 ? status : append_choices(lane, next);
}

int pst_record_source(struct pst_lane *lane, const char *kind, const char *text, const char *cause)
{
	return pst_record_append(lane, kind,
		json_pack("{s:s, s:s*, s:s*}", "lane", lane->spec.config->name, "cause", cause,
			"text", text),
		NULL);
}

void pst_record_worker_quarantined(struct pst_lane *lane, const char *worker,
	const struct pst_events_plugin *plugins, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		(void)json_array_append_new(list,
			json_pack("{s:s, s:s}", "id", plugins[i].id, "sha256", plugins[i].sha256));
	}
	(void)!pst_record_append(lane, "worker.quarantined",
		json_pack("{s:s, s:s, s:o}", "lane", lane->spec.config->name, "worker", worker,
			"plugins", list),
		NULL);
}

int pst_record_permit(struct pst_lane *lane)
{
	const struct pst_traveler *traveler = &lane->traveler;
	const struct pst_ledger_position at = pst_ledger_position(&lane->ledger);
	struct pst_policy_decision decision;

	describe(lane, &decision);
	return append(lane, "permit.granted",
		json_pack("{s:s, s:I, s:I, s:s, s:s, s:s, s:o, s:I, s:I}", "lane",
			lane->spec.config->name, "encounter", (json_int_t)traveler->number,
			"permit", (json_int_t)traveler->encounter.permit_id, "policy",
			lane->traveler.policy->id, "rule", decision.rule_id, "authority",
			pst_authority_name(decision.authority), "sources", source_ids(&decision),
			"session", (json_int_t)at.session, "after", (json_int_t)at.after));
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
			pst_policy_value_name(lane->traveler.policy, PST_AXIS_CATEGORY,
				traveler->encounter.request.place.value[PST_AXIS_CATEGORY]),
			"rule", decision.rule_id, "outcome", pst_outcome_name(outcome), "sources",
			source_ids(&decision)));
}

int pst_record_override(struct pst_lane *lane, const char *what)
{
	const struct pst_traveler *traveler = &lane->traveler;

	return append(lane, "override.refused",
		json_pack("{s:s, s:I, s:s, s:s}", "lane", lane->spec.config->name, "encounter",
			(json_int_t)traveler->number, "tried", what, "choice",
			pst_choice_name(traveler->choice)));
}

static void fill_record(const struct pst_lane *lane, const struct pst_policy_decision *decision,
	enum pst_store store, struct pst_vault_record_info *info)
{
	const struct pst_traveler *traveler = &lane->traveler;
	const uint16_t *value = traveler->encounter.request.place.value;
	const struct pst_policy *policy = traveler->policy;

	*info = (struct pst_vault_record_info){
		.store = pst_store_name(store),
		.retention = decision->retention->class_name,
		.retention_s = decision->retention->keep_s[store],
		.category =
			pst_policy_value_name(policy, PST_AXIS_CATEGORY, value[PST_AXIS_CATEGORY]),
		.purpose = pst_policy_value_name(policy, PST_AXIS_PURPOSE, value[PST_AXIS_PURPOSE]),
		.lane = lane->spec.config->name,
		.subject = traveler->person.subject[0] ? traveler->person.subject : NULL,
		.template_format = (uint16_t)lane->spec.extractor->manifest->template_.type,
		.audit_sequence = traveler->audit,
	};
	memcpy(info->contract, lane->match.contract, sizeof(info->contract));
	memcpy(info->permit, lane->run, sizeof(lane->run));
	pst_bytes_put64(info->permit + sizeof(lane->run), traveler->encounter.permit_id);
}

static void stored(struct pst_lane *lane, const struct pst_vault_record_info *info)
{
	struct pst_traveler *traveler = &lane->traveler;
	const struct pst_events_stored entry = {.store = info->store,
		.where = lane->spec.inbox ? "inbox" : "vault",
		.retention = info->retention,
		.expires_s = lane->spec.inbox
				     ? pst_inbox_kept_until_s(lane->spec.inbox, info->retention_s)
				     : pst_vault_kept_until_s(lane->spec.vault, info->retention_s)};

	traveler->stored[traveler->stored_count++] = entry;
	pst_health_stored(lane, pst_clock_wall_s());
	pst_events_vault_stored(lane->spec.events, lane->now_ns, traveler->number, &entry);
}

/* Where a lane's templates come to rest: in its vault, or sealed for one that it cannot read. */
static int keep(struct pst_lane *lane, const char *gallery,
	const struct pst_vault_record_info *info, int64_t now_s, struct pst_error *error)
{
	const struct pst_shot *shot = &lane->shot;
	struct pst_vault *vault = lane->spec.vault;

	if (lane->spec.inbox) {
		return pst_inbox_add(lane->spec.inbox, gallery, info, shot->bytes, shot->size,
			now_s, NULL, error);
	}
	return gallery ? pst_vault_gallery_add(
				 vault, gallery, info, shot->bytes, shot->size, now_s, NULL, error)
		       : pst_vault_add(vault, info, shot->bytes, shot->size, now_s, NULL, error);
}

/* A lane that only seals for a vault elsewhere has none here. */
static int agree(struct pst_lane *lane)
{
	struct pst_error error = {0};
	int status = lane->spec.vault ? pst_agree(lane->spec.vault, lane->spec.audit, &error) : 0;

	if (status < 0) {
		pst_events_warning(lane->spec.events, lane->now_ns, "%s", error.text);
	}
	return status < 0 ? status : 1;
}

static int seal(struct pst_lane *lane, const struct pst_vault_record_info *info, bool reference)
{
	struct pst_error error = {0};
	int64_t now_s = pst_clock_wall_s();
	const char *gallery = reference ? lane->spec.config->gallery : NULL;
	int status = keep(lane, gallery, info, now_s, &error);

	if (status < 0) {
		pst_events_warning(
			lane->spec.events, lane->now_ns, "nothing stored: %s", error.text);
	} else if (status > 0) {
		stored(lane, info);
		status = agree(lane);
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

/* Who could not be compared here is compared where the vault is: for as long as the policy lets
 * each store keep what was captured of them. */
static bool is_kept(const struct pst_lane *lane, enum pst_outcome outcome)
{
	return outcome == PST_OUTCOME_VERIFIED ||
	       (lane->spec.inbox && (outcome == PST_OUTCOME_REFER_NO_MATCH ||
					    outcome == PST_OUTCOME_REFER_UNCALIBRATED));
}

int pst_record_template(struct pst_lane *lane, enum pst_outcome outcome)
{
	static const enum pst_store stores[] = {PST_STORE_MATCHING, PST_STORE_IDENTITY};
	struct pst_policy_decision decision;
	struct pst_vault_record_info info;
	int status = 0;

	describe(lane, &decision);
	if (!lane->spec.vault && !lane->spec.inbox) {
		return outcome == PST_OUTCOME_ENROLLED ? PST_E_VAULT : 0;
	}
	if (outcome == PST_OUTCOME_ENROLLED) {
		return seal_reference(lane, &decision);
	}
	for (size_t i = 0; is_kept(lane, outcome) && i < 2 && status >= 0; i++) {
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

static int64_t since(int64_t begin_ns, int64_t end_ns)
{
	return begin_ns < 0 || end_ns < begin_ns ? -1 : end_ns - begin_ns;
}

void pst_record_tell(const struct pst_lane *lane, const struct pst_policy_decision *decision,
	int64_t now_ns, struct pst_events_closed *ret_closed)
{
	const struct pst_traveler *traveler = &lane->traveler;
	const struct pst_ledger_counts counts = pst_ledger_since(&lane->ledger, &traveler->before);
	const struct pst_encounter *encounter = &traveler->encounter;

	*ret_closed = (struct pst_events_closed){.encounter = traveler->number,
		.category = pst_policy_value_name(lane->traveler.policy, PST_AXIS_CATEGORY,
			encounter->request.place.value[PST_AXIS_CATEGORY]),
		.verdict = decision->verdict,
		.authority = decision->authority,
		.rule = decision->rule_id,
		.outcome = encounter->outcome,
		.reason = encounter->reason,
		.choice = traveler->choice,
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
		.stored_count = traveler->stored_count,
		.audit = -1};
}

static json_t *ms_or_null(int64_t ns)
{
	return ns < 0 ? json_null() : json_integer(ns / PST_NS_PER_MS);
}

/* All that reports count: no name, no frame, nothing of a face. */
static json_t *closed_entry(const struct pst_lane *lane, const struct pst_events_closed *closed)
{
	const struct pst_traveler *traveler = &lane->traveler;
	const struct pst_ledger_position from = traveler->since;
	const struct pst_ledger_position to = pst_ledger_position(&lane->ledger);
	const uint16_t *value = traveler->encounter.request.place.value;
	bool captured = closed->outcome != PST_OUTCOME_REFER_NOT_CAPTURED;

	return json_pack("{s:s, s:I, s:s, s:s, s:s, s:s?, s:s?, s:s, s:s?, s:o, s:o, s:s, "
			 "s:I, s:I, s:I, s:I, s:[II], s:[II]}",
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
		(json_int_t)closed->frames.lost, "from", (json_int_t)from.session,
		(json_int_t)from.after, "to", (json_int_t)to.session, (json_int_t)to.after);
}

/* What became of the frames stands before it, so that its counts can be held against them. */
static int append_closed(struct pst_lane *lane, const struct pst_events_closed *closed)
{
	int status = pst_books_write(lane);

	return status < 0 ? status : append(lane, "encounter.closed", closed_entry(lane, closed));
}

void pst_record_closed(struct pst_lane *lane, int64_t now_ns)
{
	struct pst_traveler *traveler = &lane->traveler;
	struct pst_policy_decision decision;
	struct pst_events_closed closed;
	const char *sources[PST_SOURCES_MAX];
	char receipt[PST_RECEIPT_ID_SIZE];
	char *document = NULL;

	describe(lane, &decision);
	pst_record_tell(lane, &decision, now_ns, &closed);
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
	closed.audit = append_closed(lane, &closed) < 0 ? -1 : (int64_t)traveler->audit;
	if (pst_receipt_issue(lane, &decision, &closed, &document) < 0) {
		closed.receipt = NULL;
	}
	lane->used_ns = pst_clock_mono_ns();
	lane->health.outcome[closed.outcome]++;
	pst_events_encounter_closed(lane->spec.events, now_ns, &closed);
	pst_drive_remember(lane, &closed, document);
	free(document);

	const struct pst_scenario_encounter *person = lane->script.person;
	struct pst_expectation expectations[PST_EXPECTATIONS_MAX];
	const struct pst_lane_closed line = {.closed = &closed,
		.decision = &decision,
		.quality = &traveler->quality,
		.expectations = expectations,
		.expectation_count =
			person ? pst_expect_check(&person->expect, &closed,
					 pst_receipt_recording(lane) != NULL, expectations)
			       : 0};
	for (size_t i = 0; i < line.expectation_count; i++) {
		lane->summary.met += expectations[i].met;
		lane->summary.unmet += !expectations[i].met;
	}
	if (lane->spec.closed) {
		lane->spec.closed(lane->spec.user, &line);
	}
}
