/* SPDX-License-Identifier: Apache-2.0 */
#include "host/conform.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/conform_impl.h"
#include "host/worker_impl.h"

#define START_NS (20 * PST_NS_PER_S)   /* to the first check: drawing, confining */
#define BETWEEN_NS (10 * PST_NS_PER_S) /* from a check to the next, and finish */
#define END_MS 3000		       /* for the last words of a process */
#define HANGS_MAX 2		       /* then it is enough: whoever waits has other things to do */
#define DEATHS_MAX 40
#define PRINTED_SIZE 80

/* One run of checks: what it is about, and the process under way. */
struct run {
	struct pst_conformance *c;
	const bool *wanted;
	struct pst_wire_message *start; /* owned */
	struct pst_plan plan;		/* its checks are those of the process */
	char program[PATH_MAX];
	uint32_t hangs;
	uint32_t deaths;

	struct pst_process process;
	int current; /* the check under way, or -1 */
	int last;    /* the one before it, or -1 */
	int64_t current_ns;
	int64_t deadline_ns;
	uint32_t settled; /* checks of the plan that have ended */
	bool began;	  /* a first check has */
	bool done;	  /* the process said so */
	bool killed;	  /* by us: it hung, or talked nonsense */
	char last_words[256];
};

bool pst_conformance_wants(
	const struct pst_conformance *c, const bool *wanted, enum pst_check check)
{
	if (wanted && !wanted[check]) {
		return false;
	}
	if (c->plugin.manifest) {
		return pst_check_is_for(check, c->plugin.manifest->kind);
	}
	return pst_check_is_for(check, PST_PLUGIN_MATCHER) &&
	       pst_check_is_for(check, PST_PLUGIN_DETECTOR);
}

static void settle_v(struct pst_conformance *c, const bool *wanted, enum pst_check check,
	enum pst_mark mark, const char *format, va_list args)
{
	struct pst_finding *finding = &c->finding[check];

	if (!pst_conformance_wants(c, wanted, check) || finding->mark == PST_MARK_FAIL ||
		(finding->mark != PST_MARK_UNSET && mark != PST_MARK_FAIL)) {
		return;
	}
	finding->mark = mark;
	(void)vsnprintf(finding->text, sizeof(finding->text), format, args);
	pst_report_clean(finding->text);
}

void pst_conformance_settle(struct pst_conformance *c, const bool *wanted, enum pst_check check,
	enum pst_mark mark, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	settle_v(c, wanted, check, mark, format, args);
	va_end(args);
}

static void fail(struct run *run, enum pst_check check, const char *format, ...) PST_PRINTF(3, 4);

static void fail(struct run *run, enum pst_check check, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	settle_v(run->c, run->wanted, check, PST_MARK_FAIL, format, args);
	va_end(args);
}

static const char *under_way(const struct run *run)
{
	int check = run->current >= 0 ? run->current : run->last;

	return run->done || check < 0 ? "the end of the process"
				      : pst_check_info((enum pst_check)check)->id;
}

/* The check under way is over. */
static void close_current(struct run *run)
{
	if (run->current >= 0) {
		run->last = run->current;
		run->c->finding[run->current].took_ns = pst_clock_mono_ns() - run->current_ns;
		run->settled++;
	}
	run->current = -1;
	run->deadline_ns = pst_clock_mono_ns() + BETWEEN_NS;
}

/* @return whether the report is one that may come now */
static bool take_report(struct run *run, const struct pst_report *report)
{
	if (report->type == PST_REPORT_DONE) {
		run->done = run->current < 0 && run->settled == run->plan.count;
		run->deadline_ns = pst_clock_mono_ns() + BETWEEN_NS;
		return run->done;
	}
	if (report->type == PST_REPORT_BEGIN) {
		if (run->current >= 0 || run->settled >= run->plan.count ||
			report->check != run->plan.check[run->settled]) {
			return false;
		}
		run->began = true;
		run->current = (int)report->check;
		run->current_ns = pst_clock_mono_ns();
		run->deadline_ns = run->current_ns + report->limit_ms * PST_NS_PER_MS;
		return true;
	}
	if (report->type == PST_REPORT_TOLD
			? pst_check_info(report->check)->group != PST_CHECK_GROUP_CONDUCT
			: (int)report->check != run->current) {
		return false;
	}
	pst_conformance_settle(
		run->c, run->wanted, report->check, report->mark, "%s", report->text);
	if (report->type == PST_REPORT_END) {
		close_current(run);
	}
	return true;
}

