/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "audit/account.h"

/* A lane's log as it has to be, and then with one thing wrong at a time. */

struct line {
	const char *kind;
	const char *json;
};

#define LINES 16

static const struct line good[LINES] = {
	{"lane.opened", "{\"lane\":\"a\"}"},
	{"frames.accounted", "{\"unnumbered\":0,\"runs\":[[1,\"withheld\",0,9]]}"},
	{"encounter.closed",
		"{\"encounter\":1,\"category\":\"us-citizen\",\"rule\":\"citizen-declines\","
		"\"outcome\":\"refer-opted-out\",\"leased\":0,\"withheld\":8,\"from\":[1,1],"
		"\"to\":[1,9]}"},
	{"permit.granted", "{\"encounter\":2,\"permit\":1,\"session\":1,\"after\":12}"},
	{"permit.revoked", "{\"permit\":1,\"leased\":4,\"unsent\":1,\"session\":1,\"after\":17}"},
	{"permit.wiped", "{\"permit\":1,\"taken\":3}"},
	{"frames.accounted",
		"{\"unnumbered\":1,\"runs\":[[1,\"withheld\",10,12],[1,\"leased\",13,14,1],"
		"[1,\"lost\",15,15],[1,\"leased\",16,17,1],[1,\"withheld\",18,19]]}"},
	{"encounter.closed",
		"{\"encounter\":2,\"category\":\"immigrant\",\"rule\":\"r\",\"outcome\":"
		"\"verified\",\"leased\":4,\"withheld\":3,\"from\":[1,11],\"to\":[1,19]}"},
	{"permit.granted", "{\"encounter\":3,\"permit\":2,\"session\":2,\"after\":-1}"},
	{"permit.revoked", "{\"permit\":2,\"leased\":2,\"unsent\":0,\"session\":2,\"after\":1}"},
	{"frames.accounted", "{\"unnumbered\":0,\"runs\":[[2,\"leased\",0,1,2],"
			     "[2,\"damaged\",2,2]]}"},
	{"encounter.closed",
		"{\"encounter\":3,\"category\":\"c\",\"rule\":\"r\",\"outcome\":\"refer-fault\","
		"\"leased\":2,\"withheld\":0,\"from\":[1,19],\"to\":[2,2]}"},
	{"permit.wiped", "{\"permit\":2,\"taken\":2}"},
	{"frames.accounted", "{\"unnumbered\":0,\"runs\":[[2,\"withheld\",3,8]]}"},
	{"lane.closed", "{\"seen\":30,\"leased\":6,\"withheld\":21,\"lost\":1,\"damaged\":2}"},
	{NULL, NULL},
};

static struct line lines[LINES];
static struct pst_account *account;
static struct pst_account_encounter seen[4];
static uint64_t seen_count;

static void note(void *user, const struct pst_account_encounter *encounter)
{
	seen[seen_count++ % 4] = *encounter;
}

static void setup(void)
{
	memcpy(lines, good, sizeof(good));
	seen_count = 0;
	account = pst_account_create(note, NULL);
	cr_assert_not_null(account);
}

static void teardown(void)
{
	pst_account_destroy(&account);
}

TestSuite(account, .init = setup, .fini = teardown);

static int take_all(void)
{
	int status = 0;

	for (int i = 0; i < LINES && status == 0; i++) {
		const struct pst_audit_item item = {
			.sequence = (uint64_t)i + 1, .kind = lines[i].kind, .json = lines[i].json};

		if (item.kind) {
			status = pst_account_take(account, &item);
		}
	}
	return status;
}

static const struct pst_account_report *expect(enum pst_account_finding finding, uint64_t sequence)
{
	int status = take_all();
	const struct pst_account_report *report = pst_account_finish(account);

	cr_expect_eq(status, finding == PST_ACCOUNT_FINDING_OK ? 0 : PST_E_CORRUPT);
	cr_expect_eq(report->finding, finding, "%s: %s", pst_account_finding_name(report->finding),
		report->text);
	cr_expect_eq(report->bad_sequence, sequence, "%s", report->text);
	return report;
}

/* Replaces a part of a line's text. */
static void edit(int line, const char *from, const char *to)
{
	static char texts[4][512];
	static int used;
	char *text = texts[used++ % 4];
	const char *at = strstr(lines[line].json, from);

	cr_assert_not_null(at, "'%s' is not in line %d", from, line);
	(void)snprintf(text, sizeof(texts[0]), "%.*s%s%s", (int)(at - lines[line].json),
		lines[line].json, to, at + strlen(from));
	lines[line].json = text;
}

