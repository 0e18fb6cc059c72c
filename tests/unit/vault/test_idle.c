/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <sys/wait.h>

#include "../counted.h"
#include "crypto/keyring_file.h"
#include "crypto/ratchet_set.h"
#include "crypto/secret.h"
#include "vault/inside.h"
#include "vault/keys.h"

#define MASK 0xa5
#define SECRETS_MAX 24

/* What is looked for, never in the clear: the list itself must not be found. */
struct wanted {
	uint8_t masked[KEY_SIZE];
	bool stays; /* the signing seed */
	bool is_root;
};

static struct wanted wanted[SECRETS_MAX];
static size_t wanted_count;

TestSuite(idle, .init = fixture_make, .fini = fixture_remove);

static void want(const uint8_t *secret, bool stays, bool is_root)
{
	struct wanted *one = &wanted[wanted_count++];

	for (size_t i = 0; i < KEY_SIZE; i++) {
		one->masked[i] = secret[i] ^ MASK;
	}
	one->stays = stays;
	one->is_root = is_root;
}

/* In a child that ends with it: the secrets as the keyring file holds them. */
static void open_file_in_child(int to)
{
	struct pst_key_slots_work *work;
	struct pst_keyring_secrets *secrets;
	uint8_t *file, unused[PST_KEYRING_FILE_SIZE];
	size_t size;
	const char *reason;

	if (pst_secret_alloc(sizeof(*work), (void **)&work) < 0 ||
		pst_secret_alloc(sizeof(*secrets), (void **)&secrets) < 0 ||
		pst_fd_read_file(fixture_path("vault.keys"), 8192, &file, &size, NULL) < 0 ||
		pst_keyring_file_open(work, &fixture_key, file, size, secrets, unused, &reason) <
			0) {
		_exit(1);
	}
	want(secrets->record_seed, false, false);
	want(secrets->pseudonym_key, false, false);
	want(secrets->signing_seed, true, false);
	want(secrets->state_key, false, false);
	for (int i = 0; i < 4; i++) {
		want(secrets->spare[i], false, false);
	}
	want(work->root, false, true);
	_exit(write(to, wanted, sizeof(wanted)) == sizeof(wanted) ? 0 : 2);
}

static void collect(void)
{
	int ends[2], result;
	const struct pst_ratchet_links *links = &pst_keyring_ratchet(vault->ring)->links;

	cr_assert_eq(pipe(ends), 0);
	pid_t child = fork();
	cr_assert(child >= 0);
	if (child == 0) {
		open_file_in_child(ends[1]);
	}
	cr_assert_eq(read(ends[0], wanted, sizeof(wanted)), (ssize_t)sizeof(wanted));
	cr_assert_eq(waitpid(child, &result, 0), child);
	cr_assert_eq(result, 0);
	wanted_count = 9;
	cr_assert(links->count > 0);
	for (uint32_t i = 0; i < links->count; i++) {
		want(links->at[i].state, false, false);
	}
}

static bool is_zero(const struct wanted *one)
{
	for (size_t i = 0; i < KEY_SIZE; i++) {
		if (one->masked[i] != MASK) {
			return false;
		}
	}
	return true;
}

static size_t count_in(
	const volatile uint8_t *from, const volatile uint8_t *to, const struct wanted *one)
{
	size_t found = 0;

	for (; from + KEY_SIZE <= to; from++) {
		size_t i = 0;

		while (i < KEY_SIZE && (from[i] ^ MASK) == one->masked[i]) {
			i++;
		}
		found += i == KEY_SIZE;
	}
	return found;
}

/* Every readable byte of the process. @return in how many places the secret stands */
static size_t count_in_memory(const struct wanted *one)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	size_t found = 0;

	while (maps && fgets(line, sizeof(line), maps)) {
		unsigned long from, to;
		char mode[5];

		if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) == 3 && mode[0] == 'r' &&
			mode[1] == 'w' && !strstr(line, "[v")) {
			found += count_in(
				(const volatile uint8_t *)from, (const volatile uint8_t *)to, one);
		}
	}
	cr_assert(maps);
	(void)fclose(maps);
	return found;
}

