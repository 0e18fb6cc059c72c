/* SPDX-License-Identifier: Apache-2.0 */
#include "control/answer.h"

#include <errno.h>

#include "control/health.h"
#include "control/tell.h"

#define NS_PER_MS 1000000

static json_t *person_of(const struct pst_drive_status *status)
{
	if (status->encounter == 0) {
		return json_null();
	}
	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:I}", "number",
		(json_int_t)status->encounter, "state", status->state, "category", status->category,
		"verdict", pst_verdict_name(status->verdict), "rule", status->rule, "choice",
		pst_choice_name(status->choice), "permit", status->permit, "outcome",
		pst_tell_outcome(status->outcome), "reason", pst_tell_reason(status->reason),
		"age_ms", (json_int_t)((status->now_ns - status->since_ns) / NS_PER_MS));
}

static json_t *status_of(struct pst_lane *lane)
{
	struct pst_drive_status status;

	pst_drive_status(lane, &status);
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:{s:s, s:s, s:o}, s:I, s:{s:I, s:I, s:I, "
		"s:I, s:I}, s:o}",
		"lane", status.lane, "version", status.version, "policy", status.policy, "people",
		status.driven ? "control" : "scenario", "source", status.source, "pictures",
		status.pictures ? "masked" : "off", "t_ms", (json_int_t)(status.now_ns / NS_PER_MS),
		"notice", "state", pst_notice_name(status.notice), "wanted", status.wanted_notice,
		"display", pst_tell_text(status.display), "encounters",
		(json_int_t)status.encounters, "frames", "seen", (json_int_t)status.frames.seen,
		"leased", (json_int_t)status.frames.leased, "withheld",
		(json_int_t)status.frames.withheld, "lost", (json_int_t)status.frames.lost,
		"damaged", (json_int_t)status.frames.damaged, "encounter", person_of(&status));
}

static int open_encounter(struct pst_lane *lane, const struct pst_control_request *request,
	json_t **ret_fields, struct pst_error *error)
{
	const struct pst_drive_person person = {.category = request->category,
		.known_by = request->known_by,
		.age_band = request->age_band,
		.born = request->born,
		.direction = request->direction,
		.environment = request->environment,
		.subject = request->subject};
	uint64_t encounter = 0;
	int status = pst_drive_open(lane, &person, &encounter, error);

	if (status == 0) {
		*ret_fields = json_pack("{s:I}", "encounter", (json_int_t)encounter);
	}
	return status;
}

static int beat(struct pst_lane *lane, const struct pst_control_request *request,
	json_t **ret_fields, struct pst_error *error)
{
	enum pst_notice notice = PST_NOTICE_UNSET;
	int status = pst_drive_notice(
		lane, request->display, request->version, request->language, &notice, error);
	struct pst_drive_status now;

	if (status == 0) {
		pst_drive_status(lane, &now);
		*ret_fields = json_pack("{s:s, s:s}", "notice", pst_notice_name(notice), "wanted",
			now.wanted_notice);
	}
	return status;
}

static int choose(struct pst_lane *lane, const struct pst_control_request *request,
	enum pst_choice choice, json_t **ret_fields, struct pst_error *error)
{
	struct pst_drive_status now;
	int status = pst_drive_choose(lane, request->encounter, choice, error);

	if (status == 0) {
		pst_drive_status(lane, &now);
		*ret_fields = json_pack("{s:o}", "encounter", person_of(&now));
	}
	return status;
}

static json_t *closed_of(const struct pst_drive_closed *closed)
{
	return json_pack("{s:I, s:o, s:o, s:o, s:I}", "encounter",
		(json_int_t)closed->subject.encounter, "outcome", pst_tell_outcome(closed->outcome),
		"reason", pst_tell_reason(closed->reason), "receipt",
		pst_tell_text(closed->subject.receipt), "audit", (json_int_t)closed->subject.audit);
}

static int close_encounter(struct pst_lane *lane, const struct pst_control_request *request,
	json_t **ret_fields, struct pst_error *error)
{
	struct pst_drive_closed closed;
	int status = pst_drive_close(lane, request->encounter, &closed, error);

	if (status == 0) {
		*ret_fields = closed_of(&closed);
	}
	return status;
}

static int review(struct pst_lane *lane, struct pst_history *history,
	const struct pst_control_request *request, json_t **ret_fields, struct pst_error *error)
{
	struct pst_drive_closed closed;
	struct pst_review found;
	uint64_t sequence = 0;

	if ((request->encounter > 0) == (request->receipt != NULL)) {
		return pst_error_set(error, PST_E_USAGE,
			"review: name the encounter by its number or its receipt");
	}
	int status = pst_review_parse(&found, request->officer, request->decision,
		request->evidence, request->evidence_count, error);
	if (status == 0) {
		status = pst_drive_review(lane, request->encounter, request->receipt, &found,
			&closed, &sequence, error);
	}
	if (status == 0) {
		pst_history_review(history, closed.subject.encounter, &found, sequence);
		*ret_fields = closed_of(&closed);
		(void)json_object_set_new(
			*ret_fields, "review", json_integer((json_int_t)sequence));
	}
	return status;
}

