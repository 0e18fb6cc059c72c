/* SPDX-License-Identifier: Apache-2.0 */
/* The life of an instance: init, finish, again, several at once. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "conform/answer.h"
#include "conform/exam.h"
#include "conform/watch.h"

#define INIT_MS 20000 /* a lane's patience */
#define INIT_LIMIT_MS 25000
#define MANY 50
#define MANY_LIMIT_MS 30000
#define MANY_NS (3 * PST_NS_PER_S)  /* then it is enough */
#define LEAK_MAX ((int64_t)1 << 20) /* bytes that MANY lives may leave behind: pools, caches */
#define LEAK_PART 16		    /* of what one life takes, or that */

/* The options of the last trial of a check of its own, closed by it. */
static struct pst_trial other;
static struct pst_answer first, second;

static enum pst_mark check_init(struct pst_exam *exam)
{
	return pst_exam_trial(exam) ? PST_MARK_PASS : pst_fail(exam, "%s", exam->why.text);
}

static enum pst_mark check_init_time(struct pst_exam *exam)
{
	struct pst_error error = {0};
	int64_t begin = pst_clock_mono_ns(), ms;
	int status = pst_trial_open(&other, &exam->plugin, &error);

	pst_trial_close(&other);
	ms = (pst_clock_mono_ns() - begin) / PST_NS_PER_MS;
	if (status < 0) {
		return pst_no_instance(exam);
	}
	return ms <= INIT_MS ? PST_MARK_PASS
			     : pst_fail(exam, "init took %lld ms, a lane waits %d ms",
				       (long long)ms, INIT_MS);
}

static enum pst_mark check_finish(struct pst_exam *exam)
{
	struct pst_error error = {0};

	if (pst_trial_open(&other, &exam->plugin, &error) < 0) {
		pst_trial_close(&other);
		return pst_no_instance(exam);
	}
	pst_trial_finish(&other);
	pst_trial_close(&other); /* its memory is gone now: who still touches it dies */
	return PST_MARK_PASS;
}

static enum pst_mark check_init_twice(struct pst_exam *exam)
{
	struct pst_error error = {0};
	int status;

	if (pst_trial_open(&other, &exam->plugin, &error) < 0) {
		pst_trial_close(&other);
		return pst_no_instance(exam);
	}
	status = pst_trial_again(&other);
	pst_trial_close(&other);
	return status == 0 ? PST_MARK_PASS
			   : pst_fail(exam,
				     "the second init returned %d (%s): keep no state "
				     "outside of the instance",
				     status, pst_status_name(status));
}

static enum pst_mark check_two_at_once(struct pst_exam *exam)
{
	struct pst_error error = {0};
	int status;

	if (!pst_exam_trial(exam)) {
		return pst_no_instance(exam);
	}
	status = pst_trial_open(&other, &exam->plugin, &error);
	pst_trial_close(&other);
	return status == 0 ? PST_MARK_PASS
			   : pst_fail(exam, "while one instance lives: %s", error.text);
}

/* One instance's answer, with work of another one in between. */
static enum pst_mark compare_across(struct pst_exam *exam, bool finish)
{
	struct pst_trial *trial = pst_exam_trial(exam);
	struct pst_error error = {0};
	int status;

	if (!trial || pst_work(exam, trial, 0, 0, &first) < 0 ||
		pst_trial_open(&other, &exam->plugin, &error) < 0) {
		pst_trial_close(&other);
		return pst_no_instance(exam);
	}
	status = pst_work(exam, &other, 1, 0, &second);
	if (finish) {
		pst_trial_close(&other);
	}
	status = status < 0 ? status : pst_work(exam, trial, 0, 0, &second);
	pst_trial_close(&other);
	if (status < 0) {
		return pst_no_memory(exam);
	}
	return pst_answers_equal(&first, &second)
		       ? PST_MARK_PASS
		       : pst_fail(exam,
				 "the answer to the same input changed from %d to %d after "
				 "another instance %s: keep no state outside of the instance",
				 first.status, second.status,
				 finish ? "had finished" : "had worked");
}