/* Puts a line before another one. */
static void insert(int line, const char *kind, const char *json)
{
	memmove(&lines[line + 1], &lines[line], (size_t)(LINES - 1 - line) * sizeof(lines[0]));
	lines[line] = (struct line){kind, json};
}

static void drop(int line)
{
	lines[line] = (struct line){"vault.purged", "{}"};
}

Test(account, a_whole_log_adds_up)
{
	const struct pst_account_report *report = expect(PST_ACCOUNT_FINDING_OK, 0);

	cr_expect_eq(report->lanes, 1);
	cr_expect_eq(report->sessions, 2);
	cr_expect_eq(report->encounters, 3);
	cr_expect_eq(report->permits, 2);
	cr_expect_eq(report->seen, 30);
	cr_expect_eq(report->leased, 6);
	cr_expect_eq(report->taken, 5);
	cr_expect_eq(report->unsent, 1);
	cr_expect_not(report->open);
	cr_expect_eq(seen_count, 3);
	cr_expect_eq(seen[0].first, 2);
	cr_expect_eq(seen[0].last, 9);
	cr_expect_eq(seen[0].withheld, 8);
	cr_expect_eq(seen[0].permits, 0);
	cr_expect_eq(seen[1].first, 12);
	cr_expect_eq(seen[1].taken, 3);
	cr_expect_eq(seen[2].session, 2);
}

Test(account, a_lane_that_has_not_closed_is_open)
{
	drop(14);
	cr_expect(expect(PST_ACCOUNT_FINDING_OK, 0)->open);
}

Test(account, a_lane_that_never_closed_is_found)
{
	lines[14] = good[0];
	cr_assert_eq(take_all(), 0, "what follows is looked at all the same");
	const struct pst_account_report *report = pst_account_finish(account);

	cr_expect_eq(report->finding, PST_ACCOUNT_FINDING_CUT_SHORT);
	cr_expect_eq(report->bad_sequence, 15, "%s", report->text);
	cr_expect_eq(report->cut_short, 1);
	cr_expect_eq(report->lanes, 2);
	cr_expect_eq(report->seen, 30);
}

Test(account, a_missing_run_is_a_gap)
{
	edit(6, "[1,\"lost\",15,15],", "");
	(void)expect(PST_ACCOUNT_FINDING_GAP, 7);
}

Test(account, a_missing_entry_is_a_gap)
{
	edit(13, "[2,\"withheld\",3,8]", "[2,\"withheld\",5,10]");
	(void)expect(PST_ACCOUNT_FINDING_GAP, 14);
}

Test(account, a_missing_beginning_shows_in_the_sums)
{
	drop(10);
	drop(11);
	(void)expect(PST_ACCOUNT_FINDING_SUM, 15);
}

Test(account, an_overlap_is_found)
{
	edit(6, "[1,\"lost\",15,15]", "[1,\"lost\",14,15]");
	(void)expect(PST_ACCOUNT_FINDING_OVERLAP, 7);
}

Test(account, a_session_that_comes_again_is_an_overlap)
{
	edit(13, "[2,\"withheld\",3,8]", "[1,\"withheld\",20,25]");
	(void)expect(PST_ACCOUNT_FINDING_OVERLAP, 14);
}

Test(account, a_withheld_frame_told_as_leased_is_found)
{
	edit(1, "[[1,\"withheld\",0,9]]", "[[1,\"withheld\",0,8],[1,\"leased\",9,9,1]]");
	(void)expect(PST_ACCOUNT_FINDING_PERMIT, 2);
}

Test(account, a_leased_frame_told_as_withheld_is_found)
{
	edit(6, "[1,\"leased\",16,17,1]", "[1,\"leased\",16,16,1],[1,\"withheld\",17,17]");
	(void)expect(PST_ACCOUNT_FINDING_SUM, 8);
}

Test(account, a_lease_before_the_permit_is_found)
{
	edit(3, "\"after\":12", "\"after\":13");
	(void)expect(PST_ACCOUNT_FINDING_PERMIT, 7);
}

Test(account, a_lease_after_the_revocation_is_found)
{
	edit(4, "\"after\":17", "\"after\":16");
	(void)expect(PST_ACCOUNT_FINDING_PERMIT, 7);
}

Test(account, a_lease_in_another_session_than_the_permits_is_found)
{
	edit(9, "\"session\":2,\"after\":1", "\"session\":1,\"after\":50");
	(void)expect(PST_ACCOUNT_FINDING_PERMIT, 11);
}

