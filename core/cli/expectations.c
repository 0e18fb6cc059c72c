/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/expectations.h"

#include <string.h>

#include "base/text.h"

/* The events that decide what is expected, by its name. */
static const struct {
	const char *what;
	const char *kinds[8];
} deciding[] = {
	{"outcome", {"encounter.noticed", "encounter.chose", "permit.granted", "permit.revoked",
			    "encounter.captured", "match.result", "encounter.closed"}},
	{"verdict",
		{"encounter.opened", "encounter.noticed", "encounter.chose", "encounter.closed"}},
	{"rule", {"encounter.opened", "encounter.noticed", "encounter.chose", "encounter.closed"}},
	{"leased", {"permit.granted", "permit.revoked", "encounter.closed"}},
	{"withheld", {"permit.granted", "permit.revoked", "encounter.closed"}},
};

static void hear(void *user, const char *line, size_t size)
{
	struct pst_cli_expectations *expectations = user;
	json_t *event = json_loadb(line, size, 0, NULL);
	const char *kind = json_string_value(json_object_get(event, "kind"));

	if (kind && strcmp(kind, "encounter.opened") == 0) {
		(void)json_array_clear(expectations->lines);
	}
	if (json_object_get(event, "encounter")) {
		(void)json_array_append(expectations->lines, event);
	}
	json_decref(event);
}

void pst_cli_expectations_hear(struct pst_cli_expectations *expectations, struct pst_events *events)
{
	expectations->lines = json_array();
	pst_events_listen(events, hear, expectations);
}

static bool decides(const char *what, const json_t *event)
{
	const char *kind = json_string_value(json_object_get(event, "kind"));

	for (size_t i = 0; i < sizeof(deciding) / sizeof(deciding[0]); i++) {
		if (strcmp(deciding[i].what, what) == 0) {
			return pst_text_index(deciding[i].kinds, kind) >= 0;
		}
	}
	return false;
}

/* @return the deciding events of one expectation, the caller's */
static json_t *evidence(const struct pst_cli_expectations *expectations, const char *what)
{
	json_t *events = json_array();
	json_t *event;
	size_t i;

	json_array_foreach(expectations->lines, i, event)
	{
		if (decides(what, event)) {
			(void)json_array_append(events, event);
		}
	}
	return events;
}

void pst_cli_expectations_print(const struct pst_cli_expectations *expectations, FILE *out,
	const struct pst_lane_closed *closed)
{
	for (size_t i = 0; i < closed->expectation_count; i++) {
		const struct pst_expectation *one = &closed->expectations[i];
		json_t *events, *event;
		size_t j;

		if (one->met) {
			(void)fprintf(out, "     pass  %s %s\n", one->what, one->got);
			continue;
		}
		(void)fprintf(out, "     FAIL  %s: expected %s, got %s\n", one->what, one->wanted,
			one->got);
		events = evidence(expectations, one->what);
		json_array_foreach(events, j, event)
		{
			char *line = json_dumps(event, JSON_COMPACT | JSON_REAL_PRECISION(15));

			(void)fprintf(out, "           %s\n", line ? line : "");
			free(line);
		}
		json_decref(events);
	}
}

json_t *pst_cli_expectations_json(
	const struct pst_cli_expectations *expectations, const struct pst_lane_closed *closed)
{
	json_t *list = json_array();

	for (size_t i = 0; i < closed->expectation_count; i++) {
		const struct pst_expectation *one = &closed->expectations[i];

		(void)json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:b, s:o*}", "what", one->what, "expected",
				      one->wanted, "got", one->got, "met", one->met, "events",
				      one->met ? NULL : evidence(expectations, one->what)));
	}
	return list;
}

void pst_cli_expectations_sum(const struct pst_lane_summary *summary, FILE *out)
{
	if (summary->met + summary->unmet > 0) {
		(void)fprintf(out, "%llu expectations met, %llu not\n",
			(unsigned long long)summary->met, (unsigned long long)summary->unmet);
	}
}

void pst_cli_expectations_finish(struct pst_cli_expectations *expectations)
{
	json_decref(expectations->lines);
	expectations->lines = NULL;
}