/* @return 1 a report was taken; 0 none for now; -EPIPE the process is gone or talks nonsense */
static int read_report(struct run *run)
{
	uint8_t buffer[PST_REPORT_SIZE_MAX];
	struct pst_report report;
	ssize_t size = recv(run->process.control, buffer, sizeof(buffer), MSG_DONTWAIT | MSG_TRUNC);

	if (size < 0) {
		return errno == EAGAIN || errno == EINTR ? 0 : -EPIPE;
	}
	if (size == 0) {
		return -EPIPE;
	}
	if (size > (ssize_t)sizeof(buffer) ||
		pst_report_decode(buffer, (size_t)size, &report) < 0 ||
		!take_report(run, &report)) {
		fail(run, PST_CHECK_GUEST_NO_OTHER_CALL,
			"something was written to descriptor %d, which is the host's (%s)",
			PST_WIRE_FD_CONTROL, under_way(run));
		run->killed = true;
		pst_process_kill(&run->process);
		return -EPIPE;
	}
	return 1;
}

/* Whatever comes here was printed; what comes before the first check is postern-conform's own. */
static bool read_log(struct run *run)
{
	char text[4096];
	ssize_t size = read(run->process.log, text, sizeof(text) - 1);

	if (size <= 0) {
		return size < 0 && (errno == EAGAIN || errno == EINTR);
	}
	text[size] = 0;
	text[strcspn(text, "\r\n")] = 0;
	if (!run->began) {
		(void)snprintf(run->last_words, sizeof(run->last_words), "%.250s",
			strncmp(text, "<1>", 3) == 0 ? text + 3 : text);
		return true;
	}
	if (run->current >= 0 &&
		pst_check_info((enum pst_check)run->current)->group == PST_CHECK_GROUP_OPTION) {
		return true; /* libraries remark that a machine has too few processors for it */
	}
	fail(run, PST_CHECK_GUEST_NO_OUTPUT, "printed '%.*s' (%s): use host->log", PRINTED_SIZE,
		text, under_way(run));
	return true;
}

static void hang(struct run *run)
{
	run->killed = true;
	run->hangs++;
	fail(run, PST_CHECK_GUEST_RETURNS, "the plugin did not return (%s)", under_way(run));
	if (run->current >= 0) {
		fail(run, (enum pst_check)run->current,
			"not over after %lld s: a call did not return",
			(long long)((pst_clock_mono_ns() - run->current_ns) / PST_NS_PER_S));
	}
	pst_process_kill(&run->process);
}

/* Which promise of conduct a death breaks. */
static void blame_death(struct run *run, int ending)
{
	const char *name = ending < 0 ? sigabbrev_np(-ending) : NULL;

	if (run->killed || (run->done && ending == 0)) {
		return;
	}
	if (ending >= 0) {
		fail(run, PST_CHECK_GUEST_NO_EXIT,
			"the plugin ended the process with status %d (%s)", ending, under_way(run));
	} else if (ending == -SIGABRT) {
		fail(run, PST_CHECK_GUEST_NO_ABORT, "the plugin aborted (%s)", under_way(run));
	} else if (ending == -SIGSYS) {
		fail(run, PST_CHECK_GUEST_NO_OTHER_CALL,
			"a forbidden system call with signals blocked (%s)", under_way(run));
	} else {
		fail(run, PST_CHECK_GUEST_NO_CRASH, "the plugin died of SIG%s (%s)",
			name ? name : "?", under_way(run));
	}
	if (run->current < 0) {
		return;
	}
	if (ending >= 0) {
		fail(run, (enum pst_check)run->current,
			"the plugin ended the process with status %d: return a status", ending);
	} else {
		fail(run, (enum pst_check)run->current, "the plugin died of SIG%s",
			name ? name : "?");
	}
}

