/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/derive.h"

#include <sodium.h>

_Static_assert(crypto_kdf_KEYBYTES == 32 && crypto_kdf_CONTEXTBYTES == 8, "key derivation");

void pst_derive(uint8_t *to, uint64_t number, const char context[8], const uint8_t *from)
{
	(void)crypto_kdf_derive_from_key(to, crypto_kdf_KEYBYTES, number, context, from);
}
