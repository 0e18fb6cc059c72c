/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "crypto/ratchet.h"
#include "crypto/ratchet_set.h"
#include "crypto/secret.h"
#include "postern/status.h"

#define NOW 1700000000LL
#define HOUR 3600LL
#define DAY (24 * HOUR)
#define YEAR (31557600LL)

static struct pst_keyring *ring;

static struct pst_keyring *new_ring(void)
{
	char path[] = "/tmp/postern-ratchet-XXXXXX";
	uint8_t file[PST_KEYRING_FILE_SIZE];
	struct pst_keyring *made = NULL;
	struct pst_key_source source = {.kind = PST_KEY_SOURCE_FILE, .path = path};
	int fd = mkstemp(path);

	cr_assert(fd >= 0);
	(void)close(fd);
	(void)unlink(path);
	cr_assert_eq(pst_keyring_make_key_file(path), 0);
	cr_assert_eq(pst_keyring_create(&made, &source, file, NULL), 0);
	(void)unlink(path);
	return made;
}

static void add(uint32_t retention, int64_t retention_s)
{
	const struct pst_ratchet_class class = {.retention = retention, .retention_s = retention_s};

	cr_assert_eq(pst_ratchet_add(ring, &class, NOW), 0);
}

static struct pst_ratchet_class class_of(uint32_t retention)
{
	struct pst_ratchet_class class;

	cr_assert_eq(pst_ratchet_find(ring, retention, &class), 0);
	return class;
}

static void set_up(void)
{
	ring = new_ring();
}

static void tear_down(void)
{
	pst_keyring_close(&ring);
}

TestSuite(ratchet, .init = set_up, .fini = tear_down);

Test(ratchet, widths)
{
	static const struct {
		int64_t retention_s;
		uint32_t width_s;
	} known[] = {
		{1, 1},
		{2, 1},
		{4, 1},
		{8, 2},
		{60, 15},
		{HOUR, 900},
		{12 * HOUR, 900},
		{14 * DAY, 25200},
		{180 * DAY, 324000},
		{1440 * DAY, 30 * DAY},
		{15 * YEAR, 30 * DAY},
		{75 * YEAR, 30 * DAY},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		cr_expect_eq(pst_ratchet_width_s(known[i].retention_s), known[i].width_s, "%lld",
			(long long)known[i].retention_s);
	}
}

Test(ratchet, a_record_dies_on_time_or_up_to_a_width_early)
{
	unsigned tried = 0;

	for (int64_t retention_s = 1; retention_s < 100 * YEAR;
		retention_s += 1 + retention_s / 3) {
		struct pst_ratchet_class class = {.retention_s = retention_s};

		class.width_s = pst_ratchet_width_s(retention_s);
		for (int64_t now_s = NOW; now_s < NOW + 50; now_s++) {
			int64_t expires_s = now_s + retention_s;
			int64_t death_s =
				pst_ratchet_death_s(&class, pst_ratchet_bucket(&class, expires_s));

			cr_assert(death_s <= expires_s && death_s > expires_s - class.width_s);
			cr_assert_gt(death_s, now_s, "dead at birth: %lld", (long long)retention_s);
			tried++;
		}
	}
	cr_expect_geq(tried, 3000);
}

/* BLAKE2b as the KDF is documented: number as salt, context as personalization. */
static void kdf(uint8_t *to, uint8_t number, const char *context, const uint8_t *key)
{
	uint8_t salt[16] = {number};
	uint8_t personal[16] = {0};

	memcpy(personal, context, 8);
	cr_assert_eq(
		crypto_generichash_blake2b_salt_personal(to, 32, NULL, 0, key, 32, salt, personal),
		0);
}

Test(ratchet, keys_are_what_the_drawing_says)
{
	uint8_t state[32], next[32], expected[32], seed[32], public_key[32], secret_key[32];
	const uint8_t *key;

	add(9, 12 * HOUR);
	struct pst_ratchet_class class = class_of(9);
	cr_assert_eq(class.bucket, NOW / 900 + 1);
	memcpy(state, pst_keyring_ratchet(ring)->links.at[0].state, 32);
	for (uint32_t i = 0; i < 49; i++) {
		const struct pst_seal_place place = {9, class.bucket + i};
		uint8_t given[32];

		kdf(expected, 1, "pstnbckt", state);
		cr_assert_eq(pst_ratchet_place_key(ring, place, &key), 0);
		cr_expect_arr_eq(key, expected, 32, "bucket %u", i);
		kdf(seed, 3, "pstnlane", state);
		cr_assert_eq(crypto_box_seed_keypair(public_key, secret_key, seed), 0);
		cr_assert_eq(pst_ratchet_public(ring, place, given), 0);
		cr_expect_arr_eq(given, public_key, 32);
		kdf(next, 2, "pstnnext", state);
		memcpy(state, next, 32);
	}
}