static int send_orders(struct run *run)
{
	uint8_t buffer[PST_PLAN_SIZE_MAX];
	struct pst_wire_channel channel;
	int size = pst_plan_encode(&run->plan, buffer);
	int status = size < 0 ? size : pst_wire_channel_init(&channel, run->process.control);

	if (status < 0) {
		return status;
	}
	status = pst_wire_send(&channel, run->start, 0);
	pst_wire_channel_finish(&channel);
	if (status == 0 && send(run->process.control, buffer, (size_t)size, MSG_NOSIGNAL) < 0) {
		status = -errno;
	}
	return status;
}

/* Follows a process to its end. */
static void watch(struct run *run)
{
	bool open = true, talks = true;

	while (open) {
		struct pollfd fds[] = {{.fd = talks ? run->process.control : -1, .events = POLLIN},
			{.fd = run->process.log, .events = POLLIN},
			{.fd = run->process.pidfd, .events = POLLIN}};
		int64_t left_ns = run->deadline_ns - pst_clock_mono_ns();

		(void)poll(fds, 3, left_ns > 0 ? (int)(left_ns / PST_NS_PER_MS) + 1 : 0);
		(void)read_log(run);
		int status = 1;

		while (talks && status == 1) {
			status = read_report(run);
			talks = status >= 0;
		}
		open = (fds[2].revents & POLLIN) == 0;
		if (open && !run->killed && pst_clock_mono_ns() > run->deadline_ns) {
			hang(run);
		}
	}
	(void)read_log(run);
}

static int run_process(struct run *run, struct pst_error *error)
{
	char text[64];
	int status;

	run->current = run->last = -1;
	run->settled = 0;
	run->began = run->done = run->killed = false;
	run->last_words[0] = 0;
	status = pst_process_start(run->program, -1, &run->process, error);
	if (status < 0) {
		return status;
	}
	run->c->processes++;
	run->deadline_ns = pst_clock_mono_ns() + START_NS;
	status = send_orders(run);
	if (status == 0 || status == -EPIPE) {
		watch(run);
	}
	if (pst_process_reap(&run->process, text, sizeof(text)) && run->began) {
		blame_death(run, run->process.ending);
		run->deaths += !run->done;
	}
	close_current(run);
	pst_process_finish(&run->process, END_MS);
	if (!run->began) {
		return pst_error_set(error, PST_E_UNSAFE, "%s",
			run->last_words[0] ? run->last_words
					   : "postern-conform ended before its first check");
	}
	return 0;
}

/* A check that others make no sense without. */
static bool is_broken(const struct run *run, enum pst_check check)
{
	return run->c->finding[check].mark == PST_MARK_FAIL;
}

/* @return why the group need not be tried, or NULL */
static const char *reason_to_skip(const struct run *run, enum pst_check_group group)
{
	if (!run->c->plugin.manifest) {
		return "the manifest cannot be read: see manifest.schema";
	}
	if (is_broken(run, PST_CHECK_MANIFEST_LIBRARY_DIGEST)) {
		return "it is another library than the manifest names: see manifest.library-digest";
	}
	if (is_broken(run, PST_CHECK_MANIFEST_ABI)) {
		return "it is made for another ABI: see manifest.abi";
	}
	if (is_broken(run, PST_CHECK_MANIFEST_MODEL_DIGEST)) {
		return "its model is not there: see manifest.model-digest";
	}
	if (run->hangs >= HANGS_MAX) {
		return "it hung too often: see guest.returns";
	}
	if (run->deaths >= DEATHS_MAX) {
		return "it died too often: see guest.no-crash, guest.no-abort, guest.no-exit";
	}
	if (group > PST_CHECK_GROUP_LIBRARY && is_broken(run, PST_CHECK_LOAD_OPENS)) {
		return "the library does not load: see load.opens";
	}
	if (group > PST_CHECK_GROUP_LIFE && is_broken(run, PST_CHECK_LIFE_INIT)) {
		return "init fails: see life.init";
	}
	return NULL;
}

