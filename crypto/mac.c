/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/mac.h"

#include <string.h>

#include <sodium.h>

#include "crypto/mac_key.h"
#include "crypto/secret.h"
#include "postern/status.h"

#define KEY_SIZE 32u
#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES
#define STEP 1
#define STEP_CONTEXT "pstnmacn"

_Static_assert(PST_MAC_SEALED_SIZE == NONCE_SIZE + KEY_SIZE + TAG_SIZE, "sealed size");
_Static_assert(KEY_SIZE == crypto_kdf_KEYBYTES, "key size");
_Static_assert(KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "sealing key size");

static const char FIRST_TITLE[] = "postern audit mac key 1";
static const char COMMITMENT_TITLE[] = "postern audit mac commitment 1";

struct pst_mac {
	uint8_t current[KEY_SIZE];
	uint8_t ahead[KEY_SIZE];
	uint8_t scratch[KEY_SIZE];
	uint8_t commitment[PST_MAC_COMMITMENT_SIZE];
};

static void name_bytes(const struct pst_mac_name *name, uint8_t ret_bytes[PST_MAC_LOG_SIZE + 4])
{
	memcpy(ret_bytes, name->log, PST_MAC_LOG_SIZE);
	for (int i = 0; i < 4; i++) {
		ret_bytes[PST_MAC_LOG_SIZE + i] = (uint8_t)(name->epoch >> (8 * i));
	}
}

static void hash_seed(const char *title, size_t title_size, const struct pst_mac_name *name,
	const uint8_t seed[MAC_SEED_SIZE], uint8_t *ret_hash)
{
	crypto_generichash_state state;
	uint8_t bytes[PST_MAC_LOG_SIZE + 4];

	name_bytes(name, bytes);
	(void)crypto_generichash_init(&state, seed, MAC_SEED_SIZE, KEY_SIZE);
	(void)crypto_generichash_update(&state, (const uint8_t *)title, title_size);
	(void)crypto_generichash_update(&state, bytes, sizeof(bytes));
	(void)crypto_generichash_final(&state, ret_hash, KEY_SIZE);
	sodium_memzero(&state, sizeof(state));
}

int pst_mac_begin(struct pst_mac **ret_mac, const struct pst_mac_name *name,
	const uint8_t seed[MAC_SEED_SIZE])
{
	void *memory;
	int status = pst_secret_alloc(sizeof(struct pst_mac), &memory);

	*ret_mac = memory;
	if (status < 0) {
		return status;
	}
	struct pst_mac *mac = *ret_mac;
	hash_seed(FIRST_TITLE, sizeof(FIRST_TITLE), name, seed, mac->current);
	hash_seed(COMMITMENT_TITLE, sizeof(COMMITMENT_TITLE), name, seed, mac->commitment);
	pst_mac_rollback(mac);
	return 0;
}

void pst_mac_close(struct pst_mac **mac)
{
	void *memory = *mac;

	pst_secret_free(&memory);
	*mac = NULL;
}

static void step(struct pst_mac *mac)
{
	(void)crypto_kdf_derive_from_key(mac->scratch, KEY_SIZE, STEP, STEP_CONTEXT, mac->ahead);
	memcpy(mac->ahead, mac->scratch, KEY_SIZE);
}

void pst_mac_tag(struct pst_mac *mac, const void *data, size_t size, uint8_t ret_tag[PST_MAC_SIZE])
{
	(void)crypto_generichash(ret_tag, PST_MAC_SIZE, data, size, mac->ahead, KEY_SIZE);
	step(mac);
}

int pst_mac_check(
	struct pst_mac *mac, const void *data, size_t size, const uint8_t tag[PST_MAC_SIZE])
{
	uint8_t expected[PST_MAC_SIZE];

	pst_mac_tag(mac, data, size, expected);
	return sodium_memcmp(expected, tag, sizeof(expected)) == 0 ? 0 : PST_E_CORRUPT;
}

void pst_mac_skip(struct pst_mac *mac, uint64_t entries)
{
	for (uint64_t i = 0; i < entries; i++) {
		step(mac);
	}
}

void pst_mac_commit(struct pst_mac *mac)
{
	memcpy(mac->current, mac->ahead, KEY_SIZE);
	sodium_memzero(mac->scratch, KEY_SIZE);
}

void pst_mac_rollback(struct pst_mac *mac)
{
	memcpy(mac->ahead, mac->current, KEY_SIZE);
	sodium_memzero(mac->scratch, KEY_SIZE);
}

void pst_mac_commitment(const struct pst_mac *mac, uint8_t ret_commitment[PST_MAC_COMMITMENT_SIZE])
{
	memcpy(ret_commitment, mac->commitment, PST_MAC_COMMITMENT_SIZE);
}

void pst_mac_seal(struct pst_mac *mac, const struct pst_sign_key *key, const void *context,
	size_t size, uint8_t ret_sealed[PST_MAC_SEALED_SIZE])
{
	pst_sign_sealing_key(key, mac->scratch);
	randombytes_buf(ret_sealed, NONCE_SIZE);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(ret_sealed + NONCE_SIZE, NULL,
		mac->current, KEY_SIZE, context, size, NULL, ret_sealed, mac->scratch);
	sodium_memzero(mac->scratch, KEY_SIZE);
}

int pst_mac_unseal(struct pst_mac **ret_mac, const struct pst_sign_key *key, const void *context,
	size_t size, const uint8_t sealed[PST_MAC_SEALED_SIZE])
{
	void *memory;
	int status = pst_secret_alloc(sizeof(struct pst_mac), &memory);

	*ret_mac = memory;
	if (status < 0) {
		return status;
	}
	struct pst_mac *mac = *ret_mac;
	pst_sign_sealing_key(key, mac->scratch);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(mac->current, NULL, NULL,
		    sealed + NONCE_SIZE, KEY_SIZE + TAG_SIZE, context, size, sealed,
		    mac->scratch) != 0) {
		pst_mac_close(ret_mac);
		return PST_E_CORRUPT;
	}
	pst_mac_rollback(mac);
	return 0;
}
