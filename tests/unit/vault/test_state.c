/* SPDX-License-Identifier: Apache-2.0 */
#include "../counted.h"
#include "fixture.h"

#include "crypto/random.h"
#include "vault/state.h"

#define SECTOR 512u
#define DAY (24 * HOUR)

ssize_t __real_pwrite64(int fd, const void *data, size_t size, off_t offset);
ssize_t __wrap_pwrite64(int fd, const void *data, size_t size, off_t offset);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

/* What the next writes and syncs meet; counts down, acts at 0. */
static struct {
	int writes, syncs;
	int write_errno, sync_errno;
	size_t short_by;
	int seen_writes;
} fault;

ssize_t __wrap_pwrite64(int fd, const void *data, size_t size, off_t offset)
{
	fault.seen_writes++;
	if (fault.writes > 0 && --fault.writes == 0) {
		if (fault.write_errno) {
			errno = fault.write_errno;
			return -1;
		}
		size -= fault.short_by;
	}
	return __real_pwrite64(fd, data, size, offset);
}

int __wrap_fdatasync(int fd)
{
	if (fault.syncs > 0 && --fault.syncs == 0) {
		errno = fault.sync_errno;
		return -1;
	}
	return __real_fdatasync(fd);
}

static struct pst_keyring *ring;
static struct pst_vault_state_file state;
static struct pst_ratchet_stamp stamp;
static char path[PATH_MAX];
static uint8_t before[PST_VAULT_STATE_SIZE], after[PST_VAULT_STATE_SIZE];

static void load(uint8_t *to)
{
	uint8_t *data;
	size_t size;

	cr_assert_eq(pst_fd_read_file(path, 1u << 20, &data, &size, NULL), 0);
	cr_assert_eq(size, PST_VAULT_STATE_SIZE);
	memcpy(to, data, size);
	free(data);
}

static void store(const uint8_t *from)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	cr_assert(fd >= 0);
	cr_assert_eq(pst_fd_write_full(fd, from, PST_VAULT_STATE_SIZE), 0);
	(void)close(fd);
}

static int reopen(void)
{
	pst_vault_state_close(&state);
	pst_ratchet_clear(ring);
	error = (struct pst_error){0};
	return pst_vault_state_open(&state, path, ring, &stamp, &error);
}

static struct pst_keyring *new_ring(const char *name)
{
	struct pst_keyring *made;
	uint8_t file[PST_KEYRING_FILE_SIZE];
	struct pst_key_source key = {.kind = PST_KEY_SOURCE_FILE, .path = fixture_path(name)};

	cr_assert_eq(pst_keyring_make_key_file(key.path), 0);
	cr_assert_eq(pst_keyring_create(&made, &key, file, NULL), 0);
	return made;
}

static uint32_t bucket(void)
{
	struct pst_ratchet_class class;

	cr_assert_eq(pst_ratchet_find(ring, 1, &class), 0);
	return class.bucket;
}

/* A state file of two classes; before holds it, after what a step makes of it. */
static void set_up(void)
{
	const struct pst_ratchet_class class = {.retention = 1, .retention_s = 12 * HOUR};
	const struct pst_ratchet_class other = {.retention = 2, .retention_s = 400 * DAY};

	fixture_dir_new();
	(void)snprintf(path, sizeof(path), "%s", fixture_path("vault.state"));
	ring = new_ring("key");
	cr_assert_eq(pst_ratchet_add(ring, &class, NOW), 0);
	cr_assert_eq(pst_ratchet_add(ring, &other, NOW), 0);
	stamp = (struct pst_ratchet_stamp){.clock_s = NOW, .running_s = 5, .boot = {1}};
	cr_assert_eq(pst_vault_state_create(path, ring, &stamp, &error), 0, "%s", error.text);
	state.fd = -1;
	cr_assert_eq(reopen(), 0, "%s", error.text);
	load(before);
}

static void step(void)
{
	stamp.clock_s = NOW + HOUR;
	pst_ratchet_step(ring, stamp.clock_s);
	cr_assert_eq(pst_vault_state_write(&state, ring, &stamp, &error), 0, "%s", error.text);
	load(after);
}

static void tear_down(void)
{
	pst_vault_state_close(&state);
	pst_keyring_close(&ring);
	fixture_remove();
}

TestSuite(state, .init = set_up, .fini = tear_down);

