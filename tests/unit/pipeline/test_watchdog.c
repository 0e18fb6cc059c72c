/* SPDX-License-Identifier: Apache-2.0 */
#include "../audit/fixture.h"

#include "base/clock.h"
#include "base/notify.h"
#include "pipeline/impl.h"

#define LATE_NS (5 * PST_NS_PER_S)

static const struct pst_lane_config config;
static struct pst_lane *lane;
static struct pst_notify notify = {.fd = -1};
static int manager = -1;

/* A lane where nobody is and nothing is due, and the manager's end. */
static void make(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char name[64];

	fixture_make();
	fixture_open();
	(void)snprintf(name, sizeof(name), "@postern-watchdog-%d", (int)getpid());
	memcpy(at.sun_path + 1, name + 1, strlen(name) - 1);
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	cr_assert_eq(bind(manager, (struct sockaddr *)&at,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
		0);
	(void)setenv("NOTIFY_SOCKET", name, 1);
	(void)setenv("WATCHDOG_USEC", "30000000", 1);
	cr_assert_eq(pst_notify_open(&notify, &error), 0, "%s", error.text);
	lane = calloc(1, sizeof(*lane));
	cr_assert_not_null(lane);
	lane->spec.config = &config;
	lane->spec.notify = &notify;
	lane->spec.audit = audit;
	lane->epoch_ns = pst_clock_mono_ns() - LATE_NS;
	pst_watchdog_begin(lane);
}

static void clean_up(void)
{
	pst_notify_close(&notify);
	pst_fd_close(&manager);
	free(lane);
	fixture_remove();
}

TestSuite(watchdog, .init = make, .fini = clean_up);

/* A tick when it is due, with the gate's clock as given. */
static void tick_at(int64_t gate_ns)
{
	lane->now_ns = gate_ns;
	lane->watchdog.due_ns = 0;
	pst_watchdog_tick(lane);
}

static void expect_told(const char *wanted)
{
	char text[1024] = {0};
	ssize_t size = recv(manager, text, sizeof(text) - 1, 0);

	cr_assert_geq(size, 0, "nothing was said, not %s", wanted);
	cr_assert_not_null(strstr(text, wanted), "%s, not %s", text, wanted);
	cr_assert_eq(strncmp(text, "WATCHDOG=1", 10) == 0, strncmp(wanted, "WATCHDOG=1", 10) == 0);
}

Test(watchdog, is_fed_when_it_is_due_and_not_before)
{
	char text[8];

	lane->now_ns = 1;
	pst_watchdog_tick(lane);
	cr_assert_lt(recv(manager, text, sizeof(text), 0), 0);
	tick_at(2);
	expect_told("WATCHDOG=1\nSTATUS=gate closed, source there, travelers so far: 0");
	int64_t in_ns = pst_watchdog_due_ns(lane) - pst_clock_mono_ns();
	cr_assert(in_ns > 9 * PST_NS_PER_S && in_ns <= 10 * PST_NS_PER_S);
}

Test(watchdog, a_gate_whose_clock_stands_still)
{
	tick_at(1);
	expect_told("WATCHDOG=1");
	tick_at(1);
	expect_told("not fed: the gate's clock stands still");
	tick_at(2);
	expect_told("WATCHDOG=1");
	lane->full_pace = true;
	tick_at(2);
	expect_told("WATCHDOG=1");
}

Test(watchdog, a_gate_with_something_overdue)
{
	struct pst_scenario_encounter people[1] = {{.at_ns = LATE_NS}};
	const struct pst_scenario scenario = {.encounters = people, .count = 1};

	lane->spec.scenario = &scenario;
	tick_at(1);
	expect_told("WATCHDOG=1");
	people[0].at_ns = 0;
	tick_at(2);
	expect_told("not fed: what the gate has due is late by 5 s");
}

Test(watchdog, a_log_that_cannot_be_written)
{
	tick_at(1);
	expect_told("WATCHDOG=1");
	cr_assert_eq(unlink(fixture_path("audit.head")), 0);
	cr_assert_eq(mkdir(fixture_path("audit.head"), 0700), 0);
	tick_at(2);
	expect_told("not fed: ");
	cr_assert_eq(rmdir(fixture_path("audit.head")), 0);
	tick_at(3);
	expect_told("WATCHDOG=1");
}

Test(watchdog, nobody_waits)
{
	notify.watchdog_ns = 0;
	pst_watchdog_begin(lane);
	cr_assert_eq(pst_watchdog_due_ns(lane), INT64_MAX);
	lane->spec.notify = NULL;
	pst_watchdog_begin(lane);
	pst_watchdog_ready(lane);
	cr_assert_eq(pst_watchdog_due_ns(lane), INT64_MAX);
}
