/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

TestSuite(audit, .init = fixture_make, .fini = fixture_remove);

Test(audit, an_empty_log_verifies)
{
	fixture_fill(0);
	struct pst_audit_report report = fixture_verify(0);
	cr_expect_eq(report.finding, PST_AUDIT_FINDING_OK);
	cr_expect_eq(report.entries, 0);
	cr_expect_eq(pst_audit_verify("/nonexistent", NULL, 0, &report, &error), -ENOENT);
}

Test(audit, numbers_without_gaps_over_restarts)
{
	uint64_t sequence = 0;

	fixture_fill(3);
	fixture_open();
	cr_expect_eq(pst_audit_sequence(audit), 4, "three and the checkpoint of closing");
	cr_assert_eq(pst_audit_append(audit, "lane.opened", "{}", &sequence, &error), 0);
	cr_expect_eq(sequence, 5);
	cr_assert_eq(pst_audit_close(&audit), 0);
	cr_expect_null(audit);
	struct pst_audit_report report = fixture_verify(0);
	cr_expect_eq(report.entries, 6);
	cr_expect_eq(report.checkpoints, 2);
	cr_expect_eq(report.signed_entries, 6);
	cr_expect_not(report.key_given);
}

Test(audit, checkpoints_come_by_count_and_before_the_callers_entry)
{
	uint64_t sequence = 0;

	fixture_open();
	for (int i = 0; i < PST_AUDIT_CHECKPOINT_ENTRIES; i++) {
		cr_assert_eq(fixture_append(i), 0);
	}
	cr_assert_eq(pst_audit_append(audit, "last", "{}", &sequence, &error), 0);
	cr_expect_eq(sequence, PST_AUDIT_CHECKPOINT_ENTRIES + 2);
	cr_expect_eq(pst_audit_sequence(audit), sequence, "the head is the caller's own entry");
	(void)pst_audit_close(&audit);
	cr_expect_eq(fixture_verify(0).checkpoints, 2);
}

Test(audit, a_checkpoint_on_request)
{
	fixture_open();
	cr_expect_eq(pst_audit_checkpoint(audit, &error), 0, "nothing to sign is fine");
	cr_expect_eq(pst_audit_sequence(audit), 0);
	cr_assert_eq(fixture_append(1), 0);
	cr_assert_eq(pst_audit_checkpoint(audit, &error), 0);
	cr_assert_eq(pst_audit_checkpoint(audit, &error), 0);
	cr_expect_eq(pst_audit_sequence(audit), 2);
}

Test(audit, refuses_what_is_no_entry)
{
	static char large[PST_AUDIT_PAYLOAD_MAX + 16];

	fixture_open();
	cr_expect_eq(pst_audit_append(audit, "two words", "{}", NULL, NULL), -EINVAL);
	cr_expect_eq(pst_audit_append(audit, NULL, "{}", NULL, NULL), -EINVAL);
	cr_expect_eq(pst_audit_append(audit, "kind", NULL, NULL, NULL), -EINVAL);
	cr_expect_eq(pst_audit_append(audit, "kind", "[]", NULL, NULL), -EINVAL);
	cr_expect_eq(pst_audit_append(audit, "kind", "{", NULL, NULL), -EINVAL);
	cr_expect_eq(pst_audit_append(audit, "kind", "{\"a\":1,\"a\":2}", NULL, NULL), -EINVAL);
	cr_expect_eq(pst_audit_append(audit, "kind", "{\"a\":\"\xff\"}", NULL, NULL), -EINVAL);
	memset(large, ' ', sizeof(large) - 1);
	large[0] = '{';
	large[sizeof(large) - 2] = '}';
	cr_expect_eq(pst_audit_append(audit, "kind", large, NULL, NULL), -EINVAL);
	cr_expect_eq(pst_audit_sequence(audit), 0);
}

Test(audit, a_second_writer_is_refused)
{
	struct pst_audit *second;
	char pid[32];

	fixture_open();
	error = (struct pst_error){0};
	cr_expect_eq(pst_audit_open(&second, fixture_dir, fixture_key, &error), PST_E_UNSAFE);
	cr_expect_null(second);
	(void)snprintf(pid, sizeof(pid), "process %ld", (long)getpid());
	cr_expect_not_null(strstr(error.text, pid), "%s", error.text);
	cr_assert_eq(fixture_append(1), 0);
	cr_expect_eq(fixture_verify(0).entries, 1, "verifying needs no lock");
}

