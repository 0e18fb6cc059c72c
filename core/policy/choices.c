/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/choices.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/yaml.h"
#include "policy/compile.h"

#define SIGNATURE_KEY "signature: "

struct file_choice {
	char *rule, *retention, *keep, *reason, *by, *date;
};

struct file_choices {
	char *format, *policy, *version, *digest, *operator_key, *signature;
	struct file_choice *chosen;
	unsigned chosen_count;
};

struct pst_policy_choices_arena {
	struct pst_yaml *yaml;
	struct pst_policy_choice *list;
};

#define NEED(key, type, member, most)                                                              \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, struct type, member, 1, most)
#define MAY(key, type, member)                                                                     \
	CYAML_FIELD_STRING_PTR(                                                                    \
		key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type, member, 1, 160)

static const cyaml_schema_field_t choice_fields[] = {MAY("rule", file_choice, rule),
	MAY("retention", file_choice, retention), MAY("keep", file_choice, keep),
	NEED("reason", file_choice, reason, PST_POLICY_REASON_MAX), NEED("by", file_choice, by, 64),
	NEED("date", file_choice, date, 32), CYAML_FIELD_END};
static const cyaml_schema_value_t choice_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_choice, choice_fields)};

static const cyaml_schema_field_t top_fields[] = {NEED("choices", file_choices, format, 32),
	NEED("policy", file_choices, policy, 64), NEED("version", file_choices, version, 32),
	NEED("policy-sha256", file_choices, digest, 64),
	CYAML_FIELD_SEQUENCE("chosen", CYAML_FLAG_POINTER, struct file_choices, chosen,
		&choice_schema, 1, PST_POLICY_CHOICES_MAX),
	NEED("operator", file_choices, operator_key, 64),
	NEED("signature", file_choices, signature, 128), CYAML_FIELD_END};
static const cyaml_schema_value_t top_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file_choices, top_fields)};

/* What is being read. */
struct reading {
	struct pst_policy_choices *choices;
	const struct pst_yaml *yaml;
	const struct file_choices *file;
	struct pst_error *error;
};

static int take_hex(
	const struct reading *reading, const char *key, const char *text, uint8_t *to, size_t size)
{
	if (pst_bytes_from_hex(text, to, size) < 0) {
		return pst_yaml_fail(reading->yaml, reading->error, key, "%s needs %zu hex digits",
			key, 2 * size);
	}
	return 0;
}

static int take_head(const struct reading *reading)
{
	const struct file_choices *file = reading->file;
	struct pst_policy_choices *to = reading->choices;
	int64_t format;
	int status;

	if (pst_text_parse_int(file->format, 1, 1, &format) < 0) {
		return pst_yaml_fail(reading->yaml, reading->error, "choices",
			"choices format '%.32s' is not known here; this program reads format 1",
			file->format);
	}
	if (pst_text_parse_int(file->version, 1, INT32_MAX, &to->version) < 0) {
		return pst_yaml_fail(reading->yaml, reading->error, "version",
			"version needs a whole number from 1, not '%.32s'", file->version);
	}
	to->policy = file->policy;
	status = take_hex(reading, "policy-sha256", file->digest, to->policy_digest,
		sizeof(to->policy_digest));
	if (status >= 0) {
		status = take_hex(reading, "operator", file->operator_key, to->operator_key,
			sizeof(to->operator_key));
	}
	return status < 0 ? status
			  : take_hex(reading, "signature", file->signature, to->signature,
				    sizeof(to->signature));
}

static bool is_one_line(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f) {
			return false;
		}
	}
	return true;
}

