/* SPDX-License-Identifier: Apache-2.0 */
#include "base/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"

#define SOCKET "NOTIFY_SOCKET"
#define WATCHDOG_US "WATCHDOG_USEC"
#define WATCHDOG_PID "WATCHDOG_PID"
#define MESSAGE_MAX 1024 /* bytes */
#define US_MAX (INT64_MAX / 1000)

/* A path, or with '@' first a name that is no file's. */
static int read_address(const char *name, struct pst_notify *notify, struct pst_error *error)
{
	size_t size = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || size < 2 || size >= sizeof(notify->to.sun_path)) {
		return pst_error_set(error, PST_E_CONFIG,
			SOCKET ": '%s' is neither a path from / on nor a name after @, of at most "
			       "%zu bytes; unset it to run without a service manager",
			name, sizeof(notify->to.sun_path) - 1);
	}
	notify->to.sun_family = AF_UNIX;
	memcpy(notify->to.sun_path, name, size);
	notify->to_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
	if (name[0] == '@') {
		notify->to.sun_path[0] = 0;
	} else {
		notify->to_size++;
	}
	return 0;
}

static int read_number(
	const char *variable, int64_t high, int64_t *ret_value, struct pst_error *error)
{
	const char *text = getenv(variable);

	if (text && pst_text_parse_int(text, 1, high, ret_value) < 0) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s: '%s' is not a number from 1 on; unset it to run without a watchdog",
			variable, text);
	}
	return 0;
}

static int read_watchdog(struct pst_notify *notify, struct pst_error *error)
{
	int64_t us = 0, pid = getpid();
	int status = read_number(WATCHDOG_US, US_MAX, &us, error);

	if (status == 0) {
		status = read_number(WATCHDOG_PID, INT32_MAX, &pid, error);
	}
	if (status == 0 && pid == getpid()) {
		notify->watchdog_ns = us * 1000;
	}
	return status;
}

static int open_socket(struct pst_notify *notify, struct pst_error *error)
{
	const char *name = getenv(SOCKET);
	int status = 0;

	if (!name) {
		return 0;
	}
	status = read_address(name, notify, error);
	if (status == 0) {
		status = read_watchdog(notify, error);
	}
	if (status < 0) {
		return status;
	}
	notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return notify->fd >= 0 ? 0 : pst_error_set(error, -errno, SOCKET ": %s", strerror(errno));
}

int pst_notify_open(struct pst_notify *ret_notify, struct pst_error *error)
{
	struct pst_notify notify = {.fd = -1};
	int status = open_socket(&notify, error);

	(void)unsetenv(SOCKET);
	(void)unsetenv(WATCHDOG_US);
	(void)unsetenv(WATCHDOG_PID);
	*ret_notify = status == 0 ? notify : (struct pst_notify){.fd = -1};
	return status;
}

void pst_notify_tell(const struct pst_notify *notify, const char *format, ...)
{
	char message[MESSAGE_MAX];
	va_list arguments;

	if (notify->fd < 0) {
		return;
	}
	va_start(arguments, format);
	(void)vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	(void)sendto(notify->fd, message, strlen(message), MSG_NOSIGNAL,
		(const struct sockaddr *)&notify->to, notify->to_size);
}

void pst_notify_reloading(const struct pst_notify *notify)
{
	pst_notify_tell(notify, "RELOADING=1\nMONOTONIC_USEC=%lld",
		(long long)(pst_clock_mono_ns() / 1000));
}

int64_t pst_notify_every_ns(const struct pst_notify *notify)
{
	return notify->fd < 0 ? 0 : notify->watchdog_ns / 3;
}

void pst_notify_close(struct pst_notify *notify)
{
	pst_fd_close(&notify->fd);
}
