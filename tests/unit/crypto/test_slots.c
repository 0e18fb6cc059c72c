/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "crypto/keyring.h"
#include "postern/status.h"

#include "../counted.h"

#define NOW 1700000000LL

static char folder[64];
static char paths[PST_KEYRING_SLOTS + 2][96];
static uint8_t file[PST_KEYRING_FILE_SIZE];
static const char *reason;

static struct pst_key_source key(size_t i)
{
	return (struct pst_key_source){
		.kind = PST_KEY_SOURCE_FILE, .path = paths[i], .now_s = NOW + (int64_t)i};
}

static struct pst_key_source labelled(size_t i, const char *label)
{
	struct pst_key_source source = key(i);

	source.label = label;
	return source;
}

static const struct pst_key_source words = {
	.kind = PST_KEY_SOURCE_PASSPHRASE, .passphrase = "correct horse", .passphrase_size = 13};

/* A keyring of one slot, and more key files than there are places. */
static void set_up(void)
{
	struct pst_keyring *ring;

	(void)strcpy(folder, "/tmp/postern-slots-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		(void)snprintf(paths[i], sizeof(paths[i]), "%s/key-%zu", folder, i);
		cr_assert_eq(pst_keyring_make_key_file(paths[i]), 0);
	}
	struct pst_key_source first = key(0);
	cr_assert_eq(pst_keyring_create(&ring, &first, file, NULL), 0);
	pst_keyring_close(&ring);
}

static void tear_down(void)
{
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		(void)unlink(paths[i]);
	}
	(void)rmdir(folder);
}

TestSuite(slots, .init = set_up, .fini = tear_down);

/* @return what opening says; the tag of an opened ring shows whether its secrets are the same */
static int opens(struct pst_key_source source, const uint8_t *bytes, uint8_t ret_tag[32])
{
	struct pst_keyring *ring;
	int status = pst_keyring_open(&ring, &source, bytes, PST_KEYRING_FILE_SIZE, &reason);

	if (status == 0 && ret_tag) {
		pst_keyring_tag(ring, "x", 1, ret_tag);
	}
	pst_keyring_close(&ring);
	return status;
}

static int add(size_t by, size_t i)
{
	char label[PST_KEYRING_LABEL_SIZE];
	struct pst_key_source have = key(by);

	(void)snprintf(label, sizeof(label), "key-%zu", i);
	struct pst_key_source more = labelled(i, label);
	return pst_keyring_add_slot(file, &have, &more, &reason);
}

Test(slots, as_many_keys_as_places_and_each_opens)
{
	uint8_t first[32], tag[32];

	cr_assert_eq(opens(key(0), file, first), 0);
	for (size_t i = 1; i < PST_KEYRING_SLOTS; i++) {
		cr_assert_eq(add(i - 1, i), 0, "%s", reason);
	}
	for (size_t i = 0; i < PST_KEYRING_SLOTS; i++) {
		cr_assert_eq(opens(key(i), file, tag), 0);
		cr_expect_arr_eq(tag, first, 32, "the same secrets");
	}
	cr_expect_eq(add(0, PST_KEYRING_SLOTS), -ENOSPC);
	cr_expect_not_null(strstr(reason, "remove one"));
	cr_expect_eq(opens(key(PST_KEYRING_SLOTS), file, NULL), PST_E_VAULT);
}

Test(slots, are_told_without_a_key)
{
	struct pst_keyring_slot slot;
	uint8_t other[PST_KEYRING_FILE_SIZE] = {0};

	cr_assert_eq(add(0, 1), 0);
	cr_expect_eq(pst_keyring_slot_at(file, sizeof(file), 0, &slot), 1);
	cr_expect_str_eq(slot.label, "file");
	cr_expect_eq(slot.kind, PST_KEY_SOURCE_FILE);
	cr_expect_eq(slot.created_s, NOW);
	cr_expect_eq(pst_keyring_slot_at(file, sizeof(file), 1, &slot), 1);
	cr_expect_str_eq(slot.label, "key-1");
	cr_expect_eq(slot.created_s, NOW + 1);
	cr_expect_eq(slot.ops, 0);
	cr_expect_eq(pst_keyring_slot_at(file, sizeof(file), 2, &slot), 0);
	cr_expect_eq(pst_keyring_slot_at(file, sizeof(file), 8, &slot), PST_E_CORRUPT);
	cr_expect_eq(pst_keyring_slot_at(file, 100, 0, &slot), PST_E_CORRUPT);
	cr_expect_eq(pst_keyring_slot_at(other, sizeof(other), 0, &slot), PST_E_CORRUPT);
}

