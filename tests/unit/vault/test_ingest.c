/* SPDX-License-Identifier: Apache-2.0 */
#include "lane_fixture.h"

#include <signal.h>
#include <sys/wait.h>

#include "../counted.h"
#include "crypto/digest.h"
#include "vault/record.h"

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

TestSuite(ingest, .init = set_up, .fini = tear_down, .timeout = 100);

static struct pst_vault_ingested done;
static struct pst_vault_parcel_item last;
static char last_why[256];
static uint64_t heard;

static void hear(void *user, const struct pst_vault_parcel_item *item,
	const struct pst_vault_ingested *so_far)
{
	heard++;
	last = *item;
	(void)snprintf(last_why, sizeof(last_why), "%s", item->why);
	cr_expect_leq(
		so_far->taken + so_far->skipped + so_far->expired + so_far->refused, so_far->found);
}

static void ingest(int64_t now_s)
{
	heard = 0;
	error = (struct pst_error){0};
	cr_assert_eq(pst_vault_ingest(vault, lane_path(NULL), /* dry_run= */ false, now_s, hear,
			     NULL, &done, &error),
		0, "%s", error.text);
	cr_assert_eq(heard, done.found);
	cr_assert_eq(done.taken + done.skipped + done.expired + done.refused, done.found);
}

static uint64_t records(void)
{
	struct pst_vault_status status;

	cr_assert_eq(pst_vault_status(vault, NOW, &status, &error), 0, "%s", error.text);
	return status.records;
}

/* One file that has to be refused for a reason, and stays; then it goes. */
static void expect_refused(const uint8_t *data, size_t size, int64_t now_s, const char *why)
{
	uint64_t before = records();

	lane_put("x.parcel", data, size);
	ingest(now_s);
	cr_expect(
		done.refused == 1 && done.found == 1, "%s: taken %ju", why, (uintmax_t)done.taken);
	cr_expect_not_null(strstr(last_why, why), "'%s', not '%s'", last_why, why);
	cr_expect_eq(records(), before);
	cr_assert_eq(unlink(lane_path("x.parcel")), 0, "a refused parcel stays");
}

static void sign_again(uint8_t *data, size_t size, const struct pst_sign_key *key)
{
	static const char context[] = "postern parcel 1\n";
	uint8_t bound[sizeof(context) - 1 + PST_PARCEL_BODY_AT + PST_DIGEST_SIZE];
	size_t body = size - PST_PARCEL_BODY_AT - PST_SIGN_SIGNATURE_SIZE;

	memcpy(bound, context, sizeof(context) - 1);
	memcpy(bound + sizeof(context) - 1, data, PST_PARCEL_BODY_AT);
	pst_digest_bytes(
		data + PST_PARCEL_BODY_AT, body, bound + sizeof(context) - 1 + PST_PARCEL_BODY_AT);
	pst_sign(key, bound, sizeof(bound), data + PST_PARCEL_BODY_AT + body);
}

Test(ingest, what_the_lane_sealed_opens)
{
	const struct pst_vault_record_info info = fixture_info();
	uint8_t expected[SIZE], record[PST_VAULT_ID_SIZE];
	struct fixture_seen seen = {0};
	char name[64];
	size_t size;

	free(lane_parcel(NULL, &info, SIZE, 9, NOW, record, &size));
	ingest(NOW + 60);
	cr_assert_eq(done.taken, 1, "%s", last_why);
	cr_expect_eq(lane_files(name), 0, "a taken parcel goes");
	cr_assert_eq(pst_vault_read(vault, record, NOW + 60, fixture_see, &seen, &error), 0, "%s",
		error.text);
	fixture_template(expected, SIZE, 9);
	cr_assert_eq(seen.size, SIZE);
	cr_expect_arr_eq(seen.bytes, expected, SIZE);
	cr_expect_eq(seen.key, pst_vault_subject_key(vault, "S001"));
	cr_expect_eq(pst_vault_read(vault, record, NOW + 12 * HOUR, fixture_see, &seen, &error),
		PST_E_EXPIRED);
}

