/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "../counted.h"
#include "vault/keys.h"

#define RECORDS 300

/* Keys of an open vault; slots themselves are tested in tests/unit/crypto/test_slots.c. */

static uint8_t *files_read[12];
static size_t files_count;

static void tear_down(void)
{
	for (size_t i = 0; i < files_count; i++) {
		free(files_read[i]);
	}
	fixture_remove();
}

TestSuite(keys, .init = fixture_make, .fini = tear_down);

static uint8_t records[RECORDS][PST_VAULT_ID_SIZE];

static struct pst_key_source key_named(const char *name)
{
	static char paths[4][128];
	static unsigned next;
	char *path = paths[next++ % 4];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", fixture_dir, name);
	return (struct pst_key_source){.kind = PST_KEY_SOURCE_FILE, .path = path, .label = name};
}

static struct pst_key_source new_key(const char *name)
{
	struct pst_key_source key = key_named(name);

	cr_assert_eq(pst_keyring_make_key_file(key.path), 0);
	return key;
}

/* Records of several classes: each has a ratchet of its own. */
static void fill(void)
{
	struct pst_vault_record_info info = fixture_info();
	uint8_t template[256];

	for (int i = 0; i < RECORDS; i++) {
		info.retention_s = (12 + 24 * (i % 5)) * HOUR;
		fixture_template(template, sizeof(template), (uint8_t)i);
		cr_assert_eq(pst_vault_add(vault, &info, template, sizeof(template), NOW,
				     records[i], &error),
			1, "%s", error.text);
	}
}

static unsigned count_open(int64_t now_s)
{
	unsigned count = 0;

	for (int i = 0; i < RECORDS; i++) {
		count += fixture_read(records[i], now_s) == 0;
	}
	return count;
}

static size_t read_whole(const char *name, uint8_t **ret_bytes)
{
	size_t size;

	cr_assert_eq(pst_fd_read_file(fixture_path(name), 1u << 30, ret_bytes, &size, NULL), 0);
	files_read[files_count++] = *ret_bytes;
	return size;
}

static void write_whole(const char *name, const uint8_t *bytes, size_t size)
{
	cr_assert_eq(pst_fd_replace_file(fixture_path(name), bytes, size, 0600, NULL), 0);
}

static int opens(struct pst_key_source key, int64_t now_s)
{
	pst_vault_close(&vault);
	error = (struct pst_error){0};
	return pst_vault_open(&vault, fixture_dir, &key, now_s, &error);
}

Test(keys, rotation_leaves_every_record_and_touches_none, .timeout = 60)
{
	static const char *const untouched[] = {"vault.db", "vault.db-wal"};
	uint8_t *before[2], *after, *old_keys, *old_state;
	size_t sizes[2];

	fill();
	pst_vault_close(&vault);
	fixture_open(NOW);
	for (size_t i = 0; i < 2; i++) {
		sizes[i] = access(fixture_path(untouched[i]), F_OK) == 0
				   ? read_whole(untouched[i], &before[i])
				   : 0;
	}
	size_t keys_size = read_whole("vault.keys", &old_keys);
	size_t state_size = read_whole("vault.state", &old_state);
	cr_assert_eq(pst_vault_rotate(vault, &fixture_key, 1, &error), 0, "%s", error.text);
	for (size_t i = 0; i < 2; i++) {
		size_t size = sizes[i] ? read_whole(untouched[i], &after) : 0;

		cr_expect_eq(size, sizes[i], "%s", untouched[i]);
		cr_expect(size == 0 || memcmp(before[i], after, size) == 0, "%s", untouched[i]);
	}
	counted_tell("records that open in the rotated vault", count_open(NOW + 1), RECORDS);
	cr_assert_eq(opens(fixture_key, NOW + 2), 0, "%s", error.text);
	counted_tell("records that open after opening it", count_open(NOW + 2), RECORDS);
	cr_expect_eq(read_whole("vault.keys", &after), keys_size);
	cr_expect_eq(read_whole("vault.state", &after), state_size);
}

/* The old root with the new state, the new root with the old state: nothing opens. */
Test(keys, old_and_new_do_not_mix)
{
	uint8_t *old_keys, *old_state, *new_keys, *new_state;

	fill();
	size_t keys_size = read_whole("vault.keys", &old_keys);
	size_t state_size = read_whole("vault.state", &old_state);
	cr_assert_eq(pst_vault_rotate(vault, &fixture_key, 1, &error), 0, "%s", error.text);
	pst_vault_close(&vault);
	(void)read_whole("vault.keys", &new_keys);
	(void)read_whole("vault.state", &new_state);
	write_whole("vault.keys", old_keys, keys_size);
	cr_expect_eq(opens(fixture_key, NOW + 1), PST_E_VAULT);
	cr_expect_null(vault);
	write_whole("vault.keys", new_keys, keys_size);
	write_whole("vault.state", old_state, state_size);
	cr_expect_eq(opens(fixture_key, NOW + 1), PST_E_VAULT);
	write_whole("vault.state", new_state, state_size);
	cr_assert_eq(opens(fixture_key, NOW + 1), 0, "%s", error.text);
	cr_expect_eq(count_open(NOW + 1), RECORDS);
}

Test(keys, each_key_opens_the_same_records)
{
	struct pst_key_source desk = new_key("desk"), safe = new_key("safe");
	const struct pst_key_source both[] = {fixture_key, desk};
	bool kept[PST_KEYRING_SLOTS];

	fill();
	cr_assert_eq(pst_vault_key_add(vault, &fixture_key, &desk, &error), 0, "%s", error.text);
	cr_assert_eq(pst_vault_key_add(vault, &desk, &safe, &error), 0, "%s", error.text);
	cr_assert_eq(opens(safe, NOW + 1), 0);
	cr_expect_eq(count_open(NOW + 1), RECORDS);
	cr_assert_eq(pst_vault_rotate_plan(vault, both, 2, kept, &error), 0);
	cr_expect(kept[0] && kept[1] && !kept[2]);
	cr_assert_eq(pst_vault_rotate(vault, both, 2, &error), 0, "%s", error.text);
	cr_expect_eq(opens(safe, NOW + 2), PST_E_VAULT);
	cr_assert_eq(opens(desk, NOW + 2), 0);
	cr_expect_eq(count_open(NOW + 2), RECORDS);
	cr_assert_eq(pst_vault_key_remove(vault, &desk, "file", &error), 0, "%s", error.text);
	cr_expect_eq(opens(fixture_key, NOW + 3), PST_E_VAULT);
	cr_assert_eq(opens(desk, NOW + 3), 0);
	error = (struct pst_error){0};
	cr_expect_eq(pst_vault_key_remove(vault, &desk, "desk", &error), PST_E_UNSAFE);
	cr_expect_not_null(strstr(error.text, "last key"));
}

/* A rotation leaves what has expired expired. */
Test(keys, rotation_revives_nothing)
{
	fill();
	cr_assert_eq(opens(fixture_key, NOW + 13 * HOUR), 0);
	unsigned before = count_open(NOW + 13 * HOUR);
	cr_expect_lt(before, RECORDS);
	cr_assert_eq(pst_vault_rotate(vault, &fixture_key, 1, &error), 0, "%s", error.text);
	cr_expect_eq(count_open(NOW + 13 * HOUR), before);
	cr_assert_eq(opens(fixture_key, NOW), 0);
	cr_expect_eq(count_open(NOW), before);
}