Test(ratchet, buckets_in_any_order_give_the_same_keys)
{
	static uint8_t in_order[913][32];
	const uint8_t *key;

	add(1, 75 * YEAR);
	uint32_t first = class_of(1).bucket;
	for (uint32_t i = 0; i < 913; i++) {
		cr_assert_eq(
			pst_ratchet_place_key(ring, (struct pst_seal_place){1, first + i}, &key),
			0);
		memcpy(in_order[i], key, 32);
	}
	pst_ratchet_drop_derived(pst_keyring_ratchet(ring));
	for (uint32_t i = 0; i < 913; i++) {
		uint32_t at = i * 577 % 913;

		cr_assert_eq(
			pst_ratchet_place_key(ring, (struct pst_seal_place){1, first + at}, &key),
			0);
		cr_assert_arr_eq(key, in_order[at], 32);
	}
}

static bool ring_holds(const uint8_t *bytes)
{
	return memmem(pst_keyring_ratchet(ring), sizeof(struct pst_ratchet_set), bytes, 32) != NULL;
}

Test(ratchet, nothing_of_the_past_is_left_in_memory)
{
	uint8_t states[20][32], keys[20][32];
	const uint8_t *key;

	add(2, 14 * DAY);
	struct pst_ratchet_class class = class_of(2);
	memcpy(states[0], pst_keyring_ratchet(ring)->links.at[0].state, 32);
	for (uint32_t i = 0; i < 20; i++) {
		if (i) {
			kdf(states[i], 2, "pstnnext", states[i - 1]);
		}
		cr_assert_eq(pst_ratchet_place_key(
				     ring, (struct pst_seal_place){2, class.bucket + i}, &key),
			0);
		memcpy(keys[i], key, 32);
		cr_assert(ring_holds(keys[i]), "the test finds what is there");
	}
	for (uint32_t step = 1; step < 20; step++) {
		int64_t now_s = pst_ratchet_death_s(&class, class.bucket + step - 1);

		cr_expect_eq(pst_ratchet_due(ring, now_s - 1), 0);
		cr_expect_eq(pst_ratchet_due(ring, now_s), 1);
		pst_ratchet_step(ring, now_s);
		cr_expect_eq(pst_ratchet_due(ring, now_s), 0);
		for (uint32_t i = 0; i < step; i++) {
			cr_expect_not(ring_holds(states[i]), "state %u after step %u", i, step);
			cr_expect_not(ring_holds(keys[i]), "key %u after step %u", i, step);
			cr_expect_eq(pst_ratchet_place_key(ring,
					     (struct pst_seal_place){2, class.bucket + i}, &key),
				PST_E_EXPIRED);
		}
		cr_assert_eq(pst_ratchet_place_key(
				     ring, (struct pst_seal_place){2, class.bucket + step}, &key),
			0);
		cr_expect_arr_eq(key, keys[step], 32, "what lives keeps its key");
	}
}

Test(ratchet, a_gap_that_nothing_lives_through_draws_a_new_state)
{
	uint8_t last[32], next[32];
	int64_t later = NOW + 75 * YEAR;

	add(3, 12 * HOUR);
	memcpy(last, pst_keyring_ratchet(ring)->links.at[0].state, 32);
	pst_ratchet_step(ring, later);
	cr_expect_eq(class_of(3).bucket, later / 900 + 1);
	for (int step = 0; step < 3000; step++) {
		kdf(next, 2, "pstnnext", last);
		memcpy(last, next, 32);
		cr_assert_not(ring_holds(last));
	}
	pst_ratchet_step(ring, NOW);
	cr_expect_eq(class_of(3).bucket, later / 900 + 1, "never back");
}

Test(ratchet, buckets_that_no_record_can_have_cost_nothing)
{
	const uint8_t *key;

	add(4, 12 * HOUR);
	uint32_t first = class_of(4).bucket;
	cr_expect_eq(pst_ratchet_place_key(ring, (struct pst_seal_place){4, first + 50}, &key), 0);
	cr_expect_eq(pst_ratchet_place_key(ring, (struct pst_seal_place){4, first + 51}, &key),
		PST_E_CORRUPT);
	cr_expect_eq(pst_ratchet_place_key(ring, (struct pst_seal_place){4, UINT32_MAX}, &key),
		PST_E_CORRUPT);
	cr_expect_eq(pst_ratchet_place_key(ring, (struct pst_seal_place){5, first}, &key),
		PST_E_NOT_FOUND);
}