static void skip_where_memory_is_not_ours(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	cr_skip_test("a sanitizer keeps what was freed");
#endif
}

Test(idle, no_key_is_left_in_memory, .timeout = 60)
{
	uint8_t record[PST_VAULT_ID_SIZE];
	unsigned looked_for = 0;

	skip_where_memory_is_not_ours();
	fixture_add(record, 1, NOW);
	cr_assert_eq(fixture_read(record, NOW), 0);
	collect();
	for (size_t i = 0; i < wanted_count; i++) {
		if (is_zero(&wanted[i])) {
			continue;
		}
		size_t found = count_in_memory(&wanted[i]);
		if (wanted[i].is_root) {
			cr_expect_eq(found, 0, "an open vault does not hold its root");
		} else if (i != 1 && (i < 4 || i > 8)) {
			cr_expect_geq(found, 1, "secret %zu is where it should be", i);
		}
	}
	pst_vault_lock(vault);
	for (size_t i = 0; i < wanted_count; i++) {
		if (!is_zero(&wanted[i]) && !wanted[i].stays) {
			cr_expect_eq(count_in_memory(&wanted[i]), 0, "secret %zu", i);
			looked_for++;
		}
	}
	counted_tell("secrets looked for in a locked vault's memory", looked_for, 8);
}

static void read_state(uint8_t bytes[2 * PST_RATCHET_SLOT_SIZE])
{
	int fd = open(fixture_path("vault.state"), O_RDONLY);

	cr_assert_eq(read(fd, bytes, 2 * (size_t)PST_RATCHET_SLOT_SIZE),
		2 * (ssize_t)PST_RATCHET_SLOT_SIZE);
	(void)close(fd);
}

Test(idle, a_locked_vault_does_nothing)
{
	static uint8_t before[2 * PST_RATCHET_SLOT_SIZE], after[2 * PST_RATCHET_SLOT_SIZE];
	uint8_t record[PST_VAULT_ID_SIZE], template[64] = {1};
	struct pst_vault_record_info info = fixture_info();
	struct pst_vault_status status;
	struct fixture_seen seen = {0};
	struct pst_key_source other = fixture_key;

	fixture_add(record, 1, NOW);
	uint64_t number = pst_vault_subject_key(vault, "S001");
	read_state(before);
	cr_expect_eq(pst_vault_due_s(vault), INT64_MAX);
	pst_vault_lock(vault);
	pst_vault_lock(vault);
	cr_expect(pst_vault_is_locked(vault));
	cr_expect(pst_vault_due_s(vault) > NOW && pst_vault_due_s(vault) <= NOW + 12 * HOUR);
	cr_expect_eq(pst_vault_add(vault, &info, template, 64, NOW, record, &error), PST_E_VAULT);
	cr_expect_not_null(strstr(error.text, "locked"));
	info.retention = "another";
	info.retention_s = 500 * HOUR;
	cr_expect_eq(pst_vault_add(vault, &info, template, 64, NOW, record, &error), PST_E_VAULT);
	cr_expect_eq(fixture_read(record, NOW), PST_E_VAULT);
	cr_expect_eq(
		pst_vault_gallery_add(vault, "staff", &info, template, 64, NOW, record, &error),
		PST_E_VAULT);
	cr_expect_lt(
		pst_vault_gallery_each(vault, "staff", NULL, NOW, fixture_see, &seen, &error), 0);
	cr_expect_eq(pst_vault_purge(vault, NOW + 1000 * HOUR, &error), PST_E_VAULT);
	cr_expect_eq(pst_vault_status(vault, NOW, &status, &error), PST_E_VAULT);
	cr_expect_eq(pst_vault_rotate(vault, &other, 1, &error), PST_E_VAULT);
	cr_expect_neq(pst_vault_subject_key(vault, "S001"), number);
	read_state(after);
	cr_expect_arr_eq(before, after, sizeof(before), "nothing was written without its key");
}

