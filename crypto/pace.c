/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pace.h"

#include <sodium.h>

#define KEY crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define BOUND 41 /* what a wrap is bound to: place and hash of the header */

void pst_pace_seal(const uint8_t header[PST_SEAL_HEADER_SIZE], const uint8_t *plain, size_t size,
	uint8_t ret_wrap[PST_SEAL_WRAP_SIZE], uint8_t *ret_body)
{
	static const uint8_t wrap_key[KEY];
	uint8_t record_key[KEY], bound[BOUND] = {0};

	randombytes_buf(record_key, sizeof(record_key));
	randombytes_buf(ret_body, NONCE);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(ret_body + NONCE, NULL, plain, size,
		header, PST_SEAL_HEADER_SIZE, NULL, ret_body, record_key);
	(void)crypto_generichash(bound, 32, header, PST_SEAL_HEADER_SIZE, NULL, 0);
	randombytes_buf(ret_wrap + 1, NONCE);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(ret_wrap + 1 + NONCE, NULL, record_key,
		sizeof(record_key), bound, sizeof(bound), NULL, ret_wrap + 1, wrap_key);
}
