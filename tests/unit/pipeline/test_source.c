/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "audit/receipt.h"
#include "base/clock.h"
#include "base/fd.h"
#include "live.h"
#include "pipeline/impl.h"
#include "support/sandbox.h"

#define PERSON "category: nonimmigrant, known-by: document, notice: current"
#define CITIZEN "category: us-citizen, known-by: document, notice: current"
#define SUNK_MAX 4096

/* What the lane leased, in order, and when. */
struct sunk {
	struct live_mark mark;
	int64_t at_ns;
};

static char folder[] = "/tmp/postern-source-XXXXXX";
static struct pst_sign_key *key;
static struct pst_audit *audit;
static struct pst_policy *policy;
static struct pst_scenario scenario;
static struct pst_lane_config config;
static struct pst_events *events;
static struct pst_lane_summary summary;
static struct pst_error error;
static struct live *live;
static struct sunk sunk[SUNK_MAX];
static size_t sunks;
static char told[1 << 18]; /* all events */
static json_t *asked;	   /* events whose fields were asked for */
static int64_t asleep_ns;  /* what the machine is said to have slept */
static void (*at_event)(const char *line);
static struct pst_catalog *catalog; /* NULL: what is leased goes into a sink */
static struct pst_lane *lane;
static float zone_height;
static uint64_t receipts; /* that were read and hold */

int64_t __real_pst_clock_asleep_ns(int64_t known_ns, int64_t *ret_mono_ns);
int64_t __wrap_pst_clock_asleep_ns(int64_t known_ns, int64_t *ret_mono_ns);

int64_t __wrap_pst_clock_asleep_ns(int64_t known_ns, int64_t *ret_mono_ns)
{
	return __real_pst_clock_asleep_ns(known_ns, ret_mono_ns) + asleep_ns;
}

static int put(void *user, const struct pst_frame *frame, struct pst_error *ret_error)
{
	cr_assert_lt(sunks, SUNK_MAX);
	memcpy(&sunk[sunks].mark, frame->plane[0].data, sizeof(struct live_mark));
	sunk[sunks++].at_ns = pst_clock_mono_ns();
	return 0;
}

static void settle(void *user, bool keep)
{
}

static const struct pst_sink sink = {.put = put, .settle = settle, .kind = "plain"};

static void hear(void *user, const char *line, size_t size)
{
	size_t used = strlen(told);

	cr_assert_lt(used + size + 2, sizeof(told));
	memcpy(told + used, line, size);
	told[used + size] = '\n';
	if (at_event) {
		at_event(line);
	}
}

static void set_up(void)
{
	const uint8_t seed[PST_SIGN_SEED_SIZE] = {42};

	asked = json_array();
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(pst_sign_key_open(&key, seed), 0);
	cr_assert_eq(pst_audit_open(&audit, folder, key, &error), 0, "%s", error.text);
	cr_assert_eq(pst_policy_load(POLICY, &policy, &error), 0, "%s", error.text);
	cr_assert_eq(pst_events_open(&events, NULL, "test", &error), 0);
	pst_events_listen(events, hear, NULL);
	pst_lane_config_init(&config);
	config.sandbox = TEST_LANE_SANDBOX;
	cr_assert_eq(pst_lane_config_set(&config, "policy.date", "2026-01-15", &error), 0);
	cr_assert_eq(pst_lane_config_set(&config, "source.uri", "live:", &error), 0);
}

static void tear_down(void)
{
	char command[128];
	struct pst_device *device = live ? &live->device : NULL;

	json_decref(asked);
	pst_device_close(&device);
	pst_catalog_destroy(&catalog);
	pst_scenario_finish(&scenario);
	pst_events_close(&events);
	pst_policy_destroy(&policy);
	(void)pst_audit_close(&audit);
	pst_sign_key_close(&key);
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	cr_assert_eq(system(command), 0);
}

TestSuite(source, .init = set_up, .fini = tear_down, .timeout = 60);

