/* SPDX-License-Identifier: Apache-2.0 */
/* What holds of every call of every kind: same answers, bounded time and memory, no traces. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "conform/answer.h"
#include "conform/exam.h"

#define DEADLINE_MS 2000 /* a lane's */
#define CALLS 2000
#define CALLS_NS (4 * PST_NS_PER_S) /* then it is enough */
#define WARM_CALLS 60
#define GROWTH_MAX ((int64_t)1 << 20) /* bytes */
#define LONG_MS 30000
#define STACK_MAX ((size_t)1 << 20)
#define STACK_PAINTED ((size_t)3 << 20)
#define STACK_NEAR 8192 /* bytes of this program's own frames, not painted */
#define STACK_COLOUR 0x5a
#define LOG_CALLS 20
#define LOG_MAX 5
#define LATE_NS (700 * PST_NS_PER_MS)
#define IDLE_NS (400 * PST_NS_PER_MS)

static struct pst_trial other;
static struct pst_answer first, second;

/* The work that is done over and over: with a picture, drawn once. */
struct work {
	struct pst_view view;
	struct pst_trial *trial;
};

static int begin(struct pst_exam *exam, bool full, struct work *work)
{
	struct pst_shape shape = pst_album_shape(&exam->album, PST_CONTENT_FACE);

	*work = (struct work){.trial = pst_exam_trial(exam)};
	if (!work->trial) {
		return PST_E_NOT_FOUND;
	}
	if (exam->plugin.kind == PST_PLUGIN_MATCHER) {
		return 0;
	}
	shape.width = full ? exam->album.full_width : shape.width;
	shape.height = full ? exam->album.full_height : shape.height;
	return pst_view_open(&work->view, &exam->album, &shape);
}

static int again(struct pst_exam *exam, struct work *work, struct pst_answer *ret_answer)
{
	if (exam->plugin.kind == PST_PLUGIN_MATCHER) {
		return pst_work(exam, work->trial, 0, 0, ret_answer);
	}
	return pst_see(
		work->trial, &work->view.image, &work->view.face, 0, PST_ROOM_USUAL, ret_answer);
}

static enum pst_mark cannot(struct pst_exam *exam, int status)
{
	if (status == PST_E_FORMAT) {
		return pst_skip(exam, "the matcher takes no template: see match.add");
	}
	return status == -ENOMEM ? pst_no_memory(exam) : pst_no_instance(exam);
}

static enum pst_mark same(struct pst_exam *exam, const char *when)
{
	if (pst_answers_equal(&first, &second)) {
		return PST_MARK_PASS;
	}
	return pst_fail(exam, "the answer to the same input is another one %s (%d, then %d)%s",
		when, first.status, second.status,
		first.status == second.status ? ": the bytes differ" : "");
}

static enum pst_mark check_same_twice(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_trial(exam);
	enum pst_mark mark = PST_MARK_PASS;

	if (!trial) {
		return pst_no_instance(exam);
	}
	for (uint32_t input = 0; mark == PST_MARK_PASS && input < 2; input++) {
		int status = pst_work(exam, trial, input, 0, &first);

		status = status < 0 ? status : pst_work(exam, trial, input, 0, &second);
		mark = status < 0 ? cannot(exam, status) : same(exam, "the second time");
	}
	return mark;
}

static enum pst_mark check_same_order(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_trial(exam);
	int status = trial ? pst_work(exam, trial, 0, 0, &first) : PST_E_NOT_FOUND;

	status = status < 0 ? status : pst_work(exam, trial, 1, 0, &second);
	status = status < 0 ? status : pst_work(exam, trial, 0, 0, &second);
	return status < 0 ? cannot(exam, status) : same(exam, "after another input");
}

/* In a new instance; ready is called before it is opened. */
static enum pst_mark compare_instance(struct pst_exam *exam, const char *when)
{
	struct pst_error error = {0};
	int status = pst_trial_open(&other, &exam->plugin, &error);
	enum pst_mark mark;

	if (status < 0) {
		mark = pst_fail(exam, "%s: %s", when, error.text);
	} else {
		status = pst_work(exam, &other, 0, 0, &second);
		mark = status < 0 ? cannot(exam, status) : same(exam, when);
	}
	pst_trial_close(&other);
	return mark;
}

static enum pst_mark check_same_instance(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_trial(exam);
	int status = trial ? pst_work(exam, trial, 1, 0, &first) : PST_E_NOT_FOUND;

	status = status < 0 ? status : pst_work(exam, trial, 0, 0, &first);
	return status < 0 ? cannot(exam, status) : compare_instance(exam, "in a new instance");
}

