/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum colour { COLOUR_RED = 1, COLOUR_GREEN = 2 };

struct item {
	char *id;
	int8_t small;
};

struct top {
	unsigned version;
	bool open;
	double ratio;
	enum colour colour;
	char *note;
	struct item *items;
	unsigned items_count;
};

static const cyaml_strval_t colours[] = {{"red", COLOUR_RED}, {"green", COLOUR_GREEN}};

static const cyaml_schema_field_t item_fields[] = {
	CYAML_FIELD_STRING_PTR("id", CYAML_FLAG_POINTER, struct item, id, 1, 8),
	CYAML_FIELD_INT("small", CYAML_FLAG_OPTIONAL, struct item, small),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t item_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct item, item_fields),
};

static const cyaml_schema_field_t top_fields[] = {
	CYAML_FIELD_UINT("version", CYAML_FLAG_DEFAULT, struct top, version),
	CYAML_FIELD_BOOL("open", CYAML_FLAG_OPTIONAL, struct top, open),
	CYAML_FIELD_FLOAT("ratio", CYAML_FLAG_OPTIONAL, struct top, ratio),
	CYAML_FIELD_ENUM("colour", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct top, colour,
		colours, CYAML_ARRAY_LEN(colours)),
	CYAML_FIELD_STRING_PTR(
		"note", CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER_NULL, struct top, note, 0, 100),
	CYAML_FIELD_SEQUENCE("items", CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER, struct top, items,
		&item_schema, 1, 3),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t top_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct top, top_fields),
};

static const char good[] = "version: 1\n"
			   "open: true\n"
			   "ratio: 0.25\n"
			   "colour: green\n"
			   "note: said so\n"
			   "items:\n"
			   "  - {id: a, small: -128}\n"
			   "  - id: b\n"
			   "    small: 127\n";

static int parse(const char *text, struct pst_yaml **ret_yaml, struct pst_error *error)
{
	return pst_yaml_parse(ret_yaml, "f.yaml", text, strlen(text), &top_schema, error);
}

static void expect_refusal(const char *text, const char *message)
{
	struct pst_error error = {0};
	struct pst_yaml *yaml;

	cr_expect_eq(parse(text, &yaml, &error), PST_E_CONFIG, "taken: %s", text);
	cr_expect_null(yaml);
	cr_expect_str_eq(error.text, message);
	pst_yaml_close(&yaml);
}

Test(yaml, loads_what_the_schema_says)
{
	struct pst_error error = {0};
	struct pst_yaml *yaml;

	cr_assert_eq(parse(good, &yaml, &error), 0, "%s", error.text);
	const struct top *top = pst_yaml_data(yaml);
	cr_expect_eq(top->version, 1);
	cr_expect(top->open);
	cr_expect_eq(top->ratio, 0.25);
	cr_expect_eq(top->colour, COLOUR_GREEN);
	cr_expect_str_eq(top->note, "said so");
	cr_assert_eq(top->items_count, 2);
	cr_expect_eq(top->items[0].small, -128);
	cr_expect_str_eq(top->items[1].id, "b");
	cr_expect_eq(top->items[1].small, 127);
	pst_yaml_close(&yaml);
	cr_expect_null(yaml);
	pst_yaml_close(&yaml);
}

Test(yaml, names_the_place_of_a_value)
{
	struct pst_error error = {0};
	struct pst_yaml *yaml;

	cr_assert_eq(parse(good, &yaml, &error), 0);
	cr_expect_eq(pst_yaml_line(yaml, "version"), 1);
	cr_expect_eq(pst_yaml_line(yaml, "items[1].small"), 9);
	cr_expect_eq(pst_yaml_line(yaml, "items[2]"), 0);
	cr_expect_eq(pst_yaml_line(yaml, "items.id"), 0);
	cr_expect_eq(pst_yaml_line(yaml, "colours"), 0);
	cr_expect_eq(pst_yaml_fail(yaml, &error, "items[1].small", "is %d", 127), PST_E_CONFIG);
	cr_expect_str_eq(error.text, "f.yaml:9:12: is 127");
	error = (struct pst_error){0};
	cr_expect_eq(pst_yaml_fail(yaml, &error, "items[1].big", "is not there"), PST_E_CONFIG);
	cr_expect_str_eq(error.text, "f.yaml:8:5: is not there");
	error = (struct pst_error){0};
	cr_expect_eq(pst_yaml_fail(yaml, &error, "", "all wrong"), PST_E_CONFIG);
	cr_expect_str_eq(error.text, "f.yaml:1:1: all wrong");
	pst_yaml_close(&yaml);
}

