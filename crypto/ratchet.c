/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/ratchet.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "crypto/derive.h"
#include "crypto/ratchet_set.h"
#include "postern/status.h"

#define KEY_SIZE PST_RATCHET_KEY_SIZE
#define RETENTION_MAX_S (100LL * 366 * 86400)

#define TO_BUCKET 1
#define TO_NEXT 2
#define TO_LANE 3

_Static_assert(KEY_SIZE == crypto_kdf_KEYBYTES, "key size");
_Static_assert(KEY_SIZE == crypto_box_SEEDBYTES && KEY_SIZE == crypto_box_SECRETKEYBYTES, "box");
_Static_assert(PST_RATCHET_PUBLIC_SIZE == crypto_box_PUBLICKEYBYTES, "public key size");
_Static_assert(PST_RATCHET_BOX_OVERHEAD == crypto_box_SEALBYTES, "box overhead");
_Static_assert((PST_RATCHET_CACHE & (PST_RATCHET_CACHE - 1)) == 0, "cache size");

static int64_t min(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t max(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

uint32_t pst_ratchet_width_s(int64_t retention_s)
{
	int64_t width_s =
		min(max(retention_s / 48, PST_RATCHET_WIDTH_MIN_S), PST_RATCHET_WIDTH_MAX_S);

	return (uint32_t)max(min(width_s, retention_s / 4), 1);
}

/* Time beyond what a bucket's number can say is the last bucket's. */
static uint32_t bucket_at(uint32_t width_s, int64_t time_s)
{
	return (uint32_t)min(max(time_s, 0) / width_s, UINT32_MAX);
}

uint32_t pst_ratchet_bucket(const struct pst_ratchet_class *class, int64_t expires_s)
{
	return bucket_at(class->width_s, expires_s);
}

int64_t pst_ratchet_death_s(const struct pst_ratchet_class *class, uint32_t bucket)
{
	return (int64_t)bucket * class->width_s;
}

static uint32_t first_living(uint32_t width_s, int64_t now_s)
{
	uint32_t bucket = bucket_at(width_s, now_s);

	return bucket < UINT32_MAX ? bucket + 1 : bucket;
}

uint32_t pst_ratchet_number(uint8_t name, uint32_t width_s)
{
	return width_s << 8 | name;
}

/*
 * How many buckets after its first one a class's records can expire in. Another retention with
 * buckets as wide may share the class.
 */
static uint64_t reach(const struct pst_ratchet_class *class)
{
	int64_t longest_s = class->width_s == PST_RATCHET_WIDTH_MAX_S
				    ? RETENTION_MAX_S
				    : max(class->retention_s, class->width_s * 49LL);

	return (uint64_t)(longest_s / class->width_s) + 1;
}

static struct pst_ratchet_link *find(struct pst_ratchet_links *links, uint32_t retention)
{
	for (uint32_t i = 0; i < links->count; i++) {
		if (links->at[i].class.retention == retention) {
			return &links->at[i];
		}
	}
	return NULL;
}

struct pst_ratchet_link *pst_ratchet_link_find(struct pst_ratchet_set *set, uint32_t retention)
{
	return find(&set->links, retention);
}

void pst_ratchet_drop_derived(struct pst_ratchet_set *set)
{
	set->cursor_place = (struct pst_seal_place){0};
	sodium_memzero(set->cursor, sizeof(set->cursor));
	sodium_memzero(set->cache, sizeof(set->cache));
	sodium_memzero(set->work, sizeof(set->work));
}

static bool is_escrow_allowed(const struct pst_ratchet_class *class)
{
	return class->retention_s > PST_RATCHET_ESCROW_MIN_S;
}

static bool is_class_valid(const struct pst_ratchet_class *class)
{
	return class->retention > 0 && class->retention_s > 0 &&
	       class->retention_s <= RETENTION_MAX_S && class->width_s > 0 &&
	       class->width_s <= PST_RATCHET_WIDTH_MAX_S && class->bucket > 0 &&
	       (!class->escrowed || is_escrow_allowed(class));
}

int pst_ratchet_place_class(struct pst_ratchet_links *links, const struct pst_ratchet_class *class,
	struct pst_ratchet_link **ret_link)
{
	if (!is_class_valid(class)) {
		return -EINVAL;
	}
	if (find(links, class->retention)) {
		return -EEXIST;
	}
	if (links->count == PST_RATCHET_CLASSES) {
		return -ENOSPC;
	}
	*ret_link = &links->at[links->count++];
	(*ret_link)->class = *class;
	return 0;
}

int pst_ratchet_add(struct pst_keyring *ring, const struct pst_ratchet_class *class, int64_t now_s)
{
	struct pst_ratchet_class added = *class;
	struct pst_ratchet_link *link;

	if (added.width_s == 0) {
		added.width_s = pst_ratchet_width_s(added.retention_s);
	}
	added.bucket = first_living(added.width_s, now_s);
	int status = pst_ratchet_place_class(&pst_keyring_ratchet(ring)->links, &added, &link);
	if (status == 0) {
		randombytes_buf(link->state, sizeof(link->state));
	}
	return status;
}

bool pst_ratchet_at(
	const struct pst_keyring *ring, unsigned index, struct pst_ratchet_class *ret_class)
{
	const struct pst_ratchet_links *links = &pst_keyring_ratchet(ring)->links;

	if (index >= links->count) {
		return false;
	}
	*ret_class = links->at[index].class;
	return true;
}

int pst_ratchet_find(
	const struct pst_keyring *ring, uint32_t retention, struct pst_ratchet_class *ret_class)
{
	const struct pst_ratchet_link *link =
		pst_ratchet_link_find(pst_keyring_ratchet(ring), retention);

	if (!link) {
		return PST_E_NOT_FOUND;
	}
	*ret_class = link->class;
	return 0;
}

uint32_t pst_ratchet_narrowest_s(const struct pst_keyring *ring)
{
	const struct pst_ratchet_links *links = &pst_keyring_ratchet(ring)->links;
	uint32_t narrowest = 0;

	for (uint32_t i = 0; i < links->count; i++) {
		uint32_t width_s = links->at[i].class.width_s;

		narrowest = narrowest == 0 || width_s < narrowest ? width_s : narrowest;
	}
	return narrowest;
}

static uint64_t steps_due(const struct pst_ratchet_class *class, int64_t now_s)
{
	uint32_t first = first_living(class->width_s, now_s);

	return first > class->bucket ? first - class->bucket : 0;
}

uint64_t pst_ratchet_due(const struct pst_keyring *ring, int64_t now_s)
{
	const struct pst_ratchet_links *links = &pst_keyring_ratchet(ring)->links;
	uint64_t due = 0;

	for (uint32_t i = 0; i < links->count; i++) {
		due += steps_due(&links->at[i].class, now_s);
	}
	return due;
}

static void step_once(struct pst_ratchet_set *set, uint8_t *state)
{
	pst_derive(set->work, TO_NEXT, "pstnnext", state);
	memcpy(state, set->work, KEY_SIZE);
}

void pst_ratchet_step(struct pst_keyring *ring, int64_t now_s)
{
	struct pst_ratchet_set *set = pst_keyring_ratchet(ring);

	if (pst_ratchet_due(ring, now_s) == 0) {
		return;
	}
	for (uint32_t i = 0; i < set->links.count; i++) {
		struct pst_ratchet_link *link = &set->links.at[i];
		uint64_t steps = steps_due(&link->class, now_s);

		if (steps > reach(&link->class)) {
			randombytes_buf(link->state, KEY_SIZE);
		} else {
			for (uint64_t step = 0; step < steps; step++) {
				step_once(set, link->state);
			}
		}
		link->class.bucket += (uint32_t)steps;
	}
	pst_ratchet_drop_derived(set);
}

int pst_ratchet_forget(struct pst_keyring *ring, uint32_t retention)
{
	struct pst_ratchet_set *set = pst_keyring_ratchet(ring);
	struct pst_ratchet_link *link = pst_ratchet_link_find(set, retention);

	if (!link) {
		return PST_E_NOT_FOUND;
	}
	struct pst_ratchet_link *last = &set->links.at[--set->links.count];
	*link = *last;
	sodium_memzero(last, sizeof(*last));
	pst_ratchet_drop_derived(set);
	return 0;
}

void pst_ratchet_clear(struct pst_keyring *ring)
{
	struct pst_ratchet_set *set = pst_keyring_ratchet(ring);

	sodium_memzero(set, sizeof(*set));
}

int pst_ratchet_set_escrowed(struct pst_keyring *ring, uint32_t retention, bool escrowed)
{
	struct pst_ratchet_link *link = pst_ratchet_link_find(pst_keyring_ratchet(ring), retention);

	if (!link) {
		return PST_E_NOT_FOUND;
	}
	if (escrowed && !is_escrow_allowed(&link->class)) {
		return -EINVAL;
	}
	link->class.escrowed = escrowed;
	return 0;
}

/* Brings the cursor to the state of a place that is known to be within reach. */
static void move_cursor(struct pst_ratchet_set *set, const struct pst_ratchet_link *link,
	struct pst_seal_place place)
{
	if (set->cursor_place.bucket == 0 || set->cursor_place.retention != place.retention ||
		set->cursor_place.bucket > place.bucket) {
		set->cursor_place = (struct pst_seal_place){place.retention, link->class.bucket};
		memcpy(set->cursor, link->state, KEY_SIZE);
	}
	while (set->cursor_place.bucket < place.bucket) {
		step_once(set, set->cursor);
		set->cursor_place.bucket++;
	}
}

/* ahead: buckets beyond those that a record made now can expire in. */
static int reach_place(const struct pst_keyring *ring, struct pst_seal_place place, uint32_t ahead,
	struct pst_ratchet_set **ret_set)
{
	struct pst_ratchet_set *set = pst_keyring_ratchet(ring);
	const struct pst_ratchet_link *link = pst_ratchet_link_find(set, place.retention);

	*ret_set = set;
	if (!link) {
		return PST_E_NOT_FOUND;
	}
	if (place.bucket < link->class.bucket) {
		return PST_E_EXPIRED;
	}
	if (place.bucket - link->class.bucket > reach(&link->class) + ahead) {
		return PST_E_CORRUPT;
	}
	move_cursor(set, link, place);
	return 0;
}

int pst_ratchet_place_key(
	const struct pst_keyring *ring, struct pst_seal_place place, const uint8_t **ret_key)
{
	struct pst_ratchet_set *set = pst_keyring_ratchet(ring);
	size_t index = (place.bucket + place.retention * 977u) & (PST_RATCHET_CACHE - 1);
	struct pst_ratchet_cached *cached = &set->cache[index];

	*ret_key = cached->key;
	if (place.bucket != 0 && cached->place.bucket == place.bucket &&
		cached->place.retention == place.retention) {
		return 0;
	}
	int status = reach_place(ring, place, 0, &set);
	if (status < 0) {
		*ret_key = NULL;
		return status;
	}
	pst_derive(cached->key, TO_BUCKET, "pstnbckt", set->cursor);
	cached->place = place;
	return 0;
}

/* The key pair of a place; its secret half stays in the set. */
static int place_pair(const struct pst_keyring *ring, struct pst_seal_place place,
	uint8_t ret_public[PST_RATCHET_PUBLIC_SIZE])
{
	struct pst_ratchet_set *set;
	int status = reach_place(ring, place, PST_RATCHET_AHEAD_MAX, &set);

	if (status == 0) {
		pst_derive(set->seed, TO_LANE, "pstnlane", set->cursor);
		(void)crypto_box_seed_keypair(ret_public, set->secret_key, set->seed);
		sodium_memzero(set->seed, sizeof(set->seed));
	}
	return status;
}

int pst_ratchet_public(const struct pst_keyring *ring, struct pst_seal_place place,
	uint8_t ret_public[PST_RATCHET_PUBLIC_SIZE])
{
	memset(ret_public, 0, PST_RATCHET_PUBLIC_SIZE);
	int status = place_pair(ring, place, ret_public);

	sodium_memzero(pst_keyring_ratchet(ring)->secret_key, KEY_SIZE);
	return status;
}

int pst_ratchet_open_box(const struct pst_keyring *ring, struct pst_seal_place place,
	const uint8_t *box, size_t size, uint8_t *ret_plain)
{
	uint8_t public_key[PST_RATCHET_PUBLIC_SIZE];
	uint8_t *secret_key = pst_keyring_ratchet(ring)->secret_key;

	if (size <= PST_RATCHET_BOX_OVERHEAD) {
		return PST_E_CORRUPT;
	}
	memset(ret_plain, 0, size - PST_RATCHET_BOX_OVERHEAD);
	int status = place_pair(ring, place, public_key);
	/* libsodium refuses a share of low order by itself: its product is all zeroes. */
	if (status == 0 &&
		crypto_box_seal_open(ret_plain, box, size, public_key, secret_key) != 0) {
		sodium_memzero(ret_plain, size - PST_RATCHET_BOX_OVERHEAD);
		status = PST_E_CORRUPT;
	}
	sodium_memzero(secret_key, KEY_SIZE);
	return status;
}