/* What it says is compared by postern, which runs this in two processes. */
static enum pst_mark check_same_process(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_trial(exam);
	uint64_t digest = 1469598103934665603ULL; /* FNV-1a */

	if (!trial) {
		return pst_no_instance(exam);
	}
	for (uint32_t input = 0; input < 2; input++) {
		int status = pst_work(exam, trial, input, 0, &first);

		if (status < 0) {
			return cannot(exam, status);
		}
		digest = (digest ^ (uint32_t)first.status) * 1099511628211ULL;
		for (uint32_t i = 0; i < first.size; i++) {
			digest = (digest ^ first.bytes[i]) * 1099511628211ULL;
		}
	}
	(void)snprintf(
		exam->text, sizeof(exam->text), "answers %016llx", (unsigned long long)digest);
	return PST_MARK_PASS;
}

static enum pst_mark check_not_stale(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_trial(exam);
	int status = trial ? pst_work(exam, trial, 0, 0x11, &first) : PST_E_NOT_FOUND;

	if (exam->plugin.kind == PST_PLUGIN_PAD) {
		return pst_skip(exam, "the host zeroes the result of this kind");
	}
	status = status < 0 ? status : pst_work(exam, trial, 0, 0xee, &second);
	return status < 0 ? cannot(exam, status)
			  : same(exam, "when the buffer held other bytes: write all of it");
}

static enum pst_mark check_output_not_kept(struct pst_exam *exam)
{
	static uint8_t before[PST_TEMPLATE_MAX];
	static struct pst_answer kept;
	struct pst_trial *trial = pst_exam_trial(exam);
	int status = trial ? pst_work(exam, trial, 0, 0x11, &kept) : PST_E_NOT_FOUND;
	size_t size = kept.out.size < sizeof(before) ? kept.out.size : sizeof(before);
	bool changed;

	if (status < 0) {
		return cannot(exam, status);
	}
	memcpy(before, kept.out.data, size);
	status = pst_work(exam, trial, 1, 0x11, &second);
	changed = memcmp(before, kept.out.data, size) != 0;
	pst_answer_close(&kept);
	if (status < 0) {
		return cannot(exam, status);
	}
	if (pst_work(exam, trial, 1, 0x11, &second) < 0) { /* who keeps the address dies here */
		return pst_no_memory(exam);
	}
	return changed ? pst_fail(exam,
				 "the buffer of a call was written by a later one: it is the "
				 "plugin's only until it returns")
		       : PST_MARK_PASS;
}

static enum pst_mark check_in_time(struct pst_exam *exam)
{
	struct work work;
	int64_t best_ns = INT64_MAX;
	int status = begin(exam, true, &work);

	for (int i = 0; status >= 0 && i < 3; i++) {
		int64_t start = pst_clock_mono_ns(), took;

		status = again(exam, &work, &first);
		took = pst_clock_mono_ns() - start;
		best_ns = took < best_ns ? took : best_ns;
	}
	pst_view_close(&work.view);
	if (status < 0) {
		return cannot(exam, status);
	}
	return best_ns <= DEADLINE_MS * PST_NS_PER_MS
		       ? PST_MARK_PASS
		       : pst_fail(exam,
				 "the fastest of three calls took %lld ms; a lane kills the "
				 "worker after %d ms",
				 (long long)(best_ns / PST_NS_PER_MS), DEADLINE_MS);
}

static enum pst_mark check_no_growth(struct pst_exam *exam)
{
	struct work work;
	int status = begin(exam, false, &work);
	int64_t end = pst_clock_mono_ns() + CALLS_NS, before = 0, grown;
	int calls = 0;

	for (int i = 0; status >= 0 && i < WARM_CALLS; i++) {
		status = again(exam, &work, &first);
	}
	before = pst_surroundings_memory();
	while (status >= 0 && calls < CALLS && pst_clock_mono_ns() < end) {
		status = again(exam, &work, &first);
		calls++;
	}
	grown = pst_surroundings_memory() - before;
	pst_view_close(&work.view);
	if (status < 0) {
		return cannot(exam, status);
	}
	return grown <= GROWTH_MAX ? PST_MARK_PASS
				   : pst_fail(exam,
					     "%lld KiB more after %d calls: what is "
					     "allocated in a call is freed in it",
					     (long long)grown / 1024, calls);
}

static enum pst_mark check_keeps_descriptors(struct pst_exam *exam)
{
	struct pst_surroundings before, after;
	struct work work;
	char what[64] = "";
	int status = begin(exam, false, &work);