Test(ingest, references_come_into_their_gallery_and_the_newest_stays)
{
	const struct pst_vault_record_info info = fixture_info();
	uint8_t expected[SIZE], record[PST_VAULT_ID_SIZE];
	struct fixture_seen seen = {0};
	size_t size, old_size;
	uint8_t *old = lane_parcel("gate", &info, SIZE, 1, NOW, record, &old_size);
	char name[64];

	cr_assert_eq(lane_files(name), 1);
	cr_assert_eq(unlink(lane_path(name)), 0);
	free(lane_parcel("gate", &info, SIZE, 2, NOW + 10, record, &size));
	ingest(NOW + 60);
	cr_assert_eq(done.taken, 1, "%s", last_why);
	lane_put("old.parcel", old, old_size);
	ingest(NOW + 60);
	cr_expect_eq(done.skipped, 1, "%s", last_why);
	cr_expect_eq(
		pst_vault_gallery_each(vault, "gate", NULL, NOW + 60, fixture_see, &seen, &error),
		1);
	fixture_template(expected, SIZE, 2);
	cr_expect_arr_eq(seen.bytes, expected, SIZE);
	cr_expect_eq(seen.key, pst_vault_subject_key(vault, "S001"));
	free(old);
}

/* Whoever is on the way between them: every bit of header, wrap and signature, some of the body. */
Test(ingest, whatever_is_changed_is_refused)
{
	const struct pst_vault_record_info info = fixture_info();
	uint8_t record[PST_VAULT_ID_SIZE];
	char name[64];
	size_t size;
	uint8_t *data = lane_parcel(NULL, &info, SIZE, 9, NOW, record, &size);
	uint8_t *kept = malloc(size);
	uint64_t tried = 0, refused = 0;

	cr_assert_eq(lane_files(name), 1);
	cr_assert_eq(unlink(lane_path(name)), 0);
	memcpy(kept, data, size);
	for (size_t bit = 0; bit < size * 8;) {
		int batch = 0;

		for (; batch < 500 && bit < size * 8; batch++) {
			bool front = bit < PST_PARCEL_BODY_AT * 8 ||
				     bit >= (size - PST_SIGN_SIGNATURE_SIZE) * 8;

			(void)snprintf(name, sizeof(name), "%06zu.parcel", bit);
			data[bit / 8] ^= (uint8_t)(1u << bit % 8);
			FILE *file = fopen(lane_path(name), "we");
			cr_assert_not_null(file);
			cr_assert_eq(fwrite(data, 1, size, file), size);
			cr_assert_eq(fclose(file), 0);
			data[bit / 8] ^= (uint8_t)(1u << bit % 8);
			bit += front ? 1 : 13;
		}
		ingest(NOW + 60);
		cr_assert_eq(done.found, (uint64_t)batch);
		tried += (uint64_t)batch;
		refused += done.refused;
		cr_assert_eq(records(), 0);
		while (lane_files(name) > 0) {
			cr_assert_eq(unlink(lane_path(name)), 0);
		}
	}
	cr_expect_eq(refused, tried);
	counted_tell("bits of parcels flipped", tried, 3190);
	lane_put("whole.parcel", kept, size);
	ingest(NOW + 60);
	cr_expect_eq(done.taken, 1, "%s", last_why);
	free(kept);
	free(data);
}

/* The lane's own key signs it, so only the vault's own binding can tell. */
Test(ingest, what_a_lane_may_not_say_is_refused_though_signed)
{
	const struct pst_vault_record_info info = fixture_info();
	uint8_t record[PST_VAULT_ID_SIZE];
	char name[64];
	size_t size;
	uint8_t *data = lane_parcel(NULL, &info, SIZE, 9, NOW, record, &size);
	uint8_t *header = data + 40;
	uint64_t tried = 0;

	cr_assert_eq(lane_files(name), 1);
	cr_assert_eq(unlink(lane_path(name)), 0);
	for (size_t bit = 0; bit < (size_t)(PST_PARCEL_BODY_AT - 40) * 8; bit++) {
		header[bit / 8] ^= (uint8_t)(1u << bit % 8);
		sign_again(data, size, lane_key);
		(void)snprintf(name, sizeof(name), "%06zu.parcel", bit);
		FILE *file = fopen(lane_path(name), "we");
		cr_assert_not_null(file);
		cr_assert_eq(fwrite(data, 1, size, file), size);
		cr_assert_eq(fclose(file), 0);
		header[bit / 8] ^= (uint8_t)(1u << bit % 8);
		tried++;
	}
	ingest(NOW + 60);
	cr_expect_eq(done.refused, tried, "%ju taken, %ju skipped, %ju expired",
		(uintmax_t)done.taken, (uintmax_t)done.skipped, (uintmax_t)done.expired);
	cr_expect_eq(records(), 0);
	counted_tell("bits of parcels flipped and signed by the lane", tried, 1990);
	free(data);
}

