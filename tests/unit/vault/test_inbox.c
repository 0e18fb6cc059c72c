/* SPDX-License-Identifier: Apache-2.0 */
#include "lane_fixture.h"

#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "../counted.h"

#define SIZE 512u

static void set_up(void)
{
	fixture_make();
	lane_make(NOW);
}

static void tear_down(void)
{
	lane_remove();
	fixture_remove();
}

TestSuite(inbox, .init = set_up, .fini = tear_down);

static int add(const char *gallery, const struct pst_vault_record_info *info, int64_t now_s)
{
	uint8_t template[SIZE], record[PST_VAULT_ID_SIZE];
	static const uint8_t none[PST_VAULT_ID_SIZE];
	char name[64];
	int before = lane_files(name);

	fixture_template(template, sizeof(template), 1);
	error = (struct pst_error){0};
	int status = pst_inbox_add(
		inbox, gallery, info, template, sizeof(template), now_s, record, &error);
	cr_expect_eq(lane_files(name) - before, status == 1, "status %d", status);
	cr_expect_eq(memcmp(record, none, sizeof(none)) == 0, status != 1);
	cr_expect_eq(error.text[0] != 0, status < 0, "status %d, text '%s'", status, error.text);
	return status;
}

Test(inbox, a_parcel_says_what_a_record_would)
{
	const struct pst_vault_record_info info = fixture_info();
	uint8_t record[PST_VAULT_ID_SIZE];
	struct pst_parcel parcel;
	size_t size;
	uint8_t *data = lane_parcel(NULL, &info, SIZE, 1, NOW + 5, record, &size);

	cr_assert_eq(size, SIZE + PST_PARCEL_OVERHEAD);
	cr_assert_eq(pst_parcel_decode(data, size, &parcel), 0);
	cr_assert_eq(pst_parcel_verify(data, size), 0);
	cr_expect_arr_eq(data, "PSTP\x01\x01\x00\x00", 8);
	cr_expect_arr_eq(parcel.lane_key, lane_bulletin.lane_key, PST_SIGN_PUBLIC_SIZE);
	cr_expect_arr_eq(parcel.header.record, record, PST_VAULT_ID_SIZE);
	cr_expect_eq(parcel.header.lane, lane_bulletin.lane_number);
	cr_expect_eq(parcel.header.created_s, NOW + 5);
	cr_expect_eq(parcel.header.expires_s, (NOW + 5 + 12 * HOUR) / 900 * 900);
	cr_expect_eq(parcel.header.bucket, (NOW + 5 + 12 * HOUR) / 900);
	cr_expect_eq(parcel.header.audit_sequence, 77);
	cr_expect_eq(parcel.header.role, PST_VAULT_ROLE_CAPTURED);
	/* Neither the template nor whose it is can be read. */
	uint8_t template[SIZE];
	fixture_template(template, SIZE, 1);
	cr_expect_null(memmem(data, size, template, 16));
	cr_expect_null(memmem(data, size, "S001", 4));
	free(data);
}

Test(inbox, keeps_nothing_that_the_bulletin_does_not_name)
{
	struct pst_vault_record_info info = fixture_info();

	cr_expect_eq(add(NULL, &info, NOW), 1, "%s", error.text);
	cr_expect_eq(add("gate", &info, NOW), 1, "%s", error.text);
	cr_expect_eq(add("other", &info, NOW), PST_E_NOT_FOUND);
	cr_expect_not_null(strstr(error.text, "has no gallery 'other'"), "%s", error.text);
	info.store = "partner";
	cr_expect_eq(add(NULL, &info, NOW), PST_E_NOT_FOUND);
	info = fixture_info();
	info.category = "diplomat";
	cr_expect_eq(add(NULL, &info, NOW), PST_E_NOT_FOUND);
	info = fixture_info();
	info.purpose = NULL;
	cr_expect_eq(add(NULL, &info, NOW), PST_E_NOT_FOUND);
	info = fixture_info();
	info.retention_s = 13 * HOUR;
	cr_expect_eq(add(NULL, &info, NOW), PST_E_NOT_FOUND);
	cr_expect_not_null(strstr(error.text, "class 'half-day' of 46800 s"), "%s", error.text);
	info.retention_s = 0;
	cr_expect_eq(add(NULL, &info, NOW), 0);
	info.retention_s = -1;
	cr_expect_eq(add(NULL, &info, NOW), -EINVAL);
	info = fixture_info();
	info.subject = NULL;
	cr_expect_eq(add(NULL, &info, NOW), 1, "%s", error.text);
	cr_expect_eq(add("gate", &info, NOW), -EINVAL);
	info.subject = "no id";
	cr_expect_eq(add(NULL, &info, NOW), -EINVAL);
}