	pst_surroundings_take(&before);
	for (int i = 0; status >= 0 && i < 5; i++) {
		status = again(exam, &work, &first);
	}
	pst_surroundings_take(&after);
	pst_view_close(&work.view);
	if (status < 0) {
		return cannot(exam, status);
	}
	return pst_surroundings_same_descriptors(&before, &after, what, sizeof(what))
		       ? PST_MARK_PASS
		       : pst_fail(exam, "%s was opened or closed by a call", what);
}

/* What lies below this frame: nobody's, until something is called. */
static __attribute__((noinline)) volatile uint8_t *stack_below(void)
{
	return (volatile uint8_t *)__builtin_frame_address(0) - STACK_NEAR;
}

static enum pst_mark check_stack(struct pst_exam *exam)
{
	struct work work;
	int status = begin(exam, true, &work);
	volatile uint8_t *top = stack_below();
	size_t used = 0;

	status = status < 0 ? status : again(exam, &work, &first);
	for (size_t i = 0; i < STACK_PAINTED; i++) {
		top[-(ptrdiff_t)i] = STACK_COLOUR;
	}
	status = status < 0 ? status : again(exam, &work, &first);
	for (size_t i = 0; i < STACK_PAINTED; i++) {
		used = top[-(ptrdiff_t)i] != STACK_COLOUR ? i : used;
	}
	pst_view_close(&work.view);
	if (status < 0) {
		return cannot(exam, status);
	}
	return used <= STACK_MAX ? PST_MARK_PASS
				 : pst_fail(exam,
					   "a call uses %zu KiB of stack or more: put large "
					   "arrays into the instance",
					   used / 1024);
}

static enum pst_mark check_options_in_init(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_trial(exam);
	int status = trial ? pst_work(exam, trial, 0, 0, &first) : PST_E_NOT_FOUND;

	if (status < 0) {
		return cannot(exam, status);
	}
	return trial->manners.late[0] == 0 ? PST_MARK_PASS
					   : pst_fail(exam, "a call asked for %s: read it in init",
						     trial->manners.late);
}

static enum pst_mark check_log_sparse(struct pst_exam *exam)
{
	struct work work;
	int status = begin(exam, false, &work);
	uint32_t before = status < 0 ? 0 : work.trial->manners.lines, lines;

	for (int i = 0; status >= 0 && i < LOG_CALLS; i++) {
		status = again(exam, &work, &first);
	}
	pst_view_close(&work.view);
	if (status < 0) {
		return cannot(exam, status);
	}
	lines = work.trial->manners.lines - before;
	return lines <= LOG_MAX ? PST_MARK_PASS
				: pst_fail(exam, "%u lines in %d calls, the last: %s", lines,
					  LOG_CALLS, work.trial->manners.said);
}

static enum pst_mark check_call_keeps(struct pst_exam *exam)
{
	static const struct {
		enum pst_check check;
		pst_same_fn same;
	} parts[] = {
		{PST_CHECK_FRAME_KEEPS_SIGNALS, pst_surroundings_same_signals},
		{PST_CHECK_FRAME_KEEPS_ENVIRONMENT, pst_surroundings_same_environment},
		{PST_CHECK_FRAME_KEEPS_FOLDER, pst_surroundings_same_folder},
		{PST_CHECK_FRAME_KEEPS_LIMITS, pst_surroundings_same_limits},
		{PST_CHECK_FRAME_KEEPS_LOCALE, pst_surroundings_same_locale},
		{PST_CHECK_FRAME_KEEPS_ROUNDING, pst_surroundings_same_rounding},
	};
	struct pst_trial *trial = pst_exam_trial(exam);
	struct pst_surroundings after;
	int status = trial ? pst_work(exam, trial, 0, 0, &first) : PST_E_NOT_FOUND;
	size_t i = 0;

	status = status < 0 ? status : pst_work(exam, trial, 1, 0, &first);
	if (status < 0) {
		return cannot(exam, status);
	}
	pst_surroundings_take(&after);
	while (parts[i].check != exam->current) {
		i++;
	}
	return pst_keeps(exam, parts[i].same, &exam->started, &after, "a call");
}

static enum pst_mark check_environment_free(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_trial(exam);
	char **environment = environ;
	int status = trial ? pst_work(exam, trial, 0, 0, &first) : PST_E_NOT_FOUND;
	enum pst_mark mark;

	if (status < 0) {
		return cannot(exam, status);
	}
	environ = NULL;
	(void)!chdir("/");
	mark = compare_instance(exam, "without environment and in another folder");
	environ = environment;
	(void)!chdir(exam->began.folder);
	return mark;
}