static int take_choice(const struct reading *reading, unsigned index)
{
	const struct file_choice *from = &reading->file->chosen[index];
	struct pst_policy_choice *to = &reading->choices->arena->list[index];
	char where[32];

	*to = (struct pst_policy_choice){.rule = from->rule,
		.retention = from->retention,
		.keep = from->keep,
		.reason = from->reason,
		.by = from->by};
	(void)snprintf(where, sizeof(where), "chosen[%u]", index);
	if (!from->rule == !from->retention || !from->retention != !from->keep) {
		return pst_yaml_fail(reading->yaml, reading->error, where,
			"a choice names either a rule, or a retention (CLASS.STORE) and what to "
			"keep");
	}
	if (!is_one_line(from->reason) || from->reason[strspn(from->reason, " ")] == 0) {
		return pst_yaml_fail(reading->yaml, reading->error, where,
			"the reason must be one line that says something");
	}
	if (!pst_text_is_id(from->by)) {
		return pst_yaml_fail(reading->yaml, reading->error, where,
			"'%.64s' is no role for 'by'; a word like duty-officer, never a name",
			from->by);
	}
	if (pst_clock_parse_day(from->date, &to->day) < 0) {
		return pst_yaml_fail(reading->yaml, reading->error, where,
			"date needs a day like 2026-01-15, not '%.32s'", from->date);
	}
	for (unsigned i = 0; i < index; i++) {
		const struct pst_policy_choice *other = &reading->choices->arena->list[i];
		const char *mine = to->rule ? to->rule : to->retention;
		const char *its = to->rule ? other->rule : other->retention;

		if (its && strcmp(its, mine) == 0) {
			return pst_yaml_fail(reading->yaml, reading->error, where,
				"'%.80s' is chosen twice", mine);
		}
	}
	return 0;
}

/* The signature is the last line, so that all that stands before it is what was signed. */
static int find_signed(const struct reading *reading, const char *data, size_t size)
{
	size_t line = strlen(SIGNATURE_KEY) + strlen(reading->file->signature) + 1;
	size_t at = size >= line ? size - line : 0;

	if (at == 0 || data[at - 1] != '\n' || data[size - 1] != '\n' ||
		memcmp(data + at, SIGNATURE_KEY, strlen(SIGNATURE_KEY)) != 0 ||
		memcmp(data + at + strlen(SIGNATURE_KEY), reading->file->signature,
			strlen(reading->file->signature)) != 0) {
		return pst_yaml_fail(reading->yaml, reading->error, "signature",
			"'signature: ...' must be the last line of the file, and nothing else");
	}
	reading->choices->signed_size = at;
	return 0;
}

static int read_file(const struct reading *reading, const void *data, size_t size)
{
	struct pst_policy_choices *choices = reading->choices;
	int status;

	choices->arena->list = calloc(reading->file->chosen_count, sizeof(*choices->arena->list));
	if (!choices->arena->list) {
		return pst_error_set(reading->error, -ENOMEM, "choices: out of memory");
	}
	choices->list = choices->arena->list;
	choices->count = reading->file->chosen_count;
	status = take_head(reading);
	for (unsigned i = 0; i < reading->file->chosen_count && status >= 0; i++) {
		status = take_choice(reading, i);
	}
	return status < 0 ? status : find_signed(reading, data, size);
}

int pst_policy_choices_parse(const char *name, const void *data, size_t size,
	struct pst_policy_choices **ret_choices, struct pst_error *error)
{
	struct pst_policy_choices *choices = calloc(1, sizeof(*choices));
	int status;

	if (choices) {
		choices->arena = calloc(1, sizeof(*choices->arena));
	}
	if (!choices || !choices->arena || !(choices->name = strdup(name))) {
		pst_policy_choices_destroy(&choices);
		return pst_error_set(error, -ENOMEM, "choices: out of memory");
	}
	status = pst_yaml_parse(&choices->arena->yaml, name, data, size, &top_schema, error);
	if (status >= 0) {
		const struct reading reading = {
			choices, choices->arena->yaml, pst_yaml_data(choices->arena->yaml), error};

		status = read_file(&reading, data, size);
	}
	if (status < 0) {
		pst_policy_choices_destroy(&choices);
		return status;
	}
	*ret_choices = choices;
	return 0;
}

void pst_policy_choices_destroy(struct pst_policy_choices **choices)
{
	struct pst_policy_choices *gone = choices ? *choices : NULL;

	if (!gone) {
		return;
	}
	if (gone->arena) {
		pst_yaml_close(&gone->arena->yaml);
		free(gone->arena->list);
		free(gone->arena);
	}
	free((char *)gone->name);
	free(gone);
	*choices = NULL;
}
