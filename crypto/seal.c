/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/seal.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "crypto/keyring_keys.h"
#include "crypto/ratchet_set.h"
#include "crypto/secret.h"
#include "postern/status.h"

#define WRAP_BUCKET 1 /* by a key of the vault; 2 (to a lane's public keys) is reserved */
#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES

_Static_assert(PST_SEAL_WRAP_SIZE == 1 + NONCE_SIZE + KEY_SIZE + TAG_SIZE, "wrap size");
_Static_assert(PST_SEAL_OVERHEAD == NONCE_SIZE + TAG_SIZE, "body overhead");

/* What a wrap is bound to: its type, the place of its key, the whole header. */
struct binding {
	uint8_t bytes[1 + 8 + crypto_generichash_BYTES];
};

static void bind_wrap(struct binding *binding, struct pst_seal_place place,
	const uint8_t header[PST_SEAL_HEADER_SIZE])
{
	binding->bytes[0] = WRAP_BUCKET;
	for (int i = 0; i < 4; i++) {
		binding->bytes[1 + i] = (uint8_t)(place.retention >> (8 * i));
		binding->bytes[5 + i] = (uint8_t)(place.bucket >> (8 * i));
	}
	(void)crypto_generichash(binding->bytes + 9, crypto_generichash_BYTES, header,
		PST_SEAL_HEADER_SIZE, NULL, 0);
}

int pst_seal(const struct pst_keyring *ring, struct pst_seal_place place,
	const uint8_t header[PST_SEAL_HEADER_SIZE], const uint8_t *plain, size_t size,
	uint8_t ret_wrap[PST_SEAL_WRAP_SIZE], uint8_t *ret_body)
{
	struct binding binding;

	memset(ret_wrap, 0, PST_SEAL_WRAP_SIZE);
	if (size == 0 || size > PST_SEAL_PLAIN_MAX) {
		return -EINVAL;
	}
	const uint8_t *place_key;
	int status = place.bucket == 0 ? -EINVAL : pst_ratchet_place_key(ring, place, &place_key);
	if (status < 0) {
		return status;
	}
	struct pst_keyring_scratch *scratch = pst_keyring_scratch(ring);
	randombytes_buf(scratch->record_key, KEY_SIZE);

	randombytes_buf(ret_body, NONCE_SIZE);
	int failed = crypto_aead_xchacha20poly1305_ietf_encrypt(ret_body + NONCE_SIZE, NULL, plain,
		size, header, PST_SEAL_HEADER_SIZE, NULL, ret_body, scratch->record_key);

	bind_wrap(&binding, place, header);
	ret_wrap[0] = WRAP_BUCKET;
	randombytes_buf(ret_wrap + 1, NONCE_SIZE);
	failed |= crypto_aead_xchacha20poly1305_ietf_encrypt(ret_wrap + 1 + NONCE_SIZE, NULL,
		scratch->record_key, KEY_SIZE, binding.bytes, sizeof(binding.bytes), NULL,
		ret_wrap + 1, place_key);
	pst_secret_wipe(scratch->record_key, KEY_SIZE);
	if (failed) {
		memset(ret_wrap, 0, PST_SEAL_WRAP_SIZE);
		memset(ret_body, 0, size + PST_SEAL_OVERHEAD);
		return PST_E_VAULT;
	}
	return 0;
}

static int opening_key(
	const struct pst_keyring *ring, struct pst_seal_place place, const uint8_t **ret_key)
{
	if (place.bucket != 0) {
		return pst_ratchet_place_key(ring, place, ret_key);
	}
	*ret_key = pst_keyring_scratch(ring)->seed_key;
	return pst_keyring_seed_key(ring, place.retention, pst_keyring_scratch(ring)->seed_key);
}

int pst_unseal(const struct pst_keyring *ring, struct pst_seal_place place,
	const uint8_t header[PST_SEAL_HEADER_SIZE], const uint8_t wrap[PST_SEAL_WRAP_SIZE],
	const uint8_t *body, size_t body_size, uint8_t *ret_plain)
{
	struct binding binding;

	if (body_size <= PST_SEAL_OVERHEAD || body_size > PST_SEAL_OVERHEAD + PST_SEAL_PLAIN_MAX) {
		return PST_E_CORRUPT;
	}
	memset(ret_plain, 0, body_size - PST_SEAL_OVERHEAD);
	if (wrap[0] != WRAP_BUCKET) {
		return PST_E_CORRUPT;
	}
	const uint8_t *place_key;
	int status = opening_key(ring, place, &place_key);
	if (status < 0) {
		return status;
	}
	struct pst_keyring_scratch *scratch = pst_keyring_scratch(ring);
	bind_wrap(&binding, place, header);
	int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(scratch->record_key, NULL, NULL,
		wrap + 1 + NONCE_SIZE, KEY_SIZE + TAG_SIZE, binding.bytes, sizeof(binding.bytes),
		wrap + 1, place_key);
	if (!failed) {
		failed = crypto_aead_xchacha20poly1305_ietf_decrypt(ret_plain, NULL, NULL,
			body + NONCE_SIZE, body_size - NONCE_SIZE, header, PST_SEAL_HEADER_SIZE,
			body, scratch->record_key);
	}
	pst_secret_wipe(scratch, sizeof(*scratch));
	if (failed) {
		sodium_memzero(ret_plain, body_size - PST_SEAL_OVERHEAD);
		return PST_E_CORRUPT;
	}
	return 0;
}

int pst_seal_rewrap(const struct pst_keyring *ring, struct pst_seal_place from,
	struct pst_seal_place to, const uint8_t header[PST_SEAL_HEADER_SIZE],
	const uint8_t wrap[PST_SEAL_WRAP_SIZE], uint8_t ret_wrap[PST_SEAL_WRAP_SIZE])
{
	struct binding binding;

	if (wrap[0] != WRAP_BUCKET) {
		return PST_E_CORRUPT;
	}
	const uint8_t *place_key;
	int status = opening_key(ring, from, &place_key);
	if (status < 0) {
		return status;
	}
	struct pst_keyring_scratch *scratch = pst_keyring_scratch(ring);
	bind_wrap(&binding, from, header);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(scratch->record_key, NULL, NULL,
		    wrap + 1 + NONCE_SIZE, KEY_SIZE + TAG_SIZE, binding.bytes,
		    sizeof(binding.bytes), wrap + 1, place_key) != 0) {
		status = PST_E_CORRUPT;
	}
	if (status == 0) {
		status = to.bucket == 0 ? -EINVAL : pst_ratchet_place_key(ring, to, &place_key);
	}
	if (status == 0) {
		bind_wrap(&binding, to, header);
		randombytes_buf(ret_wrap + 1, NONCE_SIZE);
		ret_wrap[0] = WRAP_BUCKET;
		if (crypto_aead_xchacha20poly1305_ietf_encrypt(ret_wrap + 1 + NONCE_SIZE, NULL,
			    scratch->record_key, KEY_SIZE, binding.bytes, sizeof(binding.bytes),
			    NULL, ret_wrap + 1, place_key) != 0) {
			memset(ret_wrap, 0, PST_SEAL_WRAP_SIZE);
			status = PST_E_VAULT;
		}
	}
	sodium_memzero(scratch, sizeof(*scratch));
	return status;
}
