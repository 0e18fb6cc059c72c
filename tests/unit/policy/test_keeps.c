/* SPDX-License-Identifier: Apache-2.0 */
#include "small_policy.h"

#include "base/clock.h"
#include "policy/keeps.h"

#define SPREAD                                                                                     \
	(1u << PST_AXIS_KNOWN_BY | 1u << PST_AXIS_AGE_BAND | 1u << PST_AXIS_DIRECTION |            \
		1u << PST_AXIS_ENVIRONMENT | 1u << PST_AXIS_PORT | 1u << PST_AXIS_CHOICE |         \
		1u << PST_AXIS_PURPOSE)

static struct pst_policy_view view_of(const struct pst_policy *policy, const char *day)
{
	struct pst_policy_request request = {0};
	struct pst_policy_view view;
	struct pst_error error = {0};

	cr_assert_eq(pst_clock_parse_day(day, &request.day), 0);
	cr_assert_eq(
		pst_policy_view_open(policy, &request, SPREAD, &view, &error), 0, "%s", error.text);
	return view;
}

Test(keeps, of_whom_and_for_how_long)
{
	struct pst_policy *policy = small_policy();
	const struct pst_policy_view view = view_of(policy, "2025-01-01");
	const struct pst_retention *class[PST_STORE_COUNT] = {0};

	cr_assert(pst_policy_keeps(&view, 1, class));
	for (int store = 0; store < PST_STORE_COUNT; store++) {
		cr_expect_str_eq(class[store] -> class_name, "day");
	}
	cr_expect_not(pst_policy_keeps(&view, 3, class), "unknown is never captured");
	pst_policy_destroy(&policy);
}

/* Every place of a category is asked, whether it is shown or not, in another way. */
static void find_longest(
	const struct pst_policy_view *view, uint16_t category, int64_t ret_most[PST_STORE_COUNT])
{
	const struct pst_table *table = &view->policy->table;
	const size_t places = table->combinations / table->size[PST_AXIS_CATEGORY];
	struct pst_place place;

	for (int store = 0; store < PST_STORE_COUNT; store++) {
		ret_most[store] = -1;
	}
	for (size_t at = 0; at < places; at++) {
		size_t rest = at;
		bool shown = true;

		for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
			if (axis == PST_AXIS_CATEGORY) {
				place.value[axis] = category;
				continue;
			}
			place.value[axis] = (uint16_t)(rest % table->size[axis] + 1);
			shown &= pst_policy_view_shows(view, axis, place.value[axis]);
			rest /= table->size[axis];
		}
		const struct pst_cell cell = pst_table_lookup(table, &place);
		const int64_t *keep_s = view->policy->retention[cell.retention].keep_s;

		for (int store = 0; store < PST_STORE_COUNT; store++) {
			if (shown && cell.verdict == PST_VERDICT_ALLOW &&
				keep_s[store] > ret_most[store]) {
				ret_most[store] = keep_s[store];
			}
		}
	}
}

Test(keeps, the_longest_of_all_that_is_shown)
{
	static const char *const days[] = {"2025-12-10", "2026-01-15"};
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};

	cr_assert_eq(
		pst_policy_load(POLICIES "/us-border.yaml", &policy, &error), 0, "%s", error.text);
	for (size_t day = 0; day < sizeof(days) / sizeof(days[0]); day++) {
		const struct pst_policy_view view = view_of(policy, days[day]);

		for (uint16_t i = 1; i <= policy->table.size[PST_AXIS_CATEGORY]; i++) {
			const struct pst_retention *class[PST_STORE_COUNT] = {0};
			const bool any = pst_policy_keeps(&view, i, class);
			int64_t most[PST_STORE_COUNT];

			find_longest(&view, i, most);
			cr_expect_eq(any, most[0] >= 0, "%s %d", days[day], i);
			for (int store = 0; any && store < PST_STORE_COUNT; store++) {
				cr_expect_eq(class[store] -> keep_s[store], most[store], "%s %d %d",
					days[day], i, store);
			}
		}
	}
	pst_policy_destroy(&policy);
}