Test(ingest, cut_longer_or_something_else)
{
	const struct pst_vault_record_info info = fixture_info();
	uint8_t record[PST_VAULT_ID_SIZE], more[SIZE + PST_PARCEL_OVERHEAD + 1] = {0};
	char name[64];
	size_t size;
	uint8_t *data = lane_parcel(NULL, &info, SIZE, 9, NOW, record, &size);

	cr_assert_eq(lane_files(name), 1);
	cr_assert_eq(unlink(lane_path(name)), 0);
	for (size_t cut = 0; cut < size; cut += 73) {
		expect_refused(data, cut, NOW, "cut short");
	}
	memcpy(more, data, size);
	expect_refused(more, sizeof(more), NOW, "damaged");
	data[4] = 2;
	expect_refused(data, size, NOW, "no parcel that this program knows");
	data[4] = 1;
	data[5] = 0;
	expect_refused(data, size, NOW, "no parcel that this program knows");
	cr_assert_eq(symlink("/dev/zero", lane_path("x.parcel")), 0);
	ingest(NOW);
	cr_expect_eq(done.refused, 1);
	cr_assert_eq(unlink(lane_path("x.parcel")), 0);
	cr_assert_eq(mkdir(lane_path("x.parcel"), 0700), 0);
	ingest(NOW);
	cr_expect_eq(done.refused, 1);
	free(data);
}

Test(ingest, what_came_before_is_skipped)
{
	const struct pst_vault_record_info info = fixture_info();
	uint8_t record[PST_VAULT_ID_SIZE];
	char name[64];
	size_t size;
	uint8_t *data = lane_parcel(NULL, &info, SIZE, 9, NOW, record, &size);

	ingest(NOW + 60);
	cr_assert_eq(done.taken, 1);
	lane_put("again.parcel", data, size);
	lane_put("and-again.parcel", data, size);
	ingest(NOW + 61);
	cr_expect_eq(done.skipped, 2, "%s", last_why);
	cr_expect_eq(lane_files(name), 0);
	cr_expect_eq(records(), 1);
	/* Not when the record is gone, either: it was deleted on purpose. */
	pst_vault_close(&vault);
	fixture_open(NOW + 70);
	lane_put("again.parcel", data, size);
	ingest(NOW + 71);
	cr_expect_eq(done.skipped, 1, "%s", last_why);
	/* Another content under the same record: forged by whoever has the lane's key. */
	data[size - PST_SIGN_SIGNATURE_SIZE - 1] ^= 1;
	sign_again(data, size, lane_key);
	expect_refused(data, size, NOW + 72, "another parcel of its record");
	free(data);
}

Test(ingest, expires_on_its_way)
{
	const struct pst_vault_record_info info = fixture_info();
	uint8_t record[PST_VAULT_ID_SIZE];
	char name[64];
	size_t size;

	free(lane_parcel(NULL, &info, SIZE, 9, NOW, record, &size));
	ingest(NOW + 12 * HOUR);
	cr_expect_eq(done.expired, 1, "%s", last_why);
	cr_expect_eq(lane_files(name), 0, "nothing opens it");
	cr_expect_eq(records(), 0);
}

Test(ingest, keys_of_lanes)
{
	const struct pst_vault_record_info info = fixture_info();
	struct pst_sign_key *stranger = lane_key_new(0x11), *second = lane_key_new(0x22);
	const struct pst_vault_lane_order order = lane_order("lane-2", second);
	struct pst_bulletin bulletin;
	uint8_t record[PST_VAULT_ID_SIZE];
	char name[64];
	size_t size;
	uint8_t *data = lane_parcel(NULL, &info, SIZE, 9, NOW, record, &size);

	cr_assert_eq(lane_files(name), 1);
	cr_assert_eq(unlink(lane_path(name)), 0);
	cr_assert_eq(lane_issue(&order, NOW, &bulletin), 0, "%s", error.text);
	pst_bulletin_finish(&bulletin);
	pst_sign_public(stranger, data + 8);
	sign_again(data, size, stranger);
	expect_refused(data, size, NOW, "no lane's here");
	pst_sign_public(second, data + 8);
	sign_again(data, size, second);
	expect_refused(data, size, NOW, "in the name of another lane");
	/* Signed by one, said to be of the other. */
	pst_sign_public(lane_key, data + 8);
	expect_refused(data, size, NOW, "signature is not of it");
	cr_assert_eq(pst_vault_lane_revoke(vault, "lane-1", NOW, &error), 1, "%s", error.text);
	sign_again(data, size, lane_key);
	expect_refused(data, size, NOW, "revoked");
	pst_sign_key_close(&second);
	pst_sign_key_close(&stranger);
	free(data);
}

