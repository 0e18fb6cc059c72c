/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_BYTES_H
#define PST_DEVICES_BYTES_H

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

/*
 * Where the bytes of a recording come from and go to, for who may not know: a sealed file is
 * opened by somebody with a key, which no device has.
 */

/** Bytes to be read in order. */
struct pst_input {
	/* @return bytes, less than size only at the end; 0 the end; PST_E_CORRUPT damaged or cut
	 * short from here on; -errno; error filled. [capture] */
	ssize_t (*read)(void *user, void *data, size_t size, struct pst_error *error);
	/* Back to the first byte. @return 0 or -errno with the error filled. [capture] */
	int (*rewind)(void *user, struct pst_error *error);
	/* Frees what stands behind it. [capture] */
	void (*close)(void *user);
	void *user;
};

/** Bytes to be written in order. */
struct pst_output {
	/* @return 0; -errno or PST_E_*, error filled: no more will be taken. [capture] */
	int (*write)(void *user, const void *data, size_t size, struct pst_error *error);
	void *user;
};

#endif