Test(slots, adding_is_refused_and_changes_nothing)
{
	uint8_t before[PST_KEYRING_FILE_SIZE];
	static const char *const bad[] = {"", "a b", "../x", ".x", "x/y",
		"thirty-two-characters-are-too-ma", "a..b", "\xc3\xa4"};

	memcpy(before, file, sizeof(before));
	struct pst_key_source have = key(0), more = labelled(1, "file");
	cr_expect_eq(pst_keyring_add_slot(file, &have, &more, &reason), -EEXIST);
	cr_expect_not_null(strstr(reason, "--label"));
	more = labelled(0, "again");
	cr_expect_eq(pst_keyring_add_slot(file, &have, &more, &reason), -EEXIST);
	cr_expect_not_null(strstr(reason, "already"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		more = labelled(1, bad[i]);
		cr_expect_eq(
			pst_keyring_add_slot(file, &have, &more, &reason), -EINVAL, "%s", bad[i]);
	}
	have = key(2);
	more = labelled(1, "desk");
	cr_expect_eq(pst_keyring_add_slot(file, &have, &more, &reason), PST_E_VAULT);
	cr_expect_not_null(strstr(reason, "wrong key"));
	have = key(0);
	(void)chmod(paths[1], 0640);
	cr_expect_eq(pst_keyring_add_slot(file, &have, &more, &reason), PST_E_UNSAFE);
	(void)unlink(paths[1]);
	cr_expect_eq(pst_keyring_add_slot(file, &have, &more, NULL), -ENOENT);
	more = (struct pst_key_source){0};
	cr_expect_eq(pst_keyring_add_slot(file, &have, &more, &reason), -EINVAL);
	cr_expect_arr_eq(before, file, sizeof(before));
}

Test(slots, the_longest_label)
{
	struct pst_key_source have = key(0);
	struct pst_key_source more = labelled(1, "thirty-one-characters-just-fit.");
	struct pst_keyring_slot slot;

	cr_assert_eq(pst_keyring_add_slot(file, &have, &more, &reason), 0);
	cr_assert_eq(pst_keyring_slot_at(file, sizeof(file), 1, &slot), 1);
	cr_expect_str_eq(slot.label, more.label);
	cr_expect_eq(pst_keyring_remove_slot(file, &have, more.label, &reason), 0);
}

Test(slots, removing)
{
	uint8_t with_two[PST_KEYRING_FILE_SIZE];
	struct pst_key_source first = key(0), second = key(1), third = key(2);

	cr_expect_eq(pst_keyring_remove_slot(file, &first, "file", &reason), PST_E_UNSAFE);
	cr_expect_not_null(strstr(reason, "last key"));
	cr_assert_eq(add(0, 1), 0);
	memcpy(with_two, file, sizeof(with_two));
	cr_expect_eq(pst_keyring_remove_slot(file, &first, "none", &reason), PST_E_NOT_FOUND);
	cr_expect_eq(pst_keyring_remove_slot(file, &third, "file", &reason), PST_E_VAULT);
	cr_expect_arr_eq(with_two, file, sizeof(file));

	cr_assert_eq(pst_keyring_remove_slot(file, &second, "file", &reason), 0);
	cr_expect_eq(opens(first, file, NULL), PST_E_VAULT);
	cr_expect_eq(opens(second, file, NULL), 0);
	memcpy(file, with_two, sizeof(file));
	cr_assert_eq(pst_keyring_remove_slot(file, &second, "key-1", &reason), 0, "its own");
	cr_expect_eq(opens(first, file, NULL), 0);
	cr_expect_eq(opens(second, file, NULL), PST_E_VAULT);
	cr_assert_eq(add(0, 2), 0, "the place is free again");
}

/* A slot cut out of one file and put into another place or file does not open. */
Test(slots, cannot_be_moved)
{
	uint8_t moved[PST_KEYRING_FILE_SIZE], other[PST_KEYRING_FILE_SIZE];
	struct pst_keyring *ring;
	struct pst_key_source first = key(0), second = key(1);
	unsigned tried = 0;

	cr_assert_eq(add(0, 1), 0);
	cr_assert_eq(pst_keyring_create(&ring, &second, other, NULL), 0);
	pst_keyring_close(&ring);
	for (size_t from = 0; from < PST_KEYRING_SLOTS; from++) {
		for (size_t to = 0; to < PST_KEYRING_SLOTS; to++) {
			memcpy(moved, file, sizeof(moved));
			memcpy(moved + 88 + to * 464, file + 88 + from * 464, 464);
			if (memcmp(moved, file, sizeof(moved)) != 0) {
				cr_expect_lt(opens(first, moved, NULL), 0);
				cr_expect_lt(opens(second, moved, NULL), 0);
				tried += 2;
			}
			memcpy(moved, other, sizeof(moved));
			memcpy(moved + 88 + to * 464, file + 88 + from * 464, 464);
			if (memcmp(moved, other, sizeof(moved)) != 0) {
				cr_expect_lt(opens(first, moved, NULL), 0);
				cr_expect_lt(opens(second, moved, NULL), 0);
				tried += 2;
			}
		}
	}
	/* Secrets of one vault under the slots of another. */
	memcpy(moved, file, sizeof(moved));
	memcpy(moved + 3800, other + 3800, 296);
	cr_expect_eq(opens(first, moved, NULL), PST_E_CORRUPT);
	counted_tell("slots put elsewhere", tried, 96);
}

Test(slots, passphrase, .timeout = 60)
{
	struct pst_key_source have = key(0), wrong = words;
	struct pst_keyring_slot slot;

	wrong.passphrase = "correct horsf";
	cr_assert_eq(pst_keyring_add_slot(file, &have, &words, &reason), 0, "%s", reason);
	cr_assert_eq(pst_keyring_slot_at(file, sizeof(file), 1, &slot), 1);
	cr_expect_str_eq(slot.label, "passphrase");
	cr_expect_geq(slot.ops, crypto_pwhash_OPSLIMIT_MODERATE);
	cr_expect_geq(slot.memory, crypto_pwhash_MEMLIMIT_MODERATE);
	cr_expect_eq(opens(words, file, NULL), 0);
	cr_expect_eq(opens(wrong, file, NULL), PST_E_VAULT);
	cr_expect_eq(pst_keyring_remove_slot(file, &words, "file", &reason), 0);
	cr_expect_eq(opens(have, file, NULL), PST_E_VAULT);
	wrong.passphrase_size = 7;
	wrong.label = "short";
	cr_expect_eq(pst_keyring_add_slot(file, &words, &wrong, &reason), -EINVAL);
}

static struct pst_key_source credential(const char *name)
{
	return (struct pst_key_source){.kind = PST_KEY_SOURCE_CREDENTIAL, .credential = name};
}

Test(slots, credential_and_key_file_are_one_key)
{
	char path[128];
	struct pst_key_source have = key(0), more = credential("key-1");

	(void)unsetenv("CREDENTIALS_DIRECTORY");
	cr_expect_eq(opens(credential("key-0"), file, NULL), -ENOENT);
	cr_expect_not_null(strstr(reason, "systemd"));
	cr_assert_eq(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
	cr_expect_eq(opens(credential("key-0"), file, NULL), 0);
	cr_assert_eq(pst_keyring_add_slot(file, &have, &more, &reason), 0, "%s", reason);
	cr_expect_eq(opens(more, file, NULL), 0);
	cr_expect_eq(opens(key(1), file, NULL), 0, "the same bytes as a file");
	cr_expect_eq(opens(credential("key-2"), file, NULL), PST_E_VAULT);
	cr_expect_eq(opens(credential("key-99"), file, NULL), -ENOENT);
	(void)snprintf(path, sizeof(path), "%s/link", folder);
	cr_assert_eq(symlink(paths[0], path), 0);
	cr_expect_lt(opens(credential("link"), file, NULL), 0, "a link leads out of the folder");
	(void)unlink(path);
}

Test(slots, credential_names_and_modes)
{
	static const char *const bad[] = {"", ".", "..", "../key-0", "/etc/passwd", "a/b", "a..b",
		".key", "-x", "a b", "a\n"};
	static const mode_t open_folders[] = {0701, 0704, 0705, 0720, 0755, 0777, 0770};
	static const mode_t open_files[] = {0404, 0604, 0420, 0666, 0401};

	cr_assert_eq(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_expect_eq(opens(credential(bad[i]), file, NULL), -EINVAL, "%s", bad[i]);
	}
	for (size_t i = 0; i < sizeof(open_folders) / sizeof(open_folders[0]); i++) {
		cr_assert_eq(chmod(folder, open_folders[i]), 0);
		cr_expect_eq(opens(credential("key-0"), file, NULL), PST_E_UNSAFE, "%o",
			open_folders[i]);
	}
	cr_assert_eq(chmod(folder, 0550), 0);
	for (size_t i = 0; i < sizeof(open_files) / sizeof(open_files[0]); i++) {
		cr_assert_eq(chmod(paths[0], open_files[i]), 0);
		cr_expect_eq(
			opens(credential("key-0"), file, NULL), PST_E_UNSAFE, "%o", open_files[i]);
	}
	/* Where the service has a user of its own, systemd grants it by an access list: 0440. */
	cr_assert_eq(chmod(paths[0], 0440), 0);
	cr_expect_eq(opens(credential("key-0"), file, NULL), 0);
	cr_assert_eq(chmod(folder, 0700), 0);
	cr_assert_eq(truncate(paths[1], 31), 0);
	cr_expect_eq(opens(credential("key-1"), file, NULL), -EINVAL);
	cr_assert_eq(truncate(paths[1], 33), 0);
	cr_expect_eq(opens(credential("key-1"), file, NULL), -EINVAL);
	cr_assert_eq(setenv("CREDENTIALS_DIRECTORY", "relative", 1), 0);
	cr_expect_eq(opens(credential("key-0"), file, NULL), -ENOENT);
	cr_assert_eq(setenv("CREDENTIALS_DIRECTORY", "/nonexistent", 1), 0);
	cr_expect_eq(opens(credential("key-0"), file, NULL), -ENOENT);
}

static struct pst_keyring *open_ring(struct pst_key_source source)
{
	struct pst_keyring *ring;

	cr_assert_eq(pst_keyring_open(&ring, &source, file, sizeof(file), &reason), 0);
	return ring;
}

Test(slots, rotation_keeps_what_is_given_and_drops_the_rest)
{
	uint8_t old[PST_KEYRING_FILE_SIZE], before[32], after[32];
	struct pst_keyring *ring;
	struct pst_keyring_slot slot;

	cr_assert_eq(add(0, 1), 0);
	cr_assert_eq(add(0, 2), 0);
	cr_assert_eq(opens(key(0), file, before), 0);
	memcpy(old, file, sizeof(old));
	ring = open_ring(key(0));
	const struct pst_key_source keys[] = {key(0), key(2)};
	cr_assert_eq(pst_keyring_rotate(ring, file, keys, 2, &reason), 0, "%s", reason);
	pst_keyring_rotated(ring);
	pst_keyring_close(&ring);

	cr_expect_eq(opens(key(0), file, after), 0);
	cr_expect_arr_eq(before, after, 32, "names and subjects stay what they are");
	cr_expect_eq(opens(key(2), file, NULL), 0);
	cr_expect_eq(opens(key(1), file, NULL), PST_E_VAULT);
	cr_assert_eq(pst_keyring_slot_at(file, sizeof(file), 2, &slot), 1);
	cr_expect_str_eq(slot.label, "key-2");
	cr_expect_eq(slot.created_s, NOW + 2);
	cr_expect_eq(pst_keyring_slot_at(file, sizeof(file), 1, &slot), 0);
	cr_expect_eq(file[32], old[32] + 1, "the root's generation");

	/* Nothing of the new file opens with what the old one holds. */
	uint8_t mixed[PST_KEYRING_FILE_SIZE];
	memcpy(mixed, file, sizeof(mixed));
	memcpy(mixed + 88, old + 88, (size_t)8 * 464);
	cr_expect_eq(opens(key(1), mixed, NULL), PST_E_CORRUPT);
	cr_expect_eq(opens(key(0), mixed, NULL), PST_E_CORRUPT);
	memcpy(mixed, file, sizeof(mixed));
	memcpy(mixed + 88 + 464, old + 88 + 464, 464);
	cr_expect_eq(opens(key(1), mixed, NULL), PST_E_CORRUPT, "a removed slot put back");
	memcpy(mixed, old, sizeof(mixed));
	memcpy(mixed + 3800, file + 3800, 296);
	cr_expect_eq(opens(key(0), mixed, NULL), PST_E_CORRUPT, "new secrets, old root");
}

Test(slots, a_failed_rotation_changes_nothing)
{
	uint8_t before[PST_KEYRING_FILE_SIZE];
	struct pst_keyring *ring = open_ring(key(0));
	const struct pst_key_source twice[] = {key(0), key(0)};
	const struct pst_key_source stranger[] = {key(0), key(1)};
	const struct pst_key_source wrong[] = {key(1)};

	memcpy(before, file, sizeof(before));
	cr_expect_eq(pst_keyring_rotate(ring, file, twice, 2, &reason), -EEXIST);
	cr_expect_eq(pst_keyring_rotate(ring, file, stranger, 2, &reason), PST_E_VAULT);
	cr_expect_eq(pst_keyring_rotate(ring, file, wrong, 1, NULL), PST_E_VAULT);
	cr_expect_arr_eq(before, file, sizeof(file));
	pst_keyring_close(&ring);
}

Test(slots, rotated_a_hundred_times)
{
	uint8_t before[32], after[32];
	struct pst_keyring *ring = open_ring(key(0));
	const struct pst_key_source keys[] = {key(0)};

	cr_assert_eq(opens(key(0), file, before), 0);
	for (int i = 0; i < 100; i++) {
		cr_assert_eq(pst_keyring_rotate(ring, file, keys, 1, &reason), 0);
		pst_keyring_rotated(ring);
	}
	pst_keyring_close(&ring);
	cr_expect_eq(opens(key(0), file, after), 0);
	cr_expect_arr_eq(before, after, 32);
	cr_expect_eq(file[32], 101);
}

/* A provider whose token is an exclusive or: what matters is who calls what, and what is kept. */
struct token {
	uint8_t pad;
	int status; /* what it answers instead, unless 0 */
	unsigned wraps;
	unsigned unwraps;
};

static int token_wrap(void *user, const uint8_t *secret, const uint8_t *bound, uint8_t *ret_blob,
	const char **ret_reason)
{
	struct token *token = user;

	token->wraps++;
	*ret_reason = "the token said no";
	for (int i = 0; i < 32; i++) {
		ret_blob[i] = secret[i] ^ bound[i] ^ token->pad;
	}
	ret_blob[32] = token->pad;
	return token->status ? token->status : 33;
}

static int token_unwrap(void *user, const uint8_t *blob, size_t size, const uint8_t *bound,
	uint8_t *ret_secret, const char **ret_reason)
{
	struct token *token = user;

	token->unwraps++;
	*ret_reason = "the token said no";
	if (token->status) {
		return token->status;
	}
	if (size != 33 || blob[32] != token->pad) {
		return PST_E_NOT_FOUND;
	}
	for (int i = 0; i < 32; i++) {
		ret_secret[i] = blob[i] ^ bound[i] ^ token->pad;
	}
	return 0;
}

static struct pst_provider provider_of(struct token *token)
{
	return (struct pst_provider){
		.name = "toy", .wrap = token_wrap, .unwrap = token_unwrap, .user = token};
}

Test(slots, providers)
{
	struct token mine = {.pad = 0x33}, other = {.pad = 0x44};
	struct pst_provider provider = provider_of(&mine), stranger = provider_of(&other);
	struct pst_key_source have = key(0);
	struct pst_key_source token = {.kind = PST_KEY_SOURCE_PROVIDER, .provider = &provider};
	struct pst_key_source wrong = {.kind = PST_KEY_SOURCE_PROVIDER, .provider = &stranger};
	struct pst_keyring_slot slot;
	uint8_t before[PST_KEYRING_FILE_SIZE];

	cr_assert_eq(pst_keyring_add_slot(file, &have, &token, &reason), 0, "%s", reason);
	cr_assert_eq(pst_keyring_slot_at(file, sizeof(file), 1, &slot), 1);
	cr_expect_str_eq(slot.provider, "toy");
	cr_expect_eq(slot.kind, PST_KEY_SOURCE_PROVIDER);
	cr_expect_eq(mine.wraps, 1);
	cr_expect_eq(opens(token, file, NULL), 0);
	cr_expect_eq(opens(wrong, file, NULL), PST_E_VAULT);
	cr_expect_eq(other.unwraps, 1);
	stranger.name = "toy2";
	cr_expect_eq(opens(wrong, file, NULL), PST_E_VAULT);
	cr_expect_eq(other.unwraps, 1, "a slot of another provider is none of its business");
	cr_expect_eq(opens(have, file, NULL), 0);

	memcpy(before, file, sizeof(before));
	mine.status = PST_E_VAULT;
	cr_expect_eq(opens(token, file, NULL), PST_E_VAULT);
	cr_expect_str_eq(reason, "the token said no");
	stranger.name = "toy";
	other.status = -EIO;
	wrong.label = "second";
	cr_expect_eq(pst_keyring_add_slot(file, &have, &wrong, &reason), -EIO);
	cr_expect_arr_eq(before, file, sizeof(before));
}

Test(slots, answers_of_a_provider_are_checked)
{
	struct token mine = {.pad = 1};
	struct pst_provider provider = provider_of(&mine);
	struct pst_key_source have = key(0);
	struct pst_key_source token = {.kind = PST_KEY_SOURCE_PROVIDER, .provider = &provider};

	mine.status = PST_PROVIDER_BLOB_MAX + 1;
	provider.unwrap = token_unwrap;
	cr_expect_eq(pst_keyring_add_slot(file, &have, &token, &reason), -EINVAL);
	mine.status = 0;
	provider.name = "a/b";
	cr_expect_eq(pst_keyring_add_slot(file, &have, &token, &reason), -EINVAL);
	provider.name = "toy";
	cr_assert_eq(pst_keyring_add_slot(file, &have, &token, &reason), 0);
	/* A token that unwraps to something else: no root comes of it. */
	mine.pad = 2;
	file[88 + 464 + 160 + 32] = 2;
	cr_expect_eq(opens(token, file, NULL), PST_E_VAULT);
}

static void read_fixture(const char *name, uint8_t *bytes, size_t size)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", FIXTURES, name);
	FILE *from = fopen(path, "rb");
	cr_assert_not_null(from, "%s", path);
	cr_assert_eq(fread(bytes, 1, size, from), size);
	(void)fclose(from);
}

/* A file that version 1 has written, with its key. */
static void read_old(uint8_t old[1496])
{
	uint8_t bytes[32];

	read_fixture("keyring-1", old, 1496);
	read_fixture("keyring-1.key", bytes, sizeof(bytes));
	int fd = open(paths[0], O_WRONLY);
	cr_assert_eq(write(fd, bytes, sizeof(bytes)), 32);
	(void)close(fd);
}

Test(slots, version_1_opens_and_is_brought_up_to_date)
{
	uint8_t old[1496], tag[32], again[32];
	struct pst_key_source first = key(0), other = key(1);
	struct pst_keyring *ring;
	struct pst_keyring_slot slot;

	read_old(old);
	cr_assert_eq(pst_keyring_open(&ring, &first, old, sizeof(old), &reason), 0, "%s", reason);
	const uint8_t *upgraded = pst_keyring_upgraded(ring);
	cr_assert_not_null(upgraded);
	memcpy(file, upgraded, sizeof(file));
	pst_keyring_tag(ring, "x", 1, tag);
	cr_expect_arr_eq(pst_keyring_id(ring), old + 16, 16);
	cr_expect_eq(pst_keyring_slots(ring), 1);
	pst_keyring_close(&ring);

	cr_expect_eq(opens(first, file, again), 0);
	cr_expect_arr_eq(tag, again, 32);
	cr_assert_eq(pst_keyring_slot_at(file, sizeof(file), 0, &slot), 1);
	cr_expect_str_eq(slot.label, "first");
	cr_expect_eq(slot.created_s, 0);
	ring = open_ring(first);
	cr_expect_null(pst_keyring_upgraded(ring));
	pst_keyring_close(&ring);
	cr_expect_eq(pst_keyring_open(&ring, &other, old, sizeof(old), &reason), PST_E_VAULT);
	cr_expect_eq(add(0, 1), 0);
}

Test(slots, every_bit_of_version_1_counts)
{
	uint8_t old[1496];
	struct pst_key_source first = key(0);
	struct pst_keyring *ring;
	unsigned tried = 0;

	read_old(old);
	for (size_t bit = 0; bit < sizeof(old) * 8; bit += 3, tried++) {
		old[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		int status = pst_keyring_open(&ring, &first, old, sizeof(old), NULL);
		cr_assert(status == PST_E_CORRUPT || status == PST_E_VAULT, "bit %zu: %d", bit,
			status);
		old[bit / 8] ^= (uint8_t)(1u << (bit % 8));
	}
	counted_tell("bits of a version 1 keyring file flipped", tried, 3989);
}

/* Neither an unknown version nor another suite; nor one version's bytes under the other's number.
 */
Test(slots, unknown_versions_are_refused)
{
	uint8_t old[1496], other[PST_KEYRING_FILE_SIZE] = {0};
	struct pst_key_source first = key(0);
	struct pst_keyring *ring;
	unsigned tried = 0;

	for (unsigned version = 0; version < 300; version++) {
		memcpy(other, file, sizeof(other));
		other[8] = (uint8_t)version;
		other[9] = (uint8_t)(version >> 8);
		if (version != 2) {
			cr_expect_eq(opens(first, other, NULL), PST_E_CORRUPT);
			tried++;
		}
		memcpy(other, file, sizeof(other));
		other[12] = (uint8_t)version;
		other[13] = (uint8_t)(version >> 8);
		if (version != 1) {
			cr_expect_eq(opens(first, other, NULL), PST_E_CORRUPT);
			tried++;
		}
	}
	read_old(old);
	old[8] = 2;
	cr_expect_eq(pst_keyring_open(&ring, &first, old, sizeof(old), NULL), PST_E_CORRUPT);
	memcpy(other, old, sizeof(old));
	cr_expect_eq(pst_keyring_open(&ring, &first, other, sizeof(other), NULL), PST_E_VAULT);
	other[8] = 1;
	cr_expect_eq(pst_keyring_open(&ring, &first, other, sizeof(other), NULL), PST_E_CORRUPT);
	counted_tell("versions and suites refused", tried, 598);
}
