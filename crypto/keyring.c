/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/keyring.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <sodium.h>

#include "crypto/keyring_keys.h"
#include "crypto/little.h"
#include "crypto/ratchet_set.h"
#include "crypto/secret.h"
#include "crypto/slots.h"
#include "postern/status.h"

/*
 * The keyring file, little endian, 1496 bytes:
 *
 *      0  magic 8, version 4, suite 4, vault id 16, generation of the root 8, zero 8
 *     48  8 slots of 160 (slots.c)
 *   1328  nonce 24, sealed secrets 128 + 16; associated data: all bytes before
 */
#define VERSION 1u
#define SUITE 1u /* XChaCha20-Poly1305, BLAKE2b, Ed25519, Argon2id */
#define AT_VERSION 8
#define AT_SUITE 12
#define AT_GENERATION 32
#define AT_SECRETS SLOTS_END

#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES

static const char magic[8] = {'P', 'S', 'T', 'N', 'K', 'E', 'Y', 'S'};

struct secrets {
	uint8_t record_seed[KEY_SIZE];
	uint8_t pseudonym_key[KEY_SIZE];
	uint8_t signing_seed[KEY_SIZE];
	uint8_t state_key[KEY_SIZE]; /* seals the ratchets' state file */
};

_Static_assert(sizeof(struct secrets) == (size_t)4 * KEY_SIZE, "secrets are stored as they stand");
_Static_assert(AT_SECRETS + NONCE_SIZE + sizeof(struct secrets) + TAG_SIZE == PST_KEYRING_FILE_SIZE,
	"file layout");

/* Lives in locked memory as a whole. */
struct pst_keyring {
	uint8_t id[PST_KEYRING_ID_SIZE];
	unsigned slots;
	struct pst_sign_key *signer;
	struct pst_keyring_scratch *scratch; /* points at own_scratch: a const ring may work */
	struct pst_keyring_scratch own_scratch;
	uint8_t tag_key[KEY_SIZE];
	struct secrets secrets;
	struct pst_ratchet_set *ratchet; /* points at own_ratchet, as scratch does */
	struct pst_ratchet_set own_ratchet;
};

static void derive(uint8_t *to, uint64_t number, const char context[8], const uint8_t *from)
{
	(void)crypto_kdf_derive_from_key(to, KEY_SIZE, number, context, from);
}

static int ring_alloc(struct pst_keyring **ret_ring, struct pst_slots_work **ret_work)
{
	void *memory;
	int status = pst_secret_alloc(sizeof(struct pst_keyring), &memory);

	*ret_work = NULL;
	*ret_ring = memory;
	if (status < 0) {
		return status;
	}
	(*ret_ring)->scratch = &(*ret_ring)->own_scratch;
	(*ret_ring)->ratchet = &(*ret_ring)->own_ratchet;
	status = pst_secret_alloc(sizeof(struct pst_slots_work), &memory);
	*ret_work = memory;
	return status;
}

static void work_free(struct pst_slots_work **work)
{
	void *memory = *work;

	pst_secret_free(&memory);
	*work = NULL;
}

/* Everything in front of the secrets is bound to them: no byte of the file can be changed. */
static void seal_secrets(struct pst_slots_work *work, const struct secrets *secrets, uint8_t *file)
{
	derive(work->secrets_key, 1, "pstnscrt", work->root);
	randombytes_buf(file + AT_SECRETS, NONCE_SIZE);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(file + AT_SECRETS + NONCE_SIZE, NULL,
		(const uint8_t *)secrets, sizeof(*secrets), file, AT_SECRETS, NULL,
		file + AT_SECRETS, work->secrets_key);
}

static int open_secrets(struct pst_slots_work *work, const uint8_t *file, struct secrets *secrets,
	const char **ret_reason)
{
	derive(work->secrets_key, 1, "pstnscrt", work->root);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt((uint8_t *)secrets, NULL, NULL,
		    file + AT_SECRETS + NONCE_SIZE, sizeof(*secrets) + TAG_SIZE, file, AT_SECRETS,
		    file + AT_SECRETS, work->secrets_key) != 0) {
		*ret_reason = "the keyring file is damaged";
		return PST_E_CORRUPT;
	}
	return 0;
}

/* The last step of both ways to a ring: what follows from the secrets. */
static int ring_complete(struct pst_keyring *ring, const uint8_t *file)
{
	memcpy(ring->id, file + SLOTS_AT_ID, PST_KEYRING_ID_SIZE);
	ring->slots = pst_slots_count(file);
	derive(ring->tag_key, 2, "pstntags", ring->secrets.pseudonym_key);
	return pst_sign_key_open(&ring->signer, ring->secrets.signing_seed);
}

static void fill_header(uint8_t *file)
{
	memset(file, 0, PST_KEYRING_FILE_SIZE);
	memcpy(file, magic, sizeof(magic));
	file[AT_VERSION] = VERSION;
	file[AT_SUITE] = SUITE;
	randombytes_buf(file + SLOTS_AT_ID, PST_KEYRING_ID_SIZE);
	little_put(file + AT_GENERATION, 1, 8);
}

