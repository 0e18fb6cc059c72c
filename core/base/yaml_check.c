/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/yaml_impl.h"

/*
 * Holds a document against a libcyaml schema before libcyaml loads it, for two things that libcyaml
 * does not do: name the place and the cure of a mistake, and refuse what it quietly takes (keys
 * given twice, "yess" as true, 0x and octal numbers, numbers for names).
 */

/* A value being checked: the node, and what a person calls it. */
struct spot {
	struct pst_yaml *yaml;
	yaml_node_t *node;
	const char *what;
};

static int check_value(
	const struct spot *spot, const cyaml_schema_value_t *schema, struct pst_error *error);

static yaml_node_t *get_node(struct pst_yaml *yaml, int index)
{
	return yaml_document_get_node(&yaml->document, index);
}

static const char *text_of(const yaml_node_t *node)
{
	return (const char *)node->data.scalar.value;
}

/* Nothing, ~ or null, unquoted. */
static bool is_null(const yaml_node_t *node)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL", NULL};

	return node->type == YAML_SCALAR_NODE &&
	       node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       pst_text_index(words, text_of(node)) >= 0;
}

static int refuse_kind(const struct spot *spot, const char *wanted, struct pst_error *error)
{
	static const char *const kinds[] = {"nothing", "a value", "a list", "keys with values"};

	return pst_yaml_refuse(spot->yaml, error, &spot->node->start_mark, "'%s' needs %s, not %s",
		spot->what, wanted, kinds[spot->node->type]);
}

static int refuse_text(const struct spot *spot, const char *wanted, struct pst_error *error)
{
	return pst_yaml_refuse(spot->yaml, error, &spot->node->start_mark,
		"'%s' needs %s, not '%.64s'", spot->what, wanted, text_of(spot->node));
}

static int check_int(
	const struct spot *spot, const cyaml_schema_value_t *schema, struct pst_error *error)
{
	int shift = 64 - 8 * (int)schema->data_size;
	int64_t high = schema->data_size <= 8 && schema->data_size > 0 ? INT64_MAX >> shift : 0;
	int64_t low = schema->type == CYAML_UINT ? 0 : -high - 1;
	int64_t value;

	if (schema->type == CYAML_UINT && schema->data_size < 8) {
		high = high * 2 + 1;
	}
	if (pst_text_parse_int(text_of(spot->node), low, high, &value) < 0) {
		char wanted[96];

		(void)snprintf(wanted, sizeof(wanted), "a whole number from %lld to %lld",
			(long long)low, (long long)high);
		return refuse_text(spot, wanted, error);
	}
	return 0;
}

static int check_float(
	const struct spot *spot, const cyaml_schema_value_t *schema, struct pst_error *error)
{
	const char *text = text_of(spot->node);
	char *end;
	double value = strtod(text, &end);
	double most = schema->data_size == sizeof(float) ? (double)FLT_MAX : DBL_MAX;

	if (*end || !*text || strspn(text, "0123456789+-.eE") != strlen(text) ||
		fabs(value) > most) {
		return refuse_text(spot, "a number", error);
	}
	return 0;
}

static int check_string(
	const struct spot *spot, const cyaml_schema_value_t *schema, struct pst_error *error)
{
	size_t length = spot->node->data.scalar.length;

	if (length < schema->string.min) {
		return pst_yaml_refuse(spot->yaml, error, &spot->node->start_mark,
			length ? "'%s' is too short"
			       : "'%s' is empty; give it a value or remove it",
			spot->what);
	}
	if (length > schema->string.max) {
		return pst_yaml_refuse(spot->yaml, error, &spot->node->start_mark,
			"'%s' is too long; at most %u bytes", spot->what, schema->string.max);
	}
	return 0;
}

static int check_enum(
	const struct spot *spot, const cyaml_schema_value_t *schema, struct pst_error *error)
{
	const char *names[PST_YAML_KEYS_MAX + 1] = {NULL};
	const char *text = text_of(spot->node);
	char message[192];

	for (uint32_t i = 0; i < schema->enumeration.count && i < PST_YAML_KEYS_MAX; i++) {
		names[i] = schema->enumeration.strings[i].str;
	}
	if (pst_text_index(names, text) >= 0) {
		return 0;
	}
	(void)snprintf(
		message, sizeof(message), "unknown value '%.64s' for %.64s", text, spot->what);
	return pst_yaml_refuse_name(
		spot->yaml, error, &spot->node->start_mark, message, text, names);
}