Test(account, a_permit_that_never_ends_is_found)
{
	drop(4);
	drop(5);
	(void)expect(PST_ACCOUNT_FINDING_PERMIT, 9);
}

Test(account, a_permit_that_was_never_granted_is_found)
{
	drop(3);
	(void)expect(PST_ACCOUNT_FINDING_PERMIT, 5);
}

Test(account, an_end_that_says_otherwise_is_found)
{
	edit(4, "\"leased\":4", "\"leased\":3");
	(void)expect(PST_ACCOUNT_FINDING_SUM, 15);
}

Test(account, a_worker_that_took_more_is_found)
{
	edit(5, "\"taken\":3", "\"taken\":4");
	(void)expect(PST_ACCOUNT_FINDING_WORKER, 15);
}

Test(account, a_worker_that_took_less_is_found)
{
	edit(5, "\"taken\":3", "\"taken\":2");
	(void)expect(PST_ACCOUNT_FINDING_WORKER, 15);
}

Test(account, a_worker_that_died_may_have_taken_less)
{
	edit(12, "\"taken\":2", "\"taken\":1");
	lines[11] = (struct line){"worker.died", "{\"worker\":\"vision\"}"};
	(void)expect(PST_ACCOUNT_FINDING_OK, 0);
}

Test(account, another_worker_that_died_excuses_nothing)
{
	edit(12, "\"taken\":2", "\"taken\":1");
	lines[11] = (struct line){"worker.died", "{\"worker\":\"match\"}"};
	(void)expect(PST_ACCOUNT_FINDING_WORKER, 15);
}

Test(account, a_picture_viewed_under_its_permit_is_in_order)
{
	insert(4, "picture.viewed", "{\"encounter\":2,\"permit\":1}");
	(void)expect(PST_ACCOUNT_FINDING_OK, 0);
}

Test(account, a_picture_viewed_without_its_permit_is_found)
{
	insert(5, "picture.viewed", "{\"encounter\":2,\"permit\":1}"); /* revoked */
	(void)expect(PST_ACCOUNT_FINDING_PERMIT, 6);
}

Test(account, a_picture_viewed_of_somebody_else_is_found)
{
	insert(4, "picture.viewed", "{\"encounter\":1,\"permit\":1}");
	(void)expect(PST_ACCOUNT_FINDING_PERMIT, 5);
}

Test(account, a_wipe_that_nobody_confirmed_is_found)
{
	drop(12);
	(void)expect(PST_ACCOUNT_FINDING_WORKER, 15);
}

Test(account, a_lane_that_records_has_no_worker)
{
	edit(0, "}", ",\"recording\":\"sealed\"}");
	drop(5);
	drop(12);
	(void)expect(PST_ACCOUNT_FINDING_OK, 0);
}

Test(account, an_encounter_that_counts_otherwise_is_found)
{
	edit(2, "\"withheld\":8", "\"withheld\":9");
	(void)expect(PST_ACCOUNT_FINDING_SUM, 3);
}

Test(account, a_refused_person_whose_frames_another_permit_took_is_found)
{
	edit(3, "\"encounter\":2", "\"encounter\":1");
	(void)expect(PST_ACCOUNT_FINDING_SUM, 8);
}

Test(account, sums_of_the_lane_that_differ_are_found)
{
	edit(14, "\"withheld\":21", "\"withheld\":20");
	(void)expect(PST_ACCOUNT_FINDING_SUM, 15);
}

Test(account, nonsense_is_a_finding_and_no_crash)
{
	static const char *const texts[] = {"", "{", "[]", "{\"runs\":7,\"unnumbered\":0}",
		"{\"runs\":[7],\"unnumbered\":0}",
		"{\"runs\":[[1,\"withheld\",9,1]],\"unnumbered\":0}",
		"{\"runs\":[[1,\"leased\",10,11]],\"unnumbered\":0}",
		"{\"runs\":[[0,\"withheld\",10,11]],\"unnumbered\":0}",
		"{\"runs\":[[1,\"eaten\",10,11]],\"unnumbered\":0}",
		"{\"runs\":[[1,\"withheld\",-1,11]],\"unnumbered\":0}",
		"{\"runs\":[],\"unnumbered\":-1}"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		lines[6].json = texts[i];
		(void)expect(PST_ACCOUNT_FINDING_FORM, 7);
		teardown();
		setup();
	}
}

Test(account, entries_outside_of_a_lane_are_found)
{
	drop(0);
	(void)expect(PST_ACCOUNT_FINDING_FORM, 2);
}
