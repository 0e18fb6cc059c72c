/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_CHAIN_H
#define PST_CRYPTO_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#define PST_CHAIN_SIZE 32 /* bytes, BLAKE2b-256 (RFC 7693) */

/** The first link: a hash of what names the chain. */
void pst_chain_start(const void *name, size_t size, uint8_t ret_head[PST_CHAIN_SIZE]);

/** The next link: a hash of the link before it and of an entry. before and ret_head may be one. */
void pst_chain_next(const uint8_t before[PST_CHAIN_SIZE], const void *entry, size_t size,
	uint8_t ret_head[PST_CHAIN_SIZE]);

#endif
