/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "support/optouts.h"

#define COUNT 16

static struct optout optouts[COUNT];

/* How long each step takes, the benchmark `revoke` tells: this holds on however slow a machine. */
Test(revoke, no_frame_after_the_choice_and_nothing_left_of_those_before, .timeout = 60)
{
	struct pst_lane_summary summary;
	struct pst_error error = {0};
	int status = optouts_run(POLICY, COUNT, optouts, &summary, &error);
	uint64_t leased = 0;

	cr_assert_eq(status, 0, "%s", error.text);
	cr_expect_eq(summary.encounters, COUNT);
	for (unsigned i = 0; i < COUNT; i++) {
		const struct optout *one = &optouts[i];

		cr_expect_eq(one->late, 0, "%u: a frame of the choice's moment or later", i);
		cr_expect_lt(one->captured_ns, one->accepted_ns, "%u", i);
		cr_expect_not(one->dirty, "%u: slots are wiped before the choice is told", i);
		if (one->leased > 0) {
			cr_expect_neq(one->wiped_ns, 0, "%u", i);
			cr_expect_leq(one->leased_ns, one->wiped_ns, "%u", i);
			cr_expect_neq(one->done_ns, 0, "%u: the worker did not confirm", i);
			cr_expect_leq(one->wiped_ns, one->done_ns, "%u", i);
		}
		leased += one->leased;
	}
	cr_expect_eq(summary.frames.leased, leased);
	cr_expect_geq(leased, COUNT, "people were under a permit as they chose");
}
