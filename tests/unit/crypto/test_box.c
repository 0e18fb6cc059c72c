/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "crypto/box.h"
#include "crypto/secret.h"
#include "postern/status.h"
#include "../counted.h"

#define NOW 1700000000LL
#define HOUR 3600LL
#define SIZE 512u
#define CLASS 7u

static struct pst_keyring *ring;
static struct pst_seal_place place;
static uint8_t public_key[PST_RATCHET_PUBLIC_SIZE];
static uint8_t header[PST_SEAL_HEADER_SIZE];
static uint8_t template[SIZE];
static uint8_t wrap[PST_BOX_WRAP_SIZE];
static uint8_t body[SIZE + PST_SEAL_OVERHEAD];
static uint8_t *plain;

static struct pst_keyring *new_ring(void)
{
	char path[] = "/tmp/postern-box-XXXXXX";
	uint8_t file[PST_KEYRING_FILE_SIZE];
	const struct pst_key_source source = {.kind = PST_KEY_SOURCE_FILE, .path = path};
	const struct pst_ratchet_class class = {.retention = CLASS, .retention_s = 12 * HOUR};
	struct pst_keyring *made = NULL;
	int fd = mkstemp(path);

	cr_assert(fd >= 0);
	(void)close(fd);
	(void)unlink(path);
	cr_assert_eq(pst_keyring_make_key_file(path), 0);
	cr_assert_eq(pst_keyring_create(&made, &source, file, NULL), 0);
	(void)unlink(path);
	cr_assert_eq(pst_ratchet_add(made, &class, NOW), 0);
	return made;
}

static void set_up(void)
{
	void *memory;

	ring = new_ring();
	place = (struct pst_seal_place){CLASS, (uint32_t)((NOW + 12 * HOUR) / 900)};
	cr_assert_eq(pst_ratchet_public(ring, place, public_key), 0);
	for (size_t i = 0; i < sizeof(header); i++) {
		header[i] = (uint8_t)(i * 7);
	}
	for (size_t i = 0; i < SIZE; i++) {
		template[i] = (uint8_t)(i * 37 + 11);
	}
	cr_assert_eq(pst_secret_alloc(SIZE, &memory), 0);
	plain = memory;
	cr_assert_eq(pst_box_seal(public_key, header, template, SIZE, wrap, body), 0);
}

static void tear_down(void)
{
	pst_secret_free((void **)&plain);
	pst_keyring_close(&ring);
}

TestSuite(box, .init = set_up, .fini = tear_down);

static int open_it(void)
{
	int status = pst_box_open(ring, place, header, wrap, body, sizeof(body), plain);

	if (status < 0) {
		cr_expect(sodium_is_zero(plain, SIZE), "something was handed out with %d", status);
	}
	return status;
}

Test(box, the_vault_opens_what_a_lane_sealed)
{
	cr_assert_eq(open_it(), 0);
	cr_expect_arr_eq(plain, template, SIZE);
	cr_expect_eq(wrap[0], 2);
}

Test(box, nothing_repeats)
{
	uint8_t other_wrap[PST_BOX_WRAP_SIZE], other_body[sizeof(body)];

	cr_assert_eq(pst_box_seal(public_key, header, template, SIZE, other_wrap, other_body), 0);
	cr_expect_neq(memcmp(wrap + 1, other_wrap + 1, 32), 0, "one-time key used twice");
	cr_expect_neq(memcmp(body, other_body, 24), 0, "nonce used twice");
	cr_expect_neq(memcmp(body + 24, other_body + 24, SIZE), 0);
}

Test(box, every_bit_counts)
{
	uint8_t *const parts[] = {header, wrap, body};
	const size_t sizes[] = {sizeof(header), sizeof(wrap), sizeof(body)};
	uint64_t tried = 0;

	for (int part = 0; part < 3; part++) {
		for (size_t bit = 0; bit < sizes[part] * 8; bit++) {
			parts[part][bit / 8] ^= (uint8_t)(1u << bit % 8);
			/* RFC 7748 has the highest bit of a point be ignored; the box's nonce is
			 * made of it, so even that one is found. */
			cr_expect_eq(open_it(), PST_E_CORRUPT, "part %d bit %zu", part, bit);
			parts[part][bit / 8] ^= (uint8_t)(1u << bit % 8);
			tried++;
		}
	}
	cr_expect_eq(open_it(), 0);
	counted_tell("bits of boxes flipped", tried, 6400);
}

Test(box, not_for_another_place_or_vault)
{
	struct pst_keyring *own = ring;

	place.bucket++;
	cr_expect_eq(open_it(), PST_E_CORRUPT);
	place.bucket--;
	place.retention++;
	cr_expect_eq(open_it(), PST_E_NOT_FOUND);
	place.retention--;
	ring = new_ring();
	cr_expect_eq(open_it(), PST_E_CORRUPT);
	pst_keyring_close(&ring);
	ring = own;
}

Test(box, dies_with_its_bucket)
{
	pst_ratchet_step(ring, (int64_t)place.bucket * 900 - 1);
	cr_expect_eq(open_it(), 0);
	pst_ratchet_step(ring, (int64_t)place.bucket * 900);
	cr_expect_eq(open_it(), PST_E_EXPIRED);
}

/* The encodings of which libsodium says that every secret gives the same product. */
Test(box, points_of_low_order)
{
	static const char *const points[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	uint8_t scalar[32], product[32], point[32];
	uint8_t other_wrap[PST_BOX_WRAP_SIZE], other_body[sizeof(body)];
	uint64_t tried = 0;

	randombytes_buf(scalar, sizeof(scalar));
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		for (int top = 0; top < 2; top++) {
			cr_assert_eq(sodium_hex2bin(point, 32, points[i], 64, NULL, NULL, NULL), 0);
			point[31] |= (uint8_t)(top << 7);
			cr_expect_neq(crypto_scalarmult(product, scalar, point), 0);
			cr_expect_not(pst_box_is_usable(point), "%s", points[i]);
			cr_expect_eq(
				pst_box_seal(point, header, template, SIZE, other_wrap, other_body),
				-EINVAL);
			cr_expect(sodium_is_zero(other_wrap, sizeof(other_wrap)));
			memcpy(wrap + 1, point, 32);
			cr_expect_eq(open_it(), PST_E_CORRUPT);
			tried++;
		}
	}
	cr_expect(pst_box_is_usable(public_key));
	counted_tell("points of low order", tried, 14);
}

Test(box, sizes_and_types_are_checked)
{
	cr_expect_eq(pst_box_seal(public_key, header, template, 0, wrap, body), -EINVAL);
	cr_expect_eq(pst_box_seal(public_key, header, template, PST_SEAL_PLAIN_MAX + 1, wrap, body),
		-EINVAL);
	cr_assert_eq(pst_box_seal(public_key, header, template, SIZE, wrap, body), 0);
	cr_expect_eq(pst_box_open(ring, place, header, wrap, body, PST_SEAL_OVERHEAD, plain),
		PST_E_CORRUPT);
	for (int type = 0; type < 256; type++) {
		wrap[0] = (uint8_t)type;
		cr_expect_eq(open_it(), type == 2 ? 0 : PST_E_CORRUPT, "type %d", type);
	}
}
