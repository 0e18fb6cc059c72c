/* SPDX-License-Identifier: Apache-2.0 */
#include "support/optouts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "devices/synthetic/synthetic.h"
#include "pipeline/impl.h"
#include "support/sandbox.h"

#define SOURCE "synth:?people=2&seed=7&size=320x240&fps=30"
#define EACH_NS (450 * PST_NS_PER_MS)
#define CHOICE_NS (150 * PST_NS_PER_MS)
#define PHASE_NS (7 * PST_NS_PER_MS) /* coprime to the interval, so that all phases come */

/* What one run borrows and holds; the wrapped calls have no other way to it. */
static struct {
	struct pst_lane *lane;
	struct optout *optouts;
	uint32_t now; /* whose turn it is, from 1 */
	struct pst_scenario scenario;
	struct pst_lane_config config;
	struct pst_sign_key *key;
	struct pst_audit *audit;
	struct pst_policy *policy;
	struct pst_catalog *catalog;
	struct pst_device *device;
	struct pst_events *events;
} run;

int __real_pst_vision_lease(struct pst_vision *vision, const struct pst_frame *frame,
	uint64_t permit, struct pst_error *error);
void __real_pst_slots_wipe_all(struct pst_slots *slots);
int __real_pst_worker_receive(struct pst_worker *worker, struct pst_worker_event *ret_event);
int __wrap_pst_vision_lease(struct pst_vision *vision, const struct pst_frame *frame,
	uint64_t permit, struct pst_error *error);
void __wrap_pst_slots_wipe_all(struct pst_slots *slots);
int __wrap_pst_worker_receive(struct pst_worker *worker, struct pst_worker_event *ret_event);

static struct optout *current(void)
{
	return run.now > 0 ? &run.optouts[run.now - 1] : NULL;
}

int __wrap_pst_vision_lease(struct pst_vision *vision, const struct pst_frame *frame,
	uint64_t permit, struct pst_error *error)
{
	struct optout *one = current();
	int status = __real_pst_vision_lease(vision, frame, permit, error);

	if (status == 0 && one) {
		one->leased++;
		one->permit = permit;
		one->wiped_ns = 0;
		one->captured_ns = frame->captured_ns + run.lane->epoch_ns;
		one->leased_ns = pst_clock_mono_ns();
		one->late += one->captured_ns >= one->accepted_ns;
	}
	return status;
}

void __wrap_pst_slots_wipe_all(struct pst_slots *slots)
{
	struct optout *one = current();

	__real_pst_slots_wipe_all(slots);
	if (one && one->wiped_ns == 0 && one->permit != 0) {
		one->wiped_ns = pst_clock_mono_ns();
	}
}

/* A death is the end of all that the worker held, whoever's it was. */
static void note_end(bool died, uint64_t permit)
{
	for (uint32_t i = 0; i < run.now; i++) {
		struct optout *one = &run.optouts[i];

		if (one->wiped_ns && !one->done_ns && (died || one->permit == permit)) {
			one->done_ns = pst_clock_mono_ns();
			one->killed = died;
		}
	}
}

int __wrap_pst_worker_receive(struct pst_worker *worker, struct pst_worker_event *ret_event)
{
	int got = __real_pst_worker_receive(worker, ret_event);

	if (got == 1 && (ret_event->type == PST_WORKER_EVENT_RESET ||
				ret_event->type == PST_WORKER_EVENT_DIED)) {
		note_end(ret_event->type == PST_WORKER_EVENT_DIED, ret_event->permit);
	}
	return got;
}

static bool slots_are_dirty(const struct pst_slots *slots)
{
	size_t size = (size_t)pst_slots_size(slots) * pst_slots_count(slots);
	uint8_t *bytes = mmap(NULL, size, PROT_READ, MAP_SHARED, pst_slots_fd(slots), 0);
	size_t zeroes = 0;

	while (bytes != MAP_FAILED && zeroes < size && bytes[zeroes] == 0) {
		zeroes++;
	}
	if (bytes != MAP_FAILED) {
		(void)munmap(bytes, size);
	}
	return zeroes < size;
}

static void hear(void *user, const char *line, size_t size)
{
	if (strstr(line, "\"kind\":\"encounter.opened\"")) {
		run.now++;
		current()->accepted_ns =
			run.scenario.encounters[run.now - 1].choice_ns + run.lane->epoch_ns;
	} else if (strstr(line, "\"kind\":\"encounter.chose\"")) {
		current()->dirty = slots_are_dirty(run.lane->vision.slots);
	}
}

