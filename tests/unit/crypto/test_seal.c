/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "crypto/ratchet.h"
#include "crypto/seal.h"
#include "postern/status.h"

#define SIZE 48

static struct pst_keyring *ring;
static uint8_t header[PST_SEAL_HEADER_SIZE];
static uint8_t plain[SIZE];
static uint8_t wrap[PST_SEAL_WRAP_SIZE];
static uint8_t body[SIZE + PST_SEAL_OVERHEAD];
static const struct pst_seal_place place = {.retention = 3, .bucket = 7};

static struct pst_keyring *new_ring(void)
{
	char path[] = "/tmp/postern-seal-XXXXXX";
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
	const struct pst_ratchet_class class = {
		.retention = place.retention, .width_s = 900, .retention_s = 43200};
	cr_assert_eq(pst_ratchet_add(made, &class, 900), 0);
	return made;
}

static void set_up(void)
{
	ring = new_ring();
	for (size_t i = 0; i < sizeof(header); i++) {
		header[i] = (uint8_t)i;
	}
	memset(plain, 'p', sizeof(plain));
	cr_assert_eq(pst_seal(ring, place, header, plain, SIZE, wrap, body), 0);
}

static void tear_down(void)
{
	pst_keyring_close(&ring);
}

TestSuite(seal, .init = set_up, .fini = tear_down);

/* Opens, and on failure checks that nothing of the plain text was left behind. */
static int try_open(struct pst_seal_place at)
{
	uint8_t opened[SIZE];

	memset(opened, 0xee, sizeof(opened));
	int status = pst_unseal(ring, at, header, wrap, body, sizeof(body), opened);
	if (status == 0) {
		cr_assert_arr_eq(opened, plain, SIZE);
	} else {
		cr_assert(sodium_is_zero(opened, SIZE), "plain text left after a failure");
	}
	return status;
}

Test(seal, sizes_are_libsodiums)
{
	cr_expect_eq(PST_SEAL_OVERHEAD, crypto_aead_xchacha20poly1305_ietf_npubbytes() +
						crypto_aead_xchacha20poly1305_ietf_abytes());
	cr_expect_eq(PST_SEAL_WRAP_SIZE, 1 + crypto_aead_xchacha20poly1305_ietf_npubbytes() +
						 crypto_aead_xchacha20poly1305_ietf_keybytes() +
						 crypto_aead_xchacha20poly1305_ietf_abytes());
	cr_expect_eq(PST_KEYRING_KEY_SIZE, crypto_kdf_keybytes());
	cr_expect_eq(PST_SIGN_SIGNATURE_SIZE, crypto_sign_bytes());
	cr_expect_eq(PST_SIGN_PUBLIC_SIZE, crypto_sign_publickeybytes());
}

Test(seal, opens_what_it_sealed)
{
	cr_expect_eq(try_open(place), 0);
	cr_expect_null(memmem(body, sizeof(body), "pppp", 4));
}

Test(seal, the_same_template_never_looks_the_same)
{
	uint8_t other_wrap[PST_SEAL_WRAP_SIZE];
	uint8_t other_body[sizeof(body)];

	cr_assert_eq(pst_seal(ring, place, header, plain, SIZE, other_wrap, other_body), 0);
	cr_expect_arr_neq(wrap + 1, other_wrap + 1, 24);
	cr_expect_arr_neq(wrap + 25, other_wrap + 25, 32);
	cr_expect_arr_neq(body, other_body, 24);
	cr_expect_arr_neq(body + 24, other_body + 24, SIZE);
}

static unsigned flip_all(uint8_t *bytes, size_t size)
{
	unsigned rejected = 0;

	for (size_t bit = 0; bit < size * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		rejected += try_open(place) == PST_E_CORRUPT;
		bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
	}
	return rejected;
}

Test(seal, every_flipped_bit_is_rejected)
{
	cr_expect_eq(flip_all(header, sizeof(header)), sizeof(header) * 8);
	cr_expect_eq(flip_all(wrap, sizeof(wrap)), sizeof(wrap) * 8);
	cr_expect_eq(flip_all(body, sizeof(body)), sizeof(body) * 8);
	cr_expect_eq(try_open(place), 0, "and the whole still opens");
}

Test(seal, parts_of_two_records_do_not_mix)
{
	uint8_t header_b[sizeof(header)], wrap_b[sizeof(wrap)], body_b[sizeof(body)];

	memcpy(header_b, header, sizeof(header));
	header_b[30] ^= 1;
	cr_assert_eq(pst_seal(ring, place, header_b, plain, SIZE, wrap_b, body_b), 0);
	for (unsigned mix = 1; mix < 7; mix++) {
		uint8_t opened[SIZE];
		int status = pst_unseal(ring, place, mix & 1 ? header_b : header,
			mix & 2 ? wrap_b : wrap, mix & 4 ? body_b : body, sizeof(body), opened);
		cr_expect_eq(status, PST_E_CORRUPT, "mix %u", mix);
	}
}

Test(seal, another_class_bucket_or_vault_does_not_open)
{
	cr_expect_eq(try_open((struct pst_seal_place){4, 7}), PST_E_NOT_FOUND);
	cr_expect_eq(try_open((struct pst_seal_place){3, 8}), PST_E_CORRUPT);
	cr_expect_eq(try_open((struct pst_seal_place){3, 1}), PST_E_EXPIRED);
	cr_expect_eq(try_open((struct pst_seal_place){3, 0}), PST_E_EXPIRED, "no record seed");
	pst_keyring_close(&ring);
	ring = new_ring();
	cr_expect_eq(try_open(place), PST_E_CORRUPT);
}

Test(seal, sizes_out_of_range)
{
	static uint8_t large[PST_SEAL_PLAIN_MAX + 1];
	uint8_t *room = malloc(sizeof(large) + PST_SEAL_OVERHEAD);
	uint8_t opened[SIZE];

	cr_expect_eq(pst_seal(ring, place, header, plain, 0, wrap, room), -EINVAL);
	cr_expect_eq(pst_seal(ring, place, header, large, sizeof(large), wrap, room), -EINVAL);
	cr_expect(sodium_is_zero(wrap, sizeof(wrap)));
	cr_expect_eq(pst_seal(ring, (struct pst_seal_place){3, 0}, header, plain, SIZE, wrap, room),
		-EINVAL, "bucket 0 only opens");
	cr_expect_eq(pst_seal(ring, place, header, large, PST_SEAL_PLAIN_MAX, wrap, room), 0);
	for (size_t size = 0; size <= PST_SEAL_OVERHEAD; size++) {
		cr_expect_eq(
			pst_unseal(ring, place, header, wrap, room, size, opened), PST_E_CORRUPT);
	}
	free(room);
}