/*
 * What is left of a group: wanted, for this kind, and not yet decided. Each check of options has a
 * process of its own, for some libraries take a setting once.
 */
static void plan_group(struct run *run, enum pst_check_group group)
{
	bool alone = group == PST_CHECK_GROUP_OPTION && run->plan.option_count > 0;
	uint32_t most = alone ? 1 : PST_CHECKS;

	run->plan.count = 0;
	for (int i = 0; i < PST_CHECKS && run->plan.count < most; i++) {
		if (pst_check_info((enum pst_check)i)->group == group &&
			pst_conformance_wants(run->c, run->wanted, (enum pst_check)i) &&
			run->c->finding[i].mark == PST_MARK_UNSET) {
			run->plan.check[run->plan.count++] = (enum pst_check)i;
		}
	}
}

static void skip_plan(struct run *run, const char *reason)
{
	for (uint32_t i = 0; i < run->plan.count; i++) {
		pst_conformance_settle(
			run->c, run->wanted, run->plan.check[i], PST_MARK_SKIP, "%s", reason);
	}
}

/* Once a part of the group is broken that the rest of it stands on, the rest is skipped. */
static const char *reason_within(const struct run *run, enum pst_check_group group, uint32_t hangs)
{
	if (group == PST_CHECK_GROUP_LIBRARY && is_broken(run, PST_CHECK_LOAD_OPENS)) {
		return "the library does not load: see load.opens";
	}
	if (group == PST_CHECK_GROUP_LIFE && is_broken(run, PST_CHECK_LIFE_INIT)) {
		return "init fails: see life.init";
	}
	return run->hangs > hangs ? "a check before it hung: see guest.returns" : NULL;
}

static int run_group(struct run *run, enum pst_check_group group, struct pst_error *error)
{
	const char *reason = reason_to_skip(run, group);
	uint32_t hangs = run->hangs;
	int status = 0;

	plan_group(run, group);
	while (status == 0 && run->plan.count > 0) {
		enum pst_check first = run->plan.check[0];

		status = reason ? 0 : run_process(run, error);
		reason = reason ? reason : reason_within(run, group, hangs);
		reason = reason ? reason : reason_to_skip(run, group);
		if (run->c->finding[first].mark == PST_MARK_UNSET) {
			reason = reason ? reason : "the process ended before it: see guest";
		}
		plan_group(run, group);
		if (reason) {
			skip_plan(run, reason);
			plan_group(run, group);
		}
	}
	return status;
}

/* The same answers in another process: what the check says is compared. */
static int compare_processes(struct run *run, struct pst_error *error)
{
	struct pst_finding *finding = &run->c->finding[PST_CHECK_FRAME_SAME_PROCESS];
	struct pst_finding first = *finding;
	int status;

	if (first.mark != PST_MARK_PASS) {
		return 0;
	}
	*finding = (struct pst_finding){0};
	run->plan.count = 1;
	run->plan.check[0] = PST_CHECK_FRAME_SAME_PROCESS;
	status = run_process(run, error);
	if (finding->mark == PST_MARK_PASS && strcmp(finding->text, first.text) != 0) {
		fail(run, PST_CHECK_FRAME_SAME_PROCESS,
			"two processes answer the same inputs differently: no addresses, times or "
			"chance may go into an answer");
	} else if (finding->mark == PST_MARK_PASS) {
		finding->text[0] = 0;
	}
	finding->took_ns += first.took_ns;
	return status;
}

static bool wants_conduct(const struct run *run)
{
	for (int i = 0; i < PST_CHECKS; i++) {
		if (pst_check_info((enum pst_check)i)->group == PST_CHECK_GROUP_CONDUCT &&
			pst_conformance_wants(run->c, run->wanted, (enum pst_check)i)) {
			return true;
		}
	}
	return false;
}