static enum pst_mark check_instances_apart(struct pst_exam *exam)
{
	return compare_across(exam, false);
}

static enum pst_mark check_finish_other(struct pst_exam *exam)
{
	return compare_across(exam, true);
}

static enum pst_mark check_instance_memory(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_trial(exam);

	if (!trial || pst_work(exam, trial, 0, 0, &first) < 0 ||
		pst_work(exam, trial, 1, 0, &first) < 0) {
		return pst_no_instance(exam);
	}
	return pst_trial_is_intact(trial)
		       ? PST_MARK_PASS
		       : pst_fail(exam,
				 "bytes around the %llu of the instance were written: is "
				 "instance_size the size of your struct?",
				 (unsigned long long)trial->entry->instance_size);
}

static enum pst_mark check_host_read_only(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_trial(exam);

	if (!trial || pst_work(exam, trial, 0, 0, &first) < 0) {
		return pst_no_instance(exam);
	}
	return memcmp(&trial->host, &trial->given, sizeof(trial->host)) == 0
		       ? PST_MARK_PASS
		       : pst_fail(exam, "the host's struct was written: it is the host's own");
}

/* Starts an instance with something missing. @return what init returned; ret_was_started tells */
static int try_without(struct pst_exam *exam, bool options, const char *model)
{
	struct pst_error error = {0};
	int status = pst_trial_load(&other, &exam->plugin, &error);

	if (status == 0 && options) {
		other.plugin.option_count = 0;
	}
	if (status == 0 && model) {
		(void)snprintf(other.plugin.model, sizeof(other.plugin.model), "%s", model);
	}
	if (status == 0) {
		status = pst_trial_init(&other);
	}
	pst_trial_close(&other);
	return status;
}

static bool is_init_status(int status)
{
	return status == 0 || status == PST_E_CONFIG || status == -ENOMEM || status == PST_E_PLUGIN;
}

static enum pst_mark check_no_options(struct pst_exam *exam)
{
	if (!pst_exam_trial(exam)) {
		return pst_no_instance(exam);
	}
	(void)try_without(exam, true, NULL); /* any answer will do, as long as there is one */
	return PST_MARK_PASS;
}

static enum pst_mark check_no_model(struct pst_exam *exam)
{
	int status;

	if (!pst_exam_trial(exam)) {
		return pst_no_instance(exam);
	}
	if (!exam->plugin.model[0]) {
		return pst_skip(exam, "the manifest names no model");
	}
	status = try_without(exam, false, "");
	return status == PST_E_CONFIG ? PST_MARK_PASS
				      : pst_fail(exam,
						"init returned %d (%s) without a model, not "
						"PST_E_CONFIG: model_path may be NULL",
						status, pst_status_name(status));
}

static enum pst_mark check_empty_model(struct pst_exam *exam)
{
	int status;

	if (!pst_exam_trial(exam)) {
		return pst_no_instance(exam);
	}
	if (!exam->plugin.model[0]) {
		return pst_skip(exam, "the manifest names no model");
	}
	status = try_without(exam, false, "/dev/null");
	return status == PST_E_CONFIG || status == PST_E_PLUGIN
		       ? PST_MARK_PASS
		       : pst_fail(exam,
				 "init returned %d (%s) with an empty model: check what you "
				 "read",
				 status, pst_status_name(status));
}

/* Every way of failing that can be had: without options, without a model, with an empty one. */
static enum pst_mark check_failed_init(struct pst_exam *exam)
{
	struct pst_surroundings before, after;
	char what[128] = "";

	if (!pst_exam_trial(exam)) {
		return pst_no_instance(exam);
	}
	(void)try_without(exam, true, "");
	pst_surroundings_take(&before);
	for (int i = 0; i < 3; i++) {
		(void)try_without(exam, true, "");
		(void)try_without(exam, false, exam->plugin.model[0] ? "/dev/null" : NULL);
	}
	pst_surroundings_take(&after);
	if (!pst_surroundings_same_descriptors(&before, &after, what, sizeof(what))) {
		return pst_fail(exam, "%s stays open after an init that failed", what);
	}
	return after.threads <= before.threads
		       ? PST_MARK_PASS
		       : pst_fail(exam, "%d threads go on after an init that failed",
				 after.threads - before.threads);
}

