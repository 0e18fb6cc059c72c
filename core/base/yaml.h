/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_BASE_YAML_H
#define PST_BASE_YAML_H

#include <stddef.h>

#include <cyaml/cyaml.h>

#include "base/error.h"

/*
 * YAML files into structs, strictly. libcyaml does the work; this layer refuses what it lets pass
 * and says in one line where a file is wrong: "gate-7.yaml:12:3: unknown key 'fps'; ...".
 *
 * Refused: more than one document, anchors, aliases, tags, directives, NUL bytes, what is not
 * UTF-8, a key given twice, unknown and missing keys (with the nearest known one), nesting beyond
 * PST_YAML_DEPTH_MAX, more than PST_YAML_KEYS_MAX keys in one mapping, booleans other than true and
 * false, numbers in any other form than decimal. The top of a schema is a mapping with
 * CYAML_FLAG_POINTER; mappings inside are structs or pointers.
 *
 * Thread-safe; a handle belongs to one thread at a time.
 */

#define PST_YAML_SIZE_MAX (1024 * 1024) /* bytes of a file */
#define PST_YAML_DEPTH_MAX 16
#define PST_YAML_KEYS_MAX 256

/** A loaded file: its data, and where each value stands in the file. */
struct pst_yaml;

/**
 * Loads a file.
 *
 * @param schema  borrowed until close
 * @param limit   bytes, at most PST_YAML_SIZE_MAX; a larger file is refused
 * @return 0; PST_E_CONFIG the file is not as the schema says; -errno it cannot be read
 *         On error the error begins with the path, and with line and column where there is one.
 */
int pst_yaml_open(struct pst_yaml **ret_yaml, const char *path, const cyaml_schema_value_t *schema,
	size_t limit, struct pst_error *error) PST_MUST_CHECK;

/** As pst_yaml_open, from memory. @param name  what errors call it, in place of a path */
int pst_yaml_parse(struct pst_yaml **ret_yaml, const char *name, const void *text, size_t size,
	const cyaml_schema_value_t *schema, struct pst_error *error) PST_MUST_CHECK;

/** @return the struct that the schema describes; owned by the handle, valid until close */
void *pst_yaml_data(const struct pst_yaml *yaml);

/** @return line of a value, from 1, or 0 if there is none; where is as in pst_yaml_fail() */
unsigned pst_yaml_line(const struct pst_yaml *yaml, const char *where);

/**
 * For values that the schema leaves alone (CYAML_IGNORE), since they may be of more than one kind.
 *
 * @return the text of a single value, or NULL if there is none; borrowed until close
 */
const char *pst_yaml_text(const struct pst_yaml *yaml, const char *where);

/** @return the key number index of a mapping; "" if it is no plain word; NULL beyond the last */
const char *pst_yaml_key(const struct pst_yaml *yaml, const char *where, size_t index);

/**
 * Refuses a value that the schema could not: fills the error as "FILE:LINE:COL: message".
 *
 * @param where  path of the value, "rules[3].when.category"; of a part that is not in the file the
 *               nearest one above it is named; "" is the file's beginning
 * @return PST_E_CONFIG
 */
int pst_yaml_fail(const struct pst_yaml *yaml, struct pst_error *error, const char *where,
	const char *format, ...) PST_PRINTF(4, 5);

/**
 * Refuses a value that is none of the allowed names: "unknown value 'us-citizn' for category; did
 * you mean 'us-citizen'?", or else the list of names.
 *
 * @param names  ended by NULL
 * @return PST_E_CONFIG
 */
int pst_yaml_fail_name(const struct pst_yaml *yaml, struct pst_error *error, const char *where,
	const char *what, const char *value, const char *const *names);

/** Frees the data and the handle, sets *yaml to NULL. Accepts NULL inside. */
void pst_yaml_close(struct pst_yaml **yaml);

/**
 * For who needs only the data: pst_yaml_open, and the data handed over.
 *
 * @param ret_data  the caller's, freed with pst_yaml_free()
 */
int pst_yaml_load(const char *path, const cyaml_schema_value_t *schema, void **ret_data,
	size_t limit, struct pst_error *error) PST_MUST_CHECK;

/** Frees what pst_yaml_load gave and sets *data to NULL. Accepts NULL inside. */
void pst_yaml_free(const cyaml_schema_value_t *schema, void **data);

#endif
