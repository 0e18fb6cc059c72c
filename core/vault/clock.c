/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/clock.h"

#include <string.h>

static bool is_same_boot(
	const struct pst_ratchet_stamp *taken, const struct pst_clock_machine *machine)
{
	static const uint8_t unknown[PST_RATCHET_BOOT_SIZE];

	return memcmp(taken->boot, machine->boot, sizeof(taken->boot)) == 0 &&
	       memcmp(taken->boot, unknown, sizeof(unknown)) != 0;
}

void pst_vault_clock_take(struct pst_vault_clock *clock, int64_t wall_s,
	const struct pst_clock_machine *machine, int64_t tolerance_s)
{
	struct pst_ratchet_stamp *taken = &clock->taken;
	int64_t sure_s = taken->clock_s;

	if (machine && is_same_boot(taken, machine) && machine->running_s > taken->running_s) {
		sure_s += machine->running_s - taken->running_s;
	}
	/* Both count whole seconds: one less than expected is no clock that was set back. */
	if (wall_s == sure_s - 1 && wall_s >= taken->clock_s) {
		sure_s = wall_s;
	}
	clock->held = machine && !machine->synchronised && tolerance_s > 0 &&
		      wall_s - sure_s > tolerance_s;
	taken->clock_s = !clock->held && wall_s > sure_s ? wall_s : sure_s;
	clock->shown_s = wall_s > taken->clock_s ? wall_s : taken->clock_s;
	if (machine) {
		taken->running_s = machine->running_s;
		memcpy(taken->boot, machine->boot, sizeof(taken->boot));
	}
}