Test(ratchet, classes_are_added_once_and_within_range)
{
	struct pst_ratchet_class class = {.retention = 1, .retention_s = 12 * HOUR};

	cr_expect_eq(pst_ratchet_add(ring, &class, NOW), 0);
	cr_expect_eq(pst_ratchet_add(ring, &class, NOW), -EEXIST);
	class.retention = 0;
	cr_expect_eq(pst_ratchet_add(ring, &class, NOW), -EINVAL);
	class = (struct pst_ratchet_class){.retention = 2, .retention_s = 0};
	cr_expect_eq(pst_ratchet_add(ring, &class, NOW), -EINVAL);
	class.retention_s = 101 * 366 * DAY;
	cr_expect_eq(pst_ratchet_add(ring, &class, NOW), -EINVAL);
	class = (struct pst_ratchet_class){
		.retention = 2, .retention_s = 31 * DAY, .escrowed = true};
	cr_expect_eq(pst_ratchet_add(ring, &class, NOW), -EINVAL, "short classes: no escrow");
	for (uint32_t retention = 2; retention <= PST_RATCHET_CLASSES; retention++) {
		add(retention, DAY);
	}
	class = (struct pst_ratchet_class){.retention = 200, .retention_s = DAY};
	cr_expect_eq(pst_ratchet_add(ring, &class, NOW), -ENOSPC);
	cr_expect_eq(pst_ratchet_forget(ring, 7), 0);
	cr_expect_eq(pst_ratchet_forget(ring, 7), PST_E_NOT_FOUND);
	cr_expect_eq(pst_ratchet_add(ring, &class, NOW), 0);
	cr_expect_eq(pst_ratchet_narrowest_s(ring), 900);
}

Test(ratchet, a_forgotten_class_is_gone_from_memory)
{
	uint8_t state[32];

	add(1, DAY);
	add(2, DAY);
	memcpy(state, pst_keyring_ratchet(ring)->links.at[0].state, 32);
	cr_assert(ring_holds(state));
	cr_assert_eq(pst_ratchet_forget(ring, 1), 0);
	cr_expect_not(ring_holds(state));
	cr_expect_eq(class_of(2).retention_s, DAY);
}

static const struct pst_ratchet_stamp stamp = {.clock_s = NOW, .running_s = 77, .boot = {1, 2, 3}};

Test(ratchet, a_slot_brings_everything_back)
{
	static uint8_t slot[PST_RATCHET_SLOT_SIZE];
	struct pst_ratchet_stamp read = {0};
	uint8_t key[32];
	const uint8_t *now;
	uint64_t counter = 0;

	for (uint32_t retention = 1; retention <= PST_RATCHET_CLASSES; retention++) {
		add(retention, retention * 20 * DAY);
	}
	cr_assert_eq(pst_ratchet_set_escrowed(ring, 5, true), 0);
	cr_expect_eq(pst_ratchet_set_escrowed(ring, 1, true), -EINVAL);
	const struct pst_seal_place place = {5, class_of(5).bucket + 3};
	cr_assert_eq(pst_ratchet_place_key(ring, place, &now), 0);
	memcpy(key, now, 32);
	pst_ratchet_seal_slot(ring, 12345, &stamp, slot);
	cr_expect_null(
		memmem(slot, sizeof(slot), pst_keyring_ratchet(ring)->links.at[4].state, 32));
	pst_ratchet_clear(ring);
	cr_assert_eq(pst_ratchet_check_slot(ring, slot, &counter, &read), 0);
	cr_expect_eq(pst_ratchet_narrowest_s(ring), 0, "only looked at");
	cr_assert_eq(pst_ratchet_open_slot(ring, slot, &counter, &read), 0);
	cr_expect_eq(counter, 12345);
	cr_expect(read.clock_s == NOW && read.running_s == 77 && read.boot[2] == 3);
	cr_expect(class_of(5).escrowed && !class_of(6).escrowed);
	cr_expect_eq(class_of(64).retention_s, 64 * 20 * DAY);
	cr_assert_eq(pst_ratchet_place_key(ring, place, &now), 0);
	cr_expect_arr_eq(key, now, 32);
}

