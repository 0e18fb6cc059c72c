/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/chain.h"

#include <sodium.h>

/* The first byte tells a start from a link, so that neither can pass for the other. */
static void hash(uint8_t domain, const void *head, size_t head_size, const void *data, size_t size,
	uint8_t ret_head[PST_CHAIN_SIZE])
{
	crypto_generichash_state state;

	(void)crypto_generichash_init(&state, NULL, 0, PST_CHAIN_SIZE);
	(void)crypto_generichash_update(&state, &domain, 1);
	(void)crypto_generichash_update(&state, head, head_size);
	(void)crypto_generichash_update(&state, data, size);
	(void)crypto_generichash_final(&state, ret_head, PST_CHAIN_SIZE);
}

void pst_chain_start(const void *name, size_t size, uint8_t ret_head[PST_CHAIN_SIZE])
{
	hash(0, "", 0, name, size, ret_head);
}

void pst_chain_next(const uint8_t before[PST_CHAIN_SIZE], const void *entry, size_t size,
	uint8_t ret_head[PST_CHAIN_SIZE])
{
	hash(1, before, PST_CHAIN_SIZE, entry, size, ret_head);
}
