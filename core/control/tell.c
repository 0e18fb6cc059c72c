/* SPDX-License-Identifier: Apache-2.0 */
#include "control/tell.h"

#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "policy/keeps.h"
#include "policy/words.h"

/* What `open` takes, in its order. */
static const enum pst_axis asked[] = {PST_AXIS_CATEGORY, PST_AXIS_KNOWN_BY, PST_AXIS_AGE_BAND,
	PST_AXIS_DIRECTION, PST_AXIS_ENVIRONMENT};

json_t *pst_tell_text(const char *text)
{
	return text && text[0] ? json_string(text) : json_null();
}

json_t *pst_tell_outcome(enum pst_outcome outcome)
{
	return outcome == PST_OUTCOME_UNSET ? json_null() : json_string(pst_outcome_name(outcome));
}

json_t *pst_tell_reason(enum pst_capture_reason reason)
{
	return reason == PST_CAPTURE_REASON_UNSET ? json_null()
						  : json_string(pst_capture_reason_name(reason));
}

static json_t *day_or_null(int32_t day)
{
	char text[PST_CLOCK_TEXT_SIZE];

	if (day == INT32_MAX) {
		return json_null();
	}
	pst_clock_format_day(day, text);
	return json_string(text);
}

static json_t *ms_or_null(int64_t ns)
{
	return ns < 0 ? json_null() : json_integer(ns / PST_NS_PER_MS);
}

static json_t *store_of(const struct pst_retention *class, enum pst_store store)
{
	char words[PST_POLICY_PERIOD_SIZE];

	pst_policy_period_words(class, store, words);
	return json_pack("{s:s, s:s, s:I, s:s}", "store", pst_store_name(store), "keep",
		class->text[store], "seconds", (json_int_t) class->keep_s[store], "words", words);
}

static json_t *stores_of(const struct pst_retention *const class[PST_STORE_COUNT])
{
	json_t *list = json_array();

	for (int store = 0; store < PST_STORE_COUNT; store++) {
		(void)json_array_append_new(list, store_of(class[store], (enum pst_store)store));
	}
	return list;
}

static json_t *keeps_of(const struct pst_policy_view *view)
{
	const struct pst_policy *policy = view->policy;
	json_t *list = json_array();

	for (uint16_t i = 1; i <= policy->table.size[PST_AXIS_CATEGORY]; i++) {
		const struct pst_retention *class[PST_STORE_COUNT];
		const bool captured = pst_policy_keeps(view, i, class);

		(void)json_array_append_new(list,
			json_pack("{s:s, s:b, s:o}", "category",
				pst_policy_value_name(policy, PST_AXIS_CATEGORY, i), "captured",
				captured, "stores", captured ? stores_of(class) : json_array()));
	}
	return list;
}

/* An axis that the file does not declare has nothing to choose from. */
static bool is_declared(const struct pst_policy *policy, enum pst_axis axis)
{
	return policy->table.size[axis] > 1 || strcmp(policy->values[axis][0], "any") != 0;
}

static json_t *axes_of(const struct pst_policy *policy)
{
	json_t *axes = json_object();

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		const char *const *values = policy->values[asked[i]];
		json_t *words = json_array();

		for (; is_declared(policy, asked[i]) && *values; values++) {
			(void)json_array_append_new(words, json_string(*values));
		}
		(void)json_object_set_new(axes, pst_axis_names[asked[i]], words);
	}
	return axes;
}

/* What is taken where `open` leaves it out: the lane's, or else the policy's. */
static json_t *default_of(const struct pst_policy *policy, enum pst_axis axis, const char *of_lane)
{
	const uint16_t preset = policy->default_value[axis];

	if (of_lane) {
		return json_string(of_lane);
	}
	return preset && is_declared(policy, axis)
		       ? json_string(pst_policy_value_name(policy, axis, preset))
		       : json_null();
}

static json_t *wording_of(const struct pst_policy_wording *wording)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "notice", wording->notice, "withdraw",
		wording->withdraw, "complain", wording->complain, "disclaimer",
		wording->disclaimer);
}

