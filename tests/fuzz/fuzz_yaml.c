/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/yaml.h"

/* A schema with one key of every kind that rooms use. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct inner {
	char *text;
	int8_t number;
};

struct outer {
	uint16_t count;
	bool truth;
	float ratio;
	int word;
	uint32_t flags;
	char *text;
	struct inner *list;
	unsigned list_count;
	char **words;
	unsigned words_count;
	struct inner inner;
};

static const cyaml_strval_t words[] = {{"one", 1}, {"two", 2}};

static const cyaml_schema_field_t inner_fields[] = {
	CYAML_FIELD_STRING_PTR("text", CYAML_FLAG_POINTER, struct inner, text, 0, 64),
	CYAML_FIELD_INT("number", CYAML_FLAG_OPTIONAL, struct inner, number),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t inner_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct inner, inner_fields),
};

static const cyaml_schema_value_t word_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 64),
};

static const cyaml_schema_field_t outer_fields[] = {
	CYAML_FIELD_UINT("count", CYAML_FLAG_OPTIONAL, struct outer, count),
	CYAML_FIELD_BOOL("truth", CYAML_FLAG_OPTIONAL, struct outer, truth),
	CYAML_FIELD_FLOAT("ratio", CYAML_FLAG_OPTIONAL, struct outer, ratio),
	CYAML_FIELD_ENUM("word", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct outer, word, words,
		CYAML_ARRAY_LEN(words)),
	CYAML_FIELD_FLAGS("flags", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct outer, flags,
		words, CYAML_ARRAY_LEN(words)),
	CYAML_FIELD_STRING_PTR(
		"text", CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER_NULL, struct outer, text, 0, 64),
	CYAML_FIELD_SEQUENCE("list", CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER, struct outer, list,
		&inner_schema, 0, 8),
	CYAML_FIELD_SEQUENCE("words", CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER, struct outer, words,
		&word_schema, 0, 8),
	CYAML_FIELD_MAPPING("inner", CYAML_FLAG_OPTIONAL, struct outer, inner, inner_fields),
	CYAML_FIELD_IGNORE("any", CYAML_FLAG_OPTIONAL),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t outer_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct outer, outer_fields),
};

static void require(int holds)
{
	if (!holds) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pst_error error = {0};
	struct pst_yaml *yaml;
	uint8_t *text = malloc(size ? size : 1);

	if (!text) {
		return 0;
	}
	if (size) {
		memcpy(text, data, size);
	}
	int status = pst_yaml_parse(&yaml, "f", text, size, &outer_schema, &error);
	free(text);
	if (status == 0) {
		const struct outer *outer = pst_yaml_data(yaml);

		require(outer->list_count <= 8 && outer->words_count <= 8);
		require(outer->word >= 0 && outer->word <= 2 && outer->flags <= 3);
		for (unsigned i = 0; i < outer->words_count; i++) {
			require(strlen(outer->words[i]) <= 64);
		}
		(void)pst_yaml_line(yaml, "list[7].number");
		(void)pst_yaml_text(yaml, "any.a[1]");
		(void)pst_yaml_key(yaml, "any", 0);
	} else {
		/* Only what has no place in the file is refused without one; libcyaml finds
		 * nothing. */
		require(status == PST_E_CONFIG && strncmp(error.text, "f:", 2) == 0);
		require((error.text[2] >= '1' && error.text[2] <= '9') ||
			strcmp(error.text, "f: the file is empty") == 0 ||
			strncmp(error.text, "f: NUL byte", 11) == 0);
	}
	pst_yaml_close(&yaml);
	return 0;
}