Test(yaml, suggests_names)
{
	static const char *const names[] = {"citizen", "visitor", NULL};
	struct pst_error error = {0};
	struct pst_yaml *yaml;

	cr_assert_eq(parse(good, &yaml, &error), 0);
	(void)pst_yaml_fail_name(yaml, &error, "note", "category", "citizn", names);
	cr_expect_str_eq(error.text,
		"f.yaml:5:7: unknown value 'citizn' for category; did you mean 'citizen'?");
	error = (struct pst_error){0};
	(void)pst_yaml_fail_name(yaml, &error, "note", "category", "xyz", names);
	cr_expect_str_eq(error.text,
		"f.yaml:5:7: unknown value 'xyz' for category; known are citizen, visitor");
	pst_yaml_close(&yaml);
}

Test(yaml, refuses_keys)
{
	expect_refusal(
		"version: 1\nnotes: x\n", "f.yaml:2:1: unknown key 'notes'; did you mean 'note'?");
	expect_refusal("version: 1\nzzzzzzz: x\n",
		"f.yaml:2:1: unknown key 'zzzzzzz'; known are version, open, ratio, colour, note, "
		"items");
	expect_refusal("version: 1\nitems:\n  - {id: a, sm: 1}\n",
		"f.yaml:3:13: unknown key 'sm' in items; known are id, small");
	expect_refusal("version: 1\nopen: true\nversion: 1\n",
		"f.yaml:3:1: key 'version' is given twice, first in line 1; remove one");
	expect_refusal("version: 1\n\"version\": 1\n",
		"f.yaml:2:1: key 'version' is given twice, first in line 1; remove one");
	expect_refusal("open: true\n", "f.yaml:1:1: key 'version' is missing; add it");
	expect_refusal("version: 1\nitems:\n  - small: 1\n",
		"f.yaml:3:5: key 'id' is missing in items; add it");
	expect_refusal("version: 1\n? [a]\n: b\n", "f.yaml:2:3: a key must be a plain word");
}

Test(yaml, refuses_kinds)
{
	expect_refusal("version: [1]\n", "f.yaml:1:10: 'version' needs a single value, not a list");
	expect_refusal("version: 1\nitems: 3\n", "f.yaml:2:8: 'items' needs a list, not a value");
	expect_refusal("version: 1\nitems: [3]\n",
		"f.yaml:2:9: 'items' needs keys with values, not a value");
	expect_refusal("version: 1\nitems: {id: a}\n",
		"f.yaml:2:8: 'items' needs a list, not keys with values");
	expect_refusal("- version\n", "f.yaml:1:1: the file must begin with keys, 'key: value'");
	expect_refusal("version: 1\nitems: []\n",
		"f.yaml:2:8: 'items' has 0 entries; no fewer than 1 are allowed");
	expect_refusal("version: 1\nitems: [{id: a}, {id: a}, {id: a}, {id: a}]\n",
		"f.yaml:2:8: 'items' has 4 entries; no more than 3 are allowed");
}

Test(yaml, refuses_values)
{
	expect_refusal("version: -1\n",
		"f.yaml:1:10: 'version' needs a whole number from 0 to 4294967295, not '-1'");
	expect_refusal("version: 4294967296\n",
		"f.yaml:1:10: 'version' needs a whole number from 0 to 4294967295, not "
		"'4294967296'");
	expect_refusal("version: 0x1\n",
		"f.yaml:1:10: 'version' needs a whole number from 0 to 4294967295, not '0x1'");
	expect_refusal(
		"version:\n", "f.yaml:1:9: 'version' is empty; give it a value or remove it");
	expect_refusal(
		"version: ~\n", "f.yaml:1:10: 'version' is empty; give it a value or remove it");
	expect_refusal(
		"version: 1\nopen: yes\n", "f.yaml:2:7: 'open' needs true or false, not 'yes'");
	expect_refusal("version: 1\nratio: 1,5\n", "f.yaml:2:8: 'ratio' needs a number, not '1,5'");
	expect_refusal("version: 1\nratio: nan\n", "f.yaml:2:8: 'ratio' needs a number, not 'nan'");
	expect_refusal(
		"version: 1\nratio: 1e999\n", "f.yaml:2:8: 'ratio' needs a number, not '1e999'");
	expect_refusal("version: 1\ncolour: grean\n",
		"f.yaml:2:9: unknown value 'grean' for colour; did you mean 'green'?");
	expect_refusal("version: 1\ncolour: 2\n",
		"f.yaml:2:9: unknown value '2' for colour; known are red, green");
	expect_refusal("version: 1\nitems: [{id: \"\"}]\n",
		"f.yaml:2:14: 'id' is empty; give it a value or remove it");
	expect_refusal("version: 1\nitems: [{id: abcdefghi}]\n",
		"f.yaml:2:14: 'id' is too long; at most 8 bytes");
	expect_refusal("version: 1\nitems: [{id: a, small: 128}]\n",
		"f.yaml:2:24: 'small' needs a whole number from -128 to 127, not '128'");
}

