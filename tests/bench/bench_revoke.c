/* SPDX-License-Identifier: Apache-2.0 */
/* How long an opt-out takes to be one, at 30 frames a second, beside the frame interval. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "support/optouts.h"

static struct optout optouts[OPTOUTS_MAX];
static int64_t times_ns[OPTOUTS_MAX];

static int by_time(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left;
	int64_t b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

static double ms(int64_t ns)
{
	return (double)ns / PST_NS_PER_MS;
}

static void print_row(const char *what, size_t count)
{
	if (count == 0) {
		return;
	}
	qsort(times_ns, count, sizeof(times_ns[0]), by_time);
	(void)printf("%-52s %5zu %8.2f %8.2f %8.2f\n", what, count, ms(times_ns[count / 2]),
		ms(times_ns[count * 99 / 100]), ms(times_ns[count - 1]));
}

int main(int argc, char **argv)
{
	uint32_t count = argc == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
	struct pst_lane_summary summary;
	struct pst_error error = {0};
	size_t late = 0, leased = 0, wiped = 0, done = 0, killed = 0;

	if (count == 0 || count > OPTOUTS_MAX ||
		optouts_run(argv[1], count, optouts, &summary, &error) < 0) {
		(void)fprintf(stderr, "bench_revoke POLICY COUNT: %s\n", error.text);
		return 1;
	}
	(void)printf("%-52s %5s %8s %8s %8s\n", "after an accepted opt-out, ms", "n", "p50", "p99",
		"worst");
	(void)printf(
		"%-52s %5s %8.2f\n", "the frame interval, to compare", "", ms(OPTOUTS_INTERVAL_NS));
	for (uint32_t i = 0; i < count; i++) {
		const struct optout *one = &optouts[i];

		late += one->late;
		killed += one->killed;
		if (one->leased > 0 && one->leased_ns > one->accepted_ns) {
			times_ns[leased++] = one->leased_ns - one->accepted_ns;
		}
	}
	print_row("last frame in a slot, where that came after it", leased);
	for (uint32_t i = 0; i < count; i++) {
		if (optouts[i].wiped_ns) {
			times_ns[wiped++] = optouts[i].wiped_ns - optouts[i].accepted_ns;
		}
	}
	print_row("every slot wiped: nothing can be delivered any more", wiped);
	for (uint32_t i = 0; i < count; i++) {
		if (optouts[i].done_ns) {
			times_ns[done++] = optouts[i].done_ns - optouts[i].accepted_ns;
		}
	}
	print_row("the busy worker confirmed that it wiped, or was killed", done);
	(void)printf("%llu frames leased, %zu of them captured at or after the choice; %zu workers "
		     "killed\n",
		(unsigned long long)summary.frames.leased, late, killed);
	return late > 0;
}