Test(ingest, times)
{
	const struct pst_vault_record_info info = fixture_info();
	uint8_t record[PST_VAULT_ID_SIZE];
	char name[64];
	size_t size;
	uint8_t *data = lane_parcel(NULL, &info, SIZE, 9, NOW + 2 * HOUR, record, &size);

	cr_assert_eq(lane_files(name), 1);
	cr_assert_eq(unlink(lane_path(name)), 0);
	expect_refused(data, size, NOW + 2 * HOUR - PST_INBOX_CLOCK_SLACK_S - 1, "in the future");
	lane_put(name, data, size);
	ingest(NOW + 2 * HOUR - PST_INBOX_CLOCK_SLACK_S);
	cr_expect_eq(done.taken, 1, "%s", last_why);
	free(data);
}

/* Names, classes and longer times than the lane was granted: it knows the numbers of others. */
Test(ingest, grants)
{
	static const char *const stores[] = {"matching", NULL};
	static const char *const categories[] = {"us-citizen", NULL};
	static const char *const purposes[] = {"verify", NULL};
	static const struct pst_vault_lane_class classes[] = {{"half-day", 12 * HOUR}};
	const struct pst_vault_record_info info = fixture_info();
	struct pst_sign_key *poor = lane_key_new(0x33);
	struct pst_vault_lane_order order = {.lane = "poor",
		.stores = stores,
		.categories = categories,
		.purposes = purposes,
		.classes = classes,
		.class_count = 1,
		.valid_s = 2 * HOUR};
	struct pst_bulletin bulletin, rich = lane_bulletin;
	struct pst_vault_record_info other;
	uint8_t record[PST_VAULT_ID_SIZE];
	char name[64];
	size_t size;

	pst_sign_public(poor, order.key);
	cr_assert_eq(lane_issue(&order, NOW, &bulletin), 0, "%s", error.text);
	/* A bulletin that it made up for itself from another lane's. */
	rich.lane_number = bulletin.lane_number;
	memcpy(rich.lane_key, bulletin.lane_key, sizeof(rich.lane_key));
	pst_inbox_close(&inbox);
	cr_assert_eq(pst_inbox_open(&inbox, lane_dir, &rich, poor, NULL, &error), 0);

	for (int i = 0; i < 6; i++) {
		other = info;
		if (i == 1) {
			other.store = "identity";
		} else if (i == 2) {
			other.category = "nonimmigrant";
		} else if (i == 3) {
			other.purpose = "enrol";
		} else if (i == 4) {
			other.retention = "long";
			other.retention_s = 75LL * 365 * 24 * HOUR;
		}
		free(lane_parcel(i == 5 ? "gate" : NULL, &other, SIZE, 9, NOW, record, &size));
		ingest(NOW);
		cr_expect_eq(i == 0 ? done.taken : done.refused, 1, "%d: %s", i, last_why);
		cr_expect_eq(
			strstr(last_why, "not granted") != NULL, i != 0, "%d: %s", i, last_why);
		while (lane_files(name) > 0) {
			cr_assert_eq(unlink(lane_path(name)), 0);
		}
	}
	free(lane_parcel(NULL, &info, SIZE, 9, NOW + 3 * HOUR, record, &size));
	ingest(NOW + 3 * HOUR);
	cr_expect_not_null(strstr(last_why, "bulletin had ended"), "%s", last_why);
	pst_inbox_close(&inbox);
	pst_bulletin_finish(&bulletin);
	pst_sign_key_close(&poor);
}

Test(ingest, another_vaults)
{
	const struct pst_vault_record_info info = fixture_info();
	uint8_t record[PST_VAULT_ID_SIZE];
	size_t size;
	uint8_t *data = lane_parcel(NULL, &info, SIZE, 9, NOW, record, &size);
	char name[64];

	cr_assert_eq(lane_files(name), 1);
	cr_assert_eq(unlink(lane_path(name)), 0);
	data[40 + 8] ^= 1;
	sign_again(data, size, lane_key);
	expect_refused(data, size, NOW, "for another vault");
	free(data);
}

