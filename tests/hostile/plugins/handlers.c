/* SPDX-License-Identifier: Apache-2.0 */
/* Catches the signals that are to end it, and goes on. */
#include <signal.h>
#include <stddef.h>

#include "base.h"

static void go_on(int number)
{
}

static void act(struct base *self)
{
	struct sigaction action = {.sa_handler = go_on};

	(void)sigaction(SIGSYS, &action, NULL);
	(void)sigaction(SIGSEGV, &action, NULL);
}

HOSTILE_AT_FRAME(act);
