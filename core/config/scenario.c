/* SPDX-License-Identifier: Apache-2.0 */
#include "config/scenario.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "base/yaml.h"

#define SCENARIO_VERSION 1
#define LONGEST_NS (24 * 3600 * PST_NS_PER_S)
#define WHERE_SIZE 96

static const char *const notice_names[] = {"absent", "stale", "current", NULL};
static const char *const choice_names[] = {"none", "decline", "consent", "withdraw", NULL};

/* A file as libcyaml loads it: texts, unread. */
struct file_expect {
	char *outcome;
	char *verdict;
	char *rule;
	char *leased;
	char *withheld;
};

struct file_encounter {
	char *at;
	char *duration;
	char *category;
	char *known_by;
	char *age_band;
	char *born;
	char *direction;
	char *environment;
	char *subject;
	char *notice;
	struct file_expect expect;
};

struct scenario_file {
	int scenario;
	char *name;
	struct file_encounter *encounters;
	unsigned encounters_count;
};

#define NEEDED(key, type, member)                                                                  \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, struct type, member, 1, 127)
#define TEXT(key, type, member)                                                                    \
	CYAML_FIELD_STRING_PTR(                                                                    \
		key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type, member, 1, 127)

static const cyaml_schema_field_t expect_fields[] = {
	TEXT("outcome", file_expect, outcome),
	TEXT("verdict", file_expect, verdict),
	TEXT("rule", file_expect, rule),
	TEXT("leased", file_expect, leased),
	TEXT("withheld", file_expect, withheld),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t encounter_fields[] = {
	NEEDED("at", file_encounter, at),
	NEEDED("for", file_encounter, duration),
	NEEDED("category", file_encounter, category),
	NEEDED("known-by", file_encounter, known_by),
	NEEDED("notice", file_encounter, notice),
	TEXT("age-band", file_encounter, age_band),
	TEXT("born", file_encounter, born),
	TEXT("direction", file_encounter, direction),
	TEXT("environment", file_encounter, environment),
	TEXT("subject", file_encounter, subject),
	CYAML_FIELD_IGNORE("choice", CYAML_FLAG_OPTIONAL),
	CYAML_FIELD_MAPPING(
		"expect", CYAML_FLAG_OPTIONAL, struct file_encounter, expect, expect_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t encounter_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_encounter, encounter_fields),
};

static const cyaml_schema_field_t scenario_fields[] = {
	CYAML_FIELD_INT("scenario", CYAML_FLAG_DEFAULT, struct scenario_file, scenario),
	NEEDED("name", scenario_file, name),
	CYAML_FIELD_SEQUENCE("encounters", CYAML_FLAG_POINTER, struct scenario_file, encounters,
		&encounter_schema, 1, PST_SCENARIO_ENCOUNTERS_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t scenario_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct scenario_file, scenario_fields),
};

/* One encounter being read: what it is called in the file, for messages. */
struct reading {
	const struct pst_yaml *yaml;
	unsigned index;
	struct pst_error *error;
};

static void place(const struct reading *reading, const char *key, char where[WHERE_SIZE])
{
	(void)snprintf(where, WHERE_SIZE, "encounters[%u].%s", reading->index, key);
}

static int read_id(const struct reading *reading, const char *key, const char *text,
	const char *const *names, char to[PST_SCENARIO_TEXT_SIZE])
{
	char where[WHERE_SIZE];

	if (!text) {
		return 0;
	}
	place(reading, key, where);
	if (names && pst_text_index(names, text) < 0) {
		return pst_yaml_fail_name(reading->yaml, reading->error, where, key, text, names);
	}
	if (!pst_text_is_id(text)) {
		return pst_yaml_fail(reading->yaml, reading->error, where,
			"'%s' is not a name for %s; 1 to 64 of a-z A-Z 0-9 - _ . are allowed, a "
			"letter or digit first",
			text, key);
	}
	return pst_text_copy(to, PST_SCENARIO_TEXT_SIZE, text);
}

static int read_duration(
	const struct reading *reading, const char *key, const char *text, int64_t *ret_ns)
{
	char where[WHERE_SIZE];
	int64_t ns;

	place(reading, key, where);
	if (pst_clock_parse_duration(text, &ns) < 0) {
		return pst_yaml_fail(reading->yaml, reading->error, where,
			"'%s' is not a time for %s; write a number and a unit, such as 0.5s or "
			"500ms",
			text, key);
	}
	if (ns > LONGEST_NS) {
		return pst_yaml_fail(reading->yaml, reading->error, where,
			"%s is too long for %s; at most 24h", text, key);
	}
	*ret_ns = ns;
	return 0;
}

/* none, or one of the others with its time: {decline: 1.0s} */
static int read_choice(const struct reading *reading, struct pst_scenario_encounter *encounter)
{
	const struct pst_yaml *yaml = reading->yaml;
	char where[WHERE_SIZE];
	char key[32];
	int64_t after;

	place(reading, "choice", where);
	const char *word = pst_yaml_text(yaml, where);
	const char *name = word ? word : pst_yaml_key(yaml, where, 0);
	if (pst_yaml_line(yaml, where) == 0 || (word && strcmp(word, choice_names[0]) == 0)) {
		return 0;
	}
	int index = name ? pst_text_index(choice_names + 1, name) : -1;
	if (name && *name && pst_text_index(choice_names, name) < 0) {
		return pst_yaml_fail_name(
			yaml, reading->error, where, "choice", name, choice_names);
	}
	if (index < 0 || word || pst_yaml_key(yaml, where, 1)) {
		return pst_yaml_fail(yaml, reading->error, where,
			"choice needs none, or one of decline, consent and withdraw with its time: "
			"{decline: 1.0s}");
	}
	(void)snprintf(key, sizeof(key), "choice.%s", name);
	place(reading, key, where);
	const char *text = pst_yaml_text(yaml, where);
	int status = read_duration(reading, key, text ? text : "", &after);
	if (status < 0) {
		return status;
	}
	if (after >= encounter->for_ns) {
		return pst_yaml_fail(yaml, reading->error, where,
			"%s comes when the person has left; choose a time below 'for'", key);
	}
	encounter->choice = (enum pst_scenario_choice)(index + 1);
	encounter->choice_ns = encounter->at_ns + after;
	return 0;
}

/* "3", "3..", "3..5", "..5" */
static int parse_count(const char *text, struct pst_scenario_count *count)
{
	const char *dots = strstr(text, "..");
	char low[24] = "0";
	int64_t from;
	int64_t to = INT64_MAX;

	if (!dots) {
		if (pst_text_parse_int(text, 0, INT64_MAX, &from) < 0) {
			return -EINVAL;
		}
		to = from;
	} else {
		size_t length = (size_t)(dots - text);

		if (length >= sizeof(low) || (!length && !dots[2])) {
			return -EINVAL;
		}
		if (length) {
			memcpy(low, text, length);
			low[length] = 0;
		}
		if (pst_text_parse_int(low, 0, INT64_MAX, &from) < 0 ||
			(dots[2] && pst_text_parse_int(dots + 2, from, INT64_MAX, &to) < 0)) {
			return -EINVAL;
		}
	}
	*count = (struct pst_scenario_count){true, (uint64_t)from, (uint64_t)to};
	return 0;
}

static int read_count(const struct reading *reading, const char *key, const char *text,
	struct pst_scenario_count *count)
{
	char where[WHERE_SIZE];

	if (text && parse_count(text, count) < 0) {
		place(reading, key, where);
		return pst_yaml_fail(reading->yaml, reading->error, where,
			"'%s' is not a number for %s; write 0, 3.., 1..40 or ..5", text, key);
	}
	return 0;
}

static int read_expect(const struct reading *reading, const struct file_expect *file,
	const struct pst_scenario_names *names, struct pst_scenario_expect *expect)
{
	int status =
		read_id(reading, "expect.outcome", file->outcome, names->outcomes, expect->outcome);

	if (status == 0) {
		status = read_id(
			reading, "expect.verdict", file->verdict, names->verdicts, expect->verdict);
	}
	if (status == 0) {
		status = read_id(reading, "expect.rule", file->rule, names->rules, expect->rule);
	}
	if (status == 0) {
		status = read_count(reading, "expect.leased", file->leased, &expect->leased);
	}
	if (status == 0) {
		status = read_count(reading, "expect.withheld", file->withheld, &expect->withheld);
	}
	return status;
}

static int read_birth(const struct reading *reading, const struct file_encounter *file,
	const struct pst_scenario_names *names, struct pst_scenario_encounter *to)
{
	char where[WHERE_SIZE];

	if (!file->born) {
		return 0;
	}
	place(reading, "born", where);
	if (file->age_band) {
		return pst_yaml_fail(reading->yaml, reading->error, where,
			"born and age-band are both given; leave one out");
	}
	if (names->without_ages) {
		return pst_yaml_fail(reading->yaml, reading->error, where,
			"the policy states no ages for its age bands; give age-band instead of "
			"born");
	}
	if (pst_clock_parse_day(file->born, &to->born_day) < 0) {
		return pst_yaml_fail(reading->yaml, reading->error, where,
			"'%s' is not a date of birth; write it as 2012-02-29", file->born);
	}
	to->has_born = true;
	return 0;
}

static int read_person(const struct reading *reading, const struct file_encounter *file,
	const struct pst_scenario_names *names, struct pst_scenario_encounter *to)
{
	int status = read_id(reading, "category", file->category, names->categories, to->category);

	if (status == 0) {
		status =
			read_id(reading, "known-by", file->known_by, names->known_by, to->known_by);
	}
	if (status == 0) {
		status = read_id(
			reading, "age-band", file->age_band, names->age_bands, to->age_band);
	}
	if (status == 0) {
		status = read_birth(reading, file, names, to);
	}
	if (status == 0) {
		status = read_id(
			reading, "direction", file->direction, names->directions, to->direction);
	}
	if (status == 0) {
		status = read_id(reading, "environment", file->environment, names->environments,
			to->environment);
	}
	if (status == 0) {
		status = read_id(reading, "subject", file->subject, NULL, to->subject);
	}
	return status;
}

static int read_notice(
	const struct reading *reading, const char *text, struct pst_scenario_encounter *encounter)
{
	int index = pst_text_index(notice_names, text);
	char where[WHERE_SIZE];

	if (index < 0) {
		place(reading, "notice", where);
		return pst_yaml_fail_name(
			reading->yaml, reading->error, where, "notice", text, notice_names);
	}
	encounter->notice = (enum pst_scenario_notice)index;
	return 0;
}

static int read_encounter(const struct reading *reading, const struct file_encounter *file,
	const struct pst_scenario_names *names, struct pst_scenario_encounter *encounter)
{
	char where[WHERE_SIZE];

	int status = read_duration(reading, "at", file->at, &encounter->at_ns);
	if (status == 0) {
		status = read_duration(reading, "for", file->duration, &encounter->for_ns);
	}
	if (status == 0 && encounter->for_ns == 0) {
		place(reading, "for", where);
		return pst_yaml_fail(reading->yaml, reading->error, where,
			"'for' is 0; a person stays for a while");
	}
	if (status == 0) {
		status = read_person(reading, file, names, encounter);
	}
	if (status == 0) {
		status = read_notice(reading, file->notice, encounter);
	}
	if (status == 0) {
		status = read_choice(reading, encounter);
	}
	if (status == 0) {
		status = read_expect(reading, &file->expect, names, &encounter->expect);
	}
	place(reading, "at", where);
	encounter->line = pst_yaml_line(reading->yaml, where);
	return status;
}

/* In the order of time, each gone before the next one comes. */
static int check_order(
	const struct reading *reading, const struct pst_scenario_encounter *encounters)
{
	const struct pst_scenario_encounter *now = &encounters[reading->index];
	const struct pst_scenario_encounter *before = now - 1;
	char where[WHERE_SIZE];

	place(reading, "at", where);
	if (reading->index > 0 && now->at_ns < before->at_ns + before->for_ns) {
		char gone[PST_CLOCK_TEXT_SIZE];

		pst_clock_format_duration(before->at_ns + before->for_ns, gone);
		return pst_yaml_fail(reading->yaml, reading->error, where,
			"overlaps the encounter in line %u, which ends at %s; one person after "
			"the other, in the order of time",
			before->line, gone);
	}
	return 0;
}

static int read_file(struct pst_scenario *scenario, const struct pst_yaml *yaml,
	const struct pst_scenario_names *names, struct pst_error *error)
{
	const struct scenario_file *file = pst_yaml_data(yaml);
	struct reading reading = {yaml, 0, error};

	if (file->scenario != SCENARIO_VERSION) {
		return pst_yaml_fail(yaml, error, "scenario",
			"scenario version %d; this postern reads version %d", file->scenario,
			SCENARIO_VERSION);
	}
	if (pst_text_copy(scenario->name, sizeof(scenario->name), file->name) < 0) {
		return pst_yaml_fail(yaml, error, "name", "the name is too long");
	}
	scenario->encounters = calloc(file->encounters_count, sizeof(*scenario->encounters));
	if (!scenario->encounters) {
		return pst_error_set(error, -ENOMEM, "%s: out of memory", scenario->name);
	}
	scenario->count = file->encounters_count;
	for (; reading.index < file->encounters_count; reading.index++) {
		int status = read_encounter(&reading, &file->encounters[reading.index], names,
			&scenario->encounters[reading.index]);

		if (status == 0) {
			status = check_order(&reading, scenario->encounters);
		}
		if (status < 0) {
			return status;
		}
	}
	return 0;
}

int pst_scenario_parse(struct pst_scenario *ret_scenario, const char *name, const void *text,
	size_t size, const struct pst_scenario_names *names, struct pst_error *error)
{
	static const struct pst_scenario_names unchecked;
	struct pst_yaml *yaml;

	memset(ret_scenario, 0, sizeof(*ret_scenario));
	int status = pst_yaml_parse(&yaml, name, text, size, &scenario_schema, error);
	if (status < 0) {
		return status;
	}
	status = read_file(ret_scenario, yaml, names ? names : &unchecked, error);
	pst_yaml_close(&yaml);
	if (status < 0) {
		pst_scenario_finish(ret_scenario);
	}
	return status;
}

int pst_scenario_load(struct pst_scenario *ret_scenario, const char *path,
	const struct pst_scenario_names *names, struct pst_error *error)
{
	uint8_t *text;
	size_t size;

	memset(ret_scenario, 0, sizeof(*ret_scenario));
	int status = pst_fd_read_file(path, PST_YAML_SIZE_MAX, &text, &size, error);
	if (status < 0) {
		return status;
	}
	status = pst_scenario_parse(ret_scenario, path, text, size, names, error);
	free(text);
	return status;
}

void pst_scenario_finish(struct pst_scenario *scenario)
{
	free(scenario->encounters);
	memset(scenario, 0, sizeof(*scenario));
}

bool pst_scenario_count_met(const struct pst_scenario_count *count, uint64_t number)
{
	return !count->expected || (number >= count->low && number <= count->high);
}

const char *pst_scenario_notice_name(enum pst_scenario_notice notice)
{
	return (unsigned)notice <= PST_SCENARIO_NOTICE_CURRENT ? notice_names[notice] : "absent";
}

const char *pst_scenario_choice_name(enum pst_scenario_choice choice)
{
	return (unsigned)choice <= PST_SCENARIO_CHOICE_WITHDRAW ? choice_names[choice] : "none";
}