static void people(const char *const *lines)
{
	char text[4096] = "scenario: 1\nname: test\nencounters:\n";

	for (; *lines; lines++) {
		size_t used = strlen(text);

		(void)snprintf(text + used, sizeof(text) - used, "  - {%s}\n", *lines);
	}
	int status = pst_scenario_parse(&scenario, "test", text, strlen(text), NULL, &error);
	cr_assert_eq(status, 0, "%s", error.text);
}

#define PEOPLE(...) people((const char *const[]){__VA_ARGS__, NULL})

static const struct pst_plugin *plugin(enum pst_plugin_kind kind, const char *id)
{
	const struct pst_plugin *found = NULL;
	int status = pst_catalog_find(catalog, kind, id, &found, &error);

	cr_assert_eq(status, 0, "%s", error.text);
	return found;
}

static void check_receipt(const json_t *closed)
{
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE];
	struct pst_receipt *receipt = NULL;
	uint8_t *bytes;
	size_t size;
	char path[128];
	bool logged = !json_is_null(json_object_get(closed, "audit"));

	(void)snprintf(path, sizeof(path), "%s/%s.json", folder,
		json_string_value(json_object_get(closed, "receipt")));
	cr_assert_eq(
		pst_fd_read_file(path, PST_RECEIPT_SIZE_MAX, &bytes, &size, NULL), 0, "%s", path);
	cr_assert_eq(pst_receipt_open((char *)bytes, size, &receipt, NULL), 0, "%s", bytes);
	pst_sign_public(key, public_key);
	cr_expect_eq(pst_receipt_verify(receipt, public_key, NULL), 0);
	cr_expect_str_eq(
		receipt->info.outcome, json_string_value(json_object_get(closed, "outcome")));
	cr_expect_str_eq(receipt->info.rule, json_string_value(json_object_get(closed, "rule")));
	cr_expect_eq(receipt->info.audit_sequence > 0, logged);
	cr_expect_eq(receipt->info.store_count, PST_STORE_COUNT);
	pst_receipt_close(&receipt);
	free(bytes);
	receipts++;
}

/* However an encounter ended, the person has a receipt that says so. */
static void check_receipts(void)
{
	char *lines = strdup(told), *rest = lines;
	uint64_t before = receipts;

	for (char *line = strsep(&rest, "\n"); line && line[0]; line = strsep(&rest, "\n")) {
		json_t *event = json_loads(line, 0, NULL);

		if (strcmp(json_string_value(json_object_get(event, "kind")), "encounter.closed") ==
			0) {
			check_receipt(event);
		}
		json_decref(event);
	}
	free(lines);
	cr_expect_eq(receipts - before, summary.encounters);
	cr_expect_eq(summary.unreceipted, 0);
}

static int run(void)
{
	static const uint8_t digest[32] = {1};
	struct pst_lane_spec spec = {.config = &config,
		.scenario = scenario.count ? &scenario : NULL,
		.policy = policy,
		.sink = &sink,
		.device = &live->device,
		.audit = audit,
		.signer = key,
		.events = events,
		.receipts = folder,
		.policy_digest = digest,
		.version = "test"};

	if (catalog) {
		spec.sink = NULL;
		spec.detector = plugin(PST_PLUGIN_DETECTOR, "marks");
		spec.extractor = plugin(PST_PLUGIN_EXTRACTOR, "mean");
		spec.matcher = plugin(PST_PLUGIN_MATCHER, "tally");
	}
	int status = pst_lane_create(&lane, &spec, &error);

	cr_assert_eq(status, 0, "%s", error.text);
	status = pst_lane_run(lane, &summary, &error);
	pst_lane_destroy(&lane);
	check_receipts();
	return status;
}

static void run_well(void)
{
	int status = run();

	cr_assert_eq(status, 0, "%s\n%s", error.text, told);
	cr_expect_eq(summary.unmet, 0, "%s", told);
	cr_expect_eq(live->handed_all, live->released);
	cr_expect(catalog || summary.frames.leased == sunks);
	cr_expect_eq(summary.frames.seen,
		summary.frames.leased + summary.frames.withheld + summary.frames.lost);
	/* What the driver lost behind the last frame of a session nobody can know. */
	cr_expect_geq(summary.frames.seen, live->handed_all);
	cr_expect_leq(summary.frames.seen, live->handed_all + live->lost_all);
}