static int check_scalar(
	const struct spot *spot, const cyaml_schema_value_t *schema, struct pst_error *error)
{
	static const char *const truths[] = {"true", "false", NULL};

	if (spot->node->type != YAML_SCALAR_NODE) {
		return refuse_kind(spot, "a single value", error);
	}
	if (is_null(spot->node)) {
		return pst_yaml_refuse(spot->yaml, error, &spot->node->start_mark,
			"'%s' is empty; give it a value or remove it", spot->what);
	}
	switch (schema->type) {
	case CYAML_INT:
	case CYAML_UINT:
		return check_int(spot, schema, error);
	case CYAML_BOOL:
		return pst_text_index(truths, text_of(spot->node)) >= 0
			       ? 0
			       : refuse_text(spot, "true or false", error);
	case CYAML_FLOAT:
		return check_float(spot, schema, error);
	case CYAML_ENUM:
	case CYAML_FLAGS:
		return check_enum(spot, schema, error);
	default:
		return check_string(spot, schema, error);
	}
}

static int check_sequence(
	const struct spot *spot, const cyaml_schema_value_t *schema, struct pst_error *error)
{
	/* The entries of a flags value are checked one by one as the names they are. */
	const cyaml_schema_value_t *entry =
		schema->type == CYAML_FLAGS ? schema : schema->sequence.entry;
	uint32_t low = schema->type == CYAML_FLAGS ? 0 : schema->sequence.min;
	uint32_t high = schema->type == CYAML_FLAGS ? CYAML_UNLIMITED : schema->sequence.max;

	if (spot->node->type != YAML_SEQUENCE_NODE) {
		return refuse_kind(spot, "a list", error);
	}
	yaml_node_item_t *items = spot->node->data.sequence.items.start;
	size_t count = (size_t)(spot->node->data.sequence.items.top - items);
	if (count < low || count > high) {
		return pst_yaml_refuse(spot->yaml, error, &spot->node->start_mark,
			"'%s' has %zu entries; %s %u are allowed", spot->what, count,
			count < low ? "no fewer than" : "no more than", count < low ? low : high);
	}
	for (size_t i = 0; i < count; i++) {
		const struct spot inner = {spot->yaml, get_node(spot->yaml, items[i]), spot->what};
		int status = schema->type == CYAML_FLAGS ? check_scalar(&inner, entry, error)
							 : check_value(&inner, entry, error);

		if (status < 0) {
			return status;
		}
	}
	return 0;
}

static int refuse_key(const struct spot *spot, const cyaml_schema_field_t *fields,
	const yaml_node_t *key, struct pst_error *error)
{
	const char *names[PST_YAML_KEYS_MAX + 1] = {NULL};
	char message[192];

	for (size_t i = 0; fields[i].key && i < PST_YAML_KEYS_MAX; i++) {
		names[i] = fields[i].key;
	}
	(void)snprintf(message, sizeof(message), "unknown key '%.64s'%s%.64s", text_of(key),
		*spot->what ? " in " : "", spot->what);
	return pst_yaml_refuse_name(
		spot->yaml, error, &key->start_mark, message, text_of(key), names);
}

/* The key is a plain value, and none of the pairs before it has the same. */
static int check_key(const struct spot *spot, const yaml_node_pair_t *pair, struct pst_error *error)
{
	const yaml_node_t *key = get_node(spot->yaml, pair->key);
	const yaml_node_pair_t *at = spot->node->data.mapping.pairs.start;

	if (key->type != YAML_SCALAR_NODE) {
		return pst_yaml_refuse(
			spot->yaml, error, &key->start_mark, "a key must be a plain word");
	}
	for (; at < pair; at++) {
		const yaml_node_t *other = get_node(spot->yaml, at->key);

		if (strcmp(text_of(other), text_of(key)) == 0) {
			return pst_yaml_refuse(spot->yaml, error, &key->start_mark,
				"key '%.64s' is given twice, first in line %zu; remove one",
				text_of(key), other->start_mark.line + 1);
		}
	}
	return 0;
}

