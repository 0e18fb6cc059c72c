/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/receipt.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/fd.h"
#include "pipeline/impl.h"
#include "pipeline/receipt.h"
#include "policy/words.h"

#define MEANING_SIZE 160

/* Where the policy gives no words of its own. */
#define WITHDRAW "Tell the staff here, and give the number of this receipt."
#define COMPLAIN "Ask for whoever operates this camera, and give the number of this receipt."

/* What a receipt borrows while it is written. */
struct draft {
	struct pst_receipt_info info;
	struct pst_receipt_source sources[PST_RECEIPT_LIST_MAX];
	struct pst_receipt_dispute disputes[PST_RECEIPT_LIST_MAX];
	struct pst_receipt_store stores[PST_STORE_COUNT];
	struct pst_receipt_kept kept[PST_STORED_MAX];
	char meanings[PST_STORE_COUNT][MEANING_SIZE];
	char until[PST_STORED_MAX][PST_CLOCK_TEXT_SIZE];
	char chosen[PST_POLICY_TAKEN_SIZE];
	char issued[PST_CLOCK_TEXT_SIZE];
	char policy_sha256[2 * PST_POLICY_DIGEST_SIZE + 1];
};

const char *pst_receipt_recording(const struct pst_lane *lane)
{
	const struct pst_ledger_counts counts =
		pst_ledger_since(&lane->ledger, &lane->traveler.before);

	return lane->spec.sink && counts.leased > 0 && !lane->traveler.unrecorded
		       ? lane->spec.sink->kind
		       : NULL;
}

static void put_retention_into_words(
	const struct pst_retention *class, enum pst_store store, char text[MEANING_SIZE])
{
	const char *written = class->text[store];
	const char *words = "Nothing is kept here: it is purged as soon as it has been sent.";
	char span[PST_POLICY_PERIOD_SIZE];

	if (class->keep_s[store] > 0) {
		pst_policy_period_words(class, store, span);
		(void)snprintf(text, MEANING_SIZE,
			"A template may be kept here for %s; after that nothing opens it.", span);
		return;
	}
	if (strcmp(written, "none") == 0) {
		words = "Nothing of this visit is put here.";
	} else if (strcmp(written, "unstated") == 0) {
		words = "The sources state no period, so this lane keeps nothing here.";
	}
	(void)snprintf(text, MEANING_SIZE, "%s", words);
}

static void fill_lists(const struct pst_lane *lane, const struct pst_policy_decision *decision,
	struct draft *draft)
{
	const struct pst_traveler *traveler = &lane->traveler;
	struct pst_receipt_info *info = &draft->info;

	for (size_t i = 0; decision->sources[i] && i < PST_RECEIPT_LIST_MAX; i++) {
		const struct pst_source *from = decision->sources[i];

		draft->sources[i] = (struct pst_receipt_source){from->id, from->title,
			from->citation, pst_source_status_name(from->status)};
		info->source_count = i + 1;
	}
	for (size_t i = 0; decision->disputes[i] && i < PST_RECEIPT_LIST_MAX; i++) {
		const struct pst_dispute *from = decision->disputes[i];

		draft->disputes[i] = (struct pst_receipt_dispute){from->id, from->question,
			pst_policy_taken_words(decision, from, draft->chosen)};
		info->dispute_count = i + 1;
	}
	for (int store = 0; store < PST_STORE_COUNT; store++) {
		const struct pst_retention *class = decision->retention;

		put_retention_into_words(class, (enum pst_store)store, draft->meanings[store]);
		draft->stores[store] = (struct pst_receipt_store){
			pst_store_name(store), class->keep_s[store], draft->meanings[store]};
	}
	info->store_count = PST_STORE_COUNT;
	for (size_t i = 0; i < traveler->stored_count; i++) {
		pst_clock_format_s(traveler->stored[i].expires_s, draft->until[i]);
		draft->kept[i] =
			(struct pst_receipt_kept){traveler->stored[i].store, draft->until[i]};
	}
	info->kept_count = traveler->stored_count;
}

static const char *text_or(const char *text, const char *otherwise)
{
	return text[0] ? text : otherwise;
}

static const char *value_of(const struct pst_lane *lane, enum pst_axis axis)
{
	return pst_policy_value_name(
		lane->traveler.policy, axis, lane->traveler.encounter.request.place.value[axis]);
}

