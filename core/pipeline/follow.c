/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/follow.h"

#include <stddef.h>

#define MISSES_MAX 16

const struct pst_wire_box *pst_follow_next(struct pst_follow *follow)
{
	follow->asked = follow->known && follow->since < follow->every && follow->rest == 0;
	return follow->asked ? &follow->box : NULL;
}

/* Misses in a row make it rest for 0, 1, 3, 7... frames, at most as many as it may follow. */
static void miss(struct pst_follow *follow)
{
	uint32_t rest = (1U << follow->misses) - 1;

	follow->misses += follow->misses < MISSES_MAX;
	follow->rest = rest < follow->every ? rest : follow->every;
}

void pst_follow_take(struct pst_follow *follow, uint32_t how, const struct pst_face *face)
{
	if (how == PST_WIRE_HOW_NEAR) {
		follow->since++;
		follow->misses = 0;
	} else {
		follow->since = 0;
		follow->rest -= follow->rest > 0;
		if (follow->asked) {
			miss(follow);
		}
	}
	follow->asked = false;
	follow->known = face != NULL;
	if (face) {
		follow->box = (struct pst_wire_box){face->x, face->y, face->width, face->height};
	}
}

void pst_follow_forget(struct pst_follow *follow)
{
	*follow = (struct pst_follow){.every = follow->every};
}