static enum pst_mark check_init_status(struct pst_exam *exam)
{
	int status[3];

	if (!pst_exam_trial(exam)) {
		return pst_no_instance(exam);
	}
	status[0] = try_without(exam, true, NULL);
	status[1] = try_without(exam, false, "");
	status[2] = try_without(exam, true, exam->plugin.model[0] ? "/dev/null" : NULL);
	for (int i = 0; i < 3; i++) {
		if (!is_init_status(status[i])) {
			return pst_fail(exam,
				"init returned %d (%s): it is 0, PST_E_CONFIG, "
				"-ENOMEM or PST_E_PLUGIN",
				status[i], pst_status_name(status[i]));
		}
	}
	return PST_MARK_PASS;
}

/* Lives and deaths until it is enough. @return how many */
static int live(struct pst_exam *exam, int most, int *ret_status)
{
	int64_t end = pst_clock_mono_ns() + MANY_NS;
	int count = 0;

	*ret_status = 0;
	while (*ret_status == 0 && count < most && pst_clock_mono_ns() < end) {
		struct pst_error error = {0};

		*ret_status = pst_trial_open(&other, &exam->plugin, &error);
		pst_trial_close(&other);
		count++;
	}
	return count;
}

static enum pst_mark check_many(struct pst_exam *exam)
{
	int status, count;

	if (!pst_exam_trial(exam)) {
		return pst_no_instance(exam);
	}
	count = live(exam, MANY, &status);
	return status == 0 ? PST_MARK_PASS
			   : pst_fail(exam, "init number %d returned %d (%s)", count, status,
				     pst_status_name(status));
}

static enum pst_mark check_no_memory_leak(struct pst_exam *exam)
{
	int64_t before, after, one, most;
	int status, count;

	if (!pst_exam_trial(exam)) {
		return pst_no_instance(exam);
	}
	one = pst_surroundings_memory();
	(void)live(exam, 3, &status); /* caches of libraries fill */
	before = pst_surroundings_memory();
	one = before - one;
	count = live(exam, MANY, &status);
	after = pst_surroundings_memory();
	most = one / LEAK_PART * count > LEAK_MAX ? one / LEAK_PART * count : LEAK_MAX;
	return status < 0 || after - before <= most
		       ? PST_MARK_PASS
		       : pst_fail(exam, "%lld KiB more after %d lives: finish frees what init took",
				 (long long)(after - before) / 1024, count);
}

static enum pst_mark check_no_leak_of_others(struct pst_exam *exam)
{
	struct pst_surroundings before, after;
	char what[128] = "";
	int status;

	if (!pst_exam_trial(exam)) {
		return pst_no_instance(exam);
	}
	(void)live(exam, 2, &status);
	pst_surroundings_take(&before);
	(void)live(exam, 5, &status);
	pst_surroundings_take(&after);
	if (exam->current == PST_CHECK_LIFE_NO_THREAD_LEAK) {
		return after.threads <= before.threads
			       ? PST_MARK_PASS
			       : pst_fail(exam, "%d threads more after 5 lives: finish joins them",
					 after.threads - before.threads);
	}
	return pst_surroundings_same_descriptors(&before, &after, what, sizeof(what))
		       ? PST_MARK_PASS
		       : pst_fail(exam, "%s stays open after finish", what);
}

static enum pst_mark check_options_declared(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_trial(exam);

	if (!trial) {
		return pst_no_instance(exam);
	}
	return trial->manners.undeclared[0] == 0
		       ? PST_MARK_PASS
		       : pst_fail(exam, "option '%s' is asked for, and not declared with that type",
				 trial->manners.undeclared);
}

