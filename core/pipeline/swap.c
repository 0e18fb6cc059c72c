/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "pipeline/impl.h"

/* On a thread of its own, so that frames go on meanwhile: touches nothing but the swap. */
static void on_read(uv_work_t *work)
{
	struct pst_lane *lane = work->data;
	struct pst_swap *swap = &lane->swap;

	swap->error = (struct pst_error){0};
	swap->status = lane->spec.read_policy(
		lane->spec.policy_user, &swap->read, swap->read_digest, &swap->error);
}

static int check(struct pst_lane *lane)
{
	struct pst_swap *swap = &lane->swap;
	const struct pst_policy *now = lane->policy, *next = swap->read;

	if (swap->status < 0) {
		return swap->status;
	}
	if (strcmp(next->id, now->id) != 0) {
		return pst_error_set(&swap->error, PST_E_UNSAFE,
			"the file holds policy %s now; a lane keeps to one policy", next->id);
	}
	if (next->version < now->version) {
		return pst_error_set(&swap->error, PST_E_UNSAFE,
			"version %lld is in force, the file holds version %lld; versions only rise",
			(long long)now->version, (long long)next->version);
	}
	if (next->version == now->version &&
		memcmp(swap->read_digest, lane->policy_digest, PST_POLICY_DIGEST_SIZE) != 0) {
		return pst_error_set(&swap->error, PST_E_UNSAFE,
			"the file differs, but its version is %lld still; raise it",
			(long long)now->version);
	}
	return 0;
}

static void tell(struct pst_lane *lane, const char *text)
{
	if (lane->spec.notice) {
		lane->spec.notice(lane->spec.user, text);
	}
}

static void refuse(struct pst_lane *lane)
{
	struct pst_error *error = &lane->swap.error;

	pst_policy_destroy(&lane->swap.read);
	pst_error_prefix(error, "policy stays as it was");
	pst_events_warning(lane->spec.events, lane->now_ns, "%s", error->text);
	tell(lane, error->text);
}

/* Who is there keeps the policy they met; nobody else needs the one before. */
static void take_over(struct pst_lane *lane)
{
	struct pst_swap *swap = &lane->swap;

	if (swap->current && lane->traveler.present && lane->traveler.policy == swap->current) {
		swap->former = swap->current;
		swap->current = NULL;
	}
	pst_policy_destroy(&swap->current);
	swap->current = swap->read;
	swap->read = NULL;
	lane->policy = swap->current;
	memcpy(lane->policy_digest, swap->read_digest, sizeof(lane->policy_digest));
}

/* The log holds the change before anybody is decided by it. */
static void put_in_force(struct pst_lane *lane)
{
	struct pst_swap *swap = &lane->swap;
	const struct pst_events_policy change = {.policy = swap->read->id,
		.from_version = lane->policy->version,
		.to_version = swap->read->version,
		.from_digest = lane->policy_digest,
		.to_digest = swap->read_digest};
	char text[128];

	if (pst_record_policy(lane, swap->read, &change) < 0) {
		lane->error = lane->audit_error;
		pst_script_finish(lane, /* fault= */ true);
		pst_lane_fail(lane, PST_E_UNSAFE);
		return;
	}
	pst_events_policy_changed(lane->spec.events, lane->now_ns, &change);
	(void)snprintf(text, sizeof(text),
		"policy %s: version %lld in force, from the next traveler on", change.policy,
		(long long)change.to_version);
	take_over(lane);
	tell(lane, text);
}

static void on_done(uv_work_t *work, int status);

static void begin(struct pst_lane *lane)
{
	struct pst_swap *swap = &lane->swap;

	swap->work.data = lane;
	int status = uv_queue_work(&lane->loop, &swap->work, on_read, on_done);

	swap->under_way = status == 0;
	if (status < 0) {
		(void)pst_error_set(
			&swap->error, status, "it can't be read: %s", uv_strerror(status));
		refuse(lane);
	}
}

static void on_done(uv_work_t *work, int status)
{
	struct pst_lane *lane = work->data;
	struct pst_swap *swap = &lane->swap;

	swap->under_way = false;
	if (lane->over) {
		return;
	}
	pst_lane_catch_up(lane);
	if (check(lane) < 0) {
		refuse(lane);
	} else {
		put_in_force(lane);
	}
	if (swap->again && !lane->over) {
		swap->again = false;
		begin(lane);
	}
	if (!swap->under_way && !lane->over) {
		pst_watchdog_ready(lane);
	}
	pst_lane_advance(lane);
}

int pst_lane_reload_policy(struct pst_lane *lane)
{
	if (!lane->spec.read_policy) {
		return -ENOTSUP;
	}
	if (lane->swap.under_way) {
		lane->swap.again = true;
	} else {
		begin(lane);
	}
	return 0;
}

void pst_swap_settle(struct pst_lane *lane)
{
	pst_policy_destroy(&lane->swap.former);
}

void pst_swap_finish(struct pst_lane *lane)
{
	pst_policy_destroy(&lane->swap.read);
	pst_policy_destroy(&lane->swap.current);
	pst_policy_destroy(&lane->swap.former);
}
