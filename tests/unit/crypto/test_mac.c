/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/mac.h"
#include "postern/status.h"

static char folder[64], path[128], other[128];
static const struct pst_mac_name name = {.log = {1, 2, 3}, .epoch = 1};

static void set_up(void)
{
	(void)strcpy(folder, "/tmp/postern-mac-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/seeds", folder);
	(void)snprintf(other, sizeof(other), "%s/taken", folder);
}

static void tear_down(void)
{
	(void)unlink(path);
	(void)unlink(other);
	(void)rmdir(folder);
}

TestSuite(mac, .init = set_up, .fini = tear_down);

static void write_seeds(const char *text)
{
	FILE *file = fopen(path, "we");

	cr_assert_not_null(file);
	(void)fputs(text, file);
	(void)fclose(file);
	cr_assert_eq(chmod(path, 0600), 0);
}

static void hex_of(const uint8_t *bytes, char text[65])
{
	for (int i = 0; i < 32; i++) {
		(void)snprintf(text + (ptrdiff_t)2 * i, 3, "%02x", bytes[i]);
	}
}

/*
 * Tags are stored: these must never change. Python's hashlib gives the same: with
 * b2 = hashlib.blake2b, name = log + epoch (4 bytes, little endian), seed = 3c * 32,
 * key 1 = b2(title + NUL + name, key=seed), title "postern audit mac key 1", tag = b2(data,
 * key=key), key 2 = b2(key=key 1, salt=1 in 8 bytes and zeroes, person="pstnmacn" and zeroes); all
 * 32 bytes.
 */
Test(mac, known_tags)
{
	struct pst_mac *mac;
	uint8_t tag[PST_MAC_SIZE];
	char hex[65];

	write_seeds("postern-audit-key-1 01020300000000000000000000000000 1 "
		    "3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c\n");
	cr_assert_eq(pst_mac_load(&mac, &name, path, NULL), 0);
	pst_mac_tag(mac, "first", 5, tag);
	hex_of(tag, hex);
	cr_expect_str_eq(hex, "a9d20deca8a308849030919579b9af010fed8101ef46cb63bbd12ee1bf93c03e");
	pst_mac_tag(mac, "second", 6, tag);
	hex_of(tag, hex);
	cr_expect_str_eq(hex, "72e894af425cf78370af9d0012e01a2546ac9154c89516ade383b1e928de83a0");
	pst_mac_commitment(mac, tag);
	hex_of(tag, hex);
	cr_expect_str_eq(hex, "4574c8b1f87d516c5da1bb3d9e776799ff39afe624286166f1d87f1edae3fa52");
	pst_mac_close(&mac);
	cr_expect_null(mac);
}

Test(mac, commits_and_goes_back)
{
	struct pst_mac *mac;
	uint8_t first[PST_MAC_SIZE], again[PST_MAC_SIZE], second[PST_MAC_SIZE];

	cr_assert_eq(pst_mac_create(&mac, &name, path, NULL), 0);
	pst_mac_tag(mac, "a", 1, first);
	pst_mac_rollback(mac);
	pst_mac_tag(mac, "a", 1, again);
	cr_expect_arr_eq(first, again, sizeof(first));
	pst_mac_commit(mac);
	pst_mac_rollback(mac);
	pst_mac_tag(mac, "a", 1, second);
	cr_expect_arr_neq(first, second, sizeof(first));
	pst_mac_close(&mac);

	cr_assert_eq(pst_mac_load(&mac, &name, path, NULL), 0);
	cr_expect_eq(pst_mac_check(mac, "a", 1, first), 0);
	cr_expect_eq(pst_mac_check(mac, "a", 1, first), PST_E_CORRUPT, "the key has moved on");
	pst_mac_rollback(mac);
	pst_mac_skip(mac, 1);
	cr_expect_eq(pst_mac_check(mac, "a", 1, second), 0);
	pst_mac_close(&mac);
}

