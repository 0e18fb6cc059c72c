/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "base/yaml_impl.h"

static const cyaml_config_t cyaml_config = {
	.mem_fn = cyaml_mem,
	.log_level = CYAML_LOG_ERROR,
	.flags = CYAML_CFG_NO_ALIAS,
};

int pst_yaml_refusev(const struct pst_yaml *yaml, struct pst_error *error, const yaml_mark_t *mark,
	const char *format, va_list args)
{
	char text[sizeof(error->text)];

	(void)vsnprintf(text, sizeof(text), format, args);
	return pst_error_set(error, PST_E_CONFIG, "%s:%zu:%zu: %s", yaml->name, mark->line + 1,
		mark->column + 1, text);
}

int pst_yaml_refuse(const struct pst_yaml *yaml, struct pst_error *error, const yaml_mark_t *mark,
	const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int status = pst_yaml_refusev(yaml, error, mark, format, args);
	va_end(args);
	return status;
}

int pst_yaml_refuse_name(const struct pst_yaml *yaml, struct pst_error *error,
	const yaml_mark_t *mark, const char *message, const char *value, const char *const *names)
{
	const char *nearest = pst_text_nearest(names, value);
	char list[256] = "";
	size_t used = 0;

	if (nearest) {
		return pst_yaml_refuse(
			yaml, error, mark, "%s; did you mean '%s'?", message, nearest);
	}
	for (size_t i = 0; names[i] && used < sizeof(list); i++) {
		int n = snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "", names[i]);

		used += n > 0 ? (size_t)n : 0;
	}
	return pst_yaml_refuse(yaml, error, mark, "%s; known are %s%s", message, list,
		used < sizeof(list) ? "" : "...");
}

/* The pair of a mapping whose key is the length bytes at key; NULL if there is none. */
static yaml_node_pair_t *find_pair(
	yaml_document_t *document, yaml_node_t *mapping, const char *key, size_t length)
{
	yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;

	for (; pair < mapping->data.mapping.pairs.top; pair++) {
		const yaml_node_t *node = yaml_document_get_node(document, pair->key);

		if (node->type == YAML_SCALAR_NODE && node->data.scalar.length == length &&
			memcmp(node->data.scalar.value, key, length) == 0) {
			return pair;
		}
	}
	return NULL;
}

/* One step along a path: "[3]" or "key", with a dot before it or not. NULL: it leads nowhere. */
static yaml_node_t *step(yaml_document_t *document, yaml_node_t *node, const char **path)
{
	const char *at = *path + (**path == '.');

	if (*at == '[' && node->type == YAML_SEQUENCE_NODE) {
		char *end;
		unsigned long index = strtoul(at + 1, &end, 10);
		yaml_node_item_t *items = node->data.sequence.items.start;

		if (*end != ']' || index >= (size_t)(node->data.sequence.items.top - items)) {
			return NULL;
		}
		*path = end + 1;
		return yaml_document_get_node(document, items[index]);
	}
	if (*at != '[' && node->type == YAML_MAPPING_NODE) {
		size_t length = strcspn(at, ".[");
		yaml_node_pair_t *pair = find_pair(document, node, at, length);

		*path = at + length;
		return pair ? yaml_document_get_node(document, pair->value) : NULL;
	}
	return NULL;
}

/* The value at a path, or NULL; *ret_mark is its place, or that of the nearest one above it. */
static const yaml_node_t *find_node(
	const struct pst_yaml *yaml, const char *where, yaml_mark_t *ret_mark)
{
	yaml_document_t *document = (yaml_document_t *)&yaml->document;
	yaml_node_t *node = yaml_document_get_root_node(document);

	while (node) {
		*ret_mark = node->start_mark;
		if (!*where) {
			return node;
		}
		node = step(document, node, &where);
	}
	return NULL;
}

const char *pst_yaml_text(const struct pst_yaml *yaml, const char *where)
{
	yaml_mark_t mark;
	const yaml_node_t *node = find_node(yaml, where, &mark);

	return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value
						      : NULL;
}

const char *pst_yaml_key(const struct pst_yaml *yaml, const char *where, size_t index)
{
	yaml_mark_t mark;
	const yaml_node_t *node = find_node(yaml, where, &mark);

	if (!node || node->type != YAML_MAPPING_NODE) {
		return NULL;
	}
	const yaml_node_pair_t *pairs = node->data.mapping.pairs.start;
	if (index >= (size_t)(node->data.mapping.pairs.top - pairs)) {
		return NULL;
	}
	const yaml_node_t *key =
		yaml_document_get_node((yaml_document_t *)&yaml->document, pairs[index].key);
	return key->type == YAML_SCALAR_NODE ? (const char *)key->data.scalar.value : "";
}

unsigned pst_yaml_line(const struct pst_yaml *yaml, const char *where)
{
	yaml_mark_t mark;

	return find_node(yaml, where, &mark) ? (unsigned)mark.line + 1 : 0;
}

