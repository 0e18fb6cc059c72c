/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "crypto/derive.h"
#include "crypto/little.h"
#include "crypto/ratchet_set.h"
#include "postern/status.h"

/*
 * A slot, little endian, 8192 bytes:
 *
 *      0  magic 8, version 4, suite 4, vault id 16
 *     32  counter 8, clock 8, running 8, boot 16
 *     72  check value of the state key 32
 *    104  nonce 24, sealed classes 8048 + 16; associated data: all bytes before the nonce
 *
 * The classes, 64 times 112 bytes, then zeroes:
 *
 *      0  retention 4 (0: no class), width 4, retention in seconds 8, bucket 4, flags 4
 *     24  state 32, check value of the state 32, zero 24
 */
#define VERSION 1u
#define SUITE 1u
#define AT_VERSION 8
#define AT_SUITE 12
#define AT_ID 16
#define AT_COUNTER 32
#define AT_CLOCK 40
#define AT_RUNNING 48
#define AT_BOOT 56
#define AT_CHECK 72
#define AT_NONCE 104
#define AT_SEALED 128

#define LINK_RETENTION 0
#define LINK_WIDTH 4
#define LINK_RETENTION_S 8
#define LINK_BUCKET 16
#define LINK_FLAGS 20
#define LINK_STATE 24
#define LINK_CHECK 56
#define LINK_SIZE PST_RATCHET_EXPORT_SIZE
#define FLAG_ESCROWED 1u

#define KEY_SIZE PST_RATCHET_KEY_SIZE
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES
#define PLAIN_SIZE (PST_RATCHET_SLOT_SIZE - AT_SEALED - TAG_SIZE)

static const uint8_t magic[8] = {'P', 'S', 'T', 'N', 'S', 'T', 'A', 'T'};

