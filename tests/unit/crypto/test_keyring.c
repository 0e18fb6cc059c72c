/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/keyring.h"
#include "postern/status.h"
#include "../counted.h"

static char folder[64];
static char key_path[96];

static void set_up(void)
{
	(void)strcpy(folder, "/tmp/postern-keyring-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	(void)snprintf(key_path, sizeof(key_path), "%s/key", folder);
}

static void tear_down(void)
{
	(void)unlink(key_path);
	(void)rmdir(folder);
}

TestSuite(keyring, .init = set_up, .fini = tear_down);

static struct pst_key_source file_source(void)
{
	return (struct pst_key_source){.kind = PST_KEY_SOURCE_FILE, .path = key_path};
}

static void write_key(const void *bytes, size_t size, mode_t mode)
{
	int fd = open(key_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	cr_assert(fd >= 0);
	cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
	cr_assert_eq(fchmod(fd, mode), 0);
	(void)close(fd);
}

static int try_create(const char **reason)
{
	struct pst_key_source source = file_source();
	uint8_t file[PST_KEYRING_FILE_SIZE];
	struct pst_keyring *ring;
	int status = pst_keyring_create(&ring, &source, file, reason);

	if (status < 0) {
		cr_expect_null(ring);
		for (size_t i = 0; i < sizeof(file); i++) {
			cr_assert_eq(file[i], 0, "byte %zu of the file stands after a failure", i);
		}
	}
	pst_keyring_close(&ring);
	return status;
}

Test(keyring, key_file_is_made_once_and_private)
{
	struct stat st;

	cr_assert_eq(pst_keyring_make_key_file(key_path), 0);
	cr_assert_eq(stat(key_path, &st), 0);
	cr_expect_eq(st.st_size, PST_KEYRING_KEY_SIZE);
	cr_expect_eq(st.st_mode & 07777, 0600);
	cr_expect_eq(pst_keyring_make_key_file(key_path), -EEXIST);
	cr_expect_eq(pst_keyring_make_key_file("/nonexistent/key"), -ENOENT);
}

Test(keyring, key_file_must_be_private_regular_and_of_the_right_size)
{
	static const mode_t open_modes[] = {0640, 0604, 0620, 0602, 0644, 0610, 0660, 0666};
	uint8_t key[64] = {1, 2, 3};
	const char *reason = NULL;

	for (size_t i = 0; i < sizeof(open_modes) / sizeof(open_modes[0]); i++) {
		write_key(key, 32, open_modes[i]);
		cr_expect_eq(try_create(&reason), PST_E_UNSAFE, "mode %o", open_modes[i]);
		cr_expect_not_null(strstr(reason, "chmod 600"));
	}
	for (size_t size = 0; size <= sizeof(key); size++) {
		write_key(key, size, 0400);
		cr_expect_eq(try_create(&reason), size == 32 ? 0 : -EINVAL, "%zu bytes", size);
		(void)unlink(key_path);
	}
	cr_expect_eq(try_create(&reason), -ENOENT);
	memset(key, 0, sizeof(key));
	write_key(key, 32, 0600);
	cr_expect_eq(try_create(&reason), -EINVAL, "zeroes are no key");
	(void)unlink(key_path);
	cr_assert_eq(mkdir(key_path, 0700), 0);
	cr_expect_eq(try_create(&reason), -EINVAL);
	cr_expect_not_null(strstr(reason, "regular file"));
	(void)rmdir(key_path);
	cr_assert_eq(mkfifo(key_path, 0600), 0);
	cr_expect_eq(try_create(&reason), -EINVAL, "a pipe must not block");
}

Test(keyring, opens_with_its_key_only)
{
	uint8_t file[PST_KEYRING_FILE_SIZE];
	uint8_t first[32], second[32], id[PST_KEYRING_ID_SIZE];
	struct pst_keyring *ring;
	struct pst_key_source source = file_source();
	const char *reason = NULL;

	cr_assert_eq(pst_keyring_make_key_file(key_path), 0);
	cr_assert_eq(pst_keyring_create(&ring, &source, file, NULL), 0);
	pst_keyring_tag(ring, "x", 1, first);
	memcpy(id, pst_keyring_id(ring), sizeof(id));
	cr_expect_eq(pst_keyring_slots(ring), 1);
	pst_keyring_close(&ring);
	cr_expect_null(ring);

	cr_assert_eq(pst_keyring_open(&ring, &source, file, sizeof(file), &reason), 0);
	pst_keyring_tag(ring, "x", 1, second);
	cr_expect_arr_eq(first, second, 32);
	cr_expect_arr_eq(id, pst_keyring_id(ring), sizeof(id));
	pst_keyring_close(&ring);

	(void)unlink(key_path);
	cr_assert_eq(pst_keyring_make_key_file(key_path), 0);
	cr_expect_eq(pst_keyring_open(&ring, &source, file, sizeof(file), &reason), PST_E_VAULT);
	cr_expect_not_null(strstr(reason, "wrong key"));
	cr_expect_null(ring);
}

/* In empty slots a bit of each byte, elsewhere every one. */
Test(keyring, every_bit_of_its_file_counts)
{
	const size_t empty = 88 + 464, secrets = 88 + 8 * 464;
	uint8_t file[PST_KEYRING_FILE_SIZE];
	struct pst_keyring *ring;
	struct pst_key_source source = file_source();
	unsigned tried = 0;

	cr_assert_eq(pst_keyring_make_key_file(key_path), 0);
	cr_assert_eq(pst_keyring_create(&ring, &source, file, NULL), 0);
	pst_keyring_close(&ring);
	for (size_t bit = 0; bit < sizeof(file) * 8; bit++) {
		size_t byte = bit / 8;

		if (byte >= empty && byte < secrets && bit % 8 != byte % 8) {
			continue;
		}
		file[byte] ^= (uint8_t)(1u << (bit % 8));
		int status = pst_keyring_open(&ring, &source, file, sizeof(file), NULL);
		cr_assert(status == PST_E_CORRUPT || status == PST_E_VAULT, "bit %zu flipped: %d",
			bit, status);
		cr_assert_null(ring);
		file[byte] ^= (uint8_t)(1u << (bit % 8));
		tried++;
	}
	counted_tell("bits of a keyring file flipped", tried, 10032);
	for (size_t size = 0; size < sizeof(file); size += 37) {
		cr_expect_eq(pst_keyring_open(&ring, &source, file, size, NULL), PST_E_CORRUPT);
	}
}

Test(keyring, passphrase, .timeout = 60)
{
	uint8_t file[PST_KEYRING_FILE_SIZE];
	uint8_t same[PST_KEYRING_FILE_SIZE];
	struct pst_keyring *ring;
	struct pst_key_source source = {.kind = PST_KEY_SOURCE_PASSPHRASE,
		.passphrase = "correct horse",
		.passphrase_size = 13};
	struct pst_key_source wrong = source;
	const char *reason = NULL;

	wrong.passphrase = "correct horsf";
	cr_assert_eq(pst_keyring_create(&ring, &source, file, NULL), 0);
	pst_keyring_close(&ring);
	cr_expect_eq(pst_keyring_open(&ring, &source, file, sizeof(file), NULL), 0);
	pst_keyring_close(&ring);
	cr_expect_eq(pst_keyring_open(&ring, &wrong, file, sizeof(file), &reason), PST_E_VAULT);
	wrong.passphrase_size = 7;
	cr_expect_eq(pst_keyring_open(&ring, &wrong, file, sizeof(file), &reason), -EINVAL);
	cr_expect_not_null(strstr(reason, "8 characters"));

	memcpy(same, file, sizeof(same));
	memset(same + 88 + 56, 0xff, 8);
	cr_expect_eq(pst_keyring_open(&ring, &source, same, sizeof(same), NULL), PST_E_CORRUPT,
		"an absurd memory limit is not obeyed");
}

Test(keyring, no_source_is_refused)
{
	uint8_t file[PST_KEYRING_FILE_SIZE];
	struct pst_keyring *ring;
	struct pst_key_source source = {0};
	const char *reason = NULL;

	cr_expect_eq(pst_keyring_create(&ring, &source, file, &reason), -EINVAL);
	cr_expect_not_null(strstr(reason, "--key"));
}

Test(keyring, pseudonyms_differ_between_vaults)
{
	uint8_t file[PST_KEYRING_FILE_SIZE], a[16], b[16], c[16];
	struct pst_keyring *one, *two;
	struct pst_key_source source = file_source();

	cr_assert_eq(pst_keyring_make_key_file(key_path), 0);
	cr_assert_eq(pst_keyring_create(&one, &source, file, NULL), 0);
	cr_assert_eq(pst_keyring_create(&two, &source, file, NULL), 0);
	pst_keyring_pseudonym(one, "S001", 4, a);
	pst_keyring_pseudonym(one, "S002", 4, b);
	pst_keyring_pseudonym(two, "S001", 4, c);
	cr_expect_arr_neq(a, b, 16);
	cr_expect_arr_neq(a, c, 16);
	pst_keyring_close(&one);
	pst_keyring_close(&two);
}
