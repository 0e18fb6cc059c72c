/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "devices/impl.h"
#include "pipeline/impl.h"

/*
 * A policy that changes while people pass. The source is a recording without an end at 1000 frames
 * a second, played as fast as it goes; each version of the policy names its rule after itself.
 */
#define SWAPS 100
#define FRAMES_MAX 8000000
#define FRAME_NS PST_NS_PER_MS
#define PEOPLE PST_SCENARIO_ENCOUNTERS_MAX
#define EACH_NS (500 * PST_NS_PER_MS)
#define RULE "nonimmigrant-after"

struct film {
	struct pst_device device;
	uint64_t next;
	uint8_t picture[64 * 48];
};

static char folder[] = "/tmp/postern-swap-XXXXXX";
static char policy_path[64];
static struct pst_sign_key *key;
static struct pst_audit *audit;
static struct pst_policy *policy;
static struct pst_scenario scenario;
static struct pst_lane_config config;
static struct pst_events *events;
static struct pst_error error;
static struct film film;
static struct pst_lane_summary summary;
static uint8_t *decided; /* how often each frame was */
static int swaps, swaps_with_somebody, met_before;
static long long in_force, met; /* versions: now, and as the encounter opened */
static bool somebody;
static char warnings[4096];
static void (*on_swap)(void);

void __real_pst_ledger_lease(struct pst_ledger *ledger, uint64_t sequence, uint64_t permit);
void __real_pst_ledger_withhold(struct pst_ledger *ledger, uint64_t sequence);
void __wrap_pst_ledger_lease(struct pst_ledger *ledger, uint64_t sequence, uint64_t permit);
void __wrap_pst_ledger_withhold(struct pst_ledger *ledger, uint64_t sequence);

void __wrap_pst_ledger_lease(struct pst_ledger *ledger, uint64_t sequence, uint64_t permit)
{
	decided[sequence]++;
	__real_pst_ledger_lease(ledger, sequence, permit);
}

void __wrap_pst_ledger_withhold(struct pst_ledger *ledger, uint64_t sequence)
{
	decided[sequence]++;
	__real_pst_ledger_withhold(ledger, sequence);
}

static int film_start(struct pst_device *device, struct pst_error *ret_error)
{
	return 0;
}

static void film_stop(struct pst_device *device)
{
}

static int film_fd(const struct pst_device *device)
{
	return -1;
}

static int film_next(
	struct pst_device *device, struct pst_frame *ret_frame, struct pst_error *ret_error)
{
	struct film *one = (struct film *)device;

	if (one->next == FRAMES_MAX) {
		return PST_E_END;
	}
	*ret_frame = (struct pst_frame){.sequence = one->next,
		.captured_ns = (int64_t)one->next * FRAME_NS,
		.format = PST_FRAME_FORMAT_GREY,
		.width = 64,
		.height = 48,
		.plane = {{one->picture, 64, sizeof(one->picture)}}};
	one->next++;
	return 1;
}

static void film_release(struct pst_device *device, struct pst_frame *frame)
{
}

static const struct pst_device_ops film_ops = {.start = film_start,
	.stop = film_stop,
	.fd = film_fd,
	.next = film_next,
	.release = film_release};

static int put(void *user, const struct pst_frame *frame, struct pst_error *ret_error)
{
	return 0;
}

static void settle(void *user, bool keep)
{
}

static const struct pst_sink sink = {.put = put, .settle = settle, .kind = "plain"};

static void replace(char *text, const char *from, const char *to)
{
	char *at = strstr(text, from);

	cr_assert_not_null(at, "%s", from);
	memmove(at + strlen(to), at + strlen(from), strlen(at + strlen(from)) + 1);
	memcpy(at, to, strlen(to));
}

/* Everything from there to the end of that line. */
static void replace_line(char *text, const char *from, const char *to)
{
	char *at = strstr(text, from);
	char line[128];

	cr_assert_not_null(at, "%s", from);
	(void)snprintf(line, sizeof(line), "%.*s", (int)strcspn(at + 1, "\n") + 2, at);
	replace(text, line, to);
}

/* The shipped policy without its cases, as another version, with a rule of that name. */
static void write_policy(const char *id, long long version, const char *rule)
{
	uint8_t *text;
	size_t size;
	char line[64];

	cr_assert_eq(pst_fd_read_file(POLICY, PST_POLICY_FILE_MAX, &text, &size, &error), 0);
	char *copy = calloc(1, size + 256);
	cr_assert_not_null(copy);
	memcpy(copy, text, size);
	char *cases = strstr(copy, "\nexpect:");
	cr_assert_not_null(cases);
	cases[1] = 0;
	(void)snprintf(line, sizeof(line), "policy: %s\n", id);
	replace(copy, "policy: us-border\n", line);
	(void)snprintf(line, sizeof(line), "\nversion: %lld\n", version);
	replace_line(copy, "\nversion: ", line);
	(void)snprintf(line, sizeof(line), "id: %s\n", rule);
	replace(copy, "id: " RULE "\n", line);
	cr_assert_eq(pst_fd_replace_file(policy_path, copy, strlen(copy), 0600, &error), 0);
	free(copy);
	free(text);
}

