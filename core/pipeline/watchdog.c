/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/watchdog.h"

#include <errno.h>

#include "base/clock.h"
#include "base/notify.h"
#include "pipeline/impl.h"

#define STATUS_SIZE 160

static void describe(const struct pst_lane *lane, char text[STATUS_SIZE])
{
	(void)snprintf(text, STATUS_SIZE, "gate %s, source %s, travelers so far: %llu%s",
		pst_permit_id(&lane->permit) ? "open" : "closed",
		pst_source_is_away(lane) ? "away" : "there",
		(unsigned long long)lane->summary.encounters,
		lane->audit_error.status < 0 ? "; the audit log takes nothing, nobody is captured"
					     : "");
}

void pst_watchdog_begin(struct pst_lane *lane)
{
	int64_t every_ns = lane->spec.notify ? pst_notify_every_ns(lane->spec.notify) : 0;

	lane->watchdog = (struct pst_watchdog){.clock_ns = -1,
		.due_ns = every_ns > 0 ? pst_clock_mono_ns() + every_ns : INT64_MAX};
}

void pst_watchdog_ready(const struct pst_lane *lane)
{
	char text[STATUS_SIZE];

	if (lane->spec.notify) {
		describe(lane, text);
		pst_notify_tell(lane->spec.notify, "READY=1\nSTATUS=%s", text);
	}
}

int64_t pst_watchdog_due_ns(const struct pst_lane *lane)
{
	return lane->watchdog.due_ns;
}

static int check_gate(const struct pst_lane *lane, int64_t now_ns, struct pst_error *error)
{
	int64_t late_ns = now_ns - pst_lane_gate_due_ns(lane);

	if (lane->full_pace) {
		return 0;
	}
	if (lane->now_ns <= lane->watchdog.clock_ns) {
		return pst_error_set(error, PST_E_TIMEOUT, "the gate's clock stands still");
	}
	return late_ns <= PST_WATCHDOG_LATE_NS ? 0
					       : pst_error_set(error, PST_E_TIMEOUT,
							 "what the gate has due is late by %lld s",
							 (long long)(late_ns / PST_NS_PER_S));
}

/* A disk without room has answered, and a log that is closed to everybody can wait for it. */
static int check_audit(const struct pst_lane *lane, struct pst_error *error)
{
	int status = pst_audit_answers(lane->spec.audit, error);

	return status == -ENOSPC || status == -EDQUOT ? 0 : status;
}

void pst_watchdog_tick(struct pst_lane *lane)
{
	const struct pst_notify *notify = lane->spec.notify;
	struct pst_error error = {0};
	int64_t now_ns = pst_clock_mono_ns();
	char text[STATUS_SIZE];

	if (lane->over || now_ns < lane->watchdog.due_ns) {
		return;
	}
	int status = check_gate(lane, now_ns, &error);
	if (status == 0) {
		status = check_audit(lane, &error);
	}
	if (status == 0 && lane->spec.vault) {
		status = pst_vault_answers(lane->spec.vault, &error);
	}
	lane->watchdog.due_ns = now_ns + pst_notify_every_ns(notify);
	if (status < 0) {
		pst_notify_tell(notify, "STATUS=the watchdog is not fed: %s", error.text);
		return;
	}
	lane->watchdog.clock_ns = lane->now_ns;
	describe(lane, text);
	pst_notify_tell(notify, "WATCHDOG=1\nSTATUS=%s", text);
}