Test(audit, another_key_does_not_open_it)
{
	const uint8_t seed[PST_SIGN_SEED_SIZE] = {43};
	struct pst_sign_key *other;
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE];
	struct pst_audit_report report;

	fixture_fill(2);
	cr_assert_eq(pst_sign_key_open(&other, seed), 0);
	error = (struct pst_error){0};
	cr_expect_eq(pst_audit_open(&audit, fixture_dir, other, &error), PST_E_UNSAFE);
	cr_expect_not_null(strstr(error.text, "another key"), "%s", error.text);
	pst_sign_public(other, public_key);
	cr_expect_eq(pst_audit_verify(fixture_dir, public_key, 0, &report, NULL), PST_E_CORRUPT);
	cr_expect_eq(report.finding, PST_AUDIT_FINDING_KEY);
	pst_sign_public(fixture_key, public_key);
	cr_expect_eq(pst_audit_verify(fixture_dir, public_key, 0, &report, NULL), 0);
	cr_expect(report.key_given);
	pst_sign_key_close(&other);
}

/* Whatever was acknowledged before the kill is there after it. */
Test(audit, a_killed_writer_loses_nothing_acknowledged)
{
	int ends[2];
	int number = 0, last = 0;

	cr_assert_eq(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		fixture_load_key();
		if (fixture_try_open() < 0) {
			_exit(1);
		}
		for (int i = 1; fixture_append(i) == 0; i++) {
			(void)!write(ends[1], &i, sizeof(i));
		}
		_exit(1);
	}
	(void)close(ends[1]);
	while (last < 40) {
		cr_assert_eq(read(ends[0], &last, sizeof(last)), (ssize_t)sizeof(last));
	}
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	while (read(ends[0], &number, sizeof(number)) == (ssize_t)sizeof(number)) {
		last = number;
	}
	(void)close(ends[0]);
	fixture_open();
	cr_expect_geq(pst_audit_sequence(audit), (uint64_t)last);
	(void)pst_audit_close(&audit);
	(void)fixture_verify(0);
}

Test(audit, asked_whether_it_answers_it_stays_as_it_is)
{
	fixture_open();
	cr_expect_eq(pst_audit_answers(audit, &error), 0, "%s", error.text);
	cr_assert_eq(fixture_append(1), 0);
	uint64_t before = pst_audit_sequence(audit);
	cr_expect_eq(pst_audit_answers(audit, &error), 0, "%s", error.text);
	cr_expect_eq(pst_audit_sequence(audit), before);
	cr_assert_eq(pst_audit_checkpoint(audit, &error), 0);
	cr_expect_eq(pst_audit_answers(audit, &error), 0, "%s", error.text);
	cr_assert_eq(pst_audit_close(&audit), 0);
	cr_expect_eq(fixture_verify(0).finding, PST_AUDIT_FINDING_OK);
	fixture_open();
}

/* A log of four entries whose writer died: no closing checkpoint. */
static struct fixture_bytes crashed_log(struct fixture_file kept[2])
{
	pid_t child = fork();

	if (child == 0) {
		fixture_load_key();
		int status = fixture_try_open();

		for (int i = 1; status == 0 && i <= 4; i++) {
			status = fixture_append(i);
		}
		_exit(status < 0);
	}
	int result;
	cr_assert_eq(waitpid(child, &result, 0), child);
	cr_assert_eq(result, 0);
	kept[0] = fixture_keep(PST_AUDIT_HEAD);
	kept[1] = fixture_keep(PST_AUDIT_MAC);
	struct fixture_bytes bytes = fixture_read();
	cr_assert_eq(bytes.count, 4);
	return bytes;
}

static void expect_recovery(size_t torn)
{
	uint8_t *kept;
	size_t size;

	struct pst_audit_report report = fixture_verify(PST_E_CORRUPT);
	cr_expect_eq(report.finding, PST_AUDIT_FINDING_TORN, "%s", report.text);
	cr_expect_eq(report.bad_sequence, 4);
	fixture_open();
	cr_expect_eq(pst_audit_sequence(audit), 4, "three and the note of the recovery");
	cr_assert_eq(pst_audit_close(&audit), 0);
	cr_expect_eq(fixture_verify(0).entries, 5);
	cr_assert_eq(
		pst_fd_read_file(fixture_path(PST_AUDIT_TORN), 1u << 20, &kept, &size, NULL), 0);
	cr_expect_eq(size, torn);
	free(kept);
	(void)unlink(fixture_path(PST_AUDIT_TORN));
}

Test(audit, a_torn_last_entry_is_set_aside)
{
	struct fixture_file kept[2];
	struct fixture_bytes bytes = crashed_log(kept);

	for (size_t torn = 1; bytes.at[4] + torn < bytes.size; torn += 7) {
		fixture_write(bytes.data, bytes.at[4] + torn);
		fixture_put_back(&kept[0]);
		fixture_put_back(&kept[1]);
		expect_recovery(torn);
	}
	for (size_t torn = 1; torn < 400; torn += 57) {
		memset(bytes.data + bytes.at[4], 0, bytes.size - bytes.at[4]);
		uint8_t *longer = calloc(1, bytes.at[4] + torn);
		memcpy(longer, bytes.data, bytes.at[4]);
		fixture_write(longer, bytes.at[4] + torn);
		free(longer);
		fixture_put_back(&kept[0]);
		fixture_put_back(&kept[1]);
		expect_recovery(torn);
	}
	fixture_drop(&kept[0]);
	fixture_drop(&kept[1]);
	free(bytes.data);
}