/* Threads beyond the calling one, after some work. */
static int count_threads(struct pst_exam *exam, int *ret_count)
{
	struct pst_trial *trial = pst_exam_trial(exam);
	int status = trial ? pst_work(exam, trial, 0, 0, &first) : PST_E_NOT_FOUND;

	*ret_count = pst_surroundings_threads() - 1;
	return status;
}

static enum pst_mark check_threads_declared(struct pst_exam *exam)
{
	int count;
	int status = count_threads(exam, &count);

	if (status < 0) {
		return cannot(exam, status);
	}
	return count <= (int)exam->plan.threads - 1
		       ? PST_MARK_PASS
		       : pst_fail(exam, "%d threads with the calling one, the manifest declares %u",
				 count + 1, exam->plan.threads);
}

static void wait_ns(int64_t ns)
{
	const struct timespec time = {.tv_sec = ns / PST_NS_PER_S, .tv_nsec = ns % PST_NS_PER_S};

	(void)nanosleep(&time, NULL);
}

static enum pst_mark check_threads_none_late(struct pst_exam *exam)
{
	int count, late;
	int status = count_threads(exam, &count);

	if (status < 0) {
		return cannot(exam, status);
	}
	wait_ns(LATE_NS);
	late = pst_surroundings_threads();
	return late <= exam->started.threads && count + 1 <= exam->started.threads
		       ? PST_MARK_PASS
		       : pst_fail(exam,
				 "%d threads after init, %d after a call and a while: start "
				 "them in init",
				 exam->started.threads, late > count + 1 ? late : count + 1);
}

static enum pst_mark check_threads_idle(struct pst_exam *exam)
{
	int64_t before, used;
	int count;
	int status = count_threads(exam, &count);

	if (status < 0) {
		return cannot(exam, status);
	}
	wait_ns(IDLE_NS / 2); /* pools that look for more work give up */
	before = pst_surroundings_cpu_ns();
	wait_ns(IDLE_NS);
	used = pst_surroundings_cpu_ns() - before;
	return used <= IDLE_NS / 4 ? PST_MARK_PASS
				   : pst_fail(exam,
					     "%lld ms of processor time in %lld ms without a "
					     "call: let threads wait",
					     (long long)(used / PST_NS_PER_MS),
					     (long long)(IDLE_NS / PST_NS_PER_MS));
}

const struct pst_check_run pst_runs_frame[] = {
	{PST_CHECK_FRAME_SAME_TWICE, check_same_twice, 0},
	{PST_CHECK_FRAME_SAME_ORDER, check_same_order, 0},
	{PST_CHECK_FRAME_SAME_INSTANCE, check_same_instance, 0},
	{PST_CHECK_FRAME_SAME_PROCESS, check_same_process, 0},
	{PST_CHECK_FRAME_NOT_STALE, check_not_stale, 0},
	{PST_CHECK_FRAME_OUTPUT_NOT_KEPT, check_output_not_kept, 0},
	{PST_CHECK_FRAME_IN_TIME, check_in_time, LONG_MS},
	{PST_CHECK_FRAME_NO_GROWTH, check_no_growth, LONG_MS},
	{PST_CHECK_FRAME_KEEPS_DESCRIPTORS, check_keeps_descriptors, 0},
	{PST_CHECK_FRAME_STACK, check_stack, 0},
	{PST_CHECK_FRAME_OPTIONS_IN_INIT, check_options_in_init, 0},
	{PST_CHECK_FRAME_LOG_SPARSE, check_log_sparse, 0},
	{PST_CHECK_FRAME_KEEPS_SIGNALS, check_call_keeps, 0},
	{PST_CHECK_FRAME_KEEPS_ENVIRONMENT, check_call_keeps, 0},
	{PST_CHECK_FRAME_KEEPS_FOLDER, check_call_keeps, 0},
	{PST_CHECK_FRAME_KEEPS_LIMITS, check_call_keeps, 0},
	{PST_CHECK_FRAME_KEEPS_LOCALE, check_call_keeps, 0},
	{PST_CHECK_FRAME_KEEPS_ROUNDING, check_call_keeps, 0},
	{PST_CHECK_FRAME_ENVIRONMENT_FREE, check_environment_free, 0},
	{PST_CHECK_THREADS_DECLARED, check_threads_declared, 0},
	{PST_CHECK_THREADS_NONE_LATE, check_threads_none_late, 0},
	{PST_CHECK_THREADS_IDLE, check_threads_idle, 0},
	{0},
};
