/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#define ENTRIES 12 /* and the checkpoint of closing */

static struct fixture_bytes log_bytes;
static uint8_t *forged;
static size_t forged_size;

static void set_up(void)
{
	fixture_make();
	fixture_fill(ENTRIES);
	log_bytes = fixture_read();
	cr_assert_eq(log_bytes.count, ENTRIES + 1);
	forged = malloc(2 * log_bytes.size);
}

static void tear_down(void)
{
	free(forged);
	free(log_bytes.data);
	fixture_remove();
}

TestSuite(tamper, .init = set_up, .fini = tear_down);

static void start(void)
{
	memcpy(forged, log_bytes.data, PST_AUDIT_HEADER_SIZE);
	forged_size = PST_AUDIT_HEADER_SIZE;
}

static size_t entry_size(int number)
{
	return log_bytes.at[number + 1] - log_bytes.at[number];
}

static void take(int number)
{
	memcpy(forged + forged_size, log_bytes.data + log_bytes.at[number], entry_size(number));
	forged_size += entry_size(number);
}

/* The log is found to be bad, and the first bad entry is named. */
static void expect_found(uint64_t bad, const char *what)
{
	fixture_write(forged, forged_size);
	struct pst_audit_report report = fixture_verify(PST_E_CORRUPT);
	cr_expect_eq(report.bad_sequence, bad, "%s: %s", what, report.text);
	cr_expect_neq(report.finding, PST_AUDIT_FINDING_OK);
	cr_expect_eq(fixture_try_open(), PST_E_UNSAFE, "%s: a lane opens it", what);
	(void)pst_audit_close(&audit);
}

Test(tamper, every_deleted_entry)
{
	for (int gone = 1; gone <= ENTRIES + 1; gone++) {
		start();
		for (int i = 1; i <= ENTRIES + 1; i++) {
			if (i != gone) {
				take(i);
			}
		}
		expect_found((uint64_t)gone, "deleted");
	}
}

Test(tamper, every_swapped_pair)
{
	for (int first = 1; first <= ENTRIES; first++) {
		start();
		for (int i = 1; i <= ENTRIES + 1; i++) {
			take(i == first ? first + 1 : i == first + 1 ? first : i);
		}
		expect_found((uint64_t)first, "swapped");
	}
}

Test(tamper, every_repeated_entry)
{
	for (int twice = 1; twice <= ENTRIES + 1; twice++) {
		start();
		for (int i = 1; i <= ENTRIES + 1; i++) {
			take(i);
			if (i == twice) {
				take(i);
			}
		}
		expect_found((uint64_t)twice + 1, "repeated");
	}
}

/* Shorter by whole entries: the chain is whole, only the head file knows. */
Test(tamper, every_cut)
{
	for (int kept = 0; kept <= ENTRIES; kept++) {
		start();
		for (int i = 1; i <= kept; i++) {
			take(i);
		}
		expect_found((uint64_t)kept + 1, "cut");
	}
}

/* An edit that brings its own hash along, and the chain after it: the signature does not fit. */
Test(tamper, every_edit_with_the_chain_recomputed)
{
	for (int edited = 1; edited <= ENTRIES; edited++) {
		struct pst_bytes bytes = {0};
		uint8_t head[PST_CHAIN_SIZE];

		cr_assert_eq(pst_bytes_append(&bytes, log_bytes.data, PST_AUDIT_HEADER_SIZE), 0);
		pst_chain_start(log_bytes.data, PST_AUDIT_HEADER_SIZE, head);
		for (int i = 1; i <= ENTRIES + 1; i++) {
			struct pst_audit_entry entry;

			cr_assert_eq(pst_audit_entry_decode(log_bytes.data + log_bytes.at[i],
					     entry_size(i), &entry),
				1);
			if (i == edited) {
				entry.payload = "{\"encounter\":99}";
				entry.payload_size = strlen(entry.payload);
			}
			cr_assert_eq(pst_audit_entry_encode(&entry, head, NULL, &bytes), 0);
		}
		memcpy(forged, bytes.data, bytes.size);
		forged_size = bytes.size;
		pst_bytes_finish(&bytes);
		expect_found(ENTRIES + 1, "edited with its chain");
	}
}

Test(tamper, an_edit_with_its_own_hash)
{
	struct pst_bytes bytes = {0};
	struct pst_audit_entry entry;
	uint8_t head[PST_CHAIN_SIZE];

	cr_assert_eq(
		pst_audit_entry_decode(log_bytes.data + log_bytes.at[4], entry_size(4), &entry), 1);
	memcpy(head, entry.before, sizeof(head));
	entry.kind = "encounter.opened";
	cr_assert_eq(pst_audit_entry_encode(&entry, head, NULL, &bytes), 0);
	start();
	for (int i = 1; i <= 3; i++) {
		take(i);
	}
	memcpy(forged + forged_size, bytes.data, bytes.size);
	forged_size += bytes.size;
	for (int i = 5; i <= ENTRIES + 1; i++) {
		take(i);
	}
	pst_bytes_finish(&bytes);
	expect_found(5, "the entry after it does not follow");
}