/* What the display said last; nothing said is no notice. */
static enum pst_notice notice_of(const struct pst_traveler *traveler)
{
	uint16_t notice = traveler->encounter.request.place.value[PST_AXIS_NOTICE];

	return notice == PST_NOTICE_UNSET ? PST_NOTICE_ABSENT : (enum pst_notice)notice;
}

/* In the language that the person was shown. */
static const struct pst_policy_wording *wording_of(const struct pst_traveler *traveler)
{
	const char *language = pst_traveler_notice_language(traveler);
	const struct pst_policy_wording *shown =
		language ? pst_policy_wording(traveler->policy, language) : NULL;

	return shown ? shown : &traveler->policy->texts.own;
}

static void fill(const struct pst_lane *lane, const struct pst_policy_decision *decision,
	const struct pst_events_closed *closed, struct draft *draft)
{
	const struct pst_policy *policy = lane->traveler.policy;
	const struct pst_policy_wording *wording = wording_of(&lane->traveler);
	const char *version = pst_traveler_notice_version(&lane->traveler);
	enum pst_notice notice = notice_of(&lane->traveler);

	pst_clock_format_s(pst_clock_wall_s(), draft->issued);
	pst_bytes_to_hex(
		lane->traveler.policy_digest, PST_POLICY_DIGEST_SIZE, draft->policy_sha256);
	draft->info = (struct pst_receipt_info){.id = closed->receipt,
		.issued = draft->issued,
		.lane = lane->spec.config->name,
		.category = value_of(lane, PST_AXIS_CATEGORY),
		.known_by = value_of(lane, PST_AXIS_KNOWN_BY),
		.notice = version ? text_or(version, NULL) : NULL,
		.notice_state = pst_notice_name(notice),
		.notice_language = pst_traveler_notice_language(&lane->traveler),
		.choice =
			closed->choice == PST_CHOICE_NONE ? NULL : pst_choice_name(closed->choice),
		.verdict = pst_verdict_name(decision->verdict),
		.authority = decision->authority == PST_AUTHORITY_NONE
				     ? NULL
				     : pst_authority_name(decision->authority),
		.outcome = pst_outcome_name(closed->outcome),
		.reason = closed->outcome == PST_OUTCOME_REFER_NOT_CAPTURED
				  ? pst_capture_reason_name(closed->reason)
				  : NULL,
		.rule = decision->rule_id,
		.rule_text = decision->rule_text,
		.basis = policy->rules[decision->rule].basis,
		.purpose = value_of(lane, PST_AXIS_PURPOSE),
		.modality = value_of(lane, PST_AXIS_MODALITY),
		.recording = pst_receipt_recording(lane),
		.picture = lane->traveler.viewed ? "viewed" : NULL,
		.policy = policy->id,
		.policy_version = policy->version,
		.policy_sha256 = draft->policy_sha256,
		.sources = draft->sources,
		.disputes = draft->disputes,
		.stores = draft->stores,
		.kept = draft->kept,
		.withdraw = text_or(wording->withdraw, WITHDRAW),
		.complain = text_or(wording->complain, COMPLAIN),
		.audit_sequence = closed->audit < 0 ? 0 : (uint64_t)closed->audit,
		.audit_head = closed->audit < 0 ? NULL : pst_audit_head(lane->spec.audit)};
	fill_lists(lane, decision, draft);
}

int pst_receipt_issue(struct pst_lane *lane, const struct pst_policy_decision *decision,
	const struct pst_events_closed *closed, char **ret_receipt)
{
	struct draft draft = {0};
	struct pst_error error = {0};
	char *json = NULL;
	char path[PST_LANE_PATH_SIZE];

	fill(lane, decision, closed, &draft);
	int status = pst_receipt_build(&draft.info, lane->spec.signer, &json, &error);
	if (status == 0 && lane->spec.receipts &&
		snprintf(path, sizeof(path), "%s/%s.json", lane->spec.receipts, closed->receipt) <
			(int)sizeof(path)) {
		status = pst_fd_replace_file(path, json, strlen(json), 0600, &error);
	}
	if (status < 0) {
		lane->summary.unreceipted++;
		pst_events_warning(lane->spec.events, lane->now_ns, "no receipt: %s", error.text);
		free(json);
		return status;
	}
	*ret_receipt = json;
	return 0;
}