static json_t *notice_of(const struct pst_policy_texts *texts)
{
	json_t *all = json_object();

	(void)json_object_set_new(all, texts->own.language, wording_of(&texts->own));
	for (size_t i = 0; i < texts->translation_count; i++) {
		(void)json_object_set_new(
			all, texts->translations[i].language, wording_of(&texts->translations[i]));
	}
	return json_pack("{s:s, s:o, s:s, s:o}", "version", texts->notice_version, "until",
		day_or_null(texts->notice_until_day), "language", texts->own.language, "texts",
		all);
}

json_t *pst_tell_policy(const struct pst_drive_policy *from)
{
	const struct pst_policy *policy = from->policy;
	char sha256[2 * PST_POLICY_DIGEST_SIZE + 1];

	pst_bytes_to_hex(from->sha256, PST_POLICY_DIGEST_SIZE, sha256);
	return json_pack("{s:{s:s, s:I, s:s, s:s, s:o}, s:o, s:o, s:{s:o, s:o, s:o}, s:b, s:s, "
			 "s:o}",
		"policy", "id", policy->id, "version", (json_int_t)policy->version, "title",
		policy->title, "sha256", sha256, "date", day_or_null(from->view.day), "notice",
		notice_of(&policy->texts), "axes", axes_of(policy), "defaults", "age-band",
		default_of(policy, PST_AXIS_AGE_BAND, NULL), "direction",
		default_of(policy, PST_AXIS_DIRECTION, from->direction), "environment",
		default_of(policy, PST_AXIS_ENVIRONMENT, from->environment), "ages",
		policy->ages != NULL, "purpose", pst_purpose_name(from->purpose), "keeps",
		keeps_of(&from->view));
}

static json_t *sources_of(const struct pst_policy_decision *decision)
{
	json_t *list = json_array();

	for (const struct pst_source *const *at = decision->sources; *at; at++) {
		(void)json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:s}", "id", (*at)->id, "title",
				      (*at)->title, "citation", (*at)->citation, "status",
				      pst_source_status_name((*at)->status)));
	}
	return list;
}

static json_t *readings_of(const struct pst_dispute *dispute)
{
	json_t *list = json_array();

	for (const char *const *at = dispute->readings; *at; at++) {
		(void)json_array_append_new(list, json_string(*at));
	}
	return list;
}

static json_t *disputes_of(const struct pst_policy_decision *decision)
{
	json_t *list = json_array();

	for (const struct pst_dispute *const *at = decision->disputes; *at; at++) {
		char taken[PST_POLICY_TAKEN_SIZE];

		(void)json_array_append_new(
			list, json_pack("{s:s, s:s, s:o, s:s}", "id", (*at)->id, "question",
				      (*at)->question, "readings", readings_of(*at), "taken",
				      pst_policy_taken_words(decision, *at, taken)));
	}
	return list;
}

static json_t *names_of(const char *const *names, uint32_t bits)
{
	json_t *list = json_array();

	for (unsigned i = 0; names[i]; i++) {
		if (bits >> i & 1) {
			(void)json_array_append_new(list, json_string(names[i]));
		}
	}
	return list;
}

static json_t *timings_of(const struct pst_events_closed *told)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "to_permit_ms",
		ms_or_null(told->to_permit_ns), "to_first_face_ms",
		ms_or_null(told->to_first_face_ns), "to_best_shot_ms",
		ms_or_null(told->to_best_shot_ns), "to_decision_ms",
		ms_or_null(told->to_decision_ns), "total_ms", ms_or_null(told->total_ns));
}

static json_t *wall_now(void)
{
	char text[PST_CLOCK_TEXT_SIZE];

	pst_clock_format_s(pst_clock_wall_s(), text);
	return json_string(text);
}

/* A word of the policy; none where the file does not ask. */
static json_t *word_or_null(const struct pst_policy *policy, enum pst_axis axis, const char *word)
{
	return is_declared(policy, axis) ? json_string(word) : json_null();
}

