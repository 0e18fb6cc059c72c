/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/box.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "crypto/secret.h"
#include "postern/status.h"

#define WRAP_LANE 2 /* type of a wrap; 1 is crypto/seal.h's */
#define KEY_SIZE crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define BOX_SIZE (PST_BOX_WRAP_SIZE - 1)

/* What a box holds. In locked memory only. */
struct sealed {
	uint8_t key[KEY_SIZE];
	uint8_t header[crypto_generichash_BYTES];
};

_Static_assert(sizeof(struct sealed) == KEY_SIZE + crypto_generichash_BYTES, "box content");
_Static_assert(BOX_SIZE == sizeof(struct sealed) + crypto_box_SEALBYTES, "wrap size");
_Static_assert(PST_RATCHET_PUBLIC_SIZE == crypto_box_PUBLICKEYBYTES, "public key size");

/* Encodings of u on Curve25519 whose order divides 8, the sign bit left out: RFC 7748 section 6.1
 * has zero be the shared secret of each. 0, 1, the two of order 8, p - 1, p, p + 1. */
static const uint8_t low_order[][PST_RATCHET_PUBLIC_SIZE] = {
	{0},
	{1},
	{0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
		0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f,
		0x49, 0xb8, 0x00},
	{0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef,
		0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0,
		0x9f, 0x11, 0x57},
	{0xec, [1 ... 30] = 0xff, 0x7f},
	{0xed, [1 ... 30] = 0xff, 0x7f},
	{0xee, [1 ... 30] = 0xff, 0x7f},
};

bool pst_box_is_usable(const uint8_t public_key[PST_RATCHET_PUBLIC_SIZE])
{
	uint8_t point[PST_RATCHET_PUBLIC_SIZE];

	memcpy(point, public_key, sizeof(point));
	point[sizeof(point) - 1] &= 0x7f;
	for (size_t i = 0; i < sizeof(low_order) / sizeof(low_order[0]); i++) {
		if (memcmp(point, low_order[i], sizeof(point)) == 0) {
			return false;
		}
	}
	return true;
}

static void hash_header(const uint8_t header[PST_SEAL_HEADER_SIZE], uint8_t *ret_hash)
{
	(void)crypto_generichash(
		ret_hash, crypto_generichash_BYTES, header, PST_SEAL_HEADER_SIZE, NULL, 0);
}

int pst_box_seal(const uint8_t public_key[PST_RATCHET_PUBLIC_SIZE],
	const uint8_t header[PST_SEAL_HEADER_SIZE], const uint8_t *plain, size_t size,
	uint8_t ret_wrap[PST_BOX_WRAP_SIZE], uint8_t *ret_body)
{
	void *memory;

	memset(ret_wrap, 0, PST_BOX_WRAP_SIZE);
	if (size == 0 || size > PST_SEAL_PLAIN_MAX || !pst_box_is_usable(public_key)) {
		return -EINVAL;
	}
	int status = pst_secret_alloc(sizeof(struct sealed), &memory);
	if (status < 0) {
		return status;
	}
	struct sealed *sealed = memory;
	randombytes_buf(sealed->key, sizeof(sealed->key));
	hash_header(header, sealed->header);
	if (crypto_box_seal(ret_wrap + 1, memory, sizeof(*sealed), public_key) != 0) {
		memset(ret_wrap, 0, PST_BOX_WRAP_SIZE);
		status = -EINVAL;
	} else {
		ret_wrap[0] = WRAP_LANE;
		randombytes_buf(ret_body, NONCE_SIZE);
		(void)crypto_aead_xchacha20poly1305_ietf_encrypt(ret_body + NONCE_SIZE, NULL, plain,
			size, header, PST_SEAL_HEADER_SIZE, NULL, ret_body, sealed->key);
	}
	pst_secret_free(&memory);
	return status;
}

static int open_body(const struct sealed *sealed, const uint8_t header[PST_SEAL_HEADER_SIZE],
	const uint8_t *body, size_t body_size, uint8_t *ret_plain)
{
	uint8_t expected[crypto_generichash_BYTES];

	hash_header(header, expected);
	if (sodium_memcmp(expected, sealed->header, sizeof(expected)) != 0 ||
		crypto_aead_xchacha20poly1305_ietf_decrypt(ret_plain, NULL, NULL, body + NONCE_SIZE,
			body_size - NONCE_SIZE, header, PST_SEAL_HEADER_SIZE, body,
			sealed->key) != 0) {
		sodium_memzero(ret_plain, body_size - PST_SEAL_OVERHEAD);
		return PST_E_CORRUPT;
	}
	return 0;
}

int pst_box_open(const struct pst_keyring *ring, struct pst_seal_place place,
	const uint8_t header[PST_SEAL_HEADER_SIZE], const uint8_t wrap[PST_BOX_WRAP_SIZE],
	const uint8_t *body, size_t body_size, uint8_t *ret_plain)
{
	void *memory;

	if (body_size <= PST_SEAL_OVERHEAD || body_size > PST_SEAL_OVERHEAD + PST_SEAL_PLAIN_MAX) {
		return PST_E_CORRUPT;
	}
	memset(ret_plain, 0, body_size - PST_SEAL_OVERHEAD);
	/* A box begins with its maker's one-time public key. */
	if (wrap[0] != WRAP_LANE || !pst_box_is_usable(wrap + 1)) {
		return PST_E_CORRUPT;
	}
	int status = pst_secret_alloc(sizeof(struct sealed), &memory);
	if (status < 0) {
		return status;
	}
	status = pst_ratchet_open_box(ring, place, wrap + 1, BOX_SIZE, memory);
	if (status == 0) {
		status = open_body(memory, header, body, body_size, ret_plain);
	}
	pst_secret_free(&memory);
	return status;
}