Test(yaml, refuses_what_yaml_allows)
{
	expect_refusal("version: &a 1\nratio: *a\n",
		"f.yaml:1:10: anchors (&) and tags (!) are not allowed; write the plain value");
	expect_refusal(
		"version: *a\n", "f.yaml:1:10: aliases (*) are not allowed; write the value out");
	expect_refusal("version: !!int 1\n",
		"f.yaml:1:10: anchors (&) and tags (!) are not allowed; write the plain value");
	expect_refusal("version: 1\n---\nversion: 2\n",
		"f.yaml:2:1: a second document begins here; put it into a file of its own");
	expect_refusal("%YAML 1.1\n---\nversion: 1\n",
		"f.yaml:1:1: directives (%) are not allowed; remove the line");
	expect_refusal("", "f.yaml: the file is empty");
	expect_refusal("# nothing\n", "f.yaml: the file is empty");
	expect_refusal("version: 1\nnote: \"a\\0b\"\n",
		"f.yaml:2:7: control character in a value; remove it");
	expect_refusal("version: 1\nnote: \"\\e[2J\"\n",
		"f.yaml:2:7: control character in a value; remove it");
	expect_refusal("a: [[[[[[[[[[[[[[[[[[[[\n", "f.yaml:1:19: nested more than 16 deep");
	expect_refusal("version: 1\n\tnote: x\n",
		"f.yaml:2:1: not valid YAML: while scanning a plain scalar: found a tab character "
		"that violates indentation");
	expect_refusal("version: 1\nnote: \xff\n",
		"f.yaml:2:7: invalid leading UTF-8 octet; the file must be UTF-8");
}

Test(yaml, refuses_nul_bytes_and_size)
{
	static const char text[] = "version: 1\n\0colour: red\n";
	static char large[PST_YAML_SIZE_MAX + 1];
	struct pst_error error = {0};
	struct pst_yaml *yaml;

	cr_expect_eq(pst_yaml_parse(&yaml, "f", text, sizeof(text) - 1, &top_schema, &error),
		PST_E_CONFIG);
	cr_expect_str_eq(error.text, "f: NUL byte at offset 11; the file must be UTF-8 text");
	error = (struct pst_error){0};
	memset(large, '#', sizeof(large));
	cr_expect_eq(pst_yaml_parse(&yaml, "f", large, sizeof(large), &top_schema, &error),
		PST_E_CONFIG);
	cr_expect_str_eq(error.text, "f: larger than 1048576 bytes");
}

Test(yaml, refuses_more_keys_than_the_limit)
{
	char text[16 * (PST_YAML_KEYS_MAX + 2)] = "version: 1\nitems:\n  - {id: a";
	struct pst_error error = {0};
	struct pst_yaml *yaml;

	for (int i = 0; i < PST_YAML_KEYS_MAX; i++) {
		(void)snprintf(text + strlen(text), 16, ", k%d: 1", i);
	}
	strcat(text, "}\n");
	cr_expect_eq(parse(text, &yaml, &error), PST_E_CONFIG);
	cr_expect_str_eq(error.text, "f.yaml:3:5: more than 256 keys in one place");
}

Test(yaml, null_stands_where_the_schema_allows_it)
{
	struct pst_error error = {0};
	struct pst_yaml *yaml;

	cr_assert_eq(parse("version: 1\nnote:\n", &yaml, &error), 0, "%s", error.text);
	cr_expect_null(((struct top *)pst_yaml_data(yaml))->note);
	pst_yaml_close(&yaml);
	expect_refusal("version: 1\nnote: null\n",
		"f.yaml:2:7: 'note' is empty; give it a value or remove it");
}

Test(yaml, loads_a_file_and_hands_the_data_over)
{
	char path[] = "yaml-XXXXXX";
	struct pst_error error = {0};
	void *data;
	int fd = mkstemp(path);

	cr_assert(fd >= 0);
	cr_assert_eq(write(fd, good, sizeof(good) - 1), (ssize_t)sizeof(good) - 1);
	close(fd);
	cr_expect_eq(pst_yaml_load(path, &top_schema, &data, 10, &error), -EFBIG);
	cr_expect_null(data);
	error = (struct pst_error){0};
	cr_assert_eq(pst_yaml_load(path, &top_schema, &data, 4096, &error), 0, "%s", error.text);
	cr_expect_str_eq(((struct top *)data)->note, "said so");
	pst_yaml_free(&top_schema, &data);
	cr_expect_null(data);
	unlink(path);
	cr_expect_eq(pst_yaml_load(path, &top_schema, &data, 4096, &error), -ENOENT);
}
