/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a compiled policy answers, for comparing it with another opinion:
 *
 *     policy-answers POLICY < REQUESTS    one decision per line, for one request per line
 *     policy-answers --cells POLICY       every combination of the table, run-length coded
 *
 * `--choices FILE` before the policy: what an operator chose; the signature is not looked at.
 *
 * A request is a JSON object of inputs by name, `date` and `born` among them, all of them text.
 * What else a line may hold is handed to the policy as what it is: unknown, or missing.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "gate/table.h"
#include "policy/choices.h"

static const char no_value[] = ""; /* is on no axis */

static void *must(void *made)
{
	if (!made) {
		(void)fputs("policy-answers: out of memory\n", stderr);
		exit(2);
	}
	return made;
}

/* An input's place in a request. @return NULL: no input has that name */
static const char **slot_of(struct pst_policy_request *request, const char *name)
{
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		if (axis != PST_AXIS_PERIOD && !strcmp(name, pst_axis_names[axis])) {
			return &request->value[axis];
		}
	}
	return NULL;
}

/* The text of a value; what is none, or holds a zero byte, is no value of any input. */
static const char *text_of(const json_t *value)
{
	const char *text = json_string_value(value);

	return text && strlen(text) == json_string_length(value) ? text : no_value;
}

/* A calendar date, or one that is outside of everything. */
static int32_t day_of(const json_t *value, int32_t none)
{
	int32_t day;

	return pst_clock_parse_day(text_of(value), &day) < 0 ? none : day;
}

/* The request borrows from the line. */
static void read_request(json_t *line, struct pst_policy_request *request)
{
	const char *name;
	json_t *value;

	*request = (struct pst_policy_request){.day = INT32_MIN};
	json_object_foreach(line, name, value)
	{
		const char **slot = slot_of(request, name);

		if (slot) {
			*slot = text_of(value);
		} else if (!strcmp(name, "date")) {
			request->day = day_of(value, INT32_MIN);
		} else if (!strcmp(name, "born")) {
			request->has_born = true;
			request->born_day = day_of(value, INT32_MAX);
		} else {
			*request = (struct pst_policy_request){.value[0] = no_value};
			return;
		}
	}
}

static json_t *obligations_json(uint16_t mask)
{
	json_t *list = must(json_array());

	for (unsigned i = 0; i < PST_OBLIGATION_COUNT; i++) {
		if (mask >> i & 1) {
			json_array_append_new(list, json_string(pst_obligation_names[i]));
		}
	}
	return list;
}

static json_t *decision_json(const struct pst_policy_decision *said)
{
	bool allows = said->verdict == PST_VERDICT_ALLOW;

	return must(json_pack("{ss ss ss ss ss so}", "verdict", pst_verdict_name(said->verdict),
		"rule", said->rule_id, "authority",
		allows ? pst_authority_name(said->authority) : "", "outcome",
		allows ? "" : pst_outcome_name(said->outcome), "retention",
		allows ? said->retention->class_name : "", "obligations",
		obligations_json(said->obligations)));
}

static void print_json(json_t *json)
{
	if (json_dumpf(json, stdout, JSON_COMPACT) < 0 || putchar('\n') == EOF) {
		(void)fputs("policy-answers: cannot write\n", stderr);
		exit(2);
	}
	json_decref(json);
}

static void answer_requests(const struct pst_policy *policy)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	while ((length = getline(&line, &room, stdin)) > 0) {
		json_t *asked = json_loadb(
			line, (size_t)length, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
		struct pst_policy_request request;
		struct pst_policy_decision said;

		read_request(asked, &request);
		pst_policy_decide(policy, &request, &said);
		print_json(decision_json(&said));
		json_decref(asked);
	}
	free(line);
}