/* Which change of one input would decide otherwise, the nearest first. */
static json_t *changes_of(const struct pst_drive_explanation *from)
{
	json_t *list = json_array();

	for (size_t i = 0; i < from->why.change_count; i++) {
		const struct pst_policy_change *change = &from->why.changes[i];
		const bool is_day = change->axis == PST_AXIS_PERIOD;

		(void)json_array_append_new(
			list, json_pack("{s:s, s:o, s:s, s:o, s:s}", "input",
				      is_day ? "date" : pst_axis_names[change->axis], "value",
				      is_day ? day_or_null(change->day)
					     : json_string(pst_policy_value_name(
						       from->policy, change->axis, change->value)),
				      "verdict", pst_verdict_name(change->decision.verdict),
				      "outcome", pst_tell_outcome(change->decision.outcome), "rule",
				      change->decision.rule_id));
	}
	return list;
}

static json_t *who(const struct pst_drive_explanation *from)
{
	const struct pst_events_closed *told = &from->told;

	return json_pack("{s:I, s:b, s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:{s:s, s:o, s:o}}",
		"encounter", (json_int_t)told->encounter, "closed", from->is_over, "wall",
		from->is_over ? wall_now() : json_null(), "state", from->state, "category",
		from->category, "known_by", from->known_by, "age_band",
		word_or_null(from->policy, PST_AXIS_AGE_BAND, from->age_band), "direction",
		word_or_null(from->policy, PST_AXIS_DIRECTION, from->direction), "environment",
		word_or_null(from->policy, PST_AXIS_ENVIRONMENT, from->environment), "purpose",
		from->purpose, "notice", "state", pst_notice_name(from->notice), "version",
		pst_tell_text(from->notice_version), "language",
		pst_tell_text(from->notice_language));
}

static json_t *why(const struct pst_drive_explanation *from)
{
	const struct pst_policy_decision *decision = &from->why.decision;

	return json_pack("{s:s, s:o, s:s, s:s, s:s, s:o, s:o, s:o}", "verdict",
		pst_verdict_name(decision->verdict), "authority",
		decision->authority == PST_AUTHORITY_NONE
			? json_null()
			: json_string(pst_authority_name(decision->authority)),
		"rule", decision->rule_id, "rule_text", decision->rule_text, "basis",
		from->policy->rules[decision->rule].basis, "sources", sources_of(decision),
		"disputes", disputes_of(decision), "changes", changes_of(from));
}

static json_t *what(const struct pst_drive_explanation *from)
{
	const struct pst_events_closed *told = &from->told;
	const struct pst_retention *class[PST_STORE_COUNT];

	for (int store = 0; store < PST_STORE_COUNT; store++) {
		class[store] = from->why.decision.retention;
	}
	return json_pack("{s:s, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:n}", "choice",
		pst_choice_name(told->choice), "outcome", pst_tell_outcome(told->outcome), "reason",
		pst_tell_reason(told->reason), "permit", from->permit, "keeps", stores_of(class),
		"obligations", names_of(pst_obligation_names, from->why.decision.obligations),
		"fmr", from->fmr > 0 ? json_real(from->fmr) : json_null(), "matched",
		from->compared ? json_boolean(from->matched) : json_null(), "timings",
		timings_of(told), "receipt", pst_tell_text(told->receipt), "audit",
		told->audit < 0 ? json_null() : json_integer(told->audit), "review");
}

json_t *pst_tell_explanation(const struct pst_drive_explanation *encounter)
{
	json_t *whole = who(encounter);
	json_t *parts[] = {why(encounter), what(encounter)};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (whole && (!parts[i] || json_object_update(whole, parts[i]) < 0)) {
			json_decref(whole);
			whole = NULL;
		}
		json_decref(parts[i]);
	}
	return whole;
}

json_t *pst_tell_review(const struct pst_review *review, uint64_t sequence)
{
	return json_pack("{s:s, s:s, s:o, s:I}", "officer", review->officer, "decision",
		pst_review_decision_names[review->decision], "evidence",
		names_of(pst_evidence_names, review->evidence), "sequence", (json_int_t)sequence);
}
