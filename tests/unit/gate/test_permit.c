/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <pthread.h>

#include "gate/permit.h"

static const struct pst_permit_bounds wide = {.from_ns = 0, .until_ns = INT64_MAX, .frames = 1000};

Test(permit, a_cleared_permit_is_closed)
{
	struct pst_permit permit = {0};

	cr_assert_eq(pst_permit_id(&permit), PST_PERMIT_NONE);
	cr_assert_eq(pst_permit_take(&permit, 5), PST_PERMIT_NONE);
	cr_assert_eq(pst_permit_revoke(&permit), PST_PERMIT_NONE);
}

Test(permit, ids_rise_and_are_never_used_twice)
{
	struct pst_permit permit = {0};
	uint64_t last = 0;

	for (int i = 0; i < 100; i++) {
		uint64_t id = pst_permit_grant(&permit, &wide);

		cr_assert_gt(id, last);
		cr_assert_eq(pst_permit_take(&permit, 0), id);
		last = id;
		if (i % 2) {
			cr_assert_eq(pst_permit_revoke(&permit), id);
			cr_assert_eq(pst_permit_take(&permit, 0), PST_PERMIT_NONE);
		}
	}
}

Test(permit, cleared_bounds_let_nothing_through)
{
	struct pst_permit permit = {0};
	const struct pst_permit_bounds none = {0};

	cr_assert_neq(pst_permit_grant(&permit, &none), PST_PERMIT_NONE);
	cr_assert_eq(pst_permit_take(&permit, 0), PST_PERMIT_NONE);
}

Test(permit, frames_from_before_and_after_stay_withheld)
{
	struct pst_permit permit = {0};
	const struct pst_permit_bounds bounds = {.from_ns = 100, .until_ns = 200, .frames = 10};
	uint64_t id = pst_permit_grant(&permit, &bounds);

	cr_assert_eq(pst_permit_take(&permit, 99), PST_PERMIT_NONE);
	cr_assert_eq(pst_permit_take(&permit, 100), id);
	cr_assert_eq(pst_permit_take(&permit, 199), id);
	cr_assert_eq(pst_permit_take(&permit, 200), PST_PERMIT_NONE);
	cr_assert_eq(pst_permit_take(&permit, INT64_MAX), PST_PERMIT_NONE);
}

Test(permit, the_budget_is_spent_frame_by_frame)
{
	struct pst_permit permit = {0};
	const struct pst_permit_bounds three = {.until_ns = INT64_MAX, .frames = 3};
	uint64_t id = pst_permit_grant(&permit, &three);

	for (int i = 0; i < 3; i++) {
		cr_assert_eq(pst_permit_take(&permit, i), id);
	}
	cr_assert_eq(pst_permit_take(&permit, 3), PST_PERMIT_NONE);
	cr_assert_eq(pst_permit_id(&permit), id, "spent is not revoked");
}

/* Permits with odd ids take frames of even ns only, permits with even ids odd ns only. */
struct race {
	struct pst_permit permit;
	_Atomic int stop;
	_Atomic uint64_t wrong;
};

static void *take_all(void *context)
{
	struct race *race = context;

	while (!race->stop) {
		for (int64_t ns = 0; ns < 2; ns++) {
			uint64_t id = pst_permit_take(&race->permit, ns);

			if (id != PST_PERMIT_NONE && (int64_t)(id % 2) == ns) {
				race->wrong++;
			}
		}
	}
	return NULL;
}

Test(permit, bounds_of_one_permit_never_serve_another)
{
	static struct race race;
	pthread_t reader;

	cr_assert_eq(pthread_create(&reader, NULL, take_all, &race), 0);
	for (int i = 0; i < 200000; i++) {
		int64_t ns = (race.permit.last_id + 1) % 2 ? 0 : 1;
		const struct pst_permit_bounds bounds = {
			.from_ns = ns, .until_ns = ns + 1, .frames = 100};

		(void)pst_permit_grant(&race.permit, &bounds);
		if (i % 3 == 0) {
			(void)pst_permit_revoke(&race.permit);
		}
	}
	race.stop = 1;
	cr_assert_eq(pthread_join(reader, NULL), 0);
	cr_assert_eq(race.wrong, 0);
}