Test(state, comes_back_as_it_was_written)
{
	struct stat st;

	step();
	cr_assert_eq(reopen(), 0, "%s", error.text);
	cr_expect_eq(bucket(), (NOW + HOUR) / 900 + 1);
	cr_expect_eq(stamp.clock_s, NOW + HOUR);
	cr_expect_eq(stamp.boot[0], 1);
	cr_expect_eq(state.counter, 2);
	cr_expect_not(state.repaired);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0600);
	cr_expect_geq(st.st_blocks * 512, PST_VAULT_STATE_SIZE, "allocated from the beginning");
}

Test(state, a_step_leaves_nothing_of_the_state_before)
{
	step();
	for (size_t at = 128; at + 32 <= PST_VAULT_STATE_SIZE; at += 32) {
		if (at % PST_RATCHET_SLOT_SIZE < 128) {
			continue; /* counter, time, vault: in plain */
		}
		cr_assert_null(memmem(after, sizeof(after), before + at, 32), "at %zu", at);
	}
}

Test(state, writes_never_change_size_or_place)
{
	struct stat first, last;

	cr_assert_eq(stat(path, &first), 0);
	for (int i = 0; i < 200; i++) {
		cr_assert_eq(pst_vault_state_write(&state, ring, &stamp, &error), 0);
	}
	cr_assert_eq(stat(path, &last), 0);
	cr_expect_eq(first.st_size, last.st_size);
	cr_expect_eq(first.st_blocks, last.st_blocks);
	cr_expect_eq(first.st_ino, last.st_ino);
}

Test(state, one_damaged_slot_is_made_again)
{
	uint8_t changed[PST_VAULT_STATE_SIZE], repaired[PST_VAULT_STATE_SIZE];
	unsigned tried = 0;

	step();
	for (size_t at = 0; at < PST_VAULT_STATE_SIZE; at += 61) {
		memcpy(changed, after, sizeof(changed));
		changed[at] ^= 0x10;
		store(changed);
		cr_assert_eq(reopen(), 0, "at %zu: %s", at, error.text);
		cr_assert(state.repaired);
		load(repaired);
		cr_assert_arr_eq(repaired, after, sizeof(after));
		tried++;
	}
	counted_tell("state file, one byte changed", tried, 260);
}

Test(state, two_damaged_slots_are_refused)
{
	uint8_t changed[PST_VAULT_STATE_SIZE];

	memcpy(changed, before, sizeof(changed));
	changed[300] ^= 1;
	changed[PST_RATCHET_SLOT_SIZE + 7000] ^= 1;
	store(changed);
	cr_expect_eq(reopen(), PST_E_VAULT);
	cr_expect_not_null(strstr(error.text, "damaged in both"), "%s", error.text);
	load(after);
	cr_expect_arr_eq(after, changed, sizeof(after), "nothing was changed");
	cr_assert_eq(truncate(path, 100), 0);
	cr_expect_eq(reopen(), PST_E_VAULT);
	cr_assert_eq(truncate(path, 0), 0);
	cr_expect_eq(reopen(), PST_E_VAULT);
}

Test(state, a_missing_file_is_said_and_not_made)
{
	cr_assert_eq(unlink(path), 0);
	cr_expect_eq(reopen(), PST_E_VAULT);
	cr_expect_not_null(strstr(error.text, "missing"), "%s", error.text);
	cr_expect_neq(access(path, F_OK), 0);
}

Test(state, another_vaults_file_is_refused)
{
	struct pst_keyring *other = new_ring("other-key");

	cr_assert_eq(pst_vault_state_create(path, other, &stamp, NULL), 0);
	cr_expect_eq(reopen(), PST_E_VAULT);
	cr_expect_not_null(strstr(error.text, "another vault"), "%s", error.text);
	pst_keyring_close(&other);
}

