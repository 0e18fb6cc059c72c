/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/keyring.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <sodium.h>

#include "crypto/keyfile.h"
#include "crypto/keyring_keys.h"
#include "crypto/secret.h"
#include "postern/status.h"

/*
 * The keyring file, little endian, 1496 bytes:
 *
 *      0  magic 8, version 4, suite 4, vault id 16, generation of the root 8, zero 8
 *     48  8 slots of 160: kind 1, zero 7, ops limit 8, memory limit 8, salt 16, check value 32,
 *         nonce 24, wrapped root 48, zero 16
 *   1328  nonce 24, sealed secrets 128 + 16; associated data: all bytes before
 */
#define VERSION 1u
#define SUITE 1u /* XChaCha20-Poly1305, BLAKE2b, Ed25519, Argon2id */
#define AT_VERSION 8
#define AT_SUITE 12
#define AT_ID 16
#define AT_GENERATION 32
#define AT_SLOTS 48
#define SLOT_SIZE 160u
#define AT_SECRETS (AT_SLOTS + PST_KEYRING_SLOTS * SLOT_SIZE)

#define SLOT_OPS 8
#define SLOT_MEMORY 16
#define SLOT_SALT 24
#define SLOT_CHECK 40
#define SLOT_NONCE 72
#define SLOT_WRAPPED 96
#define SLOT_BOUND SLOT_NONCE /* bytes of a slot that are bound to its wrapped root */

#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES
#define SALT_SIZE crypto_pwhash_SALTBYTES
#define PASSPHRASE_MIN 8u
/* A file from elsewhere must not ask for a week of Argon2id. */
#define OPS_MAX 16u
#define MEMORY_MAX (1ull << 30)

static const char magic[8] = {'P', 'S', 'T', 'N', 'K', 'E', 'Y', 'S'};

struct secrets {
	uint8_t record_seed[KEY_SIZE];
	uint8_t pseudonym_key[KEY_SIZE];
	uint8_t signing_seed[KEY_SIZE];
	uint8_t spare[KEY_SIZE];
};

_Static_assert(sizeof(struct secrets) == (size_t)4 * KEY_SIZE, "secrets are stored as they stand");
_Static_assert(KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key size");
_Static_assert(KEY_SIZE == crypto_kdf_KEYBYTES, "key size");
_Static_assert(SALT_SIZE == 16 && NONCE_SIZE == 24 && TAG_SIZE == 16, "file layout");
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
};

/* What is needed while a ring is made or opened, in locked memory. */
struct opening {
	uint8_t source[KEY_SIZE]; /* the key file's bytes */
	uint8_t slot_key[KEY_SIZE];
	uint8_t wrap_key[KEY_SIZE];
	uint8_t check[KEY_SIZE];
	uint8_t root[KEY_SIZE];
	uint8_t secrets_key[KEY_SIZE];
};

static void put64(uint8_t *to, uint64_t value)
{
	for (int i = 0; i < 8; i++) {
		to[i] = (uint8_t)(value >> (8 * i));
	}
}

static uint64_t get64(const uint8_t *from)
{
	uint64_t value = 0;

	for (int i = 7; i >= 0; i--) {
		value = value << 8 | from[i];
	}
	return value;
}

static void derive(uint8_t *to, uint64_t number, const char context[8], const uint8_t *from)
{
	(void)crypto_kdf_derive_from_key(to, KEY_SIZE, number, context, from);
}

static int stretch(struct opening *opening, const struct pst_key_source *source,
	const uint8_t *slot, const char **ret_reason)
{
	uint64_t ops = get64(slot + SLOT_OPS);
	uint64_t memory = get64(slot + SLOT_MEMORY);

	if (ops < crypto_pwhash_OPSLIMIT_MIN || ops > OPS_MAX ||
		memory < crypto_pwhash_MEMLIMIT_MIN || memory > MEMORY_MAX) {
		*ret_reason = "the vault's key slots are damaged";
		return PST_E_CORRUPT;
	}
	if (crypto_pwhash(opening->slot_key, KEY_SIZE, source->passphrase, source->passphrase_size,
		    slot + SLOT_SALT, ops, (size_t)memory, crypto_pwhash_ALG_ARGON2ID13) != 0) {
		*ret_reason = "not enough memory to stretch the passphrase (256 MiB are needed)";
		return -ENOMEM;
	}
	return 0;
}

/* From the source and a slot's salt to the key that wraps the root, and its check value. */
static int slot_keys(struct opening *opening, const struct pst_key_source *source,
	const uint8_t *slot, const char **ret_reason)
{
	if (source->kind == PST_KEY_SOURCE_PASSPHRASE) {
		int status = stretch(opening, source, slot, ret_reason);

		if (status < 0) {
			return status;
		}
	} else {
		(void)crypto_generichash(opening->slot_key, KEY_SIZE, slot + SLOT_SALT, SALT_SIZE,
			opening->source, KEY_SIZE);
	}
	derive(opening->wrap_key, 1, "pstnwrap", opening->slot_key);
	derive(opening->check, 2, "pstnchck", opening->slot_key);
	return 0;
}

