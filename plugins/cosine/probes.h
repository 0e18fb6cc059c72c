/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COSINE_PROBES_H
#define COSINE_PROBES_H

#include <stddef.h>
#include <stdint.h>

#include "coarse.h"
#include "locked.h"

/** The probes of one search, as rows and as codes, in locked memory. Zero it before first use. */
struct probes {
	struct locked memory;
	uint32_t count;
	uint32_t stride;	     /* floats from row to row */
	float *rows;		     /* count * stride floats */
	struct coarse_group *groups; /* of 16 probes each, but for one probe alone */
	uint32_t group_count;
};

/** Makes room for one probe of any size, so that taking one needs no more. @return 0; -ENOMEM */
int probes_reserve(struct probes *probes);

/**
 * Takes probes; the caller wipes them when it is done, whatever the answer is.
 *
 * @param bytes  count probes of size bytes each
 * @param count  1..PST_PROBES_MAX
 * @return 0; PST_E_FORMAT; -ENOMEM
 */
int probes_take(struct probes *probes, const uint8_t *bytes, uint32_t size, uint32_t count);

/** Makes the codes of those taken. */
void probes_encode(struct probes *probes);

static inline const float *probes_row(const struct probes *probes, uint32_t i)
{
	return probes->rows + (size_t)i * probes->stride;
}

void probes_wipe(struct probes *probes);
void probes_finish(struct probes *probes);

#endif