static json_t *axes_json(const struct pst_policy *policy)
{
	json_t *axes = must(json_array());

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		json_t *values = must(json_array());

		for (uint16_t value = 1; value <= policy->table.size[axis]; value++) {
			char day[PST_CLOCK_TEXT_SIZE];
			const char *name = day;

			if (axis == PST_AXIS_PERIOD) {
				pst_clock_format_day(policy->table.period_from[value - 1], day);
			} else {
				name = pst_policy_value_name(policy, (enum pst_axis)axis, value);
			}
			json_array_append_new(values, must(json_string(name)));
		}
		json_array_append_new(axes,
			must(json_pack("[so]",
				axis == PST_AXIS_PERIOD ? "date" : pst_axis_names[axis], values)));
	}
	return axes;
}

/* The number of a cell's decision in the list, which grows by what was not there. */
static size_t decision_index(
	const struct pst_policy *policy, struct pst_cell cell, json_t *decisions, size_t last)
{
	struct pst_policy_decision said;
	json_t *decision;
	size_t i = last;

	pst_policy_describe(policy, cell, &said);
	decision = decision_json(&said);
	if (!json_equal(json_array_get(decisions, i), decision)) {
		for (i = 0; i < json_array_size(decisions); i++) {
			if (json_equal(json_array_get(decisions, i), decision)) {
				break;
			}
		}
	}
	if (i == json_array_size(decisions)) {
		json_array_append(decisions, decision);
	}
	json_decref(decision);
	return i;
}

/* "runs": in the order of combinations, how often which entry of "decisions" stands in a row. */
static void print_cells(const struct pst_policy *policy)
{
	json_t *decisions = must(json_array()), *runs = must(json_array());
	size_t decision = 0;
	uint32_t begun = 0;
	struct pst_cell before = {0};

	for (uint32_t i = 0; i <= policy->table.combinations; i++) {
		struct pst_place place;
		struct pst_cell cell = {0};

		if (i < policy->table.combinations) {
			pst_table_place(&policy->table, i, &place);
			cell = pst_table_lookup(&policy->table, &place);
			if (i && !memcmp(&cell, &before, sizeof(cell))) {
				continue;
			}
		}
		if (i) {
			decision = decision_index(policy, before, decisions, decision);
			json_array_append_new(
				runs, must(json_pack("[ii]", (int)(i - begun), (int)decision)));
		}
		before = cell;
		begun = i;
	}
	print_json(must(json_pack(
		"{so so so}", "axes", axes_json(policy), "decisions", decisions, "runs", runs)));
}

static int load(const char *path, const char *choices_path, struct pst_policy **ret_policy,
	struct pst_error *error)
{
	struct pst_policy_choices *choices = NULL;
	uint8_t *data = NULL, *chosen = NULL;
	size_t size, chosen_size;
	int r = pst_fd_read_file(path, PST_POLICY_FILE_MAX, &data, &size, error);

	if (r >= 0 && choices_path) {
		r = pst_fd_read_file(
			choices_path, PST_POLICY_CHOICES_FILE_MAX, &chosen, &chosen_size, error);
	}
	if (r >= 0 && choices_path) {
		r = pst_policy_choices_parse(choices_path, chosen, chosen_size, &choices, error);
	}
	if (r >= 0) {
		r = pst_policy_parse_chosen(path, data, size, &choices, true, ret_policy, error);
	}
	pst_policy_choices_destroy(&choices);
	free(chosen);
	free(data);
	return r;
}

int main(int argc, char **argv)
{
	const char *choices = NULL;
	bool cells = false;
	struct pst_policy *policy;
	struct pst_error error = {0};
	int at = 1;
	int r;

	if (at < argc && !strcmp(argv[at], "--cells")) {
		cells = true;
		at++;
	}
	if (at + 1 < argc && !strcmp(argv[at], "--choices")) {
		choices = argv[at + 1];
		at += 2;
	}
	if (at + 1 != argc) {
		(void)fputs("usage: policy-answers [--cells] [--choices FILE] POLICY\n", stderr);
		return 2;
	}
	r = load(argv[at], choices, &policy, &error);
	if (r < 0) {
		(void)fprintf(stderr, "%s\n", error.text);
		return r == PST_E_UNSAFE ? 4 : 2;
	}
	if (cells) {
		print_cells(policy);
	} else {
		answer_requests(policy);
	}
	pst_policy_destroy(&policy);
	return fflush(stdout) == 0 ? 0 : 2;
}