static enum pst_mark check_log_lines(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_trial(exam);

	if (!trial || pst_work(exam, trial, 0, 0, &first) < 0) {
		return pst_no_instance(exam);
	}
	return trial->manners.bad_line[0] == 0
		       ? PST_MARK_PASS
		       : pst_fail(exam, "it logged %s", trial->manners.bad_line);
}

static enum pst_mark check_init_keeps(struct pst_exam *exam)
{
	static const struct {
		enum pst_check check;
		pst_same_fn same;
	} parts[] = {
		{PST_CHECK_LIFE_KEEPS_SIGNALS, pst_surroundings_same_signals},
		{PST_CHECK_LIFE_KEEPS_ENVIRONMENT, pst_surroundings_same_environment},
		{PST_CHECK_LIFE_KEEPS_FOLDER, pst_surroundings_same_folder},
		{PST_CHECK_LIFE_KEEPS_LIMITS, pst_surroundings_same_limits},
		{PST_CHECK_LIFE_KEEPS_LOCALE, pst_surroundings_same_locale},
		{PST_CHECK_LIFE_KEEPS_ROUNDING, pst_surroundings_same_rounding},
	};
	size_t i = 0;

	if (!pst_exam_trial(exam)) {
		return pst_no_instance(exam);
	}
	while (parts[i].check != exam->current) {
		i++;
	}
	return pst_keeps(exam, parts[i].same, &exam->loaded, &exam->started, "init");
}

const struct pst_check_run pst_runs_life[] = {
	{PST_CHECK_LIFE_INIT, check_init, INIT_LIMIT_MS},
	{PST_CHECK_LIFE_INIT_TIME, check_init_time, INIT_LIMIT_MS},
	{PST_CHECK_LIFE_FINISH, check_finish, 0},
	{PST_CHECK_LIFE_INIT_TWICE, check_init_twice, 0},
	{PST_CHECK_LIFE_TWO_AT_ONCE, check_two_at_once, 0},
	{PST_CHECK_LIFE_INSTANCES_APART, check_instances_apart, 0},
	{PST_CHECK_LIFE_FINISH_OTHER, check_finish_other, 0},
	{PST_CHECK_LIFE_INSTANCE_MEMORY, check_instance_memory, 0},
	{PST_CHECK_LIFE_HOST_READ_ONLY, check_host_read_only, 0},
	{PST_CHECK_LIFE_NO_OPTIONS, check_no_options, 0},
	{PST_CHECK_LIFE_NO_MODEL, check_no_model, 0},
	{PST_CHECK_LIFE_EMPTY_MODEL, check_empty_model, 0},
	{PST_CHECK_LIFE_FAILED_INIT, check_failed_init, 0},
	{PST_CHECK_LIFE_INIT_STATUS, check_init_status, 0},
	{PST_CHECK_LIFE_MANY, check_many, MANY_LIMIT_MS},
	{PST_CHECK_LIFE_NO_MEMORY_LEAK, check_no_memory_leak, MANY_LIMIT_MS},
	{PST_CHECK_LIFE_NO_DESCRIPTOR_LEAK, check_no_leak_of_others, MANY_LIMIT_MS},
	{PST_CHECK_LIFE_NO_THREAD_LEAK, check_no_leak_of_others, MANY_LIMIT_MS},
	{PST_CHECK_LIFE_OPTIONS_DECLARED, check_options_declared, 0},
	{PST_CHECK_LIFE_LOG_LINES, check_log_lines, 0},
	{PST_CHECK_LIFE_KEEPS_SIGNALS, check_init_keeps, 0},
	{PST_CHECK_LIFE_KEEPS_ENVIRONMENT, check_init_keeps, 0},
	{PST_CHECK_LIFE_KEEPS_FOLDER, check_init_keeps, 0},
	{PST_CHECK_LIFE_KEEPS_LIMITS, check_init_keeps, 0},
	{PST_CHECK_LIFE_KEEPS_LOCALE, check_init_keeps, 0},
	{PST_CHECK_LIFE_KEEPS_ROUNDING, check_init_keeps, 0},
	{0},
};