/* The file as a crash leaves it: sectors of B, then of A, of which those in the mask are new. */
static void check_torn(unsigned slot, uint32_t mask)
{
	static uint8_t torn[PST_VAULT_STATE_SIZE];
	const unsigned per_slot = PST_RATCHET_SLOT_SIZE / SECTOR;
	const uint32_t all = (1u << per_slot) - 1;
	bool is_new = slot == 0 || mask == all;

	memcpy(torn, before, sizeof(torn));
	if (slot == 0) {
		memcpy(torn + PST_RATCHET_SLOT_SIZE, after + PST_RATCHET_SLOT_SIZE,
			PST_RATCHET_SLOT_SIZE);
	}
	for (unsigned i = 0; i < per_slot; i++) {
		if (mask & 1u << i) {
			size_t at = slot * PST_RATCHET_SLOT_SIZE + (size_t)i * SECTOR;

			memcpy(torn + at, after + at, SECTOR);
		}
	}
	store(torn);
	cr_assert_eq(reopen(), 0, "slot %u, sectors %x: %s", slot, mask, error.text);
	cr_assert_eq(
		bucket(), (is_new ? NOW + HOUR : NOW) / 900 + 1, "slot %u, sectors %x", slot, mask);
	load(torn);
	cr_assert_arr_eq(torn, torn + PST_RATCHET_SLOT_SIZE, PST_RATCHET_SLOT_SIZE);
	cr_assert_arr_eq(torn, is_new ? after : before, PST_RATCHET_SLOT_SIZE);
}

Test(state, a_torn_write_is_the_old_or_the_new_state)
{
	const unsigned per_slot = PST_RATCHET_SLOT_SIZE / SECTOR;
	unsigned tried = 0;

	step();
	for (unsigned slot = 0; slot < PST_VAULT_STATE_SLOTS; slot++) {
		for (unsigned done = 0; done <= per_slot; done++) {
			check_torn(slot, (1u << done) - 1);
			tried++;
		}
		for (unsigned i = 0; i < 500; i++) {
			uint8_t random[2];

			pst_random_bytes(random, sizeof(random));
			check_torn(slot, random[0] | (uint32_t)random[1] << 8);
			tried++;
		}
	}
	counted_tell("state file, torn writes", tried, 1034);
}

Test(state, a_failed_write_or_sync_poisons)
{
	static const struct {
		int writes, syncs, code;
	} faults[] = {{1, 0, EIO}, {2, 0, EIO}, {0, 1, EIO}, {0, 2, EIO}, {1, 0, ENOSPC},
		{2, 0, EROFS}, {0, 1, ENOSPC}, {0, 2, EDQUOT}};

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		store(before);
		cr_assert_eq(reopen(), 0);
		pst_ratchet_step(ring, NOW + HOUR);
		fault.writes = faults[i].writes;
		fault.syncs = faults[i].syncs;
		fault.write_errno = fault.sync_errno = faults[i].code;
		cr_expect_eq(pst_vault_state_write(&state, ring, &stamp, &error), PST_E_VAULT);
		cr_expect_not_null(strstr(error.text, "open again"), "%s", error.text);
		memset(&fault, 0, sizeof(fault));
		cr_expect_eq(pst_vault_state_write(&state, ring, &stamp, NULL), PST_E_VAULT);
		cr_expect_eq(fault.seen_writes, 0, "a poisoned file is left alone");
		cr_expect_eq(reopen(), 0, "fault %zu: %s", i, error.text);
		cr_expect_eq(pst_vault_state_write(&state, ring, &stamp, NULL), 0);
	}
}

Test(state, interrupted_and_short_writes_go_on)
{
	fault.writes = 1;
	fault.write_errno = EINTR;
	cr_expect_eq(pst_vault_state_write(&state, ring, &stamp, &error), 0, "%s", error.text);
	memset(&fault, 0, sizeof(fault));
	fault.writes = 2;
	fault.short_by = 5000;
	cr_expect_eq(pst_vault_state_write(&state, ring, &stamp, &error), 0, "%s", error.text);
	cr_expect_eq(reopen(), 0, "%s", error.text);
	cr_expect_eq(state.counter, 3);
}

Test(state, slots_under_a_new_key_open_by_whichever_keys_stand)
{
	struct pst_keyring *next = new_ring("next-key");
	uint8_t slot[PST_RATCHET_SLOT_SIZE];

	/* Another vault's slot stands for one under another key: both are not this ring's. */
	pst_ratchet_seal_slot(next, state.counter + 1, &stamp, slot);
	cr_assert_eq(pst_vault_state_write_slot(&state, 1, slot, &error), 0);
	cr_expect_eq(reopen(), 0, "the old keys: %s", error.text);
	cr_expect_eq(bucket(), NOW / 900 + 1);
	cr_assert_eq(pst_vault_state_write_slot(&state, 1, slot, &error), 0);
	pst_vault_state_close(&state);
	cr_expect_eq(pst_vault_state_open(&state, path, next, &stamp, &error), 0, "the new keys");
	pst_keyring_close(&next);
}