int pst_yaml_fail(const struct pst_yaml *yaml, struct pst_error *error, const char *where,
	const char *format, ...)
{
	yaml_mark_t mark = {0};
	va_list args;

	(void)find_node(yaml, where, &mark);
	va_start(args, format);
	int status = pst_yaml_refusev(yaml, error, &mark, format, args);
	va_end(args);
	return status;
}

int pst_yaml_fail_name(const struct pst_yaml *yaml, struct pst_error *error, const char *where,
	const char *what, const char *value, const char *const *names)
{
	yaml_mark_t mark = {0};
	char message[256];

	(void)find_node(yaml, where, &mark);
	(void)snprintf(message, sizeof(message), "unknown value '%.64s' for %s", value, what);
	return pst_yaml_refuse_name(yaml, error, &mark, message, value, names);
}

static int load_document(struct pst_yaml *yaml, struct pst_error *error)
{
	yaml_parser_t parser;

	if (!yaml_parser_initialize(&parser)) {
		return pst_error_set(error, -ENOMEM, "%s: out of memory", yaml->name);
	}
	yaml_parser_set_input_string(&parser, yaml->text, yaml->size);
	yaml->has_document = yaml_parser_load(&parser, &yaml->document) == 1;
	yaml_parser_delete(&parser);
	if (!yaml->has_document) {
		return pst_error_set(error, -ENOMEM, "%s: out of memory", yaml->name);
	}
	return 0;
}

static int load_data(struct pst_yaml *yaml, struct pst_error *error)
{
	cyaml_err_t result = cyaml_load_data(
		yaml->text, yaml->size, &cyaml_config, yaml->schema, &yaml->data, NULL);

	if (result == CYAML_ERR_OOM) {
		return pst_error_set(error, -ENOMEM, "%s: out of memory", yaml->name);
	}
	if (result != CYAML_OK) {
		return pst_error_set(
			error, PST_E_CONFIG, "%s: %s", yaml->name, cyaml_strerror(result));
	}
	return 0;
}

int pst_yaml_parse(struct pst_yaml **ret_yaml, const char *name, const void *text, size_t size,
	const cyaml_schema_value_t *schema, struct pst_error *error)
{
	struct pst_yaml *yaml = calloc(1, sizeof(*yaml));
	int status = 0;

	*ret_yaml = NULL;
	if (!yaml || !(yaml->name = strdup(name))) {
		status = pst_error_set(error, -ENOMEM, "%s: out of memory", name);
		goto fail;
	}
	yaml->schema = schema;
	yaml->text = text;
	yaml->size = size;
	if (size > PST_YAML_SIZE_MAX) {
		status = pst_error_set(
			error, PST_E_CONFIG, "%s: larger than %d bytes", name, PST_YAML_SIZE_MAX);
		goto fail;
	}
	status = pst_yaml_scan(yaml, error);
	if (status == 0) {
		status = load_document(yaml, error);
	}
	if (status == 0) {
		status = pst_yaml_check(yaml, error);
	}
	if (status == 0) {
		status = load_data(yaml, error);
	}
	if (status < 0) {
		goto fail;
	}
	yaml->text = NULL;
	*ret_yaml = yaml;
	return 0;
fail:
	pst_yaml_close(&yaml);
	return status;
}

int pst_yaml_open(struct pst_yaml **ret_yaml, const char *path, const cyaml_schema_value_t *schema,
	size_t limit, struct pst_error *error)
{
	uint8_t *text;
	size_t size;

	*ret_yaml = NULL;
	int status = pst_fd_read_file(path, limit, &text, &size, error);
	if (status < 0) {
		return status;
	}
	status = pst_yaml_parse(ret_yaml, path, text, size, schema, error);
	free(text);
	return status;
}

void *pst_yaml_data(const struct pst_yaml *yaml)
{
	return yaml->data;
}

void pst_yaml_close(struct pst_yaml **yaml)
{
	struct pst_yaml *old = *yaml;

	*yaml = NULL;
	if (!old) {
		return;
	}
	pst_yaml_free(old->schema, &old->data);
	if (old->has_document) {
		yaml_document_delete(&old->document);
	}
	free(old->name);
	free(old);
}

int pst_yaml_load(const char *path, const cyaml_schema_value_t *schema, void **ret_data,
	size_t limit, struct pst_error *error)
{
	struct pst_yaml *yaml;

	*ret_data = NULL;
	int status = pst_yaml_open(&yaml, path, schema, limit, error);
	if (status < 0) {
		return status;
	}
	*ret_data = yaml->data;
	yaml->data = NULL;
	pst_yaml_close(&yaml);
	return 0;
}

void pst_yaml_free(const cyaml_schema_value_t *schema, void **data)
{
	if (*data) {
		(void)cyaml_free(&cyaml_config, schema, *data, 0);
	}
	*data = NULL;
}
