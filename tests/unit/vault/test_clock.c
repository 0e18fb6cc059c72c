/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <string.h>

#include "vault/clock.h"

#define NOW 1700000000LL
#define HOUR 3600LL
#define DAY (24 * HOUR)
#define TOLERANCE 900

static struct pst_vault_clock clock_;
static struct pst_clock_machine machine;

static void set_up(void)
{
	machine = (struct pst_clock_machine){.running_s = 5000, .boot = {7}};
	clock_ =
		(struct pst_vault_clock){.taken = {.clock_s = NOW, .running_s = 5000, .boot = {7}}};
}

TestSuite(clock, .init = set_up);

/* Lets the machine run, and shows the clock a wall clock. */
static int64_t take(int64_t run_s, int64_t wall_s)
{
	machine.running_s += run_s;
	pst_vault_clock_take(&clock_, wall_s, &machine, TOLERANCE);
	return clock_.taken.clock_s;
}

static void reboot(void)
{
	machine.running_s = 3;
	machine.boot[0]++;
}

Test(clock, follows_the_wall_clock)
{
	machine.synchronised = true;
	cr_expect_eq(take(10, NOW + 10), NOW + 10);
	cr_expect_eq(take(0, NOW + 50 * DAY), NOW + 50 * DAY, "synchronised: believed");
	cr_expect_not(clock_.held);
}

Test(clock, is_never_slower_than_the_machine)
{
	cr_expect_eq(take(HOUR, NOW - DAY), NOW + HOUR, "the wall clock was set back");
	cr_expect_eq(take(HOUR, 5), NOW + 2 * HOUR);
	cr_expect_eq(clock_.shown_s, NOW + 2 * HOUR);
	machine.synchronised = true;
	cr_expect_eq(take(HOUR, NOW - DAY), NOW + 3 * HOUR);
	cr_expect_eq(take(0, NOW + 3 * HOUR + 1), NOW + 3 * HOUR + 1);
}

Test(clock, a_second_is_imprecision)
{
	cr_expect_eq(take(10, NOW + 9), NOW + 9);
	cr_expect_eq(take(1, NOW + 9), NOW + 9);
	cr_expect_eq(take(2, NOW + 9), NOW + 11, "two are not");
}

Test(clock, holds_a_jump_that_nothing_vouches_for)
{
	cr_expect_eq(take(10, NOW + 10 + TOLERANCE), NOW + 10 + TOLERANCE, "within the tolerance");
	set_up();
	cr_expect_eq(take(10, NOW + 11 + TOLERANCE), NOW + 10);
	cr_expect(clock_.held);
	cr_expect_eq(clock_.shown_s, NOW + 11 + TOLERANCE);
	cr_expect_eq(take(HOUR, NOW + 10 * DAY), NOW + 10 + HOUR, "goes on at its own pace");
	cr_expect(clock_.held);
	machine.synchronised = true;
	cr_expect_eq(take(0, NOW + 10 * DAY), NOW + 10 * DAY, "synchronised: believed");
	cr_expect_not(clock_.held);
}

Test(clock, a_jump_that_is_taken_back_ends_the_hold)
{
	cr_expect_eq(take(0, NOW + 10 * DAY), NOW);
	cr_expect(clock_.held);
	cr_expect_eq(take(60, NOW + 60), NOW + 60);
	cr_expect_not(clock_.held);
	cr_expect_eq(clock_.shown_s, NOW + 60);
}

Test(clock, within_one_start_of_the_machine_a_long_gap_is_no_jump)
{
	cr_expect_eq(take(400 * DAY, NOW + 400 * DAY), NOW + 400 * DAY);
	cr_expect_not(clock_.held);
}

Test(clock, across_a_start_a_long_gap_is_one)
{
	reboot();
	cr_expect_eq(take(0, NOW + TOLERANCE), NOW + TOLERANCE);
	cr_expect_not(clock_.held);
	reboot();
	cr_expect_eq(take(0, NOW + DAY), NOW + TOLERANCE);
	cr_expect(clock_.held);
	cr_expect_eq(take(50, NOW + DAY + 50), NOW + TOLERANCE + 50);
	machine.synchronised = true;
	cr_expect_eq(take(0, NOW + DAY + 50), NOW + DAY + 50);
}

Test(clock, a_start_that_is_not_known_vouches_for_nothing)
{
	memset(machine.boot, 0, sizeof(machine.boot));
	memset(clock_.taken.boot, 0, sizeof(clock_.taken.boot));
	cr_expect_eq(take(DAY, NOW + DAY), NOW);
	cr_expect(clock_.held);
}

Test(clock, nothing_to_lose_is_no_hold)
{
	reboot();
	pst_vault_clock_take(&clock_, NOW + 9 * DAY, &machine, 0);
	cr_expect_eq(clock_.taken.clock_s, NOW + 9 * DAY);
	cr_expect_not(clock_.held);
	pst_vault_clock_take(&clock_, NOW + 99 * DAY, NULL, TOLERANCE);
	cr_expect_eq(clock_.taken.clock_s, NOW + 99 * DAY, "a caller that vouches for its times");
}
