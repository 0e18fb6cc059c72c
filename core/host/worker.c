/* SPDX-License-Identifier: Apache-2.0 */
#include "host/worker_impl.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "host/inspect.h"

#define HARD_MS 2000
#define SOFT_MS 250
#define START_MS 20000
#define STOP_MS 200
#define LONG_LIFE_NS (60 * PST_NS_PER_S)

static const int64_t waits_ns[] = {0, 100 * PST_NS_PER_MS, PST_NS_PER_S, 10 * PST_NS_PER_S};
#define WAITS (sizeof(waits_ns) / sizeof(waits_ns[0]))

const char *pst_worker_name(const struct pst_worker *worker)
{
	if (worker->config.kind != PST_WORKER_VISION) {
		return "match";
	}
	return worker->is_spare ? "spare vision" : "vision";
}

void pst_worker_watch(struct pst_worker *worker, int fd)
{
	struct epoll_event event = {.events = EPOLLIN};

	if (fd >= 0) {
		(void)epoll_ctl(worker->epoll, EPOLL_CTL_ADD, fd, &event);
	}
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

static int64_t head_limit_ns(const struct pst_worker *worker)
{
	const struct pst_worker_request *head = &worker->pending[0];

	return head->deadline_ns ? head->deadline_ns : worker->head_since_ns + head->limit_ns;
}

/* The next moment at which time alone makes something happen; 0: never. */
static int64_t next_deadline_ns(const struct pst_worker *worker)
{
	int64_t next = worker->restart_ns;

	if (worker->state == PST_WORKER_STATE_STARTING) {
		next = earlier(next, worker->start_deadline_ns);
	}
	if (worker->pending_count > 0) {
		next = earlier(next, head_limit_ns(worker));
		if (!worker->head_late) {
			next = earlier(
				next, worker->head_since_ns +
					      (int64_t)worker->config.soft_ms * PST_NS_PER_MS);
		}
	}
	for (uint32_t i = 0; i < worker->pending_count; i++) {
		next = earlier(next, worker->pending[i].deadline_ns);
	}
	if (worker->kept_count > 0 || worker->tell_quarantine || worker->tell_ready) {
		return 1; /* long past: at once */
	}
	if (worker->log_dropped > 0) {
		next = earlier(next, (worker->log_second + 1) * PST_NS_PER_S);
	}
	return next;
}

static void arm_timer(struct pst_worker *worker)
{
	int64_t next = next_deadline_ns(worker);
	struct itimerspec spec = {0};

	if (next != 0) {
		spec.it_value.tv_sec = next / PST_NS_PER_S;
		spec.it_value.tv_nsec = next % PST_NS_PER_S;
	}
	(void)timerfd_settime(worker->timer, TFD_TIMER_ABSTIME, &spec, NULL);
}

void pst_worker_end(struct pst_worker *worker, int status, const char *format, ...)
{
	va_list args;

	if (worker->end_status == 0) {
		worker->end_status = status;
		va_start(args, format);
		(void)vsnprintf(worker->end_text, sizeof(worker->end_text), format, args);
		va_end(args);
	}
	pst_process_kill(&worker->process);
}

void pst_worker_schedule(struct pst_worker *worker, int64_t delay_ns)
{
	worker->state = PST_WORKER_STATE_WAITING;
	worker->restart_ns = pst_clock_mono_ns() + delay_ns;
}

int pst_worker_launch(struct pst_worker *worker, struct pst_error *error)
{
	int slots = worker->slots ? pst_slots_fd(worker->slots) : -1;
	int status = pst_process_start(worker->program, slots, &worker->process, error);

	worker->restart_ns = 0;
	if (status < 0) {
		return status;
	}
	worker->channel.fd = worker->process.control;
	pst_worker_watch(worker, worker->process.control);
	pst_worker_watch(worker, worker->process.log);
	pst_worker_watch(worker, worker->process.pidfd);
	worker->pid = (int)worker->process.pid;
	worker->state = PST_WORKER_STATE_STARTING;
	worker->start_deadline_ns =
		pst_clock_mono_ns() + (int64_t)worker->config.start_ms * PST_NS_PER_MS;
	worker->life_frames = 0;
	worker->ended = false;
	worker->end_status = 0;
	worker->end_text[0] = 0;
	worker->exit_text[0] = 0;
	worker->log_size = 0;
	worker->counts.starts++;
	/* A worker that can't be told what to load shows as one that has died. */
	if (pst_wire_send(&worker->channel, worker->start, MSG_DONTWAIT) < 0) {
		pst_worker_end(worker, PST_E_PLUGIN, " could not be told what to load");
	}
	return 0;
}

static void set_defaults(struct pst_worker_config *config)
{
	config->settings = NULL;
	config->setting_count = 0;
	config->hard_ms = config->hard_ms ? config->hard_ms : HARD_MS;
	config->soft_ms = config->soft_ms ? config->soft_ms : SOFT_MS;
	config->start_ms = config->start_ms ? config->start_ms : START_MS;
}

struct pst_worker *pst_worker_make(const struct pst_worker_config *config)
{
	struct pst_worker *worker = calloc(1, sizeof(*worker));

	if (!worker) {
		return NULL;
	}
	worker->config = *config;
	worker->slots = config->slots;
	worker->process = PST_PROCESS_NONE;
	worker->start = calloc(1, sizeof(*worker->start));
	worker->message = calloc(1, sizeof(*worker->message));
	worker->request = calloc(1, sizeof(*worker->request));
	worker->epoll = epoll_create1(EPOLL_CLOEXEC);
	worker->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	set_defaults(&worker->config);
	if (pst_wire_channel_init(&worker->channel, -1) < 0 || !worker->start || !worker->message ||
		!worker->request || worker->epoll < 0 || worker->timer < 0) {
		pst_worker_destroy(&worker);
		return NULL;
	}
	pst_worker_watch(worker, worker->timer);
	return worker;
}

static int init_worker(
	struct pst_worker *worker, const struct pst_worker_config *config, struct pst_error *error)
{
	int status = pst_worker_prepare(worker, config, error);

	if (status < 0) {
		return status;
	}
	if (config->program) {
		status = pst_text_copy(worker->program, sizeof(worker->program), config->program);
		status = status < 0 ? pst_error_set(error, status, "worker: path too long") : 0;
	} else {
		status = pst_catalog_worker_path(worker->program, error);
	}
	if (status < 0) {
		return status;
	}
	return pst_worker_launch(worker, error);
}

int pst_worker_create(const struct pst_worker_config *config, struct pst_worker **ret_worker,
	struct pst_error *error)
{
	struct pst_worker *worker = pst_worker_make(config);
	int status;

	if (!worker) {
		return pst_error_set(error, -ENOMEM, "no memory or no descriptors for a worker");
	}
	status = init_worker(worker, config, error);
	if (status < 0) {
		pst_worker_destroy(&worker);
		return status;
	}
	arm_timer(worker);
	*ret_worker = worker;
	return 0;
}

static void free_message(struct pst_wire_message **message)
{
	if (*message) {
		explicit_bzero(*message, sizeof(**message));
	}
	free(*message);
	*message = NULL;
}

void pst_worker_destroy(struct pst_worker **worker)
{
	struct pst_worker *w = *worker;

	if (!w) {
		return;
	}
	pst_worker_destroy(&w->spare);
	if (w->process.control >= 0 && w->request) {
		w->request->type = PST_WIRE_STOP;
		(void)!pst_wire_send(&w->channel, w->request, MSG_DONTWAIT);
		(void)shutdown(w->process.control, SHUT_WR);
	}
	pst_process_finish(&w->process, w->state == PST_WORKER_STATE_READY ? STOP_MS : 0);
	pst_fd_close(&w->epoll);
	pst_fd_close(&w->timer);
	pst_wire_channel_finish(&w->channel);
	free_message(&w->start);
	free_message(&w->message);
	free_message(&w->request);
	free(w);
	*worker = NULL;
}

enum pst_worker_state pst_worker_state(const struct pst_worker *worker)
{
	return worker->state;
}

struct pst_worker_counts pst_worker_counts(const struct pst_worker *worker)
{
	return worker->counts;
}

const struct pst_slots *pst_worker_slots(const struct pst_worker *worker)
{
	return worker->slots;
}

int pst_worker_pid(const struct pst_worker *worker)
{
	return (int)worker->process.pid;
}

int pst_worker_spare_pid(const struct pst_worker *worker)
{
	return worker->spare ? (int)worker->spare->process.pid : 0;
}

const struct pst_recent *pst_worker_answers(const struct pst_worker *worker)
{
	return &worker->answers_us;
}

int pst_worker_fd(const struct pst_worker *worker)
{
	return worker->epoll;
}

bool pst_worker_is_counted(const struct pst_worker_request *request)
{
	return request->type == PST_WIRE_FRAME && request->how != PST_WIRE_HOW_AGAIN;
}

uint32_t pst_worker_pending(const struct pst_worker *worker)
{
	uint32_t frames = 0;

	for (uint32_t i = 0; i < worker->pending_count; i++) {
		frames += pst_worker_is_counted(&worker->pending[i]);
	}
	return frames;
}

void pst_worker_keep(struct pst_worker *worker, const struct pst_worker_event *event)
{
	uint32_t room =
		event->type == PST_WORKER_EVENT_LOG ? PST_WORKER_KEPT_LOGS : PST_WORKER_KEPT_MAX;
	struct pst_worker_kept *kept;

	if (worker->kept_count >= room) {
		return;
	}
	kept = &worker->kept[(worker->kept_first + worker->kept_count) % PST_WORKER_KEPT_MAX];
	worker->kept_count++;
	kept->event = *event;
	(void)snprintf(kept->text, sizeof(kept->text), "%s", event->text ? event->text : "");
	arm_timer(worker);
}

static int take_kept(struct pst_worker *worker, struct pst_worker_event *ret_event)
{
	struct pst_worker_kept *kept = &worker->kept[worker->kept_first];

	if (worker->kept_count == 0) {
		return 0;
	}
	worker->kept_first = (worker->kept_first + 1) % PST_WORKER_KEPT_MAX;
	worker->kept_count--;
	memcpy(worker->text, kept->text, sizeof(worker->text));
	*ret_event = kept->event;
	ret_event->text = worker->text;
	return 1;
}

/* What people wait for: not galleries, which take as long as they are large, nor wiping. */
static bool is_timed(enum pst_wire_type type)
{
	return type == PST_WIRE_FRAME || type == PST_WIRE_EXTRACT || type == PST_WIRE_VERIFY ||
	       type == PST_WIRE_SEARCH || type == PST_WIRE_SEARCH_BATCH;
}

static void drop_head(struct pst_worker *worker)
{
	int64_t now_ns = pst_clock_mono_ns();
	int64_t took_us = (now_ns - worker->head_since_ns) / 1000;

	if (is_timed(worker->pending[0].type) && took_us >= 0 && took_us <= UINT32_MAX) {
		pst_recent_add(&worker->answers_us, (uint32_t)took_us);
	}
	worker->pending_count--;
	memmove(worker->pending, worker->pending + 1,
		worker->pending_count * sizeof(worker->pending[0]));
	worker->head_since_ns = now_ns;
	worker->head_late = false;
}

int pst_worker_post(struct pst_worker *worker, const struct pst_worker_request *request)
{
	if (worker->state != PST_WORKER_STATE_READY || worker->ended || worker->end_status != 0 ||
		worker->pending_count == PST_WORKER_PENDING_MAX ||
		pst_wire_send(&worker->channel, worker->request, MSG_DONTWAIT) < 0) {
		return -EAGAIN;
	}
	if (worker->pending_count == 0) {
		worker->head_since_ns = pst_clock_mono_ns();
		worker->head_late = false;
	}
	worker->pending[worker->pending_count++] = *request;
	if (pst_worker_is_counted(request)) {
		worker->counts.sent++;
		worker->life_frames++;
	}
	if (request->type == PST_WIRE_EXTRACT) {
		worker->counts.extracts++;
	}
	arm_timer(worker);
	return 0;
}

void pst_worker_kill(struct pst_worker *worker)
{
	if (worker->process.pidfd >= 0) {
		pst_worker_end(worker, -ECANCELED, " was replaced");
	}
}

/* A worker that isn't locked down as it should be gets no frame: it is killed. */
static bool is_as_declared(struct pst_worker *worker)
{
	struct pst_error error = {0};
	int status;

	if (worker->config.sandbox != PST_WORKER_SANDBOX_STRICT) {
		return true;
	}
	status = pst_inspect_worker(worker->process.pid, worker->threads, &error);
	if (status == PST_E_UNSAFE) {
		pst_worker_end(worker, status, " is not confined: %s", error.text);
	} else if (status < 0) {
		pst_worker_end(worker, PST_E_PLUGIN, " was gone as soon as it was ready");
	}
	return status == 0;
}

/* @return 1 an event, 0 none: what came in ended the worker */
static int take_message(struct pst_worker *worker, struct pst_worker_event *event)
{
	const struct pst_wire_message *message = worker->message;
	bool good = false;

	switch ((int)message->type) {
	case PST_WIRE_READY:
		if (worker->state == PST_WORKER_STATE_STARTING) {
			if (!is_as_declared(worker)) {
				return 0;
			}
			worker->state = PST_WORKER_STATE_READY;
			worker->ready_ns = pst_clock_mono_ns();
			event->type = PST_WORKER_EVENT_READY;
			pst_worker_keep_spare(worker);
			return 1;
		}
		break;
	case PST_WIRE_FACES:
		good = pst_worker_take_faces(worker, event);
		break;
	case PST_WIRE_TEMPLATE:
		good = pst_worker_take_template(worker, event);
		break;
	case PST_WIRE_MASKED:
		good = pst_worker_take_masked(worker, event);
		break;
	case PST_WIRE_RESET_DONE:
		good = pst_worker_take_reset(worker, event);
		break;
	case PST_WIRE_MATCH:
		good = pst_worker_take_match(worker, event);
		break;
	case PST_WIRE_MATCHES:
		good = pst_worker_take_matches(worker, event);
		break;
	case PST_WIRE_FAULT:
		pst_worker_end(worker, message->fault.status, ": %s", message->fault.text);
		pst_worker_make_printable(worker->end_text);
		return 0;
	default:
		break;
	}
	if (!good) {
		pst_worker_end(worker, PST_E_PLUGIN, " answered '%s' out of turn",
			pst_wire_type_name(message->type));
		return 0;
	}
	drop_head(worker);
	return 1;
}

static int read_control(struct pst_worker *worker, struct pst_worker_event *event)
{
	int status;

	if (worker->process.control < 0) {
		return 0;
	}
	status = pst_wire_receive(&worker->channel, worker->message, MSG_DONTWAIT);
	if (status == 1) {
		return take_message(worker, event);
	}
	if (status == -EAGAIN) {
		return 0;
	}
	pst_fd_close(&worker->process.control);
	worker->channel.fd = -1;
	if (status != 0) {
		pst_worker_end(worker, PST_E_PLUGIN, " sent a damaged message");
	}
	pst_process_kill(&worker->process);
	return 0;
}

/* A fault that a new start cannot cure. */
static bool is_lasting(int status)
{
	return status == PST_E_ABI || status == PST_E_CONFIG || status == PST_E_UNSAFE;
}

static bool is_too_often(struct pst_worker *worker, int64_t now)
{
	uint32_t last = PST_WORKER_DEATHS_MAX - 1;

	memmove(worker->deaths_ns, worker->deaths_ns + 1, last * sizeof(worker->deaths_ns[0]));
	worker->deaths_ns[last] = now;
	return worker->deaths_ns[0] != 0 && now - worker->deaths_ns[0] < PST_WORKER_DEATHS_NS;
}

static int tell_quarantine(struct pst_worker *worker, struct pst_worker_event *event)
{
	worker->tell_quarantine = false;
	(void)snprintf(worker->text, sizeof(worker->text), "%s worker%.360s",
		pst_worker_name(worker), worker->end_text);
	event->type = PST_WORKER_EVENT_QUARANTINED;
	event->status = worker->end_status;
	event->text = worker->text;
	return 1;
}

/* The spare takes over at once, and the wait is before there is another; or else before a start. */
static void replace(struct pst_worker *worker, int64_t delay_ns)
{
	if (!pst_worker_take_over(worker, delay_ns)) {
		pst_worker_schedule(worker, delay_ns);
	}
}

/* Books a death and decides what comes next. */
static void after_death(struct pst_worker *worker, bool was_ready)
{
	int64_t now = pst_clock_mono_ns();

	if (worker->end_status == -ECANCELED) {
		replace(worker, 0);
		return;
	}
	worker->counts.deaths++;
	if (was_ready && now - worker->ready_ns >= LONG_LIFE_NS) {
		worker->streak = 0;
	}
	if (is_too_often(worker, now) || (!was_ready && is_lasting(worker->end_status))) {
		worker->state = PST_WORKER_STATE_QUARANTINED;
		worker->tell_quarantine = true;
		pst_worker_destroy(&worker->spare);
		return;
	}
	replace(worker, waits_ns[worker->streak < WAITS ? worker->streak : WAITS - 1]);
	worker->streak++;
}

static int bury(struct pst_worker *worker, struct pst_worker_event *event)
{
	bool was_ready = worker->state == PST_WORKER_STATE_READY;

	worker->counts.dropped += pst_worker_pending(worker);
	worker->pending_count = 0;
	bool breach = worker->process.ending == -SIGSYS;

	pst_process_finish(&worker->process, 0);
	worker->channel.fd = -1;
	worker->ended = false;
	if (worker->end_status == 0) {
		worker->end_status = breach ? PST_E_UNSAFE : PST_E_PLUGIN;
		(void)snprintf(worker->end_text, sizeof(worker->end_text), " %s%s",
			worker->exit_text,
			breach ? ": a system call that the sandbox does not allow" : "");
	}
	event->type = PST_WORKER_EVENT_DIED;
	event->status = worker->end_status;
	event->text = worker->text;
	(void)snprintf(worker->text, sizeof(worker->text), "%s worker%.360s",
		pst_worker_name(worker), worker->end_text);
	after_death(worker, was_ready);
	return 1;
}

static int check_time(struct pst_worker *worker, struct pst_worker_event *event)
{
	int64_t now = pst_clock_mono_ns();
	int64_t soft_ns = (int64_t)worker->config.soft_ms * PST_NS_PER_MS;

	if (worker->restart_ns != 0 && now >= worker->restart_ns) {
		struct pst_error error = {0};

		if (pst_worker_launch(worker, &error) < 0) {
			(void)snprintf(
				worker->end_text, sizeof(worker->end_text), "%.380s", error.text);
			worker->end_status = error.status;
			return bury(worker, event);
		}
	}
	if (worker->process.pidfd < 0 || worker->end_status != 0) {
		return 0;
	}
	if (worker->state == PST_WORKER_STATE_STARTING && now >= worker->start_deadline_ns) {
		pst_worker_end(worker, PST_E_TIMEOUT, " was not ready after %u ms and was killed",
			worker->config.start_ms);
	}
	for (uint32_t i = 0; i < worker->pending_count; i++) {
		int64_t deadline = i == 0 ? head_limit_ns(worker) : worker->pending[i].deadline_ns;

		if (deadline != 0 && now >= deadline && worker->pending[i].deadline_ns != 0 &&
			pst_worker_has_spare(worker)) {
			pst_worker_end(worker, -ECANCELED,
				" had not wiped what it knew in time and was replaced");
			return 0;
		}
		if (deadline != 0 && now >= deadline) {
			pst_worker_end(worker, PST_E_TIMEOUT,
				" did not answer '%s' in time and was killed",
				pst_wire_type_name(worker->pending[i].type));
			return 0;
		}
	}
	if (worker->pending_count > 0 && !worker->head_late &&
		now >= worker->head_since_ns + soft_ns) {
		worker->head_late = true;
		event->type = PST_WORKER_EVENT_LATE;
		event->sequence = worker->pending[0].sequence;
		event->permit = worker->pending[0].permit;
		return 1;
	}
	return 0;
}

/* What was returned last has been looked at. */
static void wipe_message(struct pst_wire_message *message)
{
	if (message->type == PST_WIRE_TEMPLATE) {
		explicit_bzero(message->template_.bytes, PST_TEMPLATE_MAX);
		message->type = PST_WIRE_UNSET;
	} else if (message->type == PST_WIRE_MASKED) {
		explicit_bzero(&message->masked, sizeof(message->masked));
		message->type = PST_WIRE_UNSET;
	}
}

int pst_worker_step(struct pst_worker *worker, struct pst_worker_event *ret_event)
{
	int got = 0;

	*ret_event = (struct pst_worker_event){0};
	wipe_message(worker->message);
	if (!worker->ended) {
		worker->ended = pst_process_reap(
			&worker->process, worker->exit_text, sizeof(worker->exit_text));
	}
	if (worker->end_status == 0) {
		got = read_control(worker, ret_event);
	}
	if (got == 0) {
		got = pst_worker_read_log(worker, ret_event);
		if (got == -EPIPE) {
			pst_fd_close(&worker->process.log);
			got = 0;
		}
	}
	if (got == 0 && worker->ended) {
		got = bury(worker, ret_event);
	}
	if (got == 0 && worker->tell_quarantine) {
		got = tell_quarantine(worker, ret_event);
	}
	if (got == 0 && worker->tell_ready) {
		worker->tell_ready = false;
		ret_event->type = PST_WORKER_EVENT_READY;
		got = 1;
	}
	if (got == 0) {
		got = check_time(worker, ret_event);
	}
	if (got == 0) {
		got = pst_worker_step_spare(worker, ret_event);
	}
	arm_timer(worker);
	return got;
}

int pst_worker_receive(struct pst_worker *worker, struct pst_worker_event *ret_event)
{
	if (take_kept(worker, ret_event) == 1) {
		arm_timer(worker);
		return 1;
	}
	return pst_worker_step(worker, ret_event);
}
