/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_BASE_NOTIFY_H
#define PST_BASE_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/error.h"

/**
 * The service manager that started this process, as sd_notify(3) describes it: a datagram socket
 * that is told how the service is.
 *
 *   READY=1      it does what it is there for; also after a reload
 *   RELOADING=1  until the next READY=1, with MONOTONIC_USEC
 *   STOPPING=1   it was asked to end and is doing so
 *   STATUS=...   one line for a person
 *   WATCHDOG=1   it lives; due once in every watchdog_ns
 *
 * Without a manager every call does nothing. One thread, [control].
 */
struct pst_notify {
	int fd; /* -1: nobody wants to know */
	struct sockaddr_un to;
	socklen_t to_size;
	int64_t watchdog_ns; /* 0: nobody waits for it */
};

/**
 * Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and takes them out of the environment, so
 * that nothing this process starts can speak for it. Call it before there are threads.
 *
 * @return 0, also without a manager
 *         PST_E_CONFIG  a variable is not what a manager sets; it is named
 *         -errno        no socket
 * On error: as without a manager.
 */
int pst_notify_open(struct pst_notify *ret_notify, struct pst_error *error) PST_MUST_CHECK;

/** Sends assignments, one a line. Never waits: a manager that does not listen misses them. */
void pst_notify_tell(const struct pst_notify *notify, const char *format, ...) PST_PRINTF(2, 3);

/** RELOADING=1 with the time, which a manager wants with it. */
void pst_notify_reloading(const struct pst_notify *notify);

/** @return how often to say WATCHDOG=1, so that one that comes late does no harm; 0: not at all */
int64_t pst_notify_every_ns(const struct pst_notify *notify);

void pst_notify_close(struct pst_notify *notify);

#endif