static int write_scenario(uint32_t count, struct pst_error *error)
{
	run.scenario.encounters = calloc(count, sizeof(*run.scenario.encounters));
	if (!run.scenario.encounters) {
		return pst_error_set(error, -ENOMEM, "out of memory");
	}
	run.scenario.count = count;
	for (uint32_t i = 0; i < count; i++) {
		struct pst_scenario_encounter *one = &run.scenario.encounters[i];

		one->at_ns = (int64_t)(i + 1) * EACH_NS;
		one->for_ns = EACH_NS - 20 * PST_NS_PER_MS;
		one->notice = PST_SCENARIO_NOTICE_CURRENT;
		one->choice = i % 2 ? PST_SCENARIO_CHOICE_WITHDRAW : PST_SCENARIO_CHOICE_DECLINE;
		one->choice_ns = one->at_ns + CHOICE_NS + i * PHASE_NS % OPTOUTS_INTERVAL_NS;
		(void)snprintf(one->category, sizeof(one->category), "nonimmigrant");
		(void)snprintf(one->known_by, sizeof(one->known_by), "document");
	}
	return 0;
}

static int set(const char *key, const char *value, struct pst_error *error)
{
	return pst_lane_config_set(&run.config, key, value, error);
}

/* A picture is never good enough, so that the permit lives until the choice. */
static int configure(struct pst_error *error)
{
	pst_lane_config_init(&run.config);
	run.config.sandbox = TEST_LANE_SANDBOX;
	run.config.spare = PST_LANE_SPARE_NONE;
	int status = set("policy.date", "2026-01-15", error);
	if (status == 0) {
		status = set("source.uri", SOURCE, error);
	}
	run.config.good_quality = 101;
	if (status == 0) {
		status = set("capture.stop-after", "20s", error);
	}
	return status < 0 ? status
			  : pst_lane_config_set_option(&run.config, "marks", "mode", "busy", error);
}

static int find(enum pst_plugin_kind kind, const char *id, const struct pst_plugin **ret_plugin,
	struct pst_error *error)
{
	return pst_catalog_find(run.catalog, kind, id, ret_plugin, error);
}

static int open_all(const char *folder, const char *policy, struct pst_error *error)
{
	const uint8_t seed[PST_SIGN_SEED_SIZE] = {42};
	int status = pst_sign_key_open(&run.key, seed);

	if (status == 0) {
		status = pst_audit_open(&run.audit, folder, run.key, error);
	}
	if (status == 0) {
		status = pst_policy_load(policy, &run.policy, error);
	}
	if (status == 0) {
		status = pst_catalog_load(&run.catalog, error);
	}
	if (status == 0) {
		status = pst_synth_open(&run.device, SOURCE, PST_PACE_REAL, error);
	}
	if (status == 0) {
		status = pst_events_open(&run.events, NULL, "test", error);
	}
	pst_events_listen(run.events, hear, NULL);
	return status;
}

static int run_lane(struct pst_lane_summary *ret_summary, struct pst_error *error)
{
	static const uint8_t digest[PST_POLICY_DIGEST_SIZE];
	struct pst_lane_spec spec = {.config = &run.config,
		.scenario = &run.scenario,
		.policy = run.policy,
		.device = run.device,
		.audit = run.audit,
		.signer = run.key,
		.events = run.events,
		.policy_digest = digest,
		.version = "test"};
	int status = find(PST_PLUGIN_DETECTOR, "marks", &spec.detector, error);

	if (status == 0) {
		status = find(PST_PLUGIN_EXTRACTOR, "mean", &spec.extractor, error);
	}
	if (status == 0) {
		status = find(PST_PLUGIN_MATCHER, "tally", &spec.matcher, error);
	}
	if (status == 0) {
		status = pst_lane_create(&run.lane, &spec, error);
	}
	if (status == 0) {
		status = pst_lane_run(run.lane, ret_summary, error);
	}
	pst_lane_destroy(&run.lane);
	return status;
}

static void close_all(const char *folder)
{
	char command[128];

	pst_events_close(&run.events);
	pst_device_close(&run.device);
	pst_catalog_destroy(&run.catalog);
	pst_policy_destroy(&run.policy);
	(void)pst_audit_close(&run.audit);
	pst_sign_key_close(&run.key);
	pst_scenario_finish(&run.scenario);
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	(void)!system(command);
}

int optouts_run(const char *policy, uint32_t count, struct optout *ret_optouts,
	struct pst_lane_summary *ret_summary, struct pst_error *error)
{
	char folder[] = "/tmp/postern-optouts-XXXXXX";

	memset(&run, 0, sizeof(run));
	memset(ret_optouts, 0, count * sizeof(*ret_optouts));
	run.optouts = ret_optouts;
	if (!mkdtemp(folder)) {
		return pst_error_set(error, -errno, "%s: %s", folder, strerror(errno));
	}
	int status = open_all(folder, policy, error);
	if (status == 0) {
		status = configure(error);
	}
	if (status == 0) {
		status = write_scenario(count, error);
	}
	if (status == 0) {
		status = run_lane(ret_summary, error);
	}
	close_all(folder);
	return status;
}
