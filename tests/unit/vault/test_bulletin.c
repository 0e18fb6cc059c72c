/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../counted.h"
#include "base/fd.h"
#include "vault/bulletin.h"
#include "vault/name.h"

#define NOW 1700000000LL
#define HOUR 3600LL
#define KEYS_SHORT 48u
#define KEYS_LONG 913u
#define WIDTH_LONG (30u * 86400)

static struct pst_sign_key *signer;
static struct pst_bulletin_name names[3];
static struct pst_bulletin_class classes[2];
static uint8_t keys[(KEYS_SHORT + KEYS_LONG) * PST_RATCHET_PUBLIC_SIZE];
static struct pst_bulletin bulletin;
static struct pst_bytes bytes;

static void set_up(void)
{
	uint8_t seed[PST_SIGN_SEED_SIZE] = {1, 2, 3};

	cr_assert_eq(pst_sign_key_open(&signer, seed), 0);
	for (size_t i = 0; i < sizeof(keys); i++) {
		keys[i] = (uint8_t)(i * 11 + i / 32 + 3);
	}
	names[0] = (struct pst_bulletin_name){PST_VAULT_NAME_STORE, 1, "matching"};
	names[1] = (struct pst_bulletin_name){PST_VAULT_NAME_CATEGORY, 300, "us-citizen"};
	names[2] = (struct pst_bulletin_name){PST_VAULT_NAME_PURPOSE, 2, "verify"};
	classes[0] = (struct pst_bulletin_class){.text = "half-day",
		.number = 3,
		.retention_s = 12 * HOUR,
		.width_s = 900,
		.first = NOW / 900 + 1,
		.count = KEYS_SHORT,
		.keys = keys};
	classes[1] = (struct pst_bulletin_class){.text = "long",
		.number = 4,
		.retention_s = 75LL * 365 * 24 * HOUR,
		.width_s = WIDTH_LONG,
		.first = NOW / WIDTH_LONG + 1,
		.count = KEYS_LONG,
		.keys = keys + (size_t)KEYS_SHORT * PST_RATCHET_PUBLIC_SIZE};
	bulletin = (struct pst_bulletin){.vault = {7},
		.lane_key = {8},
		.lane = "lane-1",
		.lane_number = 5,
		.issued_s = NOW,
		.valid_until_s = NOW + 24 * HOUR,
		.names = names,
		.name_count = 3,
		.classes = classes,
		.class_count = 2};
	pst_sign_public(signer, bulletin.vault_key);
	bytes = (struct pst_bytes){0};
	cr_assert_eq(pst_bulletin_encode(&bulletin, signer, &bytes), 0);
}

static void tear_down(void)
{
	pst_bytes_finish(&bytes);
	pst_sign_key_close(&signer);
}

TestSuite(bulletin, .init = set_up, .fini = tear_down);

static int decode(const uint8_t *data, size_t size)
{
	struct pst_bulletin back;
	uint8_t *exact = malloc(size ? size : 1); /* so that a sanitizer sees the end */

	memcpy(exact, data, size);
	int status = pst_bulletin_decode(exact, size, &back);
	pst_bulletin_finish(&back);
	free(exact);
	return status;
}

/* The layout is stored: these bytes must never change within a version. */
Test(bulletin, layout)
{
	cr_expect_arr_eq(bytes.data, "PSTNBULL\x01\x00\x01\x00", 12);
	cr_expect_eq(pst_bytes_get32(bytes.data + 12), bytes.size);
	cr_expect_eq(bytes.data[16], 7);
	cr_expect_arr_eq(bytes.data + 32, bulletin.vault_key, 32);
	cr_expect_eq(bytes.data[64], 8);
	cr_expect_arr_eq(bytes.data + 96, "\x05\x00\x03\x00\x02\x00\x00\x00", 8);
	cr_expect_arr_eq(bytes.data + 120, "lane-1\0", 7);
	cr_expect_arr_eq(bytes.data + 184, "\x01\x00\x01\x00matching\0", 13);
	cr_expect_eq(bytes.size,
		184 + 3 * 68 + 2 * 88 + (KEYS_SHORT + KEYS_LONG) * 32 + PST_SIGN_SIGNATURE_SIZE);
}

Test(bulletin, comes_back_as_it_was)
{
	struct pst_bulletin back;
	struct pst_bytes again = {0};
	uint32_t bucket;

	cr_assert_eq(pst_bulletin_verify(bytes.data, bytes.size), 0);
	cr_assert_eq(pst_bulletin_decode(bytes.data, bytes.size, &back), 0);
	cr_expect_eq(pst_bulletin_number(&back, PST_VAULT_NAME_CATEGORY, "us-citizen"), 300);
	cr_expect_eq(pst_bulletin_number(&back, PST_VAULT_NAME_STORE, "us-citizen"), 0);
	cr_expect_eq(pst_bulletin_number(&back, PST_VAULT_NAME_STORE, NULL), 0);
	const struct pst_bulletin_class *class =
		pst_bulletin_class_of(&back, "half-day", 12 * HOUR);
	cr_assert_not_null(class);
	cr_expect_null(pst_bulletin_class_of(&back, "half-day", 13 * HOUR));
	cr_expect_arr_eq(
		pst_bulletin_key(class, NOW + HOUR, &bucket), keys + 3 * 32, 32, "an hour on");
	cr_expect_eq(bucket, NOW / 900 + 4);
	cr_assert_eq(pst_bulletin_encode(&back, signer, &again), 0);
	cr_assert_eq(again.size, bytes.size);
	cr_expect_arr_eq(again.data, bytes.data, bytes.size);
	pst_bytes_finish(&again);
	pst_bulletin_finish(&back);
}

