/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_BASE_YAML_IMPL_H
#define PST_BASE_YAML_IMPL_H

#include <stdbool.h>
#include <stdint.h>

#include <yaml.h>

#include "base/yaml.h"

/* What the parts of base/yaml.h share; nobody else includes this. */

struct pst_yaml {
	char *name; /* owned; the path, for messages */
	const uint8_t *text;
	size_t size;
	const cyaml_schema_value_t *schema;
	yaml_document_t document; /* valid when has_document */
	bool has_document;
	cyaml_data_t *data; /* owned */
};

/** Fills the error as "NAME:LINE:COL: message". @return PST_E_CONFIG */
int pst_yaml_refuse(const struct pst_yaml *yaml, struct pst_error *error, const yaml_mark_t *mark,
	const char *format, ...) PST_PRINTF(4, 5);
int pst_yaml_refusev(const struct pst_yaml *yaml, struct pst_error *error, const yaml_mark_t *mark,
	const char *format, va_list args);

/** Fills the error with "MESSAGE; did you mean 'NEAREST'?" or "MESSAGE; known are A, B, C". */
int pst_yaml_refuse_name(const struct pst_yaml *yaml, struct pst_error *error,
	const yaml_mark_t *mark, const char *message, const char *value, const char *const *names);

/** Refuses what no schema asks for: aliases, depth, control characters. @return 0 or refusal */
int pst_yaml_scan(const struct pst_yaml *yaml, struct pst_error *error) PST_MUST_CHECK;

/** Holds the document against the schema. @return 0 or refusal */
int pst_yaml_check(struct pst_yaml *yaml, struct pst_error *error) PST_MUST_CHECK;

#endif
