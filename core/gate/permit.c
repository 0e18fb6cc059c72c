/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/permit.h"

#include <stdbool.h>

uint64_t pst_permit_grant(struct pst_permit *permit, const struct pst_permit_bounds *bounds)
{
	pst_permit_revoke(permit);
	atomic_store_explicit(&permit->from_ns, bounds->from_ns, memory_order_release);
	atomic_store_explicit(&permit->until_ns, bounds->until_ns, memory_order_release);
	atomic_store_explicit(&permit->frames, bounds->frames, memory_order_release);
	permit->last_id++;
	atomic_store_explicit(&permit->id, permit->last_id, memory_order_release);
	return permit->last_id;
}

void pst_permit_renew(struct pst_permit *permit, int64_t until_ns)
{
	atomic_store_explicit(&permit->until_ns, until_ns, memory_order_release);
}

uint64_t pst_permit_revoke(struct pst_permit *permit)
{
	return atomic_exchange(&permit->id, PST_PERMIT_NONE);
}

static bool take_frame(struct pst_permit *permit)
{
	uint32_t left = atomic_load_explicit(&permit->frames, memory_order_acquire);

	while (left > 0) {
		if (atomic_compare_exchange_weak(&permit->frames, &left, left - 1)) {
			return true;
		}
	}
	return false;
}

uint64_t pst_permit_take(struct pst_permit *permit, int64_t captured_ns)
{
	uint64_t id = pst_permit_id(permit);

	if (id == PST_PERMIT_NONE ||
		captured_ns < atomic_load_explicit(&permit->from_ns, memory_order_acquire) ||
		captured_ns >= atomic_load_explicit(&permit->until_ns, memory_order_acquire) ||
		!take_frame(permit)) {
		return PST_PERMIT_NONE;
	}
	return pst_permit_id(permit) == id ? id : PST_PERMIT_NONE;
}
