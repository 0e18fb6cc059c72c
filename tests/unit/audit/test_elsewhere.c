/* SPDX-License-Identifier: Apache-2.0 */
#include "../counted.h"
#include "fixture.h"

#include "audit/checkpoint.h"
#include "audit/elsewhere.h"

/* Bundles and witnesses: what is verified on another machine. */

#define ENTRIES 20 /* of which 7, 14 and 20 are checkpoints */

static char bundle[128], witness_dir[128];
static uint8_t public_key[PST_SIGN_PUBLIC_SIZE], witness_public[PST_SIGN_PUBLIC_SIZE];
static struct pst_sign_key *witness;

static void append_some(int from, int to)
{
	fixture_open();
	for (int i = from; i <= to; i++) {
		cr_assert_eq(fixture_append(i), 0, "%s", error.text);
	}
	cr_assert_eq(pst_audit_close(&audit), 0);
}

static void set_up(void)
{
	const uint8_t seed[PST_SIGN_SEED_SIZE] = {77};

	fixture_make();
	pst_sign_public(fixture_key, public_key);
	append_some(1, 6);
	append_some(8, 13);
	append_some(15, 19);
	(void)snprintf(bundle, sizeof(bundle), "%s.bundle", fixture_dir);
	(void)snprintf(witness_dir, sizeof(witness_dir), "%s.witness", fixture_dir);
	cr_assert_eq(pst_sign_key_open(&witness, seed), 0);
	pst_sign_public(witness, witness_public);
}

static void remove_folder(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	char name[PATH_MAX];

	while (dir && (entry = readdir(dir))) {
		(void)snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		(void)unlink(name);
	}
	if (dir) {
		(void)closedir(dir);
	}
	(void)rmdir(path);
}

static void tear_down(void)
{
	(void)unlink(bundle);
	remove_folder(witness_dir);
	pst_sign_key_close(&witness);
	fixture_remove();
}

TestSuite(elsewhere, .init = set_up, .fini = tear_down, .timeout = 100);

static struct pst_audit_report export(uint64_t from, uint64_t to)
{
	struct pst_audit_report report;

	(void)unlink(bundle);
	error = (struct pst_error){0};
	cr_assert_eq(pst_audit_export(fixture_dir, bundle, from, to, &report, &error), 0, "%s",
		error.text);
	return report;
}

static int verify_bundle(const char *seeds, struct pst_audit_report *report)
{
	const struct pst_audit_trust trust = {
		.file = bundle, .public_key = public_key, .seeds = seeds};

	error = (struct pst_error){0};
	return pst_audit_verify_all(&trust, report, &error);
}

/* Every part verifies with the public key alone, and its tags with the verification key. */
Test(elsewhere, every_part)
{
	struct pst_audit_report report;
	char *seeds = strdup(fixture_path(PST_AUDIT_SEEDS));
	unsigned parts = 0;

	for (uint64_t from = 1; from <= ENTRIES; from++) {
		for (uint64_t to = from; to <= ENTRIES + 1; to++, parts++) {
			uint64_t asked = to <= ENTRIES ? to : 0;
			uint64_t last = asked == 0 || asked > 14 ? 20 : asked > 7 ? 14 : 7;
			struct pst_audit_report written = export(from, asked);

			cr_assert_eq(written.first, from);
			cr_assert_eq(written.signed_entries, last, "%ju to %ju: %ju",
				(uintmax_t)from, (uintmax_t)to, (uintmax_t)written.signed_entries);
			cr_assert_eq(verify_bundle(NULL, &report), 0, "%s", error.text);
			cr_assert_eq(report.entries, last - from + 1);
			cr_assert_eq(report.first, from);
			cr_assert_eq(report.is_part, asked != 0);
			cr_assert_eq(report.signed_entries, last);
			cr_assert_eq(verify_bundle(seeds, &report), 0, "%s", error.text);
			cr_assert_eq(report.tagged, report.entries);
		}
	}
	counted_tell("parts of a log exported and verified", parts, 230);
	free(seeds);
}