static void write_version(long long version)
{
	char rule[64];

	(void)snprintf(rule, sizeof(rule), RULE "-%lld", version);
	write_policy("us-border", version, rule);
}

/* Files of one version and one rule have one digest here. */
static int read_policy(void *user, struct pst_policy **ret_policy,
	uint8_t ret_digest[PST_POLICY_DIGEST_SIZE], struct pst_error *ret_error)
{
	int status = pst_policy_load(policy_path, ret_policy, ret_error);

	memset(ret_digest, 0, PST_POLICY_DIGEST_SIZE);
	for (uint16_t i = 0; status == 0 && i < (*ret_policy)->rule_count; i++) {
		const char *id = (*ret_policy)->rules[i].id;

		if (strncmp(id, RULE, strlen(RULE)) == 0) {
			(void)snprintf((char *)ret_digest, PST_POLICY_DIGEST_SIZE, "%s", id);
		}
	}
	return status;
}

static void check_closed(const json_t *event)
{
	const char *category = json_string_value(json_object_get(event, "category"));
	char rule[64];

	somebody = false;
	if (strcmp(category, "nonimmigrant") != 0 ||
		!json_is_null(json_object_get(event, "choice"))) {
		return;
	}
	(void)snprintf(rule, sizeof(rule), RULE "-%lld", met);
	cr_expect_str_eq(json_string_value(json_object_get(event, "rule")), rule);
	met_before += met != in_force;
}

static void hear(void *user, const char *line, size_t size)
{
	json_t *event = json_loadb(line, size, 0, NULL);
	const char *kind = json_string_value(json_object_get(event, "kind"));

	if (strcmp(kind, "lane.opened") == 0) {
		on_swap();
	} else if (strcmp(kind, "encounter.opened") == 0) {
		somebody = true;
		met = in_force;
	} else if (strcmp(kind, "encounter.closed") == 0) {
		check_closed(event);
	} else if (strcmp(kind, "warning") == 0) {
		size_t used = strlen(warnings);

		(void)snprintf(warnings + used, sizeof(warnings) - used, "%s\n",
			json_string_value(json_object_get(event, "text")));
		on_swap();
	} else if (strcmp(kind, "policy.changed") == 0) {
		const json_t *from = json_object_get(event, "from");
		const json_t *to = json_object_get(event, "to");

		cr_expect_eq(json_integer_value(json_object_get(from, "version")), in_force);
		in_force = json_integer_value(json_object_get(to, "version"));
		swaps++;
		swaps_with_somebody += somebody;
		on_swap();
	}
	json_decref(event);
}

static void set_up(void)
{
	const uint8_t seed[PST_SIGN_SEED_SIZE] = {42};

	cr_assert_not_null(mkdtemp(folder));
	(void)snprintf(policy_path, sizeof(policy_path), "%s/policy.yaml", folder);
	cr_assert_eq(pst_sign_key_open(&key, seed), 0);
	cr_assert_eq(pst_audit_open(&audit, folder, key, &error), 0, "%s", error.text);
	cr_assert_eq(pst_events_open(&events, NULL, "test", &error), 0);
	pst_events_listen(events, hear, NULL);
	pst_lane_config_init(&config);
	cr_assert_eq(pst_lane_config_set(&config, "policy.date", "2026-01-15", &error), 0);
	film.device = (struct pst_device){.ops = &film_ops,
		.info = {.format = PST_FRAME_FORMAT_GREY, .width = 64, .height = 48, .fps = 1000}};
	decided = calloc(FRAMES_MAX, 1);
	scenario.encounters = calloc(PEOPLE, sizeof(*scenario.encounters));
	cr_assert(decided && scenario.encounters);
	scenario.count = PEOPLE;
	for (size_t i = 0; i < PEOPLE; i++) {
		struct pst_scenario_encounter *one = &scenario.encounters[i];

		one->at_ns = (int64_t)i * EACH_NS;
		one->for_ns = EACH_NS - 20 * FRAME_NS;
		one->notice = PST_SCENARIO_NOTICE_CURRENT;
		one->choice = i % 4 == 1   ? PST_SCENARIO_CHOICE_DECLINE
			      : i % 4 == 3 ? PST_SCENARIO_CHOICE_WITHDRAW
					   : PST_SCENARIO_CHOICE_NONE;
		one->choice_ns = one->at_ns + 40 * FRAME_NS;
		(void)snprintf(one->category, sizeof(one->category), "%s",
			i % 4 == 1 ? "us-citizen" : "nonimmigrant");
		(void)snprintf(one->known_by, sizeof(one->known_by), "document");
	}
	in_force = 1;
	write_version(1);
}