/* What is sealed is the current key, bound to its context and signing key. */
Test(mac, rests_sealed)
{
	const uint8_t seed[PST_SIGN_SEED_SIZE] = {1}, foreign[PST_SIGN_SEED_SIZE] = {2};
	uint8_t sealed[PST_MAC_SEALED_SIZE], tag[PST_MAC_SIZE];
	struct pst_sign_key *key, *wrong;
	struct pst_mac *mac, *back;

	cr_assert_eq(pst_sign_key_open(&key, seed), 0);
	cr_assert_eq(pst_sign_key_open(&wrong, foreign), 0);
	cr_assert_eq(pst_mac_create(&mac, &name, path, NULL), 0);
	pst_mac_tag(mac, "a", 1, tag);
	pst_mac_commit(mac);
	pst_mac_seal(mac, key, "context", 7, sealed);
	pst_mac_tag(mac, "b", 1, tag);
	cr_assert_eq(pst_mac_unseal(&back, key, "context", 7, sealed), 0);
	cr_expect_eq(pst_mac_check(back, "b", 1, tag), 0);
	pst_mac_close(&back);
	cr_expect_eq(pst_mac_unseal(&back, wrong, "context", 7, sealed), PST_E_CORRUPT);
	cr_expect_null(back);
	cr_expect_eq(pst_mac_unseal(&back, key, "contexT", 7, sealed), PST_E_CORRUPT);
	for (size_t at = 0; at < sizeof(sealed); at++) {
		sealed[at] ^= 1;
		cr_expect_eq(pst_mac_unseal(&back, key, "context", 7, sealed), PST_E_CORRUPT);
		sealed[at] ^= 1;
	}
	pst_mac_close(&mac);
	pst_sign_key_close(&key);
	pst_sign_key_close(&wrong);
}

Test(mac, seeds_of_several_epochs)
{
	struct pst_mac_name second = name;
	struct pst_mac *mac;
	uint8_t one[PST_MAC_COMMITMENT_SIZE], two[PST_MAC_COMMITMENT_SIZE];
	struct stat st;

	second.epoch = 2;
	cr_assert_eq(pst_mac_create(&mac, &name, path, NULL), 0);
	pst_mac_close(&mac);
	cr_expect_eq(pst_mac_load(&mac, &second, path, NULL), PST_E_NOT_FOUND);
	cr_assert_eq(pst_mac_create(&mac, &second, path, NULL), 0);
	pst_mac_commitment(mac, two);
	pst_mac_close(&mac);
	cr_assert_eq(pst_mac_load(&mac, &name, path, NULL), 0);
	pst_mac_commitment(mac, one);
	pst_mac_close(&mac);
	cr_expect_arr_neq(one, two, sizeof(one));
	/* One that was drawn for an epoch which never began gives way to the next. */
	cr_assert_eq(pst_mac_create(&mac, &second, path, NULL), 0);
	pst_mac_commitment(mac, one);
	pst_mac_close(&mac);
	cr_expect_arr_neq(one, two, sizeof(one));
	cr_assert_eq(pst_mac_load(&mac, &second, path, NULL), 0);
	pst_mac_commitment(mac, two);
	pst_mac_close(&mac);
	cr_expect_arr_eq(one, two, sizeof(one));
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0600);
}

Test(mac, is_taken_away_once)
{
	struct pst_mac *mac;

	cr_expect_eq(pst_mac_take(path, other, NULL), -ENOENT);
	cr_assert_eq(pst_mac_create(&mac, &name, path, NULL), 0);
	pst_mac_close(&mac);
	cr_assert_eq(pst_mac_take(path, other, NULL), 0);
	cr_expect_neq(access(path, F_OK), 0);
	cr_assert_eq(pst_mac_load(&mac, &name, other, NULL), 0);
	pst_mac_close(&mac);
	cr_assert_eq(pst_mac_create(&mac, &name, path, NULL), 0);
	pst_mac_close(&mac);
	cr_expect_eq(pst_mac_take(path, other, NULL), -EEXIST);
	cr_expect_eq(access(path, F_OK), 0, "it stays where it cannot go");
}

Test(mac, files_that_are_refused)
{
	struct pst_mac *mac;
	static const char *const texts[] = {"x", "postern-audit-key-1 \n",
		"postern-audit-key-1 01020300000000000000000000000000 0 "
		"3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c\n",
		"postern-audit-key-1 01020300000000000000000000000000 1 "
		"3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c",
		"postern-audit-key-1 01020300000000000000000000000000 1 "
		"3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c\n"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_seeds(texts[i]);
		cr_expect_eq(pst_mac_load(&mac, &name, path, NULL), PST_E_FORMAT, "%zu", i);
		cr_expect_null(mac);
	}
	write_seeds("");
	cr_expect_eq(pst_mac_load(&mac, &name, path, NULL), PST_E_NOT_FOUND);
	cr_assert_eq(chmod(path, 0640), 0);
	cr_expect_eq(pst_mac_load(&mac, &name, path, NULL), PST_E_UNSAFE);
}
