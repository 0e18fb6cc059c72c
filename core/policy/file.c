/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/file.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cyaml/cyaml.h>

#include "base/text.h"
#include "policy/policy.h"

#define LIST_MAX 256
#define TEXT_MAX 4000

#define NEED(key, type, member)                                                                    \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, struct type, member, 1, TEXT_MAX)
#define MAY(key, type, member)                                                                     \
	CYAML_FIELD_STRING_PTR(                                                                    \
		key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type, member, 1, TEXT_MAX)
#define LIST(key, flags, type, member)                                                             \
	CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER | (flags), struct type, member.item,    \
		member.count, &word_schema, 1, LIST_MAX)
#define ENTRIES(key, flags, type, member, schema, max)                                             \
	CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER | (flags), struct type, member, schema, 1, max)
#define MAPPING(type, fields)                                                                      \
	{                                                                                          \
		CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct type, fields)                       \
	}

static const cyaml_schema_value_t word_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, TEXT_MAX)};

#define WHEN(key, id) LIST(key, CYAML_FLAG_OPTIONAL, file_when, axis[id])
static const cyaml_schema_field_t when_fields[] = {WHEN("category", PST_AXIS_CATEGORY),
	WHEN("known-by", PST_AXIS_KNOWN_BY), WHEN("age-band", PST_AXIS_AGE_BAND),
	WHEN("direction", PST_AXIS_DIRECTION), WHEN("environment", PST_AXIS_ENVIRONMENT),
	WHEN("port", PST_AXIS_PORT), WHEN("mode", PST_AXIS_MODE), WHEN("purpose", PST_AXIS_PURPOSE),
	WHEN("modality", PST_AXIS_MODALITY), WHEN("notice", PST_AXIS_NOTICE),
	WHEN("choice", PST_AXIS_CHOICE), CYAML_FIELD_END};

static const cyaml_schema_field_t group_fields[] = {
	NEED("group", file_group, group), LIST("of", 0, file_group, of), CYAML_FIELD_END};
static const cyaml_schema_value_t group_schema = MAPPING(file_group, group_fields);

static const cyaml_schema_field_t axis_fields[] = {NEED("axis", file_axis, axis),
	LIST("values", CYAML_FLAG_OPTIONAL, file_axis, values), MAY("default", file_axis, preset),
	ENTRIES("groups", CYAML_FLAG_OPTIONAL, file_axis, groups, &group_schema, LIST_MAX),
	CYAML_FIELD_END};
static const cyaml_schema_value_t axis_schema = MAPPING(file_axis, axis_fields);

static const cyaml_schema_field_t source_fields[] = {NEED("source", file_source, source),
	NEED("title", file_source, title), NEED("citation", file_source, citation),
	NEED("checked", file_source, checked), NEED("status", file_source, status),
	CYAML_FIELD_END};
static const cyaml_schema_value_t source_schema = MAPPING(file_source, source_fields);

static const cyaml_schema_field_t dispute_fields[] = {NEED("dispute", file_dispute, dispute),
	NEED("question", file_dispute, question), LIST("readings", 0, file_dispute, readings),
	NEED("taken", file_dispute, taken), CYAML_FIELD_END};
static const cyaml_schema_value_t dispute_schema = MAPPING(file_dispute, dispute_fields);

static const cyaml_schema_field_t retention_fields[] = {NEED("class", file_retention, class_name),
	NEED("matching", file_retention, matching), NEED("identity", file_retention, identity),
	NEED("partner", file_retention, partner), NEED("crossing", file_retention, crossing),
	MAY("note", file_retention, note), CYAML_FIELD_END};
static const cyaml_schema_value_t retention_schema = MAPPING(file_retention, retention_fields);

static const cyaml_schema_field_t otherwise_fields[] = {NEED("verdict", file_otherwise, verdict),
	MAY("authority", file_otherwise, authority), MAY("outcome", file_otherwise, outcome),
	MAY("retention", file_otherwise, retention), CYAML_FIELD_END};

static const cyaml_schema_field_t rule_fields[] = {NEED("id", file_rule, id),
	NEED("text", file_rule, text),
	CYAML_FIELD_MAPPING_PTR("when", CYAML_FLAG_POINTER, struct file_rule, when, when_fields),
	MAY("from", file_rule, from), MAY("until", file_rule, until),
	MAY("priority", file_rule, priority), NEED("verdict", file_rule, verdict),
	MAY("authority", file_rule, authority), MAY("outcome", file_rule, outcome),
	MAY("retention", file_rule, retention), NEED("basis", file_rule, basis),
	LIST("obligations", CYAML_FLAG_OPTIONAL, file_rule, obligations),
	LIST("sources", 0, file_rule, sources),
	LIST("disputes", CYAML_FLAG_OPTIONAL, file_rule, disputes),
	CYAML_FIELD_MAPPING_PTR("otherwise", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
		struct file_rule, otherwise, otherwise_fields),
	CYAML_FIELD_END};
