/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_BENCH_LIMITS_H
#define PST_CLI_BENCH_LIMITS_H

#include "cli/load.h"

/** What no lane on this machine can be faster than, and what it seals with. */
struct pst_bench_limits {
	struct pst_load_series entropy; /* every code of a JPEG read, nothing kept */
	uint64_t jpeg_bytes;		/* of those */
	double read_gb_s;		/* memory read on one thread */
	size_t sealed_bytes;		/* of a template */
	struct pst_load_series seal;	/* it is sealed */
	struct pst_load_series sodium;	/* the calls of libsodium in that, alone */
};

/**
 * Measures them on this thread.
 *
 * @param uri  a recording, read anew, or NULL; of one that holds no JPEGs the entropy series stays
 * empty
 * @param folder  for a key, of a keyring that ends with the call
 * @param size    bytes of a template
 * @return 0, or a status with the error filled
 */
int pst_bench_limits_measure(const char *uri, const char *folder, size_t size,
	struct pst_bench_limits *ret_limits, struct pst_error *error) PST_MUST_CHECK;

void pst_bench_limits_finish(struct pst_bench_limits *limits);

#endif