static unsigned count(const char *kind)
{
	char wanted[64];
	unsigned found = 0;

	(void)snprintf(wanted, sizeof(wanted), "\"kind\":\"%s\"", kind);
	for (const char *at = strstr(told, wanted); at; at = strstr(at + 1, wanted)) {
		found++;
	}
	return found;
}

/* @return a field of the n-th event of a kind, from 1; borrowed until the test's end */
static const json_t *field(const char *kind, unsigned n, const char *name)
{
	char *lines = strdup(told), *rest = lines;

	for (char *line = strsep(&rest, "\n"); line && line[0]; line = strsep(&rest, "\n")) {
		json_t *event = json_loads(line, 0, NULL);

		if (strcmp(json_string_value(json_object_get(event, "kind")), kind) == 0 &&
			--n == 0) {
			free(lines);
			(void)json_array_append_new(asked, event);
			return json_object_get(event, name);
		}
		json_decref(event);
	}
	cr_assert_fail("no such event: %s\n%s", kind, told);
	return NULL;
}

static double ms(const char *kind, unsigned n, const char *name)
{
	return json_number_value(field(kind, n, name));
}

Test(source, a_loss_ends_the_encounter_and_the_next_traveler_is_served)
{
	PEOPLE("at: 0s, for: 2s, " PERSON ", expect: {outcome: refer-fault}",
		"at: 2.5s, for: 0.5s, " PERSON ", expect: {outcome: refer-not-captured}");
	live = live_open(100);
	live->fail_after = 30;
	live->fails_left = 1;
	live->away_ms = 100;
	run_well();
	cr_expect_eq(summary.losses, 1);
	cr_expect_eq(count("source.lost"), 1);
	cr_expect_eq(count("source.returned"), 1);
	cr_expect_str_eq(json_string_value(field("source.lost", 1, "cause")), "unplugged");
	cr_expect_str_eq(
		json_string_value(field("source.lost", 1, "text")), "live: \"Live\" is gone");
	/* At once, not when the traveler would have left. */
	cr_expect_lt(ms("encounter.closed", 1, "t_ms"), 1000);
	const char *revoked = strstr(told, "\"kind\":\"permit.revoked\"");
	const char *lost = strstr(told, "\"kind\":\"source.lost\"");
	cr_expect(revoked && lost && revoked < lost, "told before the gate was closed");
	cr_expect_geq(ms("source.returned", 1, "away_ms"), 99);
	cr_expect_lt(ms("source.returned", 1, "ready_ms"), 100);
	cr_expect_gt(ms("source.returned", 1, "ready_ms"), 0);
	/* Frames of the second session, but only since the second traveler stepped up. */
	cr_expect_eq(sunk[0].mark.session, 1);
	cr_expect_eq(sunk[sunks - 1].mark.session, 2);
	for (size_t i = 0; i < sunks; i++) {
		if (sunk[i].mark.session == 2) {
			cr_expect_gt(sunk[i].mark.number, 100);
		}
	}
}

Test(source, who_steps_up_while_it_is_away_is_referred_and_never_waits)
{
	PEOPLE("at: 0s, for: 0.4s, " PERSON ", expect: {outcome: refer-fault}",
		"at: 0.5s, for: 0.5s, " PERSON ", expect: {outcome: refer-fault, leased: 0}",
		"at: 1s, for: 1s, " CITIZEN
		", choice: {decline: 0.3s}, expect: {outcome: refer-opted-out, leased: 0}",
		"at: 2s, for: 0.5s, category: diplomat, known-by: document, notice: current, "
		"expect: {outcome: refer-exempt}",
		"at: 2.5s, for: 0.2s, category: nonimmigrant, known-by: document, notice: absent, "
		"expect: {outcome: refer-no-notice}");
	live = live_open(100);
	live->fail_after = 10;
	live->away_ms = UINT32_MAX;
	run_well();
	cr_expect_eq(count("source.lost"), 1);
	cr_expect_eq(count("source.returned"), 0);
	cr_expect_eq(count("permit.granted"), 1, "%s", told);
	cr_expect_eq(count("encounter.closed"), 5);
	cr_expect_leq(live->returns, 1, "asked without a reason");
}