static const cyaml_schema_value_t rule_schema = MAPPING(file_rule, rule_fields);

static const cyaml_schema_field_t texts_fields[] = {
	NEED("notice-version", file_texts, notice_version), NEED("notice", file_texts, notice),
	NEED("withdraw", file_texts, withdraw), NEED("complain", file_texts, complain),
	NEED("disclaimer", file_texts, disclaimer), CYAML_FIELD_END};

static const cyaml_schema_field_t top_fields[] = {NEED("policy", file_top, policy),
	NEED("format", file_top, format), NEED("version", file_top, version),
	NEED("title", file_top, title), NEED("from", file_top, from),
	NEED("choice-window", file_top, choice_window),
	CYAML_FIELD_MAPPING_PTR("texts", CYAML_FLAG_POINTER, struct file_top, texts, texts_fields),
	ENTRIES("axes", 0, file_top, axes, &axis_schema, PST_AXIS_COUNT),
	CYAML_FIELD_MAPPING_PTR("unless-stated", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
		struct file_top, unless_stated, when_fields),
	LIST("always", CYAML_FLAG_OPTIONAL, file_top, always),
	ENTRIES("sources", 0, file_top, sources, &source_schema, LIST_MAX),
	ENTRIES("disputes", CYAML_FLAG_OPTIONAL, file_top, disputes, &dispute_schema, LIST_MAX),
	ENTRIES("retention", 0, file_top, retention, &retention_schema, LIST_MAX),
	ENTRIES("rules", 0, file_top, rules, &rule_schema, PST_POLICY_RULES_MAX), CYAML_FIELD_END};

static const cyaml_schema_value_t top_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file_top, top_fields)};

/* What the library had to say about a file it did not like. */
struct complaint {
	char text[256];
	char field[64];
	int line;
};

static void take_complaint(cyaml_log_t level, void *context, const char *format, va_list args)
{
	struct complaint *complaint = context;
	char text[256];
	const char *at;

	(void)level;
	(void)vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = 0;
	at = strstr(text, "(line: ");
	if (strstr(text, "Backtrace:")) {
		return;
	}
	if (!at && !complaint->text[0]) {
		const char *from = strncmp(text, "Load: ", 6) == 0 ? text + 6 : text;

		(void)snprintf(complaint->text, sizeof(complaint->text), "%s", from);
	}
	if (at && !complaint->line) {
		complaint->line = atoi(at + strlen("(line: "));
		(void)sscanf(text, "  in mapping field '%63[^']'", complaint->field);
	}
}

static void *mem_fn(void *context, void *pointer, size_t size)
{
	return cyaml_mem(context, pointer, size);
}

static cyaml_config_t config(struct complaint *complaint)
{
	return (cyaml_config_t){
		.log_fn = take_complaint,
		.log_ctx = complaint,
		.mem_fn = mem_fn,
		.log_level = CYAML_LOG_WARNING,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

static size_t collect_keys(const cyaml_schema_field_t *fields, const char **keys, size_t room)
{
	size_t count = 0;

	for (; fields->key && count < room; fields++) {
		keys[count++] = fields->key;
	}
	return count;
}

static const char *nearest_key(const char *key)
{
	static const cyaml_schema_field_t *const all[] = {top_fields, texts_fields, rule_fields,
		otherwise_fields, retention_fields, dispute_fields, source_fields, axis_fields,
		group_fields, when_fields};
	const char *keys[128] = {NULL};
	size_t count = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		count += collect_keys(all[i], keys + count, 127 - count);
	}
	return pst_text_nearest(keys, key);
}

/* Says in our words what the library said in its own. */
static int report(
	const struct policy_file *file, const struct complaint *complaint, struct pst_error *error)
{
	static const struct {
		const char *theirs, *ours;
	} phrases[] = {
		{"Expecting SEQUENCE", "a list is needed here, as in [a, b]"},
		{"Expecting MAPPING", "keys with values are needed here"},
		{"Expecting STRING", "a single value is needed here"},
		{"STRING length < 1", "a value is missing here"},
		{"Insufficient entries", "the list is empty"},
		{"Ignoring documents", "one file is one document; remove what follows '---'"},
	};
	const char *what =
		complaint->text[0] ? complaint->text : "aliases (&name, *name) are not taken";
	const char *colon = strstr(what, ": ");
	const char *word = colon ? colon + 2 : "";
	int line = complaint->line ? complaint->line : 1;

	if (strncmp(what, "Unexpected key: ", 16) == 0) {
		const char *nearest = nearest_key(word);

		return pst_error_set(error, PST_E_CONFIG, "%s:%d: unknown key '%s'%s%s%s",
			file->name, policy_file_find_line(file, line, word), word,
			nearest ? "; did you mean '" : "", nearest ? nearest : "",
			nearest ? "'?" : "");
	}
	if (strncmp(what, "Missing required mapping field: ", 32) == 0) {
		return pst_error_set(error, PST_E_CONFIG, "%s:%d: key '%s' is missing here",
			file->name, line, word);
	}
	if (strncmp(what, "Mapping field already seen: ", 28) == 0) {
		return pst_error_set(error, PST_E_CONFIG, "%s:%d: key '%s' stands here twice",
			file->name, line, word);
	}
	if (strncmp(what, "libyaml: ", 9) == 0) {
		return pst_error_set(error, PST_E_CONFIG, "%s: not valid YAML near line %d: %s",
			file->name, line, word);
	}
	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		if (strncmp(what, phrases[i].theirs, strlen(phrases[i].theirs)) == 0) {
			what = phrases[i].ours;
		}
	}
	return pst_error_set(error, PST_E_CONFIG, "%s:%d: %s%s%s%s", file->name, line,
		complaint->field[0] ? "key '" : "", complaint->field,
		complaint->field[0] ? "': " : "", what);
}