_Static_assert(AT_SEALED - AT_NONCE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");
_Static_assert(PST_RATCHET_CLASSES *LINK_SIZE <= PLAIN_SIZE, "classes fit into a slot");

static void link_encode(const struct pst_ratchet_link *link, uint8_t *to)
{
	little_put(to + LINK_RETENTION, link->class.retention, 4);
	little_put(to + LINK_WIDTH, link->class.width_s, 4);
	little_put(to + LINK_RETENTION_S, (uint64_t)link->class.retention_s, 8);
	little_put(to + LINK_BUCKET, link->class.bucket, 4);
	little_put(to + LINK_FLAGS, link->class.escrowed ? FLAG_ESCROWED : 0, 4);
	memcpy(to + LINK_STATE, link->state, KEY_SIZE);
	pst_derive(to + LINK_CHECK, 4, "pstncmit", link->state);
}

static void class_decode(const uint8_t *from, struct pst_ratchet_class *ret_class)
{
	*ret_class = (struct pst_ratchet_class){
		.retention = (uint32_t)little_get(from + LINK_RETENTION, 4),
		.width_s = (uint32_t)little_get(from + LINK_WIDTH, 4),
		.retention_s = (int64_t)little_get(from + LINK_RETENTION_S, 8),
		.bucket = (uint32_t)little_get(from + LINK_BUCKET, 4),
		.escrowed = little_get(from + LINK_FLAGS, 4) == FLAG_ESCROWED,
	};
}

/* Adds the class that stands at from, if it is one that this program could have written. */
static int link_take(
	struct pst_ratchet_set *set, struct pst_ratchet_links *links, const uint8_t *from)
{
	struct pst_ratchet_class class;
	struct pst_ratchet_link *link;

	class_decode(from, &class);
	pst_derive(set->work, 4, "pstncmit", from + LINK_STATE);
	if (sodium_memcmp(set->work, from + LINK_CHECK, KEY_SIZE) != 0 ||
		little_get(from + LINK_FLAGS, 4) > FLAG_ESCROWED) {
		return PST_E_CORRUPT;
	}
	int status = pst_ratchet_place_class(links, &class, &link);
	if (status == 0) {
		memcpy(link->state, from + LINK_STATE, KEY_SIZE);
	}
	return status == -EINVAL ? PST_E_CORRUPT : status;
}

static void header_encode(const struct pst_keyring *ring, uint64_t counter,
	const struct pst_ratchet_stamp *stamp, uint8_t *to)
{
	memcpy(to, magic, sizeof(magic));
	little_put(to + AT_VERSION, VERSION, 4);
	little_put(to + AT_SUITE, SUITE, 4);
	memcpy(to + AT_ID, pst_keyring_id(ring), PST_KEYRING_ID_SIZE);
	little_put(to + AT_COUNTER, counter, 8);
	little_put(to + AT_CLOCK, (uint64_t)stamp->clock_s, 8);
	little_put(to + AT_RUNNING, (uint64_t)stamp->running_s, 8);
	memcpy(to + AT_BOOT, stamp->boot, PST_RATCHET_BOOT_SIZE);
}

static void slot_keys(struct pst_ratchet_set *set, const uint8_t *state_key)
{
	pst_derive(set->slot_key, 1, "pstnslot", state_key);
	pst_derive(set->work, 2, "pstnslot", state_key);
}

void pst_ratchet_seal_slot_under(const struct pst_keyring *ring, const uint8_t *state_key,
	uint64_t counter, const struct pst_ratchet_stamp *stamp,
	uint8_t ret_slot[PST_RATCHET_SLOT_SIZE])
{
	struct pst_ratchet_set *set = pst_keyring_ratchet(ring);

	sodium_memzero(set->slot, sizeof(set->slot));
	for (uint32_t i = 0; i < set->links.count; i++) {
		link_encode(&set->links.at[i], set->slot + (size_t)i * LINK_SIZE);
	}
	header_encode(ring, counter, stamp, ret_slot);
	slot_keys(set, state_key);
	memcpy(ret_slot + AT_CHECK, set->work, KEY_SIZE);
	randombytes_buf(ret_slot + AT_NONCE, AT_SEALED - AT_NONCE);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(ret_slot + AT_SEALED, NULL, set->slot,
		PLAIN_SIZE, ret_slot, AT_NONCE, NULL, ret_slot + AT_NONCE, set->slot_key);
	sodium_memzero(set->slot, sizeof(set->slot));
	sodium_memzero(set->slot_key, sizeof(set->slot_key));
}

void pst_ratchet_seal_slot(const struct pst_keyring *ring, uint64_t counter,
	const struct pst_ratchet_stamp *stamp, uint8_t ret_slot[PST_RATCHET_SLOT_SIZE])
{
	pst_ratchet_seal_slot_under(ring, pst_keyring_state_key(ring), counter, stamp, ret_slot);
}

void pst_ratchet_seal_slot_next(const struct pst_keyring *ring, uint64_t counter,
	const struct pst_ratchet_stamp *stamp, uint8_t ret_slot[PST_RATCHET_SLOT_SIZE])
{
	pst_ratchet_seal_slot_under(
		ring, pst_keyring_next_state_key(ring), counter, stamp, ret_slot);
}

static int check_header(const struct pst_keyring *ring, const uint8_t *slot)
{
	if (memcmp(slot, magic, sizeof(magic)) != 0 ||
		little_get(slot + AT_VERSION, 4) != VERSION ||
		little_get(slot + AT_SUITE, 4) != SUITE) {
		return PST_E_CORRUPT;
	}
	return memcmp(slot + AT_ID, pst_keyring_id(ring), PST_KEYRING_ID_SIZE) == 0 ? 0
										    : PST_E_VAULT;
}

/* Opens a slot into the set's working memory. */
static int unseal(const struct pst_keyring *ring, struct pst_ratchet_set *set, const uint8_t *slot)
{
	int status = check_header(ring, slot);

	if (status < 0) {
		return status;
	}
	slot_keys(set, pst_keyring_state_key(ring));
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(set->slot, NULL, NULL, slot + AT_SEALED,
		    PLAIN_SIZE + TAG_SIZE, slot, AT_NONCE, slot + AT_NONCE, set->slot_key) != 0) {
		status = sodium_memcmp(set->work, slot + AT_CHECK, KEY_SIZE) == 0 ? PST_E_CORRUPT
										  : PST_E_VAULT;
	}
	sodium_memzero(set->slot_key, sizeof(set->slot_key));
	return status;
}