Test(source, who_has_no_permit_yet_goes_on_choosing)
{
	PEOPLE("at: 0s, for: 1.2s, " CITIZEN
	       ", choice: {decline: 0.6s}, expect: {outcome: refer-opted-out, leased: 0}",
		"at: 1.3s, for: 2s, " CITIZEN
		", expect: {outcome: refer-not-captured, leased: 1..}");
	live = live_open(50);
	live->fail_after = 10;
	live->fails_left = 1;
	live->away_ms = 200;
	run_well();
	cr_expect_eq(summary.losses, 1);
}

Test(source, two_hundred_losses_leave_nothing_behind)
{
	unsigned before = 0, after = 0;
	DIR *fds = opendir("/proc/self/fd");

	while (readdir(fds)) {
		before++;
	}
	(void)closedir(fds);
	PEOPLE("at: 0s, for: 0.02s, " PERSON, "at: 7.5s, for: 0.2s, " PERSON);
	live = live_open(200);
	live->fail_after = 2;
	live->fails_left = 200;
	live->away_ms = 3;
	run_well();
	fds = opendir("/proc/self/fd");
	while (readdir(fds)) {
		after++;
	}
	(void)closedir(fds);
	/* The source's two are open now, and the event library's pipe for signals stays. */
	cr_expect_eq(after, before + 4, "%u descriptors became %u", before, after);
	cr_expect_eq(summary.losses, 200);
	cr_expect_eq(count("source.returned"), 200);
	cr_expect_eq(live->starts, 201);
	cr_expect_eq(sunk[sunks - 1].mark.session, 201);
}

Test(source, another_camera_in_its_place_is_told_and_not_taken)
{
	PEOPLE("at: 0s, for: 0.3s, " PERSON ", expect: {outcome: refer-fault}",
		"at: 0.5s, for: 0.2s, " PERSON ", expect: {leased: 1..}");
	live = live_open(100);
	live->fail_after = 10;
	live->fails_left = 1;
	live->away_ms = 10;
	live->strangers = 3;
	run_well();
	cr_expect_eq(count("source.identity-mismatch"), 3);
	cr_expect_str_eq(json_string_value(field("source.identity-mismatch", 1, "text")),
		"live: another camera");
	cr_expect_eq(live->starts, 2);
}

static void break_starts(const char *line)
{
	if (strstr(line, "\"kind\":\"source.lost\"") && live->starts == 1) {
		live->bad_starts = 3;
	}
}

Test(source, one_that_does_not_start_again_is_tried_again)
{
	PEOPLE("at: 0s, for: 0.3s, " PERSON ", expect: {outcome: refer-fault}",
		"at: 0.5s, for: 0.2s, " PERSON ", expect: {leased: 1..}");
	live = live_open(100);
	live->fail_after = 10;
	live->fails_left = 1;
	live->away_ms = 5;
	at_event = break_starts;
	run_well();
	cr_expect_eq(live->starts, 5);
	cr_expect_eq(summary.losses, 1);
	/* Told again, since the cause is another; but not with each try. */
	cr_expect_eq(count("source.lost"), 2, "%s", told);
	cr_expect_eq(count("warning"), 0, "%s", told);
}

Test(source, a_stall_is_noticed_though_nothing_happens)
{
	PEOPLE("at: 0s, for: 5s, " PERSON ", expect: {outcome: refer-fault}",
		"at: 5s, for: 0.2s, " PERSON ", expect: {leased: 1..}");
	live = live_open(100);
	live->fail_after = 10;
	live->fails_left = 1;
	live->fail_status = 0;
	live->cause = PST_DEVICE_AWAY_STALLED;
	live->away_ms = 5;
	run_well();
	cr_expect_str_eq(json_string_value(field("source.lost", 1, "cause")), "stalled");
	cr_expect_lt(ms("encounter.closed", 1, "t_ms"), 2500);
}