static json_t *health_of(struct pst_lane *lane)
{
	struct pst_health health;

	pst_health_tell(lane, &health);
	return pst_control_health(&health);
}

static int check_told(const json_t *told, struct pst_error *error)
{
	return told ? 0 : pst_error_set(error, -ENOMEM, "out of memory");
}

static int tell_policy(struct pst_lane *lane, json_t **ret_fields, struct pst_error *error)
{
	struct pst_drive_policy policy;
	int status = pst_drive_policy(lane, &policy, error);

	if (status == 0) {
		*ret_fields = pst_tell_policy(&policy);
		status = check_told(*ret_fields, error);
	}
	return status;
}

static int explain_closed(
	const struct pst_history_entry *entry, json_t **ret_fields, struct pst_error *error)
{
	json_t *review = entry->review ? json_loads(entry->review, 0, NULL) : NULL;

	*ret_fields = json_loads(entry->explanation, 0, NULL);
	if (review) {
		(void)json_object_set_new(*ret_fields, "review", review);
	}
	return check_told(*ret_fields, error);
}

/* Who is there, or one that is over. */
static int explain(struct pst_lane *lane, const struct pst_history *history,
	const struct pst_control_request *request, json_t **ret_fields, struct pst_error *error)
{
	struct pst_drive_explanation encounter;
	int status = pst_drive_explain(lane, request->encounter, &encounter, error);
	const struct pst_history_entry *entry;

	if (status == 0) {
		*ret_fields = pst_tell_explanation(&encounter);
		return check_told(*ret_fields, error);
	}
	if (status != PST_E_NOT_FOUND) {
		return status;
	}
	*error = (struct pst_error){0};
	entry = pst_history_find(history, request->encounter);
	if (entry) {
		return explain_closed(entry, ret_fields, error);
	}
	if (!request->encounter) {
		return pst_error_set(error, PST_E_NOT_FOUND,
			"nobody is there, and nobody has been; open an encounter");
	}
	return pst_error_set(error, PST_E_NOT_FOUND,
		"no such encounter is there, or among the last %d of this run", PST_HISTORY_MAX);
}

static int hand_out_receipt(const struct pst_history *history,
	const struct pst_control_request *request, json_t **ret_fields, struct pst_error *error)
{
	const struct pst_history_entry *entry;

	if (!request->receipt || !pst_review_is_receipt(request->receipt)) {
		return pst_error_set(error, PST_E_USAGE,
			"receipt: missing, or not an id; it has %d digits of 0-9 a-f",
			PST_RECEIPT_ID_SIZE - 1);
	}
	entry = pst_history_of_receipt(history, request->receipt);
	if (!entry) {
		return pst_error_set(error, PST_E_NOT_FOUND,
			"no such receipt among the last %d of this run; older ones are in the "
			"lane's state directory",
			PST_HISTORY_MAX);
	}
	*ret_fields = json_pack("{s:o}", "document", json_loads(entry->document, 0, NULL));
	return check_told(*ret_fields, error);
}

int pst_control_do(struct pst_lane *lane, struct pst_history *history,
	const struct pst_control_request *request, json_t **ret_fields, struct pst_error *error)
{
	*ret_fields = NULL;
	switch (request->what) {
	case PST_CONTROL_OPEN:
		return open_encounter(lane, request, ret_fields, error);
	case PST_CONTROL_NOTICE:
		return beat(lane, request, ret_fields, error);
	case PST_CONTROL_CONSENT:
		return choose(lane, request, PST_CHOICE_CONSENT, ret_fields, error);
	case PST_CONTROL_DECLINE:
		return choose(lane, request, PST_CHOICE_DECLINE, ret_fields, error);
	case PST_CONTROL_WITHDRAW:
		return choose(lane, request, PST_CHOICE_WITHDRAW, ret_fields, error);
	case PST_CONTROL_REVIEW:
		return review(lane, history, request, ret_fields, error);
	case PST_CONTROL_CLOSE:
		return close_encounter(lane, request, ret_fields, error);
	case PST_CONTROL_POLICY:
		return tell_policy(lane, ret_fields, error);
	case PST_CONTROL_EXPLAIN:
		return explain(lane, history, request, ret_fields, error);
	case PST_CONTROL_RECEIPT:
		return hand_out_receipt(history, request, ret_fields, error);
	case PST_CONTROL_STATUS:
	case PST_CONTROL_SUBSCRIBE:
		*ret_fields = status_of(lane);
		return 0;
	case PST_CONTROL_HEALTH:
		*ret_fields = health_of(lane);
		return 0;
	case PST_CONTROL_PICTURE: /* is answered later */
	case PST_CONTROL_UNSET:
	case PST_CONTROL_DO_COUNT:
		break;
	}
	return pst_error_set(error, PST_E_USAGE, "do: nothing");
}
