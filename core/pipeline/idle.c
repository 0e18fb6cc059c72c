/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/idle.h"

#include "base/clock.h"
#include "vault/keys.h"

bool pst_idle_is_locked(const struct pst_lane *lane)
{
	return lane->spec.vault && pst_vault_is_locked(lane->spec.vault);
}

int64_t pst_idle_due_ns(const struct pst_lane *lane)
{
	int64_t idle_ns = lane->spec.config->vault_idle_ns;

	if (idle_ns == 0 || !lane->spec.vault || !lane->spec.vault_key || lane->traveler.present ||
		pst_idle_is_locked(lane)) {
		return INT64_MAX;
	}
	return lane->used_ns + idle_ns;
}

static void tell(struct pst_lane *lane, const char *kind)
{
	(void)!pst_record_append(
		lane, kind, json_pack("{s:s}", "lane", lane->spec.config->name), NULL);
}

void pst_idle_rest(struct pst_lane *lane)
{
	if (pst_clock_mono_ns() < pst_idle_due_ns(lane)) {
		return;
	}
	pst_lane_close_match(lane);
	pst_vault_lock(lane->spec.vault);
	tell(lane, "vault.locked");
}

static int unlock(struct pst_lane *lane)
{
	struct pst_error error = {0};
	int status = pst_vault_unlock(lane->spec.vault, lane->spec.vault_key, &error);

	if (status < 0) {
		pst_events_warning(lane->spec.events, lane->now_ns,
			"the vault stays locked, and everybody is referred: %s", error.text);
	}
	return status;
}

void pst_idle_wake(struct pst_lane *lane)
{
	struct pst_error error = {0};

	lane->used_ns = pst_clock_mono_ns();
	if (!pst_idle_is_locked(lane) || unlock(lane) < 0) {
		return;
	}
	if (pst_lane_open_match(lane, &error) < 0) {
		pst_events_warning(lane->spec.events, lane->now_ns,
			"the gallery does not open, and everybody is referred: %s", error.text);
		pst_vault_lock(lane->spec.vault);
		return;
	}
	tell(lane, "vault.unlocked");
}

bool pst_idle_wake_to_expire(struct pst_lane *lane)
{
	return pst_clock_wall_s() >= pst_vault_due_s(lane->spec.vault) && unlock(lane) == 0;
}

void pst_idle_rest_again(struct pst_lane *lane)
{
	pst_vault_lock(lane->spec.vault);
}