int pst_keyring_create(struct pst_keyring **ret_ring, const struct pst_key_source *source,
	uint8_t ret_file[PST_KEYRING_FILE_SIZE], const char **ret_reason)
{
	struct pst_keyring *ring;
	struct pst_slots_work *work;
	const char *reason = "no memory that can be locked; raise the limit (ulimit -l)";
	int status = ring_alloc(&ring, &work);

	*ret_ring = NULL;
	fill_header(ret_file);
	if (status == 0) {
		randombytes_buf(work->root, KEY_SIZE);
		status = pst_slots_fill(work, source, ret_file, 0, &reason);
	}
	if (status == 0) {
		randombytes_buf(&ring->secrets, sizeof(ring->secrets));
		sodium_memzero(ring->secrets.record_seed, KEY_SIZE);
		seal_secrets(work, &ring->secrets, ret_file);
		status = ring_complete(ring, ret_file);
	}
	work_free(&work);
	if (status < 0) {
		pst_keyring_close(&ring);
		sodium_memzero(ret_file, PST_KEYRING_FILE_SIZE);
		if (ret_reason) {
			*ret_reason = reason;
		}
		return status;
	}
	*ret_ring = ring;
	return 0;
}

static int check_file(const uint8_t *file, size_t size, const char **ret_reason)
{
	static const uint8_t known[8] = {VERSION, 0, 0, 0, SUITE, 0, 0, 0};

	if (size != PST_KEYRING_FILE_SIZE || memcmp(file, magic, sizeof(magic)) != 0) {
		*ret_reason = "not a keyring file, or cut short";
		return PST_E_CORRUPT;
	}
	if (memcmp(file + AT_VERSION, known, sizeof(known)) != 0) {
		*ret_reason = "the keyring file is of a version this program does not know";
		return PST_E_CORRUPT;
	}
	return 0;
}

int pst_keyring_open(struct pst_keyring **ret_ring, const struct pst_key_source *source,
	const uint8_t *file, size_t size, const char **ret_reason)
{
	struct pst_keyring *ring;
	struct pst_slots_work *work;
	const char *reason = "no memory that can be locked; raise the limit (ulimit -l)";
	int status = ring_alloc(&ring, &work);

	*ret_ring = NULL;
	if (status == 0) {
		status = check_file(file, size, &reason);
	}
	if (status == 0) {
		status = pst_slots_find(work, source, file, &reason);
	}
	if (status >= 0) {
		status = open_secrets(work, file, &ring->secrets, &reason);
	}
	if (status == 0) {
		status = ring_complete(ring, file);
	}
	work_free(&work);
	if (status < 0) {
		pst_keyring_close(&ring);
		if (ret_reason) {
			*ret_reason = reason;
		}
		return status;
	}
	*ret_ring = ring;
	return 0;
}

void pst_keyring_close(struct pst_keyring **ring)
{
	void *memory = *ring;

	if (*ring) {
		pst_sign_key_close(&(*ring)->signer);
	}
	pst_secret_free(&memory);
	*ring = NULL;
}

const uint8_t *pst_keyring_id(const struct pst_keyring *ring)
{
	return ring->id;
}

unsigned pst_keyring_slots(const struct pst_keyring *ring)
{
	return ring->slots;
}

const struct pst_sign_key *pst_keyring_signer(const struct pst_keyring *ring)
{
	return ring->signer;
}

void pst_keyring_pseudonym(const struct pst_keyring *ring, const void *text, size_t size,
	uint8_t ret_pseudonym[PST_KEYRING_PSEUDONYM_SIZE])
{
	(void)crypto_generichash(ret_pseudonym, PST_KEYRING_PSEUDONYM_SIZE, text, size,
		ring->secrets.pseudonym_key, KEY_SIZE);
}

void pst_keyring_tag(const struct pst_keyring *ring, const void *row, size_t size,
	uint8_t ret_tag[PST_KEYRING_TAG_SIZE])
{
	(void)crypto_generichash(ret_tag, PST_KEYRING_TAG_SIZE, row, size, ring->tag_key, KEY_SIZE);
}

struct pst_keyring_scratch *pst_keyring_scratch(const struct pst_keyring *ring)
{
	return ring->scratch;
}

struct pst_ratchet_set *pst_keyring_ratchet(const struct pst_keyring *ring)
{
	return ring->ratchet;
}

const uint8_t *pst_keyring_state_key(const struct pst_keyring *ring)
{
	return ring->secrets.state_key;
}

int pst_keyring_seed_key(
	const struct pst_keyring *ring, uint32_t retention, uint8_t ret_key[KEY_SIZE])
{
	if (sodium_is_zero(ring->secrets.record_seed, KEY_SIZE)) {
		return PST_E_EXPIRED;
	}
	derive(ret_key, (uint64_t)retention << 32, "pstnclss", ring->secrets.record_seed);
	return 0;
}