int policy_file_read(struct policy_file *file, const char *name, const void *data, size_t size,
	struct pst_error *error)
{
	struct complaint complaint = {.line = 0};
	cyaml_config_t cyaml = config(&complaint);
	cyaml_data_t *top = NULL;
	cyaml_err_t result;

	*file = (struct policy_file){.name = name, .text = data, .size = size};
	if (size > PST_POLICY_FILE_MAX) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s: larger than %u bytes, no policy file", name, PST_POLICY_FILE_MAX);
	}
	if (memchr(data, 0, size)) {
		return pst_error_set(
			error, PST_E_CONFIG, "%s: holds a NUL byte, no policy file", name);
	}
	result = cyaml_load_data(data, size, &cyaml, &top_schema, &top, NULL);
	file->top = top;
	if (result == CYAML_ERR_OOM) {
		return pst_error_set(error, -ENOMEM, "%s: out of memory", name);
	}
	if (result == CYAML_OK && !top) {
		return pst_error_set(error, PST_E_CONFIG, "%s: empty, no policy file", name);
	}
	if (result != CYAML_OK || complaint.text[0]) {
		return report(file, &complaint, error);
	}
	return 0;
}

void policy_file_finish(struct policy_file *file)
{
	struct complaint complaint = {.line = 0};
	cyaml_config_t cyaml = config(&complaint);

	if (file->top) {
		(void)cyaml_free(&cyaml, &top_schema, file->top, 0);
	}
	*file = (struct policy_file){.name = NULL};
}

static bool is_word_char(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '.';
}

static const char *find_word(const char *from, const char *end, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = from; length && at + length <= end; at++) {
		if (memcmp(at, word, length) == 0 && (at == from || !is_word_char(at[-1])) &&
			(at + length == end || !is_word_char(at[length]))) {
			return at;
		}
	}
	return NULL;
}

static const char *line_end(const char *from, const char *end)
{
	const char *newline = memchr(from, '\n', (size_t)(end - from));

	return newline ? newline : end;
}

int policy_file_find_line(const struct policy_file *file, int first_line, const char *word)
{
	const char *end = file->text + file->size;
	int line = 1;

	for (const char *at = file->text; at < end; line++) {
		const char *stop = line_end(at, end);

		if (line >= first_line && find_word(at, stop, word)) {
			return line;
		}
		at = stop + 1;
	}
	return first_line;
}

int policy_file_rule_line(const struct policy_file *file, unsigned index)
{
	const char *end = file->text + file->size;
	bool in_rules = false;
	int line = 1;

	for (const char *at = file->text; at < end; line++) {
		const char *stop = line_end(at, end);
		const char *key = at;

		if (key < stop && !isspace((unsigned char)*key) && *key != '#' && *key != '-') {
			in_rules = stop - at >= 6 && memcmp(at, "rules:", 6) == 0;
		}
		while (key < stop && *key == ' ') {
			key++;
		}
		if (in_rules && stop - key >= 5 && memcmp(key, "- id:", 5) == 0 && index-- == 0) {
			return line;
		}
		at = stop + 1;
	}
	return 0;
}