Test(ratchet, every_flipped_bit_of_a_slot_is_found)
{
	static uint8_t slot[PST_RATCHET_SLOT_SIZE];
	struct pst_ratchet_stamp read;
	uint64_t counter;
	unsigned found = 0;

	add(1, DAY);
	pst_ratchet_seal_slot(ring, 1, &stamp, slot);
	for (size_t bit = 0; bit < sizeof(slot) * 8; bit++) {
		slot[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		found += pst_ratchet_open_slot(ring, slot, &counter, &read) < 0;
		slot[bit / 8] ^= (uint8_t)(1u << (bit % 8));
	}
	cr_expect_eq(found, sizeof(slot) * 8);
	cr_expect_eq(class_of(1).retention_s, DAY, "and the classes stay");
	cr_expect_eq(pst_ratchet_open_slot(ring, slot, &counter, &read), 0);
}

Test(ratchet, another_vault_and_another_key_are_told_from_damage)
{
	static uint8_t slot[PST_RATCHET_SLOT_SIZE];
	struct pst_keyring *other = new_ring();
	struct pst_ratchet_stamp read;
	const uint8_t next_key[32] = {9};
	uint64_t counter;

	add(1, DAY);
	pst_ratchet_seal_slot(ring, 1, &stamp, slot);
	cr_expect_eq(pst_ratchet_open_slot(other, slot, &counter, &read), PST_E_VAULT);
	pst_ratchet_seal_slot_under(ring, next_key, 1, &stamp, slot);
	cr_expect_eq(pst_ratchet_open_slot(ring, slot, &counter, &read), PST_E_VAULT);
	pst_ratchet_seal_slot(ring, 1, &stamp, slot);
	slot[5000] ^= 1;
	cr_expect_eq(pst_ratchet_open_slot(ring, slot, &counter, &read), PST_E_CORRUPT);
	pst_keyring_close(&other);
}

Test(ratchet, an_exported_class_opens_what_it_sealed_elsewhere_too)
{
	struct pst_ratchet_class class = {
		.retention = 3, .retention_s = 15 * YEAR, .escrowed = true};
	uint8_t plain[PST_RATCHET_EXPORT_SIZE];
	struct pst_keyring *other = new_ring();
	const uint8_t *key, *again;

	add(1, DAY);
	cr_assert_eq(pst_ratchet_add(ring, &class, NOW), 0);
	cr_expect_eq(pst_ratchet_export(ring, 2, plain), PST_E_NOT_FOUND);
	cr_expect_eq(pst_ratchet_export(ring, 1, plain), PST_E_UNSAFE);
	cr_expect(sodium_is_zero(plain, sizeof(plain)));
	cr_assert_eq(pst_ratchet_export(ring, 3, plain), 0);
	cr_assert_eq(pst_ratchet_import(other, plain), 0);
	cr_expect_eq(pst_ratchet_import(other, plain), -EEXIST);
	const struct pst_seal_place place = {3, class_of(3).bucket + 100};
	cr_assert_eq(pst_ratchet_place_key(ring, place, &key), 0);
	cr_assert_eq(pst_ratchet_place_key(other, place, &again), 0);
	cr_expect_arr_eq(key, again, 32);
	pst_ratchet_clear(other);
	plain[30] ^= 1;
	cr_expect_eq(pst_ratchet_import(other, plain), PST_E_CORRUPT, "committed to its state");
	pst_keyring_close(&other);
}

Test(ratchet, boxes_open_until_their_bucket_dies)
{
	uint8_t public_key[32], box[32 + PST_RATCHET_BOX_OVERHEAD], message[32] = "for the vault";
	uint8_t opened[32];

	add(1, 12 * HOUR);
	struct pst_ratchet_class class = class_of(1);
	const struct pst_seal_place place = {1, class.bucket + 5};
	cr_assert_eq(pst_ratchet_public(ring, place, public_key), 0);
	cr_assert_eq(crypto_box_seal(box, message, sizeof(message), public_key), 0);
	cr_assert_eq(pst_ratchet_open_box(ring, place, box, sizeof(box), opened), 0);
	cr_expect_arr_eq(opened, message, 32);
	cr_expect_eq(pst_ratchet_open_box(ring, (struct pst_seal_place){1, class.bucket + 6}, box,
			     sizeof(box), opened),
		PST_E_CORRUPT);
	cr_expect(sodium_is_zero(opened, sizeof(opened)));
	cr_expect_eq(pst_ratchet_open_box(ring, place, box, PST_RATCHET_BOX_OVERHEAD, opened),
		PST_E_CORRUPT);
	memset(box, 0, 32);
	cr_expect_eq(pst_ratchet_open_box(ring, place, box, sizeof(box), opened), PST_E_CORRUPT,
		"a share of low order");
	pst_ratchet_step(ring, pst_ratchet_death_s(&class, place.bucket));
	cr_expect_eq(pst_ratchet_open_box(ring, place, box, sizeof(box), opened), PST_E_EXPIRED);
	cr_expect_eq(pst_ratchet_public(ring, place, public_key), PST_E_EXPIRED);
}