Test(bulletin, has_keys_for_its_buckets_and_no_others)
{
	const int64_t first_s = (NOW / 900 + 1) * 900, end_s = first_s + KEYS_SHORT * 900;
	uint32_t bucket;

	cr_expect_null(pst_bulletin_key(&classes[0], first_s - 1, &bucket));
	cr_expect_not_null(pst_bulletin_key(&classes[0], first_s, &bucket));
	cr_expect_not_null(pst_bulletin_key(&classes[0], end_s - 1, &bucket));
	cr_expect_null(pst_bulletin_key(&classes[0], end_s, &bucket));
	cr_expect_null(pst_bulletin_key(&classes[0], INT64_MAX, &bucket));
	cr_expect_null(pst_bulletin_key(&classes[0], -1, &bucket));
	cr_expect_null(pst_bulletin_key(&classes[0], INT64_MIN, &bucket));
}

/* What decodes after a flip has a signature that fails; no third way. */
Test(bulletin, every_bit_of_its_front_and_bytes_all_over_are_signed)
{
	uint64_t tried = 0;

	for (size_t at = 0; at < bytes.size; at += at < 700 ? 1 : 7) {
		for (int bit = 0; bit < (at < 700 ? 8 : 1); bit++) {
			bytes.data[at] ^= (uint8_t)(1u << bit);
			cr_expect(decode(bytes.data, bytes.size) < 0 ||
					  pst_bulletin_verify(bytes.data, bytes.size) ==
						  PST_E_CORRUPT,
				"byte %zu bit %d", at, bit);
			bytes.data[at] ^= (uint8_t)(1u << bit);
			tried++;
		}
	}
	counted_tell("bits of a bulletin flipped", tried, 9900);
}

Test(bulletin, cut_or_longer)
{
	for (size_t size = 0; size < bytes.size; size += size < 800 ? 1 : 97) {
		cr_expect_eq(decode(bytes.data, size), PST_E_CORRUPT, "%zu bytes", size);
	}
	cr_assert_eq(pst_bytes_append(&bytes, "x", 1), 0);
	cr_expect_eq(decode(bytes.data, bytes.size), PST_E_CORRUPT);
}

Test(bulletin, another_version_is_not_read)
{
	static const size_t places[] = {0, 7, 8, 9, 10, 11};

	for (size_t i = 0; i < 6; i++) {
		bytes.data[places[i]] ^= 2;
		cr_expect_eq(decode(bytes.data, bytes.size), PST_E_FORMAT, "byte %zu", places[i]);
		bytes.data[places[i]] ^= 2;
	}
}

#define REFUSES(change)                                                                            \
	do {                                                                                       \
		struct pst_bytes other = {0};                                                      \
		tear_down();                                                                       \
		set_up();                                                                          \
		change;                                                                            \
		cr_expect_eq(pst_bulletin_encode(&bulletin, signer, &other), -EINVAL, #change);    \
		pst_bytes_finish(&other);                                                          \
	} while (0)

Test(bulletin, bounds)
{
	REFUSES(bulletin.lane_number = 0);
	REFUSES(bulletin.lane[0] = '/');
	REFUSES(bulletin.lane[0] = 0);
	REFUSES(bulletin.issued_s = 0);
	REFUSES(bulletin.valid_until_s = NOW);
	REFUSES(names[0].kind = 0);
	REFUSES(names[0].kind = PST_VAULT_NAME_LANE);
	REFUSES(names[0].number = 0);
	REFUSES(names[0].number = 256);
	REFUSES(names[1] = names[0]);
	REFUSES(names[2] = names[1]);
	REFUSES(names[1].text[0] = ' ');
	REFUSES(classes[0].number = 0);
	REFUSES(classes[0].width_s = 0);
	REFUSES(classes[0].width_s = PST_RATCHET_WIDTH_MAX_S + 1);
	REFUSES(classes[0].retention_s = 0);
	REFUSES(classes[0].retention_s = PST_VAULT_RETENTION_MAX_S + 1);
	REFUSES(classes[0].count = 0);
	REFUSES(classes[0].first = UINT32_MAX - 10);
	REFUSES(classes[1] = classes[0]);
	REFUSES(memset(keys + 32 * 5, 0, 32));
	REFUSES(memset(keys + 32 * 5, 0xff, 32); keys[32 * 5] = 0xed);
	/* The top bit of a point is not looked at. */
	REFUSES(memset(keys + 32 * 5, 0, 32); keys[32 * 5 + 31] = 0x80);
}

Test(bulletin, files)
{
	char path[] = "/tmp/postern-bulletin-XXXXXX";
	struct pst_error error = {0};
	struct pst_bulletin back;
	int fd = mkstemp(path);

	cr_assert(fd >= 0);
	cr_assert_eq(pst_fd_write_full(fd, bytes.data, bytes.size), 0);
	cr_expect_eq(pst_bulletin_load(path, &back, &error), 0, "%s", error.text);
	pst_bulletin_finish(&back);
	cr_assert_eq(pwrite(fd, "lane-2", 6, 120), 6);
	cr_expect_eq(pst_bulletin_load(path, &back, &error), PST_E_CORRUPT);
	cr_expect_not_null(strstr(error.text, "not signed by its vault"), "%s", error.text);
	cr_assert_eq(ftruncate(fd, PST_BULLETIN_SIZE_MAX + 1), 0);
	cr_expect_eq(pst_bulletin_load(path, &back, NULL), -EFBIG);
	cr_assert_eq(unlink(path), 0);
	cr_expect_eq(pst_bulletin_load(path, &back, NULL), -ENOENT);
	(void)close(fd);
}