Test(source, a_frame_that_can_not_be_mapped_any_more_is_a_loss)
{
	PEOPLE("at: 0s, for: 1s, " PERSON ", expect: {outcome: refer-fault, leased: 1..}",
		"at: 1.2s, for: 0.2s, " PERSON ", expect: {leased: 1..}");
	live = live_open(100);
	live->fail_after = 10;
	live->fails_left = 1;
	live->fails_in_map = true;
	live->away_ms = 5;
	run_well();
	cr_expect_eq(summary.losses, 1);
}

Test(source, one_that_never_comes_back_ends_the_lane)
{
	PEOPLE("at: 0s, for: 1s, " PERSON ", expect: {outcome: refer-fault}");
	live = live_open(100);
	live->fail_after = 10;
	live->fixed = true;
	cr_expect_eq(run(), PST_E_DEVICE);
	cr_expect_str_eq(error.text, "live: \"Live\" is gone");
	cr_expect_eq(count("source.failed"), 1);
	cr_expect_eq(count("source.lost"), 0);
	cr_expect_eq(summary.unmet, 0, "%s", told);
}

static void pull(const char *line)
{
	if (strstr(line, "\"kind\":\"encounter.closed\"") && strstr(line, "\"encounter\":1,")) {
		live_pull(live);
	}
}

Test(source, an_idle_one_that_is_stopped_is_missed_and_welcomed)
{
	PEOPLE("at: 0.1s, for: 0.2s, " PERSON ", expect: {leased: 1..}",
		"at: 0.5s, for: 0.2s, " PERSON ", expect: {outcome: refer-fault, leased: 0}",
		"at: 1.2s, for: 0.2s, " PERSON ", expect: {leased: 1..}");
	config.idle = PST_LANE_IDLE_STOPPED;
	live = live_open(100);
	live->away_ms = 600;
	at_event = pull;
	run_well();
	cr_expect_eq(live->starts, 2, "streamed without a permit");
	cr_expect_eq(count("source.lost"), 1);
	cr_expect_str_eq(json_string_value(field("source.lost", 1, "text")),
		"live: \"Live\" was pulled out");
	cr_expect(json_is_null(field("source.returned", 1, "ready_ms")), "%s", told);
}

Test(source, frames_that_settle_are_withheld_under_a_permit)
{
	PEOPLE("at: 0s, for: 0.4s, " PERSON ", expect: {leased: 1.., withheld: 8..}");
	live = live_open(100);
	live->settling = 8;
	run_well();
	cr_expect_gt(summary.settling, 0);
	cr_expect_geq(sunk[0].mark.number, 8);
}

static void note_zone(const char *line)
{
	(void)line;
	zone_height = lane ? lane->zone.height : zone_height;
}

Test(source, a_smaller_mode_that_is_taken_at_the_start_is_told_and_followed)
{
	PEOPLE("at: 0s, for: 0.2s, " PERSON ", expect: {leased: 1..}");
	live = live_open(100);
	live->narrows = true;
	at_event = note_zone;
	run_well();
	cr_assert_eq(count("warning"), 1, "%s", told);
	cr_expect_str_eq(json_string_value(field("warning", 1, "text")), "Live: now half as high");
	cr_expect_float_eq(zone_height, LIVE_HEIGHT / 2, 0.01);
}

static void hold_up(pid_t pid)
{
	const struct timespec begin = {0, 400 * PST_NS_PER_MS}, hold = {1, 0};

	(void)nanosleep(&begin, NULL);
	(void)kill(pid, SIGSTOP);
	(void)nanosleep(&hold, NULL);
	(void)kill(pid, SIGCONT);
}

