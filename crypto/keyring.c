/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/keyring.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <sodium.h>

#include "crypto/derive.h"
#include "crypto/keyring_edit.h"
#include "crypto/ratchet_set.h"
#include "crypto/secret.h"
#include "postern/status.h"

#define NO_MEMORY "no memory that can be locked; raise the limit (ulimit -l)"

/* Lives in locked memory as a whole. */
struct pst_keyring {
	uint8_t id[PST_KEYRING_ID_SIZE];
	unsigned slots;
	struct pst_sign_key *signer;
	struct pst_keyring_scratch *scratch; /* points at own_scratch: a const ring may work */
	struct pst_keyring_scratch own_scratch;
	uint8_t tag_key[KEY_SIZE];
	struct pst_keyring_secrets secrets;
	uint8_t next_state_key[KEY_SIZE];	 /* between pst_keyring_rotate() and _rotated() */
	uint8_t upgraded[PST_KEYRING_FILE_SIZE]; /* of an older file; else zeroes */
	struct pst_ratchet_set *ratchet;	 /* points at own_ratchet, as scratch does */
	struct pst_ratchet_set own_ratchet;
};

static int ring_alloc(struct pst_keyring **ret_ring, struct pst_key_slots_work **ret_work)
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
	status = pst_secret_alloc(sizeof(struct pst_key_slots_work), &memory);
	*ret_work = memory;
	return status;
}

static void work_free(struct pst_key_slots_work **work)
{
	void *memory = *work;

	pst_secret_free(&memory);
	*work = NULL;
}

/* The last step of both ways to a ring: what follows from the secrets. */
static int ring_complete(struct pst_keyring *ring, const uint8_t *file)
{
	memcpy(ring->id, file + SLOTS_AT_ID, PST_KEYRING_ID_SIZE);
	ring->slots = pst_key_slots_count(file);
	pst_derive(ring->tag_key, 2, "pstntags", ring->secrets.pseudonym_key);
	return pst_sign_key_open(&ring->signer, ring->secrets.signing_seed);
}

int pst_keyring_create(struct pst_keyring **ret_ring, const struct pst_key_source *source,
	uint8_t ret_file[PST_KEYRING_FILE_SIZE], const char **ret_reason)
{
	struct pst_keyring *ring;
	struct pst_key_slots_work *work;
	const char *reason = NO_MEMORY;
	int status = ring_alloc(&ring, &work);

	*ret_ring = NULL;
	pst_keyring_file_begin(ret_file);
	if (status == 0) {
		randombytes_buf(work->root, KEY_SIZE);
		status = pst_key_slots_fill(work, source, ret_file, 0, &reason);
	}
	if (status == 0) {
		randombytes_buf(&ring->secrets, sizeof(ring->secrets));
		sodium_memzero(ring->secrets.record_seed, KEY_SIZE);
		pst_keyring_file_seal(work, &ring->secrets, ret_file);
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

int pst_keyring_open(struct pst_keyring **ret_ring, const struct pst_key_source *source,
	const uint8_t *file, size_t size, const char **ret_reason)
{
	struct pst_keyring *ring;
	struct pst_key_slots_work *work;
	const char *reason = NO_MEMORY;
	int status = ring_alloc(&ring, &work);

	*ret_ring = NULL;
	if (status == 0) {
		status = pst_keyring_file_open(
			work, source, file, size, &ring->secrets, ring->upgraded, &reason);
	}
	if (status >= 0) {
		reason = NO_MEMORY;
		status = ring_complete(ring, ring->upgraded[0] ? ring->upgraded : file);
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

bool pst_keyring_has_seed(const struct pst_keyring *ring)
{
	return !sodium_is_zero(ring->secrets.record_seed, KEY_SIZE);
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

const uint8_t *pst_keyring_upgraded(const struct pst_keyring *ring)
{
	return ring->upgraded[0] ? ring->upgraded : NULL;
}

int pst_keyring_rotate(struct pst_keyring *ring, uint8_t *file, const struct pst_key_source *keys,
	size_t count, const char **ret_reason)
{
	struct pst_keyring_edit *edit;
	int status = pst_keyring_edit_begin(&edit, file, keys, ret_reason);

	if (status == 0) {
		status = pst_keyring_edit_root(edit, keys, count);
	}
	if (status == 0) {
		randombytes_buf(ring->next_state_key, KEY_SIZE);
		memcpy(edit->secrets.state_key, ring->next_state_key, KEY_SIZE);
	}
	return pst_keyring_edit_end(&edit, status, file, ret_reason);
}

void pst_keyring_rotated(struct pst_keyring *ring)
{
	memcpy(ring->secrets.state_key, ring->next_state_key, KEY_SIZE);
	sodium_memzero(ring->next_state_key, KEY_SIZE);
}

int pst_keyring_retire_seed(struct pst_keyring *ring, uint8_t *file,
	const struct pst_key_source *key, const char **ret_reason)
{
	struct pst_keyring_edit *edit;
	int status = pst_keyring_edit_begin(&edit, file, key, ret_reason);

	if (status == 0) {
		sodium_memzero(edit->secrets.record_seed, KEY_SIZE);
	}
	status = pst_keyring_edit_end(&edit, status, file, ret_reason);
	if (status == 0) {
		sodium_memzero(ring->secrets.record_seed, KEY_SIZE);
	}
	return status;
}

const uint8_t *pst_keyring_next_state_key(const struct pst_keyring *ring)
{
	return ring->next_state_key;
}

#define STACK_BURNT 32768u /* bytes; deeper than anything here goes */

void pst_keyring_forget(struct pst_keyring *ring)
{
	sodium_memzero(&ring->secrets, sizeof(ring->secrets));
	sodium_memzero(ring->next_state_key, sizeof(ring->next_state_key));
	sodium_memzero(ring->tag_key, sizeof(ring->tag_key));
	sodium_memzero(ring->scratch, sizeof(*ring->scratch));
	sodium_memzero(ring->ratchet, sizeof(*ring->ratchet));
	sodium_stackzero(STACK_BURNT);
}

int pst_keyring_recall(struct pst_keyring *ring, const struct pst_key_source *source,
	const uint8_t *file, size_t size, const char **ret_reason)
{
	struct pst_keyring *again;
	int status = pst_keyring_open(&again, source, file, size, ret_reason);

	if (status < 0) {
		return status;
	}
	if (memcmp(again->id, ring->id, sizeof(ring->id)) != 0) {
		status = PST_E_VAULT;
		if (ret_reason) {
			*ret_reason = "it is the keyring of another vault now";
		}
	} else {
		memcpy(&ring->secrets, &again->secrets, sizeof(ring->secrets));
		memcpy(ring->tag_key, again->tag_key, sizeof(ring->tag_key));
		ring->slots = again->slots;
	}
	pst_keyring_close(&again);
	return status;
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
	pst_derive(
		key, (uint64_t)number << 32 | dimension, "pstntrfm", ring->secrets.pseudonym_key);
	(void)crypto_stream_chacha20(ret, size, nonce, key);
	sodium_memzero(key, KEY_SIZE);
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
	pst_derive(ret_key, (uint64_t)retention << 32, "pstnclss", ring->secrets.record_seed);
	return 0;
}
