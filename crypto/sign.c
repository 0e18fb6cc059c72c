/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sign.h"

#include <string.h>

#include <sodium.h>

#include "crypto/mac_key.h"
#include "crypto/secret.h"
#include "postern/status.h"

_Static_assert(PST_SIGN_SEED_SIZE == crypto_sign_SEEDBYTES, "seed size");
_Static_assert(PST_SIGN_PUBLIC_SIZE == crypto_sign_PUBLICKEYBYTES, "public key size");
_Static_assert(PST_SIGN_SIGNATURE_SIZE == crypto_sign_BYTES, "signature size");

static const char SEALING_TITLE[] = "postern audit mac state 1";

struct pst_sign_key {
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	uint8_t public_half[PST_SIGN_PUBLIC_SIZE];
};

int pst_sign_key_open(struct pst_sign_key **ret_key, const uint8_t seed[PST_SIGN_SEED_SIZE])
{
	void *memory;
	int status = pst_secret_alloc(sizeof(struct pst_sign_key), &memory);

	*ret_key = memory;
	if (status == 0) {
		(void)crypto_sign_seed_keypair((*ret_key)->public_half, (*ret_key)->secret, seed);
	}
	return status;
}

void pst_sign_key_close(struct pst_sign_key **key)
{
	void *memory = *key;

	pst_secret_free(&memory);
	*key = NULL;
}

void pst_sign_public(const struct pst_sign_key *key, uint8_t ret_public[PST_SIGN_PUBLIC_SIZE])
{
	memcpy(ret_public, key->public_half, PST_SIGN_PUBLIC_SIZE);
}

void pst_sign(const struct pst_sign_key *key, const void *data, size_t size,
	uint8_t ret_signature[PST_SIGN_SIGNATURE_SIZE])
{
	(void)crypto_sign_detached(ret_signature, NULL, data, size, key->secret);
}

int pst_sign_verify(const uint8_t public_key[PST_SIGN_PUBLIC_SIZE], const void *data, size_t size,
	const uint8_t signature[PST_SIGN_SIGNATURE_SIZE])
{
	return crypto_sign_verify_detached(signature, data, size, public_key) == 0 ? 0
										   : PST_E_CORRUPT;
}

void pst_sign_sealing_key(const struct pst_sign_key *key, uint8_t *ret_key)
{
	/* The first half of a libsodium secret key is its seed. */
	(void)crypto_generichash(ret_key, crypto_generichash_BYTES, (const uint8_t *)SEALING_TITLE,
		sizeof(SEALING_TITLE), key->secret, PST_SIGN_SEED_SIZE);
}