static int take_links(struct pst_ratchet_set *set)
{
	size_t used = (size_t)PST_RATCHET_CLASSES * LINK_SIZE;
	int status = 0;

	for (size_t at = 0; at < used && status == 0; at += LINK_SIZE) {
		if (!sodium_is_zero(set->slot + at, LINK_SIZE)) {
			status = link_take(set, &set->incoming, set->slot + at);
		}
	}
	if (status == 0 && !sodium_is_zero(set->slot + used, PLAIN_SIZE - used)) {
		status = PST_E_CORRUPT;
	}
	return status < 0 ? PST_E_CORRUPT : 0;
}

/* Reads a slot into the set's incoming classes, which the caller wipes. */
static int read_slot(const struct pst_keyring *ring, const uint8_t *slot, uint64_t *ret_counter,
	struct pst_ratchet_stamp *ret_stamp)
{
	struct pst_ratchet_set *set = pst_keyring_ratchet(ring);
	int status = unseal(ring, set, slot);

	if (status == 0) {
		status = take_links(set);
	}
	sodium_memzero(set->slot, sizeof(set->slot));
	if (status < 0) {
		return status;
	}
	*ret_counter = little_get(slot + AT_COUNTER, 8);
	if (ret_stamp) {
		ret_stamp->clock_s = (int64_t)little_get(slot + AT_CLOCK, 8);
		ret_stamp->running_s = (int64_t)little_get(slot + AT_RUNNING, 8);
		memcpy(ret_stamp->boot, slot + AT_BOOT, PST_RATCHET_BOOT_SIZE);
	}
	return 0;
}

int pst_ratchet_check_slot(const struct pst_keyring *ring,
	const uint8_t slot[PST_RATCHET_SLOT_SIZE], uint64_t *ret_counter,
	struct pst_ratchet_stamp *ret_stamp)
{
	struct pst_ratchet_set *set = pst_keyring_ratchet(ring);
	int status = read_slot(ring, slot, ret_counter, ret_stamp);

	sodium_memzero(&set->incoming, sizeof(set->incoming));
	return status;
}

int pst_ratchet_open_slot(struct pst_keyring *ring, const uint8_t slot[PST_RATCHET_SLOT_SIZE],
	uint64_t *ret_counter, struct pst_ratchet_stamp *ret_stamp)
{
	struct pst_ratchet_set *set = pst_keyring_ratchet(ring);
	int status = read_slot(ring, slot, ret_counter, ret_stamp);

	if (status == 0) {
		set->links = set->incoming;
		pst_ratchet_drop_derived(set);
	}
	sodium_memzero(&set->incoming, sizeof(set->incoming));
	return status;
}

int pst_ratchet_export(const struct pst_keyring *ring, uint32_t retention,
	uint8_t ret_plain[PST_RATCHET_EXPORT_SIZE])
{
	const struct pst_ratchet_link *link =
		pst_ratchet_link_find(pst_keyring_ratchet(ring), retention);

	memset(ret_plain, 0, PST_RATCHET_EXPORT_SIZE);
	if (!link) {
		return PST_E_NOT_FOUND;
	}
	if (!link->class.escrowed) {
		return PST_E_UNSAFE;
	}
	link_encode(link, ret_plain);
	return 0;
}

int pst_ratchet_import(struct pst_keyring *ring, const uint8_t plain[PST_RATCHET_EXPORT_SIZE])
{
	struct pst_ratchet_set *set = pst_keyring_ratchet(ring);

	return link_take(set, &set->links, plain);
}