static int load_source(
	struct opening *opening, const struct pst_key_source *source, const char **ret_reason)
{
	switch (source->kind) {
	case PST_KEY_SOURCE_FILE:
		return pst_keyfile_read(source->path, opening->source, ret_reason);
	case PST_KEY_SOURCE_PASSPHRASE:
		if (source->passphrase_size < PASSPHRASE_MIN) {
			*ret_reason = "a passphrase has at least 8 characters";
			return -EINVAL;
		}
		return 0;
	case PST_KEY_SOURCE_UNSET:
	default:
		*ret_reason = "no key given; use --key FILE or --passphrase";
		return -EINVAL;
	}
}

static void bind_slot(const uint8_t *file, const uint8_t *slot, uint8_t *to)
{
	memcpy(to, file + AT_ID, PST_KEYRING_ID_SIZE);
	memcpy(to + PST_KEYRING_ID_SIZE, slot, SLOT_BOUND);
}

static void wrap_root(const struct opening *opening, const uint8_t *file, uint8_t *slot)
{
	uint8_t bound[PST_KEYRING_ID_SIZE + SLOT_BOUND];

	memcpy(slot + SLOT_CHECK, opening->check, KEY_SIZE);
	bind_slot(file, slot, bound);
	randombytes_buf(slot + SLOT_NONCE, NONCE_SIZE);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(slot + SLOT_WRAPPED, NULL, opening->root,
		KEY_SIZE, bound, sizeof(bound), NULL, slot + SLOT_NONCE, opening->wrap_key);
}

static int unwrap_root(struct opening *opening, const uint8_t *file, const uint8_t *slot)
{
	uint8_t bound[PST_KEYRING_ID_SIZE + SLOT_BOUND];

	bind_slot(file, slot, bound);
	return crypto_aead_xchacha20poly1305_ietf_decrypt(opening->root, NULL, NULL,
		       slot + SLOT_WRAPPED, KEY_SIZE + TAG_SIZE, bound, sizeof(bound),
		       slot + SLOT_NONCE, opening->wrap_key) == 0
		       ? 0
		       : PST_E_CORRUPT;
}

static int ring_alloc(struct pst_keyring **ret_ring, struct opening **ret_opening)
{
	void *memory;
	int status = pst_secret_alloc(sizeof(struct pst_keyring), &memory);

	*ret_opening = NULL;
	*ret_ring = memory;
	if (status < 0) {
		return status;
	}
	(*ret_ring)->scratch = &(*ret_ring)->own_scratch;
	status = pst_secret_alloc(sizeof(struct opening), &memory);
	*ret_opening = memory;
	return status;
}

static void opening_free(struct opening **opening)
{
	void *memory = *opening;

	pst_secret_free(&memory);
	*opening = NULL;
}

/* The last step of both ways to a ring: what follows from the secrets. */
static int ring_complete(struct pst_keyring *ring, const uint8_t *file)
{
	memcpy(ring->id, file + AT_ID, PST_KEYRING_ID_SIZE);
	for (size_t i = 0; i < PST_KEYRING_SLOTS; i++) {
		ring->slots += file[AT_SLOTS + i * SLOT_SIZE] != 0;
	}
	derive(ring->tag_key, 2, "pstntags", ring->secrets.pseudonym_key);
	return pst_sign_key_open(&ring->signer, ring->secrets.signing_seed);
}

static void fill_slot(uint8_t *slot, enum pst_key_source_kind kind)
{
	slot[0] = (uint8_t)kind;
	randombytes_buf(slot + SLOT_SALT, SALT_SIZE);
	if (kind == PST_KEY_SOURCE_PASSPHRASE) {
		put64(slot + SLOT_OPS, crypto_pwhash_OPSLIMIT_MODERATE);
		put64(slot + SLOT_MEMORY, crypto_pwhash_MEMLIMIT_MODERATE);
	}
}

static void fill_header(uint8_t *file)
{
	memset(file, 0, PST_KEYRING_FILE_SIZE);
	memcpy(file, magic, sizeof(magic));
	file[AT_VERSION] = VERSION;
	file[AT_SUITE] = SUITE;
	randombytes_buf(file + AT_ID, PST_KEYRING_ID_SIZE);
	put64(file + AT_GENERATION, 1);
}

