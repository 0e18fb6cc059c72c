/* SPDX-License-Identifier: Apache-2.0 */
#include "../counted.h"
#include "fixture.h"

#include <sys/mman.h>

#include "audit/elsewhere.h"
#include "audit/mac_state.h"
#include "faulty.h"

/*
 * What a disk can do to a log that is being written: every write, sync, truncation and rename fails
 * once, or from there on, or the process dies there and what was not synced is lost. Whatever
 * happens, no acknowledged entry is missing afterwards, and the log opens and verifies.
 */

#define ENTRIES_MAX 64

TestSuite(faults, .init = fixture_make, .fini = fixture_remove, .timeout = 110);

/* Numbers of the entries that were acknowledged, in shared memory: a process that dies leaves them.
 */
static struct notes {
	uint64_t sequence[ENTRIES_MAX];
	int count;
} * notes;

static void make_notes(void)
{
	notes = mmap(
		NULL, sizeof(*notes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(notes, MAP_FAILED);
}

static int note_append(void)
{
	char json[64];
	uint64_t sequence;

	(void)snprintf(json, sizeof(json), "{\"encounter\":%d}", notes->count + 1);
	int status = pst_audit_append(audit, "encounter.closed", json, &sequence, NULL);
	if (status == 0) {
		notes->sequence[notes->count++] = sequence;
	}
	return status;
}

static int note_batch(void)
{
	char json[5][64];
	struct pst_audit_event events[5];
	uint64_t first;

	for (int i = 0; i < 5; i++) {
		(void)snprintf(
			json[i], sizeof(json[i]), "{\"encounter\":%d}", notes->count + 1 + i);
		events[i] = (struct pst_audit_event){"encounter.closed", json[i]};
	}
	int status = pst_audit_append_many(audit, events, 5, &first, NULL);
	for (uint64_t i = 0; status == 0 && i < 5; i++) {
		notes->sequence[notes->count++] = first + i;
	}
	return status;
}

/* Calls go on after a failure, as a lane's do: a sync that failed must stay a refusal. */
static void work(void)
{
	const struct pst_audit_vault_state state = {{1}, 2, (uint64_t)notes->count + 1};
	bool poisoned = false;

	for (int i = 0; i < 8; i++) {
		int status = i == 3   ? pst_audit_checkpoint(audit, NULL)
			     : i == 5 ? note_batch()
				      : note_append();

		cr_assert(
			!poisoned || status == PST_E_UNSAFE, "a poisoned log went on: %d", status);
		poisoned = status == PST_E_UNSAFE;
		if (i == 6) {
			(void)!pst_audit_set_state(audit, &state);
		}
	}
}

/* The scenarios. Each leaves audit NULL. */
static void run_new(void)
{
	if (fixture_try_open() == 0) {
		work();
		(void)pst_audit_close(&audit);
	}
	if (fixture_try_open() == 0) {
		(void)note_append();
		(void)pst_audit_close(&audit);
	}
}

static void prepare_nothing(void)
{
}

static void prepare_log(void)
{
	fixture_fill(3);
}

static void copy_fixture(const char *name)
{
	char path[PATH_MAX];
	uint8_t *data;
	size_t size;

	(void)snprintf(path, sizeof(path), "%s/audit-1/%s", FIXTURES, name);
	cr_assert_eq(pst_fd_read_file(path, 1u << 20, &data, &size, NULL), 0, "%s", path);
	cr_assert_eq(pst_fd_replace_file(fixture_path(name), data, size, 0600, NULL), 0);
	free(data);
}

static void prepare_version_1(void)
{
	copy_fixture(PST_AUDIT_LOG);
	copy_fixture(PST_AUDIT_HEAD);
	copy_fixture(PST_AUDIT_PUBLIC);
}

static void run_renewed(void)
{
	if (pst_audit_renew(&audit, fixture_dir, fixture_key, NULL) == 0) {
		(void)note_append();
		(void)pst_audit_close(&audit);
	}
}

static const struct scenario {
	const char *name;
	void (*prepare)(void);
	void (*run)(void);
} scenarios[] = {
	{"a new log", prepare_nothing, run_new},
	{"a log that goes on", prepare_log, run_new},
	{"a log of version 1", prepare_version_1, run_new},
	{"a new MAC key", prepare_log, run_renewed},
};

static void empty_folder(void)
{
	DIR *dir = opendir(fixture_dir);
	const struct dirent *entry;

	while ((entry = readdir(dir))) {
		(void)unlink(fixture_path(entry->d_name));
	}
	(void)closedir(dir);
	notes->count = 0;
}

static int check_item(void *user, const struct pst_audit_item *item)
{
	int *next = user;
	char json[64];

	if (*next < notes->count && notes->sequence[*next] == item->sequence) {
		(void)snprintf(json, sizeof(json), "{\"encounter\":%d}", *next + 1);
		cr_assert_str_eq(item->json, json);
		++*next;
	}
	return 0;
}

/* An epoch whose making was cut short may be begun once more by the operator, and nothing else. */
static void expect_whole(const struct scenario *scenario, const char *what)
{
	struct pst_audit_report report;
	int next = 0;
	int status = fixture_try_open();

	cr_assert_eq(status, 0, "%s, %s: %s", scenario->name, what, error.text);
	cr_assert_eq(fixture_append(0), 0, "%s, %s: %s", scenario->name, what, error.text);
	cr_assert_eq(pst_audit_close(&audit), 0, "%s, %s", scenario->name, what);
	char *seeds = strdup(fixture_path(PST_AUDIT_SEEDS));
	const struct pst_audit_trust trust = {.dir = fixture_dir, .seeds = seeds};
	cr_assert_eq(pst_audit_verify_all(&trust, &report, &error), 0, "%s, %s: %s", scenario->name,
		what, error.text);
	cr_assert_eq(pst_audit_each(fixture_dir, check_item, &next, &error), 0);
	cr_assert_eq(next, notes->count, "%s, %s: %d of %d acknowledged entries are there",
		scenario->name, what, next, notes->count);
	free(seeds);
}

static unsigned count_calls(const struct scenario *scenario)
{
	empty_folder();
	scenario->prepare();
	faulty_set(UINT32_MAX, FAULT_NONE, false);
	scenario->run();
	return faulty_clear();
}

static void fail_at(const struct scenario *scenario, unsigned number, enum fault fault, bool lasts)
{
	char what[64];

	empty_folder();
	scenario->prepare();
	faulty_set(number, fault, lasts);
	scenario->run();
	(void)faulty_clear();
	(void)snprintf(
		what, sizeof(what), "fault %d%s at %u", fault, lasts ? " lasting" : "", number);
	expect_whole(scenario, what);
}

Test(faults, every_call_fails)
{
	unsigned tried = 0;

	make_notes();
	for (size_t s = 0; s < sizeof(scenarios) / sizeof(scenarios[0]); s++) {
		unsigned calls = count_calls(&scenarios[s]);

		for (unsigned number = 0; number < calls; number++) {
			for (enum fault fault = FAULT_EIO; fault <= FAULT_SYNC; fault++) {
				fail_at(&scenarios[s], number, fault, false);
				tried++;
				if (fault != FAULT_SHORT && fault != FAULT_EINTR) {
					fail_at(&scenarios[s], number, fault, true);
					tried++;
				}
			}
		}
	}
	counted_tell("failed, short and interrupted calls", tried, 1900);
}

/* Short and interrupted writes are nobody's business. */
Test(faults, what_is_no_failure)
{
	const enum fault faults[] = {FAULT_SHORT, FAULT_EINTR};

	make_notes();
	for (size_t k = 0; k < 2; k++) {
		unsigned calls = count_calls(&scenarios[0]);
		int all = notes->count;

		for (unsigned number = 0; number < calls; number++) {
			empty_folder();
			faulty_set(number, faults[k], false);
			run_new();
			(void)faulty_clear();
			cr_expect_eq(notes->count, all, "fault %d at %u", faults[k], number);
		}
	}
}

Test(faults, the_process_dies_at_every_call)
{
	unsigned died = 0;

	make_notes();
	for (size_t s = 0; s < sizeof(scenarios) / sizeof(scenarios[0]); s++) {
		unsigned calls = count_calls(&scenarios[s]);

		for (unsigned number = 0; number < calls; number++) {
			for (enum fault fault = FAULT_DIE_BEFORE; fault < FAULT_COUNT; fault++) {
				char what[64];
				int result;

				empty_folder();
				scenarios[s].prepare();
				pid_t child = fork();
				if (child == 0) {
					fixture_load_key();
					faulty_set(number, fault, false);
					scenarios[s].run();
					_exit(0);
				}
				cr_assert_eq(waitpid(child, &result, 0), child);
				cr_assert(WIFEXITED(result));
				died += WEXITSTATUS(result) == 77;
				(void)snprintf(what, sizeof(what), "death %d at %u", fault, number);
				expect_whole(&scenarios[s], what);
			}
		}
	}
	counted_tell("deaths with lost writes", died, 950);
}

/* A lost, old or foreign MAC state never goes on in silence; a new key goes on, on the record. */
Test(faults, a_mac_state_that_is_not_the_log_s)
{
	fixture_fill(3);
	struct fixture_file first = fixture_keep(PST_AUDIT_MAC);
	fixture_fill(3);
	fixture_fill(3);
	struct fixture_file newest = fixture_keep(PST_AUDIT_MAC);

	fixture_put_back(&first);
	cr_expect_eq(fixture_try_open(), PST_E_UNSAFE, "an old one");
	cr_expect_not_null(strstr(error.text, "new-key"), "%s", error.text);
	unsigned flips = 0;
	for (size_t at = 0; at < 256; at++) {
		for (int bit = 0; bit < 8; bit++, flips++) {
			newest.data[at] ^= (uint8_t)(1u << bit);
			newest.data[at + PST_AUDIT_SLOT_SIZE] ^= (uint8_t)(1u << bit);
			fixture_put_back(&newest);
			cr_assert_eq(fixture_try_open(), PST_E_UNSAFE, "byte %zu", at);
			newest.data[at] ^= (uint8_t)(1u << bit);
			newest.data[at + PST_AUDIT_SLOT_SIZE] ^= (uint8_t)(1u << bit);
		}
	}
	counted_tell("bits of the MAC state flipped in both slots", flips, 2048);
	(void)unlink(fixture_path(PST_AUDIT_MAC));
	cr_expect_eq(fixture_try_open(), PST_E_UNSAFE, "none");
	cr_assert_eq(
		pst_audit_renew(&audit, fixture_dir, fixture_key, &error), 0, "%s", error.text);
	cr_assert_eq(fixture_append(1), 0);
	cr_assert_eq(pst_audit_close(&audit), 0);
	cr_expect_eq(fixture_verify(0).mac_epoch, 2);
	fixture_put_back(&newest);
	cr_expect_eq(fixture_try_open(), PST_E_UNSAFE, "one of the epoch before");
	fixture_drop(&first);
	fixture_drop(&newest);
}

static int find_behind(void *user, const struct pst_audit_item *item)
{
	*(int *)user += strcmp(item->kind, "audit.recovered") == 0 &&
			strcmp(item->json, "{\"mac\":4}") == 0;
	return 0;
}

/* One checkpoint behind is what a crash leaves, and is said. */
Test(faults, a_mac_state_one_checkpoint_behind)
{
	int notes_of_it = 0;

	fixture_fill(3);
	struct fixture_file state = fixture_keep(PST_AUDIT_MAC);
	fixture_fill(3);
	fixture_put_back(&state);
	fixture_drop(&state);
	fixture_fill(1);
	(void)fixture_verify(0);
	cr_assert_eq(pst_audit_each(fixture_dir, find_behind, &notes_of_it, &error), 0);
	cr_expect_eq(notes_of_it, 1);
}

/* One slot damaged, as by a crash in the middle of it: the other one is there. */
Test(faults, one_slot_of_two)
{
	for (int slot = 0; slot < 2; slot++) {
		fixture_fill(3);
		struct fixture_file state = fixture_keep(PST_AUDIT_MAC);
		memset(state.data + (size_t)slot * PST_AUDIT_SLOT_SIZE, 0x5a, 700);
		fixture_put_back(&state);
		fixture_drop(&state);
		fixture_fill(1);
	}
	(void)fixture_verify(0);
}