Test(elsewhere, what_is_not_exported)
{
	struct pst_audit_report report;

	cr_expect_eq(
		pst_audit_export(fixture_dir, bundle, ENTRIES + 2, 0, &report, NULL), PST_E_USAGE);
	cr_expect_eq(pst_audit_export(fixture_dir, bundle, 5, 4, &report, NULL), PST_E_USAGE);
	cr_expect_eq(
		pst_audit_export(fixture_dir, bundle, 1, ENTRIES + 1, &report, NULL), PST_E_USAGE);
	cr_expect_neq(access(bundle, F_OK), 0, "nothing is left of it");
	(void)export(1, 0);
	cr_expect_eq(pst_audit_export(fixture_dir, bundle, 1, 0, &report, NULL), -EEXIST);
	(void)unlink(bundle);
	struct fixture_bytes bytes = fixture_read();
	bytes.data[bytes.at[9] + 40] ^= 1;
	fixture_write(bytes.data, bytes.size);
	cr_expect_eq(pst_audit_export(fixture_dir, bundle, 1, 0, &report, &error), PST_E_CORRUPT);
	cr_expect_not_null(strstr(error.text, "entry 9"), "%s", error.text);
	cr_expect_neq(access(bundle, F_OK), 0);
	free(bytes.data);
}

static int flip(size_t at, uint8_t byte, uint8_t mask)
{
	struct pst_audit_report report;
	uint8_t flipped = byte ^ mask;
	int fd = open(bundle, O_WRONLY | O_CLOEXEC);

	cr_assert_eq(pwrite(fd, &flipped, 1, (off_t)at), 1);
	int status = verify_bundle(NULL, &report);
	cr_assert_eq(pwrite(fd, &byte, 1, (off_t)at), 1);
	(void)close(fd);
	return status;
}

/* What only the verification key uses stands in the fixed part: the epoch's first sequence. */
Test(elsewhere, every_bit_of_a_bundle)
{
	const uint64_t from[] = {1, 9};
	unsigned flips = 0;

	for (size_t k = 0; k < 2; k++) {
		uint8_t *data;
		size_t size;

		(void)export(from[k], 0);
		cr_assert_eq(pst_fd_read_file(bundle, 1u << 20, &data, &size, NULL), 0);
		for (size_t at = 0; at < size; at++) {
			for (int bit = 0; bit < 8; bit++) {
				int status = flip(at, data[at], (uint8_t)(1u << bit));

				if (at >= 88 && at < 96) {
					continue;
				}
				flips++;
				cr_assert_eq(status, PST_E_CORRUPT, "from %ju, byte %zu, bit %d",
					(uintmax_t)from[k], at, bit);
			}
		}
		free(data);
	}
	counted_tell("bits of bundles flipped and found", flips, 50000);
}

static int sight(const uint8_t *key, struct pst_audit_sighted *sighted)
{
	const struct pst_audit_sighting sighting = {.bundle = bundle,
		.dir = witness_dir,
		.key = witness,
		.public_key = key,
		.now_s = 1700000000};

	error = (struct pst_error){0};
	return pst_audit_witness(&sighting, sighted, &error);
}

Test(elsewhere, a_witness_sees_a_log_grow)
{
	struct pst_audit_sighted sighted;
	struct pst_audit_report report;

	(void)export(1, 7);
	cr_expect_eq(sight(NULL, &sighted), PST_E_USAGE, "the first time the key is needed");
	cr_assert_eq(sight(public_key, &sighted), 0, "%s", error.text);
	cr_expect_eq(sighted.sequence, 7);
	cr_expect_eq(sighted.before, 0);
	(void)export(9, 0);
	cr_expect_eq(sight(NULL, &sighted), PST_E_USAGE, "a gap: %s", error.text);
	(void)export(8, 14);
	cr_assert_eq(sight(NULL, &sighted), 0, "%s", error.text);
	cr_expect_eq(sighted.sequence, 14);
	cr_expect_eq(sighted.before, 7);
	cr_assert_eq(sight(NULL, &sighted), 0, "nothing new is signed again: %s", error.text);
	cr_expect_eq(sighted.sequence, 14);
	(void)export(1, 7);
	cr_expect_eq(sight(NULL, &sighted), PST_E_CORRUPT, "shorter than what was signed");
	cr_expect_not_null(strstr(error.text, "14"), "%s", error.text);

	const struct pst_audit_trust trust = {.dir = fixture_dir,
		.public_key = public_key,
		.witness = witness_public,
		.cosignatures = sighted.path};
	cr_assert_eq(pst_audit_verify_all(&trust, &report, &error), 0, "%s", error.text);
	cr_expect_eq(report.cosigned, 14);
	cr_expect_eq(report.cosigned_s, 1700000000);
}