Test(source, what_a_stopped_process_finds_in_the_queue_reaches_nobody)
{
	pid_t self = getpid();
	pid_t other = fork();

	/* Another process must do it: a stopped one can't wake itself. */
	if (other == 0) {
		hold_up(self);
		_exit(0);
	}
	PEOPLE("at: 0s, for: 2.5s, " PERSON ", expect: {leased: 1..}");
	live = live_open(30);
	run_well();
	(void)waitpid(other, NULL, 0);
	cr_expect_geq(summary.stale, 1);
	cr_expect_geq(summary.frames.lost, 10, "it was not stopped");
	cr_expect_eq(summary.losses, 0, "%s", told);
	for (size_t i = 0; i < sunks; i++) {
		cr_expect_lt(sunk[i].at_ns - sunk[i].mark.captured_ns, 200 * PST_NS_PER_MS,
			"frame %u is %lld ms old", sunk[i].mark.number,
			(long long)((sunk[i].at_ns - sunk[i].mark.captured_ns) / PST_NS_PER_MS));
	}
}

static void sleep_once(const char *line)
{
	if (strstr(line, "\"kind\":\"permit.granted\"") && asleep_ns == 0) {
		asleep_ns = 30 * PST_NS_PER_S;
	}
}

/* The frame that the permit came with may be leased: the machine sleeps right after the grant. */
Test(source, after_a_suspend_nobody_is_taken_for_who_stood_there_before)
{
	PEOPLE("at: 0.1s, for: 1s, " PERSON ", expect: {outcome: refer-fault, leased: 0..1}",
		"at: 1.2s, for: 0.3s, " PERSON ", expect: {leased: 1..}");
	live = live_open(100);
	live->back_ns = 0;
	at_event = sleep_once;
	run_well();
	cr_expect_eq(summary.losses, 1);
	cr_expect_str_eq(json_string_value(field("source.lost", 1, "cause")), "failed");
	cr_expect_str_eq(json_string_value(field("source.lost", 1, "text")),
		"the machine was suspended for 30 s; the camera is started anew");
	cr_expect_eq(live->starts, 2);
}

/* The disk is full from the loss on. */
static void fill_disk(const char *line)
{
	char path[64], at[64];

	if (!strstr(line, "\"kind\":\"source.lost\"")) {
		return;
	}
	for (int fd = 3; fd < 64; fd++) {
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		ssize_t size = readlink(path, at, sizeof(at));

		if (size > 0 && memmem(at, (size_t)size, "audit.log", 9)) {
			int full = open("/dev/full", O_RDWR);

			cr_assert_eq(dup2(full, fd), fd);
			(void)close(full);
		}
	}
}

Test(source, a_lane_that_can_not_log_the_loss_closes)
{
	PEOPLE("at: 0.2s, for: 5s, " PERSON);
	live = live_open(100);
	live->fail_after = 40;
	live->away_ms = 5;
	at_event = fill_disk;
	cr_expect_eq(run(), PST_E_UNSAFE);
	cr_expect_eq(live->starts, 1);
	cr_expect_eq(count("source.lost"), 1);
	cr_expect_eq(count("source.returned"), 0);
	cr_expect_lt(ms("lane.closed", 1, "t_ms"), 4000);
	cr_expect_eq(receipts, 1, "who stood there has one, though the log does not");
	cr_expect(json_is_null(field("encounter.closed", 1, "audit")));
}

Test(source, nothing_is_asked_for_in_vain)
{
	PEOPLE("at: 0.2s, for: 0.5s, " PERSON, "at: 1s, for: 0.5s, " PERSON);
	live = live_open(100);
	run_well();
	cr_expect_gt(live->handed_all, 100);
	cr_expect_leq(live->polls, 2);
}

Test(source, an_idle_lane_sleeps)
{
	struct rusage before, after;

	PEOPLE("at: 2s, for: 0.02s, " PERSON);
	config.idle = PST_LANE_IDLE_STOPPED;
	live = live_open(100);
	cr_assert_eq(getrusage(RUSAGE_SELF, &before), 0);
	run_well();
	cr_assert_eq(getrusage(RUSAGE_SELF, &after), 0);
	cr_expect_lt(after.ru_nvcsw - before.ru_nvcsw, 100, "slept %ld times",
		after.ru_nvcsw - before.ru_nvcsw);
}

