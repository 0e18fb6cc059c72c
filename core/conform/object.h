/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONFORM_OBJECT_H
#define PST_CONFORM_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define PST_OBJECT_NAME_SIZE 96

/** What a shared object says of itself, read without loading it. */
struct pst_object {
	bool exports_entry;		     /* pst_plugin_entry, an object of data */
	char exports_other[PST_OBJECT_NAME_SIZE]; /* the first other symbol exported, or "" */
	char needs_host[PST_OBJECT_NAME_SIZE];    /* the first undefined symbol of postern, or "" */
	char run_path[PST_OBJECT_NAME_SIZE];      /* a folder to look for libraries in, or "" */
	bool text_relocations;
	bool executable_stack; /* asked for, or not said */
	bool writable_code;
};

/**
 * Reads a whole file in memory, every offset checked.
 *
 * @return 0, or PST_E_FORMAT: it is no 64-bit little-endian shared object for this machine, or it
 *         is damaged; the error says which
 */
int pst_object_read(const uint8_t *data, size_t size, struct pst_object *ret_elf,
	struct pst_error *error) PST_MUST_CHECK;

#endif