static void tear_down(void)
{
	char command[128];

	pst_scenario_finish(&scenario);
	pst_events_close(&events);
	pst_policy_destroy(&policy);
	(void)pst_audit_close(&audit);
	pst_sign_key_close(&key);
	free(decided);
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	cr_assert_eq(system(command), 0);
}

TestSuite(swap, .init = set_up, .fini = tear_down, .timeout = 120);

static void run(void)
{
	static uint8_t digest[PST_POLICY_DIGEST_SIZE];
	struct pst_lane *lane;
	struct pst_lane_spec spec = {.config = &config,
		.scenario = &scenario,
		.sink = &sink,
		.device = &film.device,
		.audit = audit,
		.signer = key,
		.events = events,
		.policy_digest = digest,
		.read_policy = read_policy,
		.version = "test"};

	cr_assert_eq(read_policy(NULL, &policy, digest, &error), 0, "%s", error.text);
	spec.policy = policy;
	cr_assert_eq(pst_lane_create(&lane, &spec, &error), 0, "%s", error.text);
	int status = pst_lane_run(lane, &summary, &error);
	cr_assert_eq(status, 0, "%s", error.text);
	pst_lane_destroy(&lane);
}

static void next_version(void)
{
	if (swaps == SWAPS) {
		(void)raise(SIGTERM);
		return;
	}
	write_version(swaps + 2);
	(void)raise(SIGHUP);
}

Test(swap, a_hundred_under_load_drop_and_decide_nothing_twice)
{
	on_swap = next_version;
	run();
	cr_expect_eq(swaps, SWAPS);
	cr_expect_eq(in_force, SWAPS + 1);
	cr_expect_gt(swaps_with_somebody, 0, "some came while somebody stood there");
	cr_expect_gt(met_before, 0, "who is there keeps the policy they met");
	cr_expect_gt(summary.frames.leased, 0);
	cr_expect_gt(summary.frames.withheld, 0);
	cr_expect_eq(summary.frames.lost, 0);
	cr_expect_eq(summary.frames.seen, film.next);
	cr_expect_eq(summary.frames.seen, summary.frames.leased + summary.frames.withheld);
	for (uint64_t i = 0; i < film.next; i++) {
		cr_assert_eq(decided[i], 1, "frame %llu", (unsigned long long)i);
	}
	cr_expect_str_eq(warnings, "");
}

/* What the file holds next, and what is said of it; NULL: it comes into force. */
static const struct {
	const char *policy; /* NULL: nothing that could be read */
	long long version;
	const char *rule;
	const char *warning;
} files[] = {
	{"us-border", 3, RULE "-3", NULL},
	{"us-border", 2, RULE "-2", "version 3 is in force, the file holds version 2"},
	{"us-border", 3, RULE "-other", "its version is 3 still; raise it"},
	{"us-border", 3, RULE "-3", NULL},
	{"eu-border", 9, RULE "-9", "a lane keeps to one policy"},
	{NULL, 0, NULL, "policy.yaml"},
	{"us-border", 4, RULE "-4", NULL},
};

#define FILES (sizeof(files) / sizeof(files[0]))

static void next_file(void)
{
	static size_t next;

	if (next > 0) {
		const char *warning = files[next - 1].warning;

		cr_expect_eq(
			strlen(warnings) > 0, warning != NULL, "file %zu: %s", next - 1, warnings);
		if (warning) {
			cr_expect_not_null(strstr(warnings, warning), "%s", warnings);
			cr_expect_eq(strncmp(warnings, "policy stays as it was: ", 24), 0, "%s",
				warnings);
		}
		warnings[0] = 0;
	}
	if (next == FILES) {
		(void)raise(SIGTERM);
		return;
	}
	if (files[next].policy) {
		write_policy(files[next].policy, files[next].version, files[next].rule);
	} else {
		cr_assert_eq(pst_fd_replace_file(policy_path, "no", 2, 0600, &error), 0);
	}
	next++;
	(void)raise(SIGHUP);
}

Test(swap, what_must_not_come_into_force_does_not)
{
	on_swap = next_file;
	run();
	cr_expect_eq(swaps, 3);
	cr_expect_eq(in_force, 4);
}

static unsigned entries_of(const char *kind)
{
	char path[64];
	uint8_t *log;
	size_t size;
	unsigned found = 0;

	(void)snprintf(path, sizeof(path), "%s/audit.log", folder);
	cr_assert_eq(pst_fd_read_file(path, 1 << 24, &log, &size, &error), 0, "%s", error.text);
	for (uint8_t *at = log; (at = memmem(at, size - (size_t)(at - log), kind, strlen(kind)));
		at++) {
		found++;
	}
	free(log);
	return found;
}

Test(swap, the_log_holds_each_change)
{
	on_swap = next_file;
	run();
	cr_expect_eq(entries_of("policy.changed"), 3);
}