int pst_keyring_create(struct pst_keyring **ret_ring, const struct pst_key_source *source,
	uint8_t ret_file[PST_KEYRING_FILE_SIZE], const char **ret_reason)
{
	struct pst_keyring *ring;
	struct opening *opening;
	const char *reason = "no memory that can be locked; raise the limit (ulimit -l)";
	uint8_t *slot = ret_file + AT_SLOTS;
	int status = ring_alloc(&ring, &opening);

	*ret_ring = NULL;
	fill_header(ret_file);
	if (status == 0) {
		status = load_source(opening, source, &reason);
	}
	if (status == 0) {
		fill_slot(slot, source->kind);
		status = slot_keys(opening, source, slot, &reason);
	}
	if (status == 0) {
		randombytes_buf(opening->root, KEY_SIZE);
		randombytes_buf(&ring->secrets, sizeof(ring->secrets));
		wrap_root(opening, ret_file, slot);
		derive(opening->secrets_key, 1, "pstnscrt", opening->root);
		randombytes_buf(ret_file + AT_SECRETS, NONCE_SIZE);
		(void)crypto_aead_xchacha20poly1305_ietf_encrypt(ret_file + AT_SECRETS + NONCE_SIZE,
			NULL, (const uint8_t *)&ring->secrets, sizeof(ring->secrets), ret_file,
			AT_SECRETS, NULL, ret_file + AT_SECRETS, opening->secrets_key);
		status = ring_complete(ring, ret_file);
	}
	opening_free(&opening);
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

static int find_slot(struct opening *opening, const struct pst_key_source *source,
	const uint8_t *file, const char **ret_reason)
{
	for (size_t i = 0; i < PST_KEYRING_SLOTS; i++) {
		const uint8_t *slot = file + AT_SLOTS + i * SLOT_SIZE;

		if (slot[0] != (uint8_t)source->kind) {
			continue;
		}
		int status = slot_keys(opening, source, slot, ret_reason);
		if (status < 0) {
			return status;
		}
		if (sodium_memcmp(opening->check, slot + SLOT_CHECK, KEY_SIZE) != 0) {
			continue;
		}
		if (unwrap_root(opening, file, slot) < 0) {
			*ret_reason = "the vault's key slots are damaged";
			return PST_E_CORRUPT;
		}
		return 0;
	}
	*ret_reason = "wrong key: no key slot of the vault is this key's";
	return PST_E_VAULT;
}

int pst_keyring_open(struct pst_keyring **ret_ring, const struct pst_key_source *source,
	const uint8_t *file, size_t size, const char **ret_reason)
{
	struct pst_keyring *ring;
	struct opening *opening;
	const char *reason = "no memory that can be locked; raise the limit (ulimit -l)";
	int status = ring_alloc(&ring, &opening);

	*ret_ring = NULL;
	if (status == 0) {
		status = check_file(file, size, &reason);
	}
	if (status == 0) {
		status = load_source(opening, source, &reason);
	}
	if (status == 0) {
		status = find_slot(opening, source, file, &reason);
	}
	if (status == 0) {
		derive(opening->secrets_key, 1, "pstnscrt", opening->root);
		if (crypto_aead_xchacha20poly1305_ietf_decrypt((uint8_t *)&ring->secrets, NULL,
			    NULL, file + AT_SECRETS + NONCE_SIZE, sizeof(ring->secrets) + TAG_SIZE,
			    file, AT_SECRETS, file + AT_SECRETS, opening->secrets_key) != 0) {
			reason = "the keyring file is damaged";
			status = PST_E_CORRUPT;
		}
	}
	if (status == 0) {
		status = ring_complete(ring, file);
	}
	opening_free(&opening);
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

void pst_keyring_transform_stream(const struct pst_keyring *ring, uint32_t number,
	uint32_t dimension, uint8_t *ret, size_t size)
{
	static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
	uint8_t *key = ring->scratch->record_key;

	_Static_assert(KEY_SIZE == crypto_stream_chacha20_KEYBYTES, "key size");
	derive(key, (uint64_t)number << 32 | dimension, "pstntrfm", ring->secrets.pseudonym_key);
	(void)crypto_stream_chacha20(ret, size, nonce, key);
	sodium_memzero(key, KEY_SIZE);
}

void pst_keyring_tag(const struct pst_keyring *ring, const void *row, size_t size,
	uint8_t ret_tag[PST_KEYRING_TAG_SIZE])
{
	(void)crypto_generichash(ret_tag, PST_KEYRING_TAG_SIZE, row, size, ring->tag_key, KEY_SIZE);
}

struct pst_keyring_scratch *pst_keyring_place_key(
	const struct pst_keyring *ring, struct pst_seal_place place)
{
	struct pst_keyring_scratch *scratch = ring->scratch;

	if (!scratch->has_place || scratch->place.retention != place.retention ||
		scratch->place.bucket != place.bucket) {
		derive(scratch->place_key, (uint64_t)place.retention << 32 | place.bucket,
			"pstnclss", ring->secrets.record_seed);
		scratch->place = place;
		scratch->has_place = 1;
	}
	return scratch;
}
