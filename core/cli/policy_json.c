/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/policy_words.h"

#include "base/clock.h"
#include "policy/choices.h"

json_t *policy_json_verdict(const struct pst_cell *cell)
{
	return json_pack("{s:s, s:s, s:s}", "verdict",
		pst_verdict_name((enum pst_verdict)cell->verdict), "authority",
		pst_authority_name((enum pst_authority)cell->authority), "outcome",
		pst_outcome_name((enum pst_outcome)cell->outcome));
}

json_t *policy_json_sources(const struct pst_source *const *sources)
{
	json_t *list = json_array();

	for (size_t i = 0; sources[i]; i++) {
		const struct pst_source *source = sources[i];
		char day[PST_CLOCK_TEXT_SIZE];

		pst_clock_format_day(source->checked_day, day);
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", source->id, "title",
				      source->title, "citation", source->citation, "checked", day,
				      "status", pst_source_status_name(source->status)));
	}
	return list;
}

json_t *policy_json_choice(const struct pst_policy_choice *choice)
{
	char day[PST_CLOCK_TEXT_SIZE];

	if (!choice) {
		return json_null();
	}
	pst_clock_format_day(choice->day, day);
	return json_pack("{s:s*, s:s*, s:s, s:s, s:s}", "retention", choice->retention, "keep",
		choice->keep, "by", choice->by, "date", day, "reason", choice->reason);
}

json_t *policy_json_retention(
	const struct pst_policy *policy, const struct pst_retention *retention)
{
	const struct pst_policy_choices *choices = policy->choices;
	json_t *stores = json_object();
	json_t *chosen = json_array();

	for (int store = 0; store < PST_STORE_COUNT; store++) {
		json_object_set_new(stores, pst_store_names[store],
			json_pack("{s:s, s:I}", "text", retention->text[store], "seconds",
				(json_int_t)retention->keep_s[store]));
	}
	for (size_t i = 0; choices && i < choices->count; i++) {
		if (policy_choice_is_of_class(&choices->list[i], retention)) {
			json_array_append_new(chosen, policy_json_choice(&choices->list[i]));
		}
	}
	return json_pack("{s:s, s:o, s:s, s:o}", "class", retention->class_name, "stores", stores,
		"note", retention->note, "chosen", chosen);
}

json_t *policy_json_obligations(uint16_t obligations)
{
	json_t *list = json_array();

	for (int bit = 0; bit < PST_OBLIGATION_COUNT; bit++) {
		if (obligations >> bit & 1) {
			json_array_append_new(list, json_string(pst_obligation_names[bit]));
		}
	}
	return list;
}

json_t *policy_json_disputes(const struct pst_dispute *const *disputes)
{
	json_t *list = json_array();

	for (size_t i = 0; disputes[i]; i++) {
		const struct pst_dispute *dispute = disputes[i];
		json_t *readings = json_array();

		for (size_t j = 0; dispute->readings[j]; j++) {
			json_array_append_new(readings, json_string(dispute->readings[j]));
		}
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:o, s:s}", "id", dispute->id, "question",
				dispute->question, "readings", readings, "taken", dispute->taken));
	}
	return list;
}