static void use_workers(const char *mode)
{
	cr_assert_eq(pst_catalog_load(&catalog, &error), 0, "%s", error.text);
	cr_assert_eq(pst_lane_config_set_option(&config, "marks", "mode", mode, &error), 0);
	config.spare = PST_LANE_SPARE_NONE; /* or else a slow detector costs a worker */
}

static uint32_t short_resets;

static void note_reset(const char *line)
{
	uint32_t limit_ms;

	if (!strstr(line, "\"kind\":\"permit.revoked\"")) {
		return;
	}
	limit_ms = pst_lane_reset_ms(lane);
	if (pst_worker_has_spare(lane->vision.worker)) {
		cr_expect_eq(limit_ms, lane->frame_ms > 50 ? lane->frame_ms : 50);
		short_resets++;
	} else {
		cr_expect_eq(limit_ms, 250);
	}
}

/* The detector takes longer than that, so that every end of a permit costs a worker, and no more.
 */
Test(source, a_wiping_is_waited_for_a_frame_interval_where_a_spare_is_ready)
{
	use_workers("busy");
	config.spare = PST_LANE_SPARE_WARM;
	live = live_open(30);
	at_event = note_reset;
	PEOPLE("at: 1.5s, for: 0.8s, " PERSON, "at: 3.5s, for: 0.8s, " PERSON,
		"at: 5.5s, for: 0.8s, " PERSON);
	cr_assert_eq(run(), 0, "%s\n%s", error.text, told);
	at_event = NULL;
	cr_expect_gt(short_resets, 0, "%s", told);
	cr_expect(!strstr(told, "worker.quarantined"), "%s", told);
	cr_expect(!strstr(told, "refer-fault"), "%s", told);
}

static unsigned wiped;

/* Before the loss is told no slot holds a byte any more. */
static void look_into_slots(const char *line)
{
	struct pst_slots *slots = lane->vision.slots;
	size_t size = (size_t)pst_slots_size(slots) * pst_slots_count(slots);

	if (!strstr(line, "\"kind\":\"source.lost\"")) {
		return;
	}
	uint8_t *bytes = mmap(NULL, size, PROT_READ, MAP_SHARED, pst_slots_fd(slots), 0);
	cr_assert_neq(bytes, MAP_FAILED);
	for (size_t i = 0; i < size; i++) {
		cr_assert_eq(bytes[i], 0);
	}
	(void)munmap(bytes, size);
	cr_assert_eq(lane->shot.size, 0);
	wiped++;
}

Test(source, a_loss_wipes_what_the_workers_were_given)
{
	PEOPLE("at: 0s, for: 1s, " PERSON ", expect: {outcome: refer-fault, leased: 1..}",
		"at: 2s, for: 3s, " PERSON ", expect: {outcome: refer-not-captured, leased: 1..}");
	use_workers("age");
	live = live_open(30);
	live->fail_after = 10;
	live->fails_left = 1;
	live->away_ms = 100;
	at_event = look_into_slots;
	run_well();
	cr_expect_eq(wiped, 1);
	cr_expect_eq(summary.deaths, 0, "%s", told);
}

Test(source, a_slow_plugin_gets_the_newest_frame)
{
	unsigned ages = 0;

	PEOPLE("at: 0s, for: 4s, " PERSON ", expect: {leased: 1..}");
	use_workers("age");
	config.min_face_px = 2000; /* so that it is never content */
	live = live_open(10);
	run_well();
	for (const char *at = strstr(told, ": age "); at; at = strstr(at + 1, ": age ")) {
		long age_us = strtol(at + strlen(": age "), NULL, 10);

		cr_expect_leq(age_us, 180000, "%ld us old", age_us);
		ages++;
	}
	cr_expect_geq(ages, 10, "%s", told);
}