Test(idle, opens_again_with_its_key_only)
{
	uint8_t record[PST_VAULT_ID_SIZE], second[PST_VAULT_ID_SIZE];
	char other_path[128];
	struct pst_key_source other = fixture_key;

	fixture_add(record, 1, NOW);
	uint64_t number = pst_vault_subject_key(vault, "S001");
	pst_vault_lock(vault);
	(void)snprintf(other_path, sizeof(other_path), "%s/other", fixture_dir);
	other.path = other_path;
	cr_expect_lt(pst_vault_unlock(vault, &other, &error), 0, "no such file");
	cr_assert_eq(pst_keyring_make_key_file(other_path), 0);
	error = (struct pst_error){0};
	cr_expect_eq(pst_vault_unlock(vault, &other, &error), PST_E_VAULT);
	cr_expect_not_null(strstr(error.text, "wrong key"));
	cr_expect(pst_vault_is_locked(vault));
	cr_expect_eq(fixture_read(record, NOW), PST_E_VAULT);
	cr_assert_eq(pst_vault_unlock(vault, &fixture_key, &error), 0, "%s", error.text);
	cr_expect_eq(fixture_read(record, NOW), 0);
	cr_expect_eq(pst_vault_subject_key(vault, "S001"), number);
	fixture_add(second, 2, NOW + 1);
	cr_expect_eq(pst_vault_unlock(vault, &fixture_key, &error), 0, "it is open");
	pst_vault_close(&vault);
	fixture_open(NOW + 2);
	cr_expect_eq(fixture_read(second, NOW + 2), 0);
}

/* What expires while it is locked does not open afterwards. */
Test(idle, time_goes_on_while_it_is_locked)
{
	uint8_t record[PST_VAULT_ID_SIZE];

	fixture_add(record, 1, NOW);
	pst_vault_lock(vault);
	cr_assert_eq(pst_vault_unlock(vault, &fixture_key, &error), 0);
	cr_expect_eq(fixture_read(record, NOW + 13 * HOUR), PST_E_EXPIRED);
	pst_vault_lock(vault);
	cr_assert_eq(pst_vault_unlock(vault, &fixture_key, &error), 0);
	cr_expect_neq(fixture_read(record, NOW), 0, "the clock is set back");
}

Test(idle, a_state_file_of_another_vault_keeps_it_locked)
{
	pst_vault_lock(vault);
	int fd = open(fixture_path("vault.state"), O_WRONLY);
	cr_assert_eq(pwrite(fd, "xxxxxxxxxxxxxxxx", 16, 0), 16);
	cr_assert_eq(pwrite(fd, "xxxxxxxxxxxxxxxx", 16, PST_RATCHET_SLOT_SIZE), 16);
	(void)close(fd);
	cr_expect_eq(pst_vault_unlock(vault, &fixture_key, &error), PST_E_VAULT);
	cr_expect(pst_vault_is_locked(vault));
}

Test(idle, it_answers_unless_a_write_failed)
{
	cr_expect_eq(pst_vault_answers(vault, &error), 0, "%s", error.text);
	pst_vault_lock(vault);
	cr_expect_eq(pst_vault_answers(vault, &error), 0, "locked on purpose");
	pst_vault_poison(vault);
	cr_expect_eq(pst_vault_answers(vault, &error), PST_E_VAULT);
	cr_expect_not_null(strstr(error.text, "an earlier write failed"), "%s", error.text);
	cr_assert_eq(pst_vault_unlock(vault, &fixture_key, &error), 0);
	cr_expect_eq(pst_vault_answers(vault, &error), PST_E_VAULT);
}