/* A fork from entry 7 on: refused, and the entry is named. */
Test(elsewhere, a_witness_refuses_a_fork)
{
	struct pst_audit_sighted sighted;
	uint8_t other[PST_SIGN_PUBLIC_SIZE] = {1};

	(void)export(1, 0);
	cr_assert_eq(sight(public_key, &sighted), 0, "%s", error.text);
	cr_expect_eq(sight(other, &sighted), PST_E_CORRUPT, "the log under another key");
	struct fixture_file head = fixture_keep(PST_AUDIT_HEAD);
	struct fixture_file mac = fixture_keep(PST_AUDIT_MAC);
	struct fixture_file log = fixture_keep(PST_AUDIT_LOG);
	append_some(21, 25);
	(void)export(1, 0);
	cr_assert_eq(sight(NULL, &sighted), 0, "%s", error.text);
	cr_expect_eq(sighted.sequence, 26);
	fixture_put_back(&head);
	fixture_put_back(&mac);
	fixture_put_back(&log);
	append_some(121, 129);
	(void)export(1, 0);
	cr_expect_eq(sight(NULL, &sighted), PST_E_CORRUPT);
	cr_expect_not_null(strstr(error.text, "entry 26"), "%s", error.text);
	fixture_drop(&head);
	fixture_drop(&mac);
	fixture_drop(&log);
}

static void write_lines(const char *path, const uint8_t *data, size_t size)
{
	cr_assert_eq(pst_fd_replace_file(path, data, size, 0644, NULL), 0);
}

/* Its own file: a line cut off by a crash is dropped, anything else is no crash. */
Test(elsewhere, what_a_witness_signed_is_damaged)
{
	struct pst_audit_sighted sighted;
	struct pst_audit_report report;
	uint8_t *data;
	size_t size;
	unsigned flips = 0;

	(void)export(1, 7);
	cr_assert_eq(sight(public_key, &sighted), 0);
	(void)export(1, 0);
	cr_assert_eq(sight(NULL, &sighted), 0);
	cr_assert_eq(pst_fd_read_file(sighted.path, 1u << 20, &data, &size, NULL), 0);
	const struct pst_audit_trust trust = {
		.dir = fixture_dir, .witness = witness_public, .cosignatures = sighted.path};
	size_t first = (size_t)(strchr((char *)data, '\n') - (char *)data) + 1;
	for (size_t at = 0; at + 1 < size; at++) {
		for (int bit = 0; bit < 8; bit += 3, flips++) {
			data[at] ^= (uint8_t)(1u << bit);
			write_lines(sighted.path, data, size);
			cr_assert_eq(pst_audit_verify_all(&trust, &report, NULL), PST_E_CORRUPT,
				"byte %zu", at);
			cr_assert_eq(report.finding, PST_AUDIT_FINDING_WITNESS);
			cr_assert_eq(sight(NULL, &sighted), PST_E_UNSAFE, "byte %zu", at);
			data[at] ^= (uint8_t)(1u << bit);
		}
	}
	counted_tell("bits of cosignatures flipped and found", flips, 2000);
	for (size_t cut = first + 1; cut < size; cut += 31) {
		write_lines(sighted.path, data, cut);
		cr_assert_eq(sight(NULL, &sighted), 0, "%s", error.text);
		cr_expect_eq(sighted.before, 7);
		cr_expect_eq(sighted.sequence, 20);
	}
	write_lines(sighted.path, data, 0);
	cr_expect_eq(pst_audit_verify_all(&trust, &report, NULL), PST_E_CORRUPT, "none at all");
	cr_expect_eq(report.finding, PST_AUDIT_FINDING_WITNESS);
	free(data);
}

/* A long log is opened behind its newest checkpoint, and goes on; an edit before that is found by
 * who verifies all of it. */