Test(inbox, sizes)
{
	const struct pst_vault_record_info info = fixture_info();
	uint8_t *template = calloc(1, PST_PARCEL_PLAIN_MAX + 1);

	cr_expect_eq(pst_inbox_add(inbox, NULL, &info, template, 0, NOW, NULL, NULL), -EINVAL);
	cr_expect_eq(pst_inbox_add(inbox, NULL, &info, template, PST_PARCEL_PLAIN_MAX + 1, NOW,
			     NULL, NULL),
		-EINVAL);
	cr_expect_eq(
		pst_inbox_add(inbox, NULL, &info, template, PST_PARCEL_PLAIN_MAX, NOW, NULL, NULL),
		1);
	free(template);
}

Test(inbox, a_stale_bulletin_keeps_nothing)
{
	const struct pst_vault_record_info info = fixture_info();

	cr_expect_eq(add(NULL, &info, NOW - PST_INBOX_CLOCK_SLACK_S - 1), PST_E_EXPIRED);
	cr_expect_not_null(strstr(error.text, "set the clock"), "%s", error.text);
	cr_expect_eq(add(NULL, &info, NOW - PST_INBOX_CLOCK_SLACK_S), 1, "%s", error.text);
	cr_expect_eq(add(NULL, &info, NOW + 24 * HOUR - 1), 1, "%s", error.text);
	cr_expect_eq(add(NULL, &info, NOW + 24 * HOUR), PST_E_EXPIRED);
	cr_expect_not_null(strstr(error.text, "bring a new one"), "%s", error.text);
	/* A clock set back does not make it good again, until the lane is started anew. */
	cr_expect_eq(add(NULL, &info, NOW + 1), PST_E_EXPIRED);
}

Test(inbox, no_key_for_so_late_an_expiry)
{
	const struct pst_vault_record_info info = fixture_info();

	for (size_t i = 0; i < lane_bulletin.class_count; i++) {
		lane_bulletin.classes[i].count = 4;
	}
	cr_expect_eq(add(NULL, &info, NOW), PST_E_EXPIRED);
	cr_expect_not_null(strstr(error.text, "no key for what expires so late"), "%s", error.text);
}

Test(inbox, a_full_one_keeps_nothing_until_it_is_carried_away)
{
	const struct pst_vault_record_info info = fixture_info();
	const struct pst_inbox_limits few = {.count = 3, .bytes = 1u << 20};
	const struct pst_inbox_limits small = {.count = 3, .bytes = SIZE + PST_PARCEL_OVERHEAD};
	char name[64];

	pst_inbox_close(&inbox);
	cr_assert_eq(pst_inbox_open(&inbox, lane_dir, &lane_bulletin, lane_key, &few, &error), 0);
	for (int i = 0; i < 3; i++) {
		cr_expect_eq(add(NULL, &info, NOW), 1, "%s", error.text);
	}
	cr_expect_eq(add(NULL, &info, NOW), -EDQUOT);
	cr_expect_not_null(strstr(error.text, "full with 3 parcels"), "%s", error.text);
	cr_assert_eq(lane_files(name), 3);
	cr_assert_eq(unlink(lane_path(name)), 0);
	cr_expect_eq(add(NULL, &info, NOW), 1, "%s", error.text);
	while (lane_files(name) > 0) {
		cr_assert_eq(unlink(lane_path(name)), 0);
	}
	pst_inbox_close(&inbox);
	cr_assert_eq(pst_inbox_open(&inbox, lane_dir, &lane_bulletin, lane_key, &small, &error), 0);
	cr_expect_eq(add(NULL, &info, NOW), 1, "%s", error.text);
	cr_expect_eq(add(NULL, &info, NOW), -EDQUOT);
}