/* The sealed work, and then: what nobody has told of is well. */
static int run_conduct(struct run *run, uint64_t folders, struct pst_error *error)
{
	const char *reason = reason_to_skip(run, PST_CHECK_GROUP_CONDUCT);
	int status = 0;

	if (!wants_conduct(run)) {
		return 0;
	}
	run->plan.count = 1;
	run->plan.check[0] = PST_CHECK_GUEST_NO_OTHER_CALL;
	if (!reason) {
		status = run_process(run, error);
	}
	if (pst_conformance_digest_folders(run->c) != folders) {
		fail(run, PST_CHECK_GUEST_FOLDERS,
			"files in %.300s or beside its model have changed", run->c->plugin.folder);
	}
	plan_group(run, PST_CHECK_GROUP_CONDUCT);
	for (uint32_t i = 0; i < run->plan.count; i++) {
		pst_conformance_settle(run->c, run->wanted, run->plan.check[i],
			reason ? PST_MARK_SKIP : PST_MARK_PASS, "%s", reason ? reason : "");
	}
	return status;
}

static int prepare(struct run *run, struct pst_error *error)
{
	const struct pst_worker_config config = {0};
	const struct pst_manifest *manifest = run->c->plugin.manifest;
	struct pst_wire_start *start;
	int status = pst_catalog_conform_path(run->program, error);

	run->start = calloc(1, sizeof(*run->start));
	if (status < 0 || !run->start) {
		return status < 0 ? status : pst_error_set(error, -ENOMEM, "no memory");
	}
	start = &run->start->start;
	run->start->type = PST_WIRE_START;
	start->version = PST_WIRE_VERSION;
	start->sandbox = PST_WIRE_SANDBOX_STRICT;
	start->plugin_count = 1;
	run->plan.template_types = manifest->kind == PST_PLUGIN_EXTRACTOR
					   ? 1U << manifest->template_.type
					   : manifest->template_types;
	run->plan.option_count = manifest->option_count;
	for (uint32_t i = 0; i < manifest->option_count; i++) {
		memcpy(run->plan.option[i].low, manifest->option[i].low, PST_PLAN_BOUND_SIZE);
		memcpy(run->plan.option[i].high, manifest->option[i].high, PST_PLAN_BOUND_SIZE);
	}
	return pst_worker_describe(
		&run->c->plugin, &config, &start->plugin[0], &run->plan.threads, error);
}

_Static_assert(PST_PLAN_OPTIONS_MAX == PST_MANIFEST_OPTIONS_MAX &&
		       PST_PLAN_BOUND_SIZE == PST_MANIFEST_ID_SIZE,
	"whatever a manifest holds can be told");

int pst_conformance_run(struct pst_conformance *c, const bool *wanted, struct pst_error *error)
{
	struct run run = {.c = c, .wanted = wanted, .process = PST_PROCESS_NONE};
	int64_t begin = pst_clock_mono_ns();
	uint64_t folders;
	int status = 0;

	pst_conformance_check_files(c); /* the others stand on them, wanted or not */
	folders = pst_conformance_digest_folders(c);
	if (c->plugin.manifest) {
		status = prepare(&run, error);
	}
	for (int group = PST_CHECK_GROUP_LIBRARY; status == 0 && group < PST_CHECK_GROUP_CONDUCT;
		group++) {
		status = run_group(&run, (enum pst_check_group)group, error);
		if (status == 0 && group == PST_CHECK_GROUP_FRAME) {
			status = compare_processes(&run, error);
		}
	}
	if (status == 0) {
		status = run_conduct(&run, folders, error);
	}
	for (int i = 0; wanted && i < PST_CHECKS; i++) {
		if (!wanted[i]) {
			c->finding[i] = (struct pst_finding){0};
		}
	}
	free(run.start);
	c->took_ns = pst_clock_mono_ns() - begin;
	return status;
}

uint32_t pst_conformance_count(const struct pst_conformance *c, enum pst_mark mark)
{
	uint32_t count = 0;

	for (int i = 0; i < PST_CHECKS; i++) {
		count += c->finding[i].mark == mark;
	}
	return count;
}

void pst_conformance_finish(struct pst_conformance *c)
{
	pst_manifest_destroy(&c->plugin.manifest);
}