Test(elsewhere, a_long_log)
{
	static char large[PST_AUDIT_PAYLOAD_MAX + 1];
	struct pst_audit_event events[64];
	struct pst_audit_report report;

	memset(large, 'x', PST_AUDIT_PAYLOAD_MAX);
	memcpy(large, "{\"a\":\"", 6);
	memcpy(large + PST_AUDIT_PAYLOAD_MAX - 2, "\"}", 2);
	for (int i = 0; i < 64; i++) {
		events[i] = (struct pst_audit_event){"large", large};
	}
	fixture_open();
	for (int i = 0; i < 9; i++) {
		uint64_t before = pst_audit_sequence(audit), first;

		cr_assert_eq(pst_audit_append_many(audit, events, 64, &first, &error), 0, "%s",
			error.text);
		cr_expect_eq(pst_audit_sequence(audit), first + 63);
		cr_expect_geq(first, before + 1);
	}
	cr_assert_eq(pst_audit_close(&audit), 0);
	append_some(1, 3);
	cr_assert_eq(
		pst_audit_verify(fixture_dir, public_key, 0, &report, &error), 0, "%s", error.text);
	cr_assert_gt(report.bytes, PST_AUDIT_OPEN_WHOLE);
	int fd = open(fixture_path(PST_AUDIT_LOG), O_RDWR | O_CLOEXEC);
	cr_assert_eq(pwrite(fd, "y", 1, 20000), 1);
	append_some(4, 6);
	cr_expect_eq(pst_audit_verify(fixture_dir, public_key, 0, &report, &error), PST_E_CORRUPT);
	cr_expect_eq(report.finding, PST_AUDIT_FINDING_EDITED);
	/* What stands behind the checkpoint, and where it ends, is not taken on trust. */
	cr_assert_eq(ftruncate(fd, (off_t)PST_AUDIT_OPEN_WHOLE + 1), 0);
	cr_expect_eq(fixture_try_open(), PST_E_UNSAFE);
	(void)close(fd);
}

Test(elsewhere, batches_are_all_or_nothing)
{
	const struct pst_audit_event good = {"kind", "{}"}, bad = {"kind", "[]"};
	const struct pst_audit_event mixed[] = {good, good, bad};
	static struct pst_audit_event many[PST_AUDIT_BATCH_MAX + 1];
	uint64_t first = 0;

	fixture_open();
	uint64_t before = pst_audit_sequence(audit);
	cr_expect_eq(pst_audit_append_many(audit, mixed, 3, &first, NULL), -EINVAL);
	cr_expect_eq(pst_audit_append_many(audit, mixed, 0, &first, NULL), -EINVAL);
	for (size_t i = 0; i <= PST_AUDIT_BATCH_MAX; i++) {
		many[i] = good;
	}
	cr_expect_eq(
		pst_audit_append_many(audit, many, PST_AUDIT_BATCH_MAX + 1, &first, NULL), -EINVAL);
	cr_expect_eq(pst_audit_sequence(audit), before);
	cr_assert_eq(pst_audit_append_many(audit, many, PST_AUDIT_BATCH_MAX, &first, &error), 0);
	cr_expect_eq(first, before + 1);
	cr_assert_eq(pst_audit_close(&audit), 0);
	cr_expect_eq(fixture_verify(0).entries, before + PST_AUDIT_BATCH_MAX + 1);
}

Test(elsewhere, the_state_of_a_vault)
{
	struct pst_audit_vault_state state = {{5}, 6, 7}, known;

	fixture_open();
	cr_expect_not(pst_audit_state(audit, &known));
	cr_assert_eq(pst_audit_set_state(audit, &state), 0);
	cr_assert_eq(pst_audit_close(&audit), 0);
	struct pst_audit_report report = fixture_verify(0);
	cr_assert(report.has_state);
	cr_expect_arr_eq(&report.state, &state, sizeof(state));
	cr_expect_eq(report.state_sequence, ENTRIES + 1);
	append_some(1, 3);
	cr_expect_eq(fixture_verify(0).state_sequence, ENTRIES + 1, "the newest that there is");
	fixture_open();
	cr_assert(pst_audit_state(audit, &known));
	cr_expect_arr_eq(&known, &state, sizeof(state));
	cr_expect_eq(pst_audit_set_state(audit, &state), 0, "the same says nothing new");
	uint64_t before = pst_audit_sequence(audit);
	cr_expect_eq(pst_audit_checkpoint(audit, &error), 0);
	cr_expect_eq(pst_audit_sequence(audit), before);
	state.counter = 6;
	cr_expect_eq(pst_audit_set_state(audit, &state), PST_E_UNSAFE, "rolled back");
}