Test(inbox, what_a_crash_left_goes_and_what_waits_stays)
{
	const struct pst_vault_record_info info = fixture_info();
	char name[64];

	cr_assert_eq(add(NULL, &info, NOW), 1);
	lane_put("00112233445566778899aabbccddeeff.parcel.a1B2c3", (const uint8_t *)"half", 4);
	cr_assert_eq(lane_files(name), 2);
	pst_inbox_close(&inbox);
	cr_assert_eq(pst_inbox_open(&inbox, lane_dir, &lane_bulletin, lane_key, NULL, &error), 0);
	cr_expect_eq(lane_files(name), 1);
	cr_expect_eq(pst_inbox_count(inbox), 1);
}

/* The kernel refuses every byte beyond a limit, as a full disk would. */
Test(inbox, nothing_is_left_of_what_could_not_be_written)
{
	const struct pst_vault_record_info info = fixture_info();
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	(void)signal(SIGXFSZ, SIG_IGN);
	for (rlim_t room = 0; room < SIZE + PST_PARCEL_OVERHEAD; room += 61) {
		const struct rlimit limit = {room, RLIM_INFINITY};

		cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
		cr_expect_eq(add(NULL, &info, NOW), -EFBIG, "room %ju", (uintmax_t)room);
		cr_assert_eq(setrlimit(RLIMIT_FSIZE, &all), 0);
	}
	cr_expect_eq(pst_inbox_count(inbox), 0);
	cr_expect_eq(add(NULL, &info, NOW), 1, "%s", error.text);
}

static bool is_whole(const char *name)
{
	struct pst_parcel parcel;
	uint8_t *data = NULL;
	size_t size;

	cr_assert_eq(pst_fd_read_file(lane_path(name), 1u << 20, &data, &size, NULL), 0);
	bool whole =
		pst_parcel_decode(data, size, &parcel) == 0 && pst_parcel_verify(data, size) == 0;
	free(data);
	return whole;
}

/* A real full disk, where the test may mount one: what was told is kept is whole. */
Test(inbox, a_full_disk)
{
	const struct pst_vault_record_info info = fixture_info();
	DIR *dir;
	const struct dirent *entry;
	uint64_t kept = 0, whole = 0;
	char name[64];
	int status;

	if (mount("tmpfs", lane_path(NULL), "tmpfs", 0, "size=1m") < 0) {
		cr_skip_test("needs the right to mount");
	}
	while ((status = add(NULL, &info, NOW)) == 1) {
		kept++;
	}
	cr_expect_eq(status, -ENOSPC, "%s", error.text);
	dir = opendir(lane_path(NULL));
	while ((entry = readdir(dir))) {
		whole += entry->d_name[0] != '.' && is_whole(entry->d_name);
	}
	(void)closedir(dir);
	cr_expect_eq(whole, kept);
	(void)lane_files(name);
	cr_assert_eq(unlink(lane_path(name)), 0);
	cr_expect_eq(add(NULL, &info, NOW), 1, "%s", error.text);
	cr_expect_eq(umount2(lane_path(NULL), MNT_DETACH), 0);
	counted_tell("parcels kept before a disk was full", kept, 100);
}

Test(inbox, is_for_the_lane_that_the_bulletin_names)
{
	struct pst_sign_key *other = lane_key_new(0x4c);

	pst_inbox_close(&inbox);
	error = (struct pst_error){0};
	cr_expect_eq(pst_inbox_open(&inbox, lane_dir, &lane_bulletin, other, NULL, &error),
		PST_E_MISMATCH);
	cr_expect_null(inbox);
	pst_sign_key_close(&other);
}
