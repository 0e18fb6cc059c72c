/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/notify.h"

/* The manager's end. @return its socket */
static int listen_at(const char *name)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	size_t size = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(at.sun_path, name, size);
	if (name[0] == '@') {
		at.sun_path[0] = 0;
	}
	cr_assert_geq(fd, 0);
	cr_assert_eq(bind(fd, (struct sockaddr *)&at,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)),
		0);
	return fd;
}

static void expect_told(int fd, const char *wanted)
{
	char text[2048] = {0};
	ssize_t size = recv(fd, text, sizeof(text) - 1, 0);

	cr_assert_geq(size, 0, "nothing was said, not %s", wanted);
	cr_assert_str_eq(text, wanted);
}

static void expect_quiet(int fd)
{
	char text[2048] = {0};

	cr_assert_lt(recv(fd, text, sizeof(text) - 1, 0), 0, "said: %s", text);
}

/* @return the answer to an environment; NULL: not set */
static int open_with(struct pst_notify *ret_notify, const char *name, const char *us,
	const char *pid, struct pst_error *error)
{
	const char *const variables[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"};
	const char *const values[] = {name, us, pid};

	for (int i = 0; i < 3; i++) {
		(void)(values[i] ? setenv(variables[i], values[i], 1) : unsetenv(variables[i]));
	}
	int status = pst_notify_open(ret_notify, error);

	for (int i = 0; i < 3; i++) {
		cr_assert_null(getenv(variables[i]), "%s is inherited", variables[i]);
	}
	return status;
}

static void try_address(const char *name)
{
	struct pst_notify notify;
	struct pst_error error = {0};
	int manager = listen_at(name);
	char pid[16];

	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	cr_assert_eq(open_with(&notify, name, "30000000", pid, &error), 0, "%s", error.text);
	cr_assert_eq(notify.watchdog_ns, 30 * PST_NS_PER_S);
	cr_assert_eq(pst_notify_every_ns(&notify), 10 * PST_NS_PER_S);
	pst_notify_tell(&notify, "READY=1\nSTATUS=%s %d", "travelers:", 7);
	expect_told(manager, "READY=1\nSTATUS=travelers: 7");
	expect_quiet(manager);
	pst_notify_close(&notify);
	pst_notify_tell(&notify, "WATCHDOG=1");
	expect_quiet(manager);
	(void)close(manager);
}

Test(notify, a_path)
{
	char folder[] = "/tmp/postern-notify-XXXXXX";
	char path[64];

	cr_assert_not_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/socket", folder);
	try_address(path);
	(void)unlink(path);
	(void)rmdir(folder);
}

Test(notify, an_abstract_name)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "@postern-notify-%d", (int)getpid());
	try_address(name);
}

Test(notify, a_reload_carries_the_time)
{
	struct pst_notify notify;
	struct pst_error error = {0};
	char name[64], text[128] = {0};
	long long us = 0;

	(void)snprintf(name, sizeof(name), "@postern-notify-%d", (int)getpid());
	int manager = listen_at(name);
	cr_assert_eq(open_with(&notify, name, NULL, NULL, &error), 0, "%s", error.text);
	cr_assert_eq(pst_notify_every_ns(&notify), 0);
	int64_t before_us = pst_clock_mono_ns() / 1000;
	pst_notify_reloading(&notify);
	cr_assert_gt(recv(manager, text, sizeof(text) - 1, 0), 0);
	cr_assert_eq(sscanf(text, "RELOADING=1\nMONOTONIC_USEC=%lld", &us), 1, "%s", text);
	cr_assert(us >= before_us && us <= pst_clock_mono_ns() / 1000, "%s", text);
	pst_notify_close(&notify);
	(void)close(manager);
}

Test(notify, nobody_wants_to_know)
{
	struct pst_notify notify;
	struct pst_error error = {0};

	cr_assert_eq(open_with(&notify, NULL, "30000000", NULL, &error), 0);
	cr_assert_eq(notify.fd, -1);
	cr_assert_eq(pst_notify_every_ns(&notify), 0);
	pst_notify_tell(&notify, "READY=1");
	pst_notify_reloading(&notify);
	pst_notify_close(&notify);
}

Test(notify, a_watchdog_of_another_process)
{
	struct pst_notify notify;
	struct pst_error error = {0};

	cr_assert_eq(open_with(&notify, "@postern-elsewhere", "30000000", "1", &error), 0);
	cr_assert_eq(pst_notify_every_ns(&notify), 0);
	pst_notify_tell(&notify, "READY=1"); /* nobody listens there: it does not wait */
	pst_notify_close(&notify);
}

Test(notify, what_no_manager_sets)
{
	static const struct {
		const char *name, *us, *pid, *wanted;
	} cases[] = {
		{"relative", NULL, NULL, "NOTIFY_SOCKET: 'relative'"},
		{"", NULL, NULL, "NOTIFY_SOCKET: ''"},
		{"@", NULL, NULL, "NOTIFY_SOCKET: '@'"},
		{"/x", "0", NULL, "WATCHDOG_USEC: '0'"},
		{"/x", "soon", NULL, "WATCHDOG_USEC: 'soon'"},
		{"/x", "99999999999999999999", NULL, "WATCHDOG_USEC: '9"},
		{"/x", "1", "me", "WATCHDOG_PID: 'me'"},
	};
	char long_name[200];
	struct pst_notify notify;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pst_error error = {0};

		cr_assert_eq(open_with(&notify, cases[i].name, cases[i].us, cases[i].pid, &error),
			PST_E_CONFIG);
		cr_assert_not_null(strstr(error.text, cases[i].wanted), "%s", error.text);
		cr_assert_eq(notify.fd, -1);
	}
	memset(long_name, 'x', sizeof(long_name));
	long_name[0] = '/';
	long_name[sizeof(long_name) - 1] = 0;
	struct pst_error error = {0};
	cr_assert_eq(open_with(&notify, long_name, NULL, NULL, &error), PST_E_CONFIG);
}