static const cyaml_schema_field_t *find_field(const cyaml_schema_field_t *fields, const char *key)
{
	for (; fields->key; fields++) {
		if (strcmp(fields->key, key) == 0) {
			return fields;
		}
	}
	return NULL;
}

static int check_missing(
	const struct spot *spot, const cyaml_schema_field_t *fields, struct pst_error *error)
{
	const yaml_node_pair_t *start = spot->node->data.mapping.pairs.start;
	const yaml_node_pair_t *top = spot->node->data.mapping.pairs.top;

	for (; fields->key; fields++) {
		const yaml_node_pair_t *pair = start;

		while (pair < top &&
			strcmp(text_of(get_node(spot->yaml, pair->key)), fields->key) != 0) {
			pair++;
		}
		if (pair == top && !(fields->value.flags & CYAML_FLAG_OPTIONAL)) {
			return pst_yaml_refuse(spot->yaml, error, &spot->node->start_mark,
				"key '%s' is missing%s%.64s; add it", fields->key,
				*spot->what ? " in " : "", spot->what);
		}
	}
	return 0;
}

static int check_mapping(
	const struct spot *spot, const cyaml_schema_value_t *schema, struct pst_error *error)
{
	if (spot->node->type != YAML_MAPPING_NODE) {
		return refuse_kind(spot, "keys with values", error);
	}
	yaml_node_pair_t *pair = spot->node->data.mapping.pairs.start;
	yaml_node_pair_t *top = spot->node->data.mapping.pairs.top;
	if (top - pair > PST_YAML_KEYS_MAX) {
		return pst_yaml_refuse(spot->yaml, error, &spot->node->start_mark,
			"more than %d keys in one place", PST_YAML_KEYS_MAX);
	}
	for (; pair < top; pair++) {
		int status = check_key(spot, pair, error);
		if (status < 0) {
			return status;
		}
		const yaml_node_t *key = get_node(spot->yaml, pair->key);
		const cyaml_schema_field_t *field =
			find_field(schema->mapping.fields, text_of(key));
		if (!field) {
			return refuse_key(spot, schema->mapping.fields, key, error);
		}
		const struct spot inner = {
			spot->yaml, get_node(spot->yaml, pair->value), field->key};
		status = check_value(&inner, &field->value, error);
		if (status < 0) {
			return status;
		}
	}
	return check_missing(spot, schema->mapping.fields, error);
}

/* Recursion ends at PST_YAML_DEPTH_MAX, which pst_yaml_scan has seen to. */
static int check_value(
	const struct spot *spot, const cyaml_schema_value_t *schema, struct pst_error *error)
{
	bool may_be_null = (schema->flags & CYAML_FLAG_POINTER_NULL) == CYAML_FLAG_POINTER_NULL;

	if (may_be_null && is_null(spot->node) &&
		(!*text_of(spot->node) || (schema->flags & CYAML_FLAG_POINTER_NULL_STR) ==
						  CYAML_FLAG_POINTER_NULL_STR)) {
		return 0;
	}
	switch (schema->type) {
	case CYAML_MAPPING:
		return check_mapping(spot, schema, error);
	case CYAML_FLAGS:
	case CYAML_SEQUENCE:
	case CYAML_SEQUENCE_FIXED:
		return check_sequence(spot, schema, error);
	case CYAML_IGNORE:
	case CYAML_BITFIELD:
		return 0;
	default:
		return check_scalar(spot, schema, error);
	}
}

int pst_yaml_check(struct pst_yaml *yaml, struct pst_error *error)
{
	const struct spot top = {yaml, yaml_document_get_root_node(&yaml->document), ""};

	if (top.node->type != YAML_MAPPING_NODE) {
		return pst_yaml_refuse(yaml, error, &top.node->start_mark,
			"the file must begin with keys, 'key: value'");
	}
	return check_value(&top, yaml->schema, error);
}