/* All of it rewritten and signed with a key of the forger's: found with one's own copy. */
Test(tamper, rewritten_with_another_key)
{
	const uint8_t seed[PST_SIGN_SEED_SIZE] = {66};
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE];
	struct pst_audit_report report;

	pst_sign_public(fixture_key, public_key);
	pst_sign_key_close(&fixture_key);
	cr_assert_eq(pst_sign_key_open(&fixture_key, seed), 0);
	(void)unlink(fixture_path(PST_AUDIT_LOG));
	(void)unlink(fixture_path(PST_AUDIT_HEAD));
	(void)unlink(fixture_path(PST_AUDIT_MAC));
	fixture_fill(ENTRIES);
	cr_expect_eq(fixture_verify(0).key_given, false);
	cr_expect_eq(pst_audit_verify(fixture_dir, public_key, 0, &report, NULL), PST_E_CORRUPT);
	cr_expect_eq(report.finding, PST_AUDIT_FINDING_KEY);
}

Test(tamper, every_flipped_bit, .timeout = 100)
{
	unsigned flipped = 0, found = 0, named = 0;

	memcpy(forged, log_bytes.data, log_bytes.size);
	for (size_t at = 0; at < log_bytes.size; at++) {
		int number = 0;

		while (number < log_bytes.count && log_bytes.at[number + 1] <= at) {
			number++;
		}
		for (int bit = 0; bit < 8; bit++, flipped++) {
			struct pst_audit_report report;
			int fd = open(fixture_path(PST_AUDIT_LOG), O_WRONLY | O_CLOEXEC);
			uint8_t byte = forged[at] ^ (uint8_t)(1u << bit);

			cr_assert_eq(pwrite(fd, &byte, 1, (off_t)at), 1);
			found += pst_audit_verify(fixture_dir, NULL, 0, &report, NULL) ==
				 PST_E_CORRUPT;
			named += report.bad_sequence == (uint64_t)number ||
				 at < PST_AUDIT_HEADER_SIZE;
			cr_assert_eq(pwrite(fd, forged + at, 1, (off_t)at), 1);
			(void)close(fd);
		}
	}
	cr_expect_eq(found, flipped, "%u of %u flipped bits found", found, flipped);
	cr_expect_eq(named, flipped, "%u of %u named the entry", named, flipped);
	(void)fixture_verify(0);
}

Test(tamper, the_head_file)
{
	const char *path = fixture_path(PST_AUDIT_HEAD);
	uint8_t *head;
	size_t size;

	path = strdup(path);
	cr_assert_eq(pst_fd_read_file(path, 4096, &head, &size, NULL), 0);
	for (size_t at = 0; at < size; at++) {
		head[at] ^= 1;
		cr_assert_eq(pst_fd_replace_file(path, head, size, 0644, NULL), 0);
		cr_assert_eq(fixture_verify(PST_E_CORRUPT).finding, PST_AUDIT_FINDING_SIGNATURE,
			"byte %zu", at);
		head[at] ^= 1;
	}
	cr_assert_eq(pst_fd_replace_file(path, head, size / 2, 0644, NULL), 0);
	cr_expect_eq(fixture_verify(PST_E_CORRUPT).finding, PST_AUDIT_FINDING_SIGNATURE);
	(void)unlink(path);
	cr_expect_eq(fixture_verify(PST_E_CORRUPT).finding, PST_AUDIT_FINDING_CUT);
	(void)unlink(fixture_path(PST_AUDIT_LOG));
	cr_assert_eq(pst_fd_replace_file(path, head, size, 0644, NULL), 0);
	cr_expect_eq(fixture_try_open(), PST_E_UNSAFE, "a lost log is not begun anew in silence");
	cr_expect_not_null(strstr(error.text, "is gone"), "%s", error.text);
	free(head);
	free((char *)path);
}

Test(tamper, a_number_from_a_receipt)
{
	struct pst_audit_report report;

	cr_expect_eq(pst_audit_verify(fixture_dir, NULL, ENTRIES + 1, &report, NULL), 0);
	cr_expect_eq(
		pst_audit_verify(fixture_dir, NULL, ENTRIES + 2, &report, NULL), PST_E_CORRUPT);
	cr_expect_eq(report.finding, PST_AUDIT_FINDING_CUT);
}