/* A damaged entry is no torn one: it does not get dropped in silence. */
Test(audit, a_changed_last_entry_is_not_taken_for_a_crash)
{
	struct fixture_file kept[2];
	struct fixture_bytes bytes = crashed_log(kept);

	for (size_t at = bytes.at[4]; at < bytes.size; at++) {
		bytes.data[at] ^= 0x10;
		fixture_write(bytes.data, bytes.size);
		cr_assert_eq(fixture_try_open(), PST_E_UNSAFE, "byte %zu", at - bytes.at[4]);
		bytes.data[at] ^= 0x10;
	}
	fixture_write(bytes.data, bytes.size);
	fixture_open();
	fixture_drop(&kept[0]);
	fixture_drop(&kept[1]);
	free(bytes.data);
}

Test(audit, a_full_disk_acknowledges_nothing_and_recovers)
{
	if (mount("tmpfs", fixture_dir, "tmpfs", 0, "size=44k") < 0) {
		cr_skip_test("needs the right to mount");
	}
	fixture_open();
	int written = 0;
	int status;
	static const uint8_t zeroes[12 * 1024];
	cr_assert_eq(
		pst_fd_replace_file(fixture_path("ballast"), zeroes, sizeof(zeroes), 0600, NULL),
		0);
	while ((status = fixture_append(written + 1)) == 0) {
		written++;
		cr_assert_lt(written, 1000);
	}
	cr_expect_eq(status, -ENOSPC, "%d %s", status, error.text);
	cr_expect_not_null(strstr(error.text, "nothing was appended"), "%s", error.text);
	uint64_t sequence = pst_audit_sequence(audit);
	cr_expect_eq(fixture_append(0), -ENOSPC);
	cr_expect_eq(pst_audit_sequence(audit), sequence);
	cr_expect_eq(fixture_verify(0).entries, sequence);
	(void)unlink(fixture_path("ballast"));
	cr_expect_eq(fixture_append(0), 0, "room again: %s", error.text);
	cr_assert_eq(pst_audit_close(&audit), 0);
	cr_expect_eq(fixture_verify(0).entries, sequence + 2);
	cr_expect_eq(umount2(fixture_dir, MNT_DETACH), 0);
}

Test(audit, a_file_size_limit_acknowledges_nothing)
{
	struct rlimit limit = {400, RLIM_INFINITY};

	(void)signal(SIGXFSZ, SIG_IGN);
	fixture_open();
	cr_assert_eq(fixture_append(1), 0);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	int status = 0;
	while (status == 0) {
		status = fixture_append(2);
	}
	limit.rlim_cur = RLIM_INFINITY;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_expect(status == -EFBIG || status == -ENOSPC, "%d", status);
	uint64_t sequence = pst_audit_sequence(audit);
	cr_expect_eq(fixture_verify(0).entries, sequence, "no half entry was left");
	cr_expect_eq(fixture_append(3), 0);
}

static int collect(void *user, const struct pst_audit_item *item)
{
	uint64_t *last = user;

	cr_expect_eq(item->sequence, *last + 1);
	cr_expect_eq(item->is_checkpoint, strcmp(item->kind, "checkpoint") == 0);
	if (item->sequence == 2) {
		cr_expect_str_eq(item->kind, "encounter.closed");
		cr_expect_str_eq(item->json, "{\"encounter\":2}");
	}
	*last = item->sequence;
	return item->sequence == 4 ? 7 : 0;
}

Test(audit, walks_in_order_and_stops_when_told)
{
	uint64_t last = 0;

	fixture_fill(2);
	cr_expect_eq(pst_audit_each(fixture_dir, collect, &last, &error), 0);
	cr_expect_eq(last, 3);
	fixture_fill(2);
	last = 0;
	cr_expect_eq(pst_audit_each(fixture_dir, collect, &last, &error), 7);
}

Test(audit, a_public_key_file_is_read_strictly)
{
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE], expected[PST_SIGN_PUBLIC_SIZE];
	const char *path = fixture_path("other.pub");

	fixture_fill(1);
	pst_sign_public(fixture_key, expected);
	path = fixture_path(PST_AUDIT_PUBLIC);
	cr_assert_eq(pst_audit_read_public(path, public_key, NULL), 0);
	cr_expect_arr_eq(public_key, expected, sizeof(expected));
	cr_assert_eq(pst_fd_replace_file(path, "abc\n", 4, 0644, NULL), 0);
	cr_expect_eq(pst_audit_read_public(path, public_key, NULL), PST_E_FORMAT);
	cr_assert_eq(pst_fd_replace_file(path, "", 0, 0644, NULL), 0);
	cr_expect_eq(pst_audit_read_public(path, public_key, NULL), PST_E_FORMAT);
	cr_expect_eq(pst_audit_read_public("/nonexistent", public_key, NULL), -ENOENT);
}
