/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "audit/mac_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pst_sign_key *fixed_key(void)
{
	static struct pst_sign_key *key;
	const uint8_t seed[PST_SIGN_SEED_SIZE] = {42};

	if (!key && pst_sign_key_open(&key, seed) < 0) {
		abort();
	}
	return key;
}

/* What opens was sealed with this content: its plain part, written again, is the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t slot[PST_AUDIT_SLOT_SIZE] = {0}, again[PST_AUDIT_SLOT_SIZE];
	struct pst_audit_mac_state state;
	struct pst_mac *mac;

	memcpy(slot, data, size < sizeof(slot) ? size : sizeof(slot));
	if (pst_audit_slot_decode(slot, fixed_key(), &state, &mac) == 0) {
		pst_audit_slot_encode(&state, mac, fixed_key(), again);
		if (memcmp(slot, again, 176) != 0) {
			abort();
		}
	}
	pst_mac_close(&mac);
	return 0;
}