Test(ingest, a_dry_run_changes_nothing)
{
	const struct pst_vault_record_info info = fixture_info();
	uint8_t record[PST_VAULT_ID_SIZE];
	char name[64];
	size_t size;

	for (int i = 0; i < 3; i++) {
		free(lane_parcel(NULL, &info, SIZE, (uint8_t)i, NOW, record, &size));
	}
	cr_assert_eq(pst_vault_ingest(vault, lane_path(NULL), /* dry_run= */ true, NOW + 1, hear,
			     NULL, &done, &error),
		0, "%s", error.text);
	cr_expect_eq(done.taken, 3);
	cr_expect_eq(lane_files(name), 3);
	cr_expect_eq(records(), 0);
	pst_vault_close(&vault);
	fixture_open(NOW + 2);
	ingest(NOW + 2);
	cr_expect_eq(done.taken, 3, "%s", last_why);
	cr_expect_eq(records(), 3);
}

Test(ingest, many)
{
	const struct pst_vault_record_info info = fixture_info();
	uint8_t record[PST_VAULT_ID_SIZE];
	size_t size;

	for (int i = 0; i < 400; i++) {
		free(lane_parcel(NULL, &info, SIZE, (uint8_t)i, NOW, record, &size));
	}
	ingest(NOW + 1);
	cr_expect_eq(done.taken, 400);
	pst_vault_close(&vault);
	fixture_open(NOW + 2);
	cr_expect_eq(records(), 400);
}

/* Killed while it opens, seals, commits or removes: each parcel is taken once, none is lost. */
Test(ingest, killed_at_any_moment)
{
	const struct pst_vault_record_info info = fixture_info();
	uint8_t record[PST_VAULT_ID_SIZE];
	char name[64];
	uint64_t kills = 0;
	size_t size;

	for (int i = 0; i < 300; i++) {
		free(lane_parcel(NULL, &info, SIZE, (uint8_t)i, NOW, record, &size));
	}
	pst_vault_close(&vault);
	for (useconds_t delay_us = 0; delay_us < 400000 && lane_files(name) > 0; delay_us += 7000) {
		int status;
		pid_t child = fork();

		cr_assert(child >= 0);
		if (child == 0) {
			fixture_open(NOW + 1);
			_exit(pst_vault_ingest(vault, lane_path(NULL), /* dry_run= */ false,
				      NOW + 1, NULL, NULL, &done, &error) < 0);
		}
		(void)usleep(delay_us);
		(void)kill(child, SIGKILL);
		cr_assert_eq(waitpid(child, &status, 0), child);
		cr_expect(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
		kills += WIFSIGNALED(status);
	}
	fixture_open(NOW + 2);
	ingest(NOW + 2);
	cr_expect_eq(done.refused, 0, "%s", last_why);
	cr_expect_eq(records(), 300);
	cr_expect_eq(lane_files(name), 0);
	counted_tell("ingests killed", kills, 3);
}

/* Nobody who writes the database makes a lane's key of another, or a revoked one good again. */
Test(ingest, edits_of_the_keys_table)
{
	static const char *const edits[] = {"UPDATE lane_key SET revoked=0",
		"UPDATE lane_key SET lane=lane+1", "UPDATE lane_key SET until=until+1",
		"UPDATE lane_key SET since=since-1", "UPDATE lane_key SET grants=grants||grants",
		"UPDATE lane_key SET grants=x'0100ffff0000000000000000'",
		"UPDATE lane_key SET lane=lane+65536", "UPDATE lane_key SET tag=zeroblob(32)",
		"UPDATE lane_key SET grants=x''", "UPDATE lane_key SET key=zeroblob(32)"};
	const struct pst_vault_record_info info = fixture_info();
	uint8_t record[PST_VAULT_ID_SIZE];
	char name[64];
	size_t size;
	uint8_t *data = lane_parcel(NULL, &info, SIZE, 9, NOW, record, &size);
	uint64_t tried = 0;

	cr_assert_eq(lane_files(name), 1);
	cr_assert_eq(unlink(lane_path(name)), 0);
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		if (i == 0) {
			cr_assert_eq(pst_vault_lane_revoke(vault, "lane-1", NOW, &error), 1);
		}
		pst_vault_close(&vault);
		fixture_sql("CREATE TABLE kept AS SELECT * FROM lane_key");
		fixture_sql(edits[i]);
		fixture_open(NOW + 1);
		expect_refused(data, size, NOW + 1, i == 9 ? "no lane's here" : "was changed");
		pst_vault_close(&vault);
		fixture_sql("DELETE FROM lane_key; INSERT INTO lane_key SELECT * FROM kept;"
			    "DROP TABLE kept");
		fixture_open(NOW + 1);
		tried++;
	}
	counted_tell("edits of lanes' keys", tried, 10);
	free(data);
}
