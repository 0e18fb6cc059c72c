/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/yaml_impl.h"

/*
 * The first of three readings: event by event, without building anything, so that a file made to
 * hurt is turned away while it is small. What is left is one document of plain values.
 */

struct scan {
	const struct pst_yaml *yaml;
	unsigned depth;
	unsigned documents;
};

static int check_scalar(struct scan *scan, const yaml_event_t *event, struct pst_error *error)
{
	const yaml_char_t *value = event->data.scalar.value;

	if (event->data.scalar.anchor || event->data.scalar.tag) {
		return pst_yaml_refuse(scan->yaml, error, &event->start_mark,
			"anchors (&) and tags (!) are not allowed; write the plain value");
	}
	for (size_t i = 0; i < event->data.scalar.length; i++) {
		if ((value[i] < 0x20 && value[i] != '\n' && value[i] != '\t') || value[i] == 0x7f) {
			return pst_yaml_refuse(scan->yaml, error, &event->start_mark,
				"control character in a value; remove it");
		}
	}
	return 0;
}

static int check_nesting(struct scan *scan, const yaml_event_t *event, bool has_anchor,
	bool has_tag, struct pst_error *error)
{
	if (has_anchor || has_tag) {
		return pst_yaml_refuse(scan->yaml, error, &event->start_mark,
			"anchors (&) and tags (!) are not allowed; write the plain value");
	}
	if (++scan->depth > PST_YAML_DEPTH_MAX) {
		return pst_yaml_refuse(scan->yaml, error, &event->start_mark,
			"nested more than %d deep", PST_YAML_DEPTH_MAX);
	}
	return 0;
}

static int check_document(struct scan *scan, const yaml_event_t *event, struct pst_error *error)
{
	if (++scan->documents > 1) {
		return pst_yaml_refuse(scan->yaml, error, &event->start_mark,
			"a second document begins here; put it into a file of its own");
	}
	if (event->data.document_start.version_directive ||
		event->data.document_start.tag_directives.start !=
			event->data.document_start.tag_directives.end) {
		return pst_yaml_refuse(scan->yaml, error, &event->start_mark,
			"directives (%%) are not allowed; remove the line");
	}
	return 0;
}

static int check_event(struct scan *scan, const yaml_event_t *event, struct pst_error *error)
{
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return pst_yaml_refuse(scan->yaml, error, &event->start_mark,
			"aliases (*) are not allowed; write the value out");
	case YAML_DOCUMENT_START_EVENT:
		return check_document(scan, event, error);
	case YAML_SCALAR_EVENT:
		return check_scalar(scan, event, error);
	case YAML_SEQUENCE_START_EVENT:
		return check_nesting(scan, event, event->data.sequence_start.anchor,
			event->data.sequence_start.tag, error);
	case YAML_MAPPING_START_EVENT:
		return check_nesting(scan, event, event->data.mapping_start.anchor,
			event->data.mapping_start.tag, error);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		scan->depth--;
		return 0;
	default:
		return 0;
	}
}

/* Line and column (in bytes) of an offset: libyaml reads ahead of its own mark. */
static void mark_offset(const struct pst_yaml *yaml, size_t offset, yaml_mark_t *mark)
{
	for (size_t i = 0; i < offset && i < yaml->size; i++) {
		bool newline = yaml->text[i] == '\n';

		mark->line += newline;
		mark->column = newline ? 0 : mark->column + 1;
	}
}

static int refuse_syntax(
	const struct pst_yaml *yaml, const yaml_parser_t *parser, struct pst_error *error)
{
	yaml_mark_t mark = {0};

	switch (parser->error) {
	case YAML_MEMORY_ERROR:
		return pst_error_set(error, -ENOMEM, "%s: out of memory", yaml->name);
	case YAML_READER_ERROR:
		mark_offset(yaml, parser->problem_offset, &mark);
		return pst_yaml_refuse(yaml, error, &mark, "%s; the file must be UTF-8",
			parser->problem ? parser->problem : "not readable");
	default:
		return pst_yaml_refuse(yaml, error, &parser->problem_mark, "not valid YAML: %s%s%s",
			parser->context ? parser->context : "", parser->context ? ": " : "",
			parser->problem ? parser->problem : "syntax");
	}
}

static int scan_events(struct scan *scan, yaml_parser_t *parser, struct pst_error *error)
{
	bool more = true;

	while (more) {
		yaml_event_t event;

		if (!yaml_parser_parse(parser, &event)) {
			return refuse_syntax(scan->yaml, parser, error);
		}
		more = event.type != YAML_STREAM_END_EVENT;
		int status = check_event(scan, &event, error);
		yaml_event_delete(&event);
		if (status < 0) {
			return status;
		}
	}
	if (scan->documents == 0) {
		return pst_error_set(
			error, PST_E_CONFIG, "%s: the file is empty", scan->yaml->name);
	}
	return 0;
}

int pst_yaml_scan(const struct pst_yaml *yaml, struct pst_error *error)
{
	const uint8_t *nul = yaml->size ? memchr(yaml->text, 0, yaml->size) : NULL;
	struct scan scan = {.yaml = yaml};
	yaml_parser_t parser;

	if (nul) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s: NUL byte at offset %zu; the file must be UTF-8 text", yaml->name,
			(size_t)(nul - yaml->text));
	}
	if (!yaml_parser_initialize(&parser)) {
		return pst_error_set(error, -ENOMEM, "%s: out of memory", yaml->name);
	}
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, yaml->text, yaml->size);
	int status = scan_events(&scan, &parser, error);
	yaml_parser_delete(&parser);
	return status;
}
