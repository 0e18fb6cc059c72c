/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "fault.h"

static struct fault_script script;
static struct pst_error error;

static void start(const char *text, uint32_t seed)
{
	memset(&script, 0, sizeof(script));
	error = (struct pst_error){0};
	cr_assert_eq(fault_script_add(&script, text, &error), 0, "%s: %s", text, error.text);
	fault_script_start(&script, seed);
}

static void refused(const char *text, const char *why)
{
	memset(&script, 0, sizeof(script));
	error = (struct pst_error){0};
	cr_assert_eq(fault_script_add(&script, text, &error), PST_E_CONFIG, "%s", text);
	cr_assert(strstr(error.text, why), "%s: %s", text, error.text);
}

/* Frames 1 to 20 that this fault befalls, as bits. */
static uint32_t befallen(enum fault_kind kind)
{
	uint32_t bits = 0;

	for (unsigned i = 1; i <= 20; i++) {
		if (fault_script_frame(&script, i, 0) == kind) {
			bits |= 1U << i;
		}
	}
	return bits;
}

Test(fault, comes_every_so_many_frames)
{
	start("error:every=5", 1);
	cr_assert_eq(befallen(FAULT_ERROR), 1U << 5 | 1U << 10 | 1U << 15 | 1U << 20);
	cr_assert_eq(script.counts[FAULT_ERROR], 4);
}

Test(fault, comes_at_one_frame)
{
	start("half:at=7", 1);
	cr_assert_eq(befallen(FAULT_HALF), 1U << 7);
}

Test(fault, comes_always_without_a_trigger)
{
	start("zero", 1);
	cr_assert_eq(befallen(FAULT_ZERO), 0x1ffffe);
}

Test(fault, a_frame_has_one_fault_the_first_in_the_list)
{
	start("error:every=2,packet:every=3", 1);
	cr_assert_eq(befallen(FAULT_PACKET), 1U << 3 | 1U << 9 | 1U << 15);
	cr_assert_eq(script.counts[FAULT_ERROR], 10);
	cr_assert_eq(script.counts[FAULT_PACKET], 3);
}

Test(fault, random_ones_keep_their_distance_and_repeat_with_the_seed)
{
	start("garbage:random=3-6", 42);
	uint32_t first = befallen(FAULT_GARBAGE);
	unsigned last = 0;

	for (unsigned i = 1; i <= 20; i++) {
		if (first >> i & 1) {
			cr_assert(i - last >= 3 && i - last <= 6, "%u after %u", i, last);
			last = i;
		}
	}
	cr_assert_geq(last, 15);
	start("garbage:random=3-6", 42);
	cr_assert_eq(befallen(FAULT_GARBAGE), first);
	start("garbage:random=3-6", 43);
	cr_assert_neq(befallen(FAULT_GARBAGE), first);
}

Test(fault, what_lasts_goes_on_until_its_time_is_over)
{
	start("frozen:at=5:for=0.5", 1);
	cr_assert_null(fault_script_active(&script, FAULT_FROZEN));
	cr_assert_eq(fault_script_frame(&script, 5, PST_NS_PER_S), FAULT_NONE);
	cr_assert(fault_script_active(&script, FAULT_FROZEN));
	cr_assert_eq(fault_script_next_ns(&script), PST_NS_PER_S * 3 / 2);
	fault_script_tick(&script, PST_NS_PER_S * 3 / 2 - 1);
	cr_assert(fault_script_active(&script, FAULT_FROZEN));
	fault_script_tick(&script, PST_NS_PER_S * 3 / 2);
	cr_assert_null(fault_script_active(&script, FAULT_FROZEN));
	/* the frame that was held back is asked for again */
	cr_assert_eq(fault_script_frame(&script, 5, PST_NS_PER_S * 2), FAULT_NONE);
	cr_assert_null(fault_script_active(&script, FAULT_FROZEN));
	cr_assert_eq(fault_script_next_ns(&script), INT64_MAX);
	cr_assert_eq(script.counts[FAULT_FROZEN], 1);
}

Test(fault, what_lasts_begins_by_the_clock_once)
{
	start("stall:after=2", 1);
	cr_assert_eq(fault_script_next_ns(&script), 2 * PST_NS_PER_S);
	fault_script_tick(&script, 2 * PST_NS_PER_S - 1);
	cr_assert_null(fault_script_active(&script, FAULT_STALL));
	fault_script_tick(&script, 2 * PST_NS_PER_S);
	cr_assert(fault_script_active(&script, FAULT_STALL));
	fault_script_end(&script, FAULT_STALL);
	fault_script_tick(&script, 3 * PST_NS_PER_S);
	cr_assert_null(fault_script_active(&script, FAULT_STALL));
}

Test(fault, a_frame_fault_comes_once_after_a_time)
{
	start("error:after=1", 1);
	cr_assert_eq(fault_script_frame(&script, 1, PST_NS_PER_S - 1), FAULT_NONE);
	cr_assert_eq(fault_script_frame(&script, 2, PST_NS_PER_S), FAULT_ERROR);
	cr_assert_eq(fault_script_frame(&script, 3, PST_NS_PER_S), FAULT_NONE);
}

Test(fault, lasting_ones_without_a_trigger_are_there_from_the_start)
{
	start("dark-exposure,no-serial,slow:by=3", 1);
	cr_assert(fault_script_active(&script, FAULT_DARK));
	cr_assert(fault_script_active(&script, FAULT_NO_SERIAL));
	cr_assert_eq(fault_script_active(&script, FAULT_SLOW)->by, 3);
}

Test(fault, can_be_left_out)
{
	start("unplug:every=2,error:every=3", 1);
	fault_script_drop(&script, FAULT_UNPLUG);
	cr_assert_eq(befallen(FAULT_UNPLUG), 0);
	cr_assert_eq(script.count, 1);
}

Test(fault, every_kind_can_be_named)
{
	for (int i = 1; i < FAULT_KINDS; i++) {
		char text[64];

		(void)snprintf(text, sizeof(text), "%s:at=3", fault_name((enum fault_kind)i));
		start(text, 1);
		cr_assert_eq(script.list[0].kind, (enum fault_kind)i);
		cr_assert(strlen(fault_text((enum fault_kind)i)) > 10);
	}
}

Test(fault, nonsense_is_refused_by_name)
{
	refused("", "list");
	refused(",", "list");
	refused(":", "no fault");
	refused("eror", "'eror'");
	refused("none", "'none'");
	refused("error:every", "'every'");
	refused("error:every=0", "every=0");
	refused("error:every=x", "every=x");
	refused("error:often=3", "known are");
	refused("error:every=3:at=4", "one trigger");
	refused("error:every=3:for=2", "lasts");
	refused("frozen:at=3:for=0", "for=0");
	refused("frozen:at=3:for=nan", "for=nan");
	refused("error:by=3", "slow");
	refused("slow:by=1", "by=1");
	refused("unplug", "trigger");
	refused("unplug:random=5", "random=5");
	refused("unplug:random=5-", "random=5-");
	refused("unplug:random=9-3", "random=9-3");
	refused("stall:after=-1", "after=-1");
	refused("error:at=2,halve", "'halve'");
}

Test(fault, there_is_an_end_to_the_list)
{
	memset(&script, 0, sizeof(script));
	for (int i = 0; i < FAULTS_MAX; i++) {
		cr_assert_eq(fault_script_add(&script, "zero", &error), 0);
	}
	cr_assert_eq(fault_script_add(&script, "zero", &error), PST_E_CONFIG);
}
