/* SPDX-License-Identifier: Apache-2.0 */
#include "camera.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "counter.h"

#define NS_PER_INTERVAL 100		       /* of UVC's unit of time */
#define DARK_NS (66600 * PST_NS_PER_MS / 1000) /* exposure in the dark */
#define LATE_PERIODS 3			       /* behind by more, it goes on from now */
#define RETRY_NS (2 * PST_NS_PER_MS) /* while the port is still busy with the last unplug */
#define RETRY_FOR_NS (5 * PST_NS_PER_S)
#define GARBAGE_BYTES 64
#define STUB_BYTES 100 /* of a JPEG that is too short */

static int64_t since(const struct camera *camera, int64_t now)
{
	return camera->begun_ns ? now - camera->begun_ns : 0;
}

static int64_t period(const struct camera *camera)
{
	int64_t ns = (int64_t)camera_interval(camera) * NS_PER_INTERVAL;
	int64_t exposure = controls_exposure_ns(&camera->controls);
	const struct fault *slow = fault_script_active(&camera->faults, FAULT_SLOW);

	if (fault_script_active(&camera->faults, FAULT_DARK) &&
		controls_may_slow_down(&camera->controls)) {
		exposure = DARK_NS;
	}
	ns = exposure > ns ? exposure : ns;
	return slow ? ns * slow->by : ns;
}

void camera_start(struct camera *camera)
{
	camera->streaming = true;
	camera->session++;
	camera->sequence = 0;
	camera->stream.clock = camera->settings->clock;
	camera->stream.payload_max = descriptors_payload_max(&camera->descriptors);
	camera->due_ns = pst_clock_mono_ns() + period(camera);
	log_event(&camera->log, "start", "\"plug\": %u, \"session\": %u", camera->plug,
		camera->session);
}

/* Logs the frame that was on its way. Harmless without one. */
static void end_frame(struct camera *camera, bool taken)
{
	struct sent *sent = &camera->sent;

	if (sent->number > 0) {
		sent->sent_ns = pst_clock_mono_ns();
		sent->bytes = camera->stream.frame.sent;
		sent->taken = taken;
		camera->taken += taken;
		log_frame(&camera->log, sent);
	}
	camera->stream.frame.active = false;
	sent->number = 0;
}

void camera_stop(struct camera *camera)
{
	if (camera->streaming) {
		end_frame(camera, false);
		camera->streaming = false;
		log_event(&camera->log, "stop", "\"session\": %u, \"frames\": %" PRIu64,
			camera->session, camera->sequence);
	}
	stream_reset(&camera->stream);
}

void camera_reset(struct camera *camera)
{
	camera_stop(camera);
	controls_reset(&camera->controls);
	request_reset(camera);
	camera->alt = 0;
}

/* Plugging. */

static void choose_identity(struct camera *camera)
{
	const struct settings *settings = camera->settings;
	bool other = settings->swap[0] && camera->plug % 2 == 0;

	camera->identity = settings->identity;
	camera->mark = settings->mark;
	if (other) {
		memcpy(camera->identity.serial, settings->swap, sizeof(settings->swap));
		camera->mark = (char)(settings->mark + SWAP_MARK);
	}
	if (fault_script_active(&camera->faults, FAULT_NO_SERIAL)) {
		camera->identity.serial[0] = 0;
	}
}

/* A port needs a moment after an unplug until it can be plugged into. */
static int attach(struct camera *camera, struct pst_error *error)
{
	int64_t end = pst_clock_mono_ns() + RETRY_FOR_NS;
	struct timespec pause = {.tv_nsec = RETRY_NS};

	for (;;) {
		*error = (struct pst_error){0};
		int status = usbip_attach(&camera->link, camera->settings->port,
			camera->settings->wiring.super, error);

		if (status != -EBUSY || pst_clock_mono_ns() > end) {
			return status;
		}
		(void)nanosleep(&pause, NULL);
	}
}

static int plug_in(struct camera *camera, struct pst_error *error)
{
	camera->replug_at = INT64_MAX;
	if (++camera->plug > 1) {
		fault_script_end(&camera->faults, FAULT_STALL);
		fault_script_end(&camera->faults, FAULT_WEDGE);
		fault_script_end(&camera->faults, FAULT_FROZEN);
	}
	choose_identity(camera);
	descriptors_build(&camera->descriptors, &camera->identity, &camera->settings->modes,
		&camera->settings->wiring);
	camera_reset(camera);
	camera->configuration = 0;
	int status = attach(camera, error);

	if (status < 0) {
		return status;
	}
	if (camera->begun_ns == 0) {
		camera->begun_ns = pst_clock_mono_ns();
	}
	if (camera->settings->cycles && camera->plug > camera->settings->cycles) {
		fault_script_drop(&camera->faults, FAULT_UNPLUG);
	}
	log_event(&camera->log, "attach",
		"\"plug\": %u, \"port\": %u, \"speed\": \"%s\", \"serial\": \"%s\", "
		"\"mark\": \"%c\"",
		camera->plug, camera->settings->port,
		camera->settings->wiring.super ? "super" : "high", camera->identity.serial,
		camera->mark);
	return 0;
}

static void unplug(struct camera *camera, const char *why, bool stay)
{
	const struct settings *settings = camera->settings;
	bool more = settings->cycles == 0 || camera->plug <= settings->cycles;

	if (camera->link.fd < 0) {
		return;
	}
	usbip_detach(&camera->link);
	log_event(&camera->log, "detach", "\"plug\": %u, \"cause\": \"%s\"", camera->plug, why);
	camera_stop(camera);
	if (settings->replug_ns >= 0 && more) {
		camera->replug_at = pst_clock_mono_ns() + settings->replug_ns;
	} else if (!stay) {
		camera->leaving = true;
	}
}

/* Frames. */

/* @return the copy, or NULL without memory */
static uint8_t *scratch(struct camera *camera, const uint8_t *data, size_t size)
{
	if (size + 2 > camera->scratch_room) {
		uint8_t *more = realloc(camera->scratch, size + 2);

		if (!more) {
			return NULL;
		}
		camera->scratch = more;
		camera->scratch_room = size + 2;
	}
	memcpy(camera->scratch, data, size);
	return camera->scratch;
}

/* Does to the frame's bytes what the fault says. @return 0 or -ENOMEM */
static int damage(struct camera *camera, enum fault_kind kind, const uint8_t **data, size_t *size)
{
	bool jpeg = camera_format(camera) == FORMAT_MJPEG;
	uint8_t *copy;

	switch (kind) {
	case FAULT_HALF:
		*size /= 2;
		return 0;
	case FAULT_HALF_EOI:
		*size /= 2;
		copy = scratch(camera, *data, *size);
		if (copy) {
			copy[(*size)++] = 0xff;
			copy[(*size)++] = 0xd9;
		}
		break;
	case FAULT_GARBAGE:
		copy = scratch(camera, *data, *size);
		for (size_t i = 0; copy && i<GARBAGE_BYTES && * size> 4 * GARBAGE_BYTES; i++) {
			copy[*size / 2 + i] = (uint8_t)fault_script_random(&camera->faults, 256);
		}
		break;
	case FAULT_SHORT:
		*size = jpeg && *size > STUB_BYTES ? STUB_BYTES : *size * 3 / 4;
		return 0;
	case FAULT_ZERO:
		*size = 0;
		return 0;
	default:
		return 0;
	}
	*data = copy;
	return copy ? 0 : -ENOMEM;
}

static struct size half(struct size size)
{
	return (struct size){(uint16_t)(size.width / 2 / SIZE_STEP_X * SIZE_STEP_X),
		(uint16_t)(size.height / 2 / SIZE_STEP_Y * SIZE_STEP_Y)};
}

/* An automatic exposure finds its way from frame to frame. */
static unsigned light_of(const struct camera *camera)
{
	uint64_t settle = camera->settings->settle;

	if (camera->sequence >= settle || controls_exposure_ns(&camera->controls) > 0) {
		return COUNTER_LIGHT_FULL;
	}
	return 1 + (unsigned)(camera->sequence * (COUNTER_LIGHT_FULL - 1) / settle);
}

/* The next frame is due. */
static int make_frame(struct camera *camera, int64_t now, struct pst_error *error)
{
	struct size size = camera_size(camera);
	const uint8_t *data;
	size_t bytes, cut = 0;
	uint64_t number = camera->number + 1;
	enum fault_kind kind = fault_script_frame(&camera->faults, number, since(camera, now));

	if (fault_script_active(&camera->faults, FAULT_FROZEN) ||
		fault_script_active(&camera->faults, FAULT_WEDGE)) {
		return 0;
	}
	camera->number = number;
	unsigned light = light_of(camera);

	if (kind == FAULT_WRONG_SIZE) {
		size = half(size);
		light = COUNTER_LIGHT_FULL;
	}
	int status = picture_draw(camera->picture, camera_format(camera), size, light, camera->mark,
		number, &data, &bytes, error);

	if (status == 0 && damage(camera, kind, &data, &bytes) < 0) {
		status = pst_error_set(error, -ENOMEM, "no memory for a frame");
	}
	if (status < 0) {
		return status;
	}
	if (kind == FAULT_UNPLUG) {
		cut = (size_t)fault_script_random(&camera->faults, bytes);
	}
	camera->sent = (struct sent){.number = number,
		.plug = camera->plug,
		.session = camera->session,
		.sequence = camera->sequence++,
		.due_ns = camera->due_ns,
		.settled = light == COUNTER_LIGHT_FULL,
		.fault = kind};
	stream_begin(&camera->stream, data, bytes, kind, cut);
	return 0;
}

static int run_stream(struct camera *camera, struct pst_error *error)
{
	int64_t now = pst_clock_mono_ns();
	int status = 0;

	if (!camera->streaming) {
		return 0;
	}
	if (!camera->stream.frame.active && now >= camera->due_ns) {
		int64_t length = period(camera);

		status = make_frame(camera, now, error);
		camera->due_ns += length;
		if (camera->due_ns < now - LATE_PERIODS * length) {
			camera->due_ns = now;
		}
	}
	if (status < 0) {
		return status;
	}
	status = stream_pump(&camera->stream, &camera->link);
	if (status == PUMP_DONE) {
		end_frame(camera, true);
	} else if (status == PUMP_CUT) {
		unplug(camera, "fault", false);
	} else if (status < 0) {
		unplug(camera, "host", false);
	}
	return 0;
}

/* Commands of the host. */

static int take_transfer(struct camera *camera, const struct usbip_command *command)
{
	uint8_t answer[CONFIG_MAX];

	if (command->endpoint == 0) {
		int result = request_answer(camera, command, answer);
		bool data = command->in && result > 0;

		return usbip_answer(&camera->link, command->seqnum, result < 0 ? result : 0,
			data ? answer : NULL, result < 0 ? 0 : (size_t)result);
	}
	if (!command->in || stream_submit(&camera->stream, command) < 0) {
		return usbip_answer(&camera->link, command->seqnum, -EPIPE, NULL, 0);
	}
	if (command->packets == 0 && !camera->streaming) {
		camera_start(camera);
	}
	return 0;
}

static void take_commands(struct camera *camera)
{
	struct usbip_command command;
	int status = usbip_receive(&camera->link);

	while (status == 0 && camera->link.fd >= 0) {
		int got = usbip_next(&camera->link, &command);

		if (got <= 0) {
			status = got;
			break;
		}
		status = command.kind == USBIP_UNLINK
				 ? usbip_answer_unlink(&camera->link, command.seqnum,
					   stream_unlink(&camera->stream, command.target))
				 : take_transfer(camera, &command);
	}
	if (status < 0) {
		unplug(camera, "host", false);
	}
}

/* The one wait. */

static int64_t next_deadline(const struct camera *camera)
{
	int64_t next = fault_script_next_ns(&camera->faults);

	next = next == INT64_MAX ? next : next + camera->begun_ns;
	if (camera->streaming && !camera->stream.frame.active && camera->due_ns < next) {
		next = camera->due_ns;
	}
	return camera->replug_at < next ? camera->replug_at : next;
}

static void wait_until(struct camera *camera, int signals, short *ret_link, short *ret_signals)
{
	struct pollfd polled[2] = {
		{.fd = camera->link.fd, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
	int64_t deadline = next_deadline(camera), left = deadline - pst_clock_mono_ns();
	struct timespec wait = {0};

	if (left > 0) {
		wait.tv_sec = left / PST_NS_PER_S;
		wait.tv_nsec = left % PST_NS_PER_S;
	}
	if (ppoll(polled, 2, deadline == INT64_MAX ? NULL : &wait, NULL) < 0) {
		polled[0].revents = polled[1].revents = 0;
	}
	*ret_link = polled[0].revents;
	*ret_signals = polled[1].revents;
}

static int take_signal(struct camera *camera, int signals, struct pst_error *error)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) != sizeof(info)) {
		return 0;
	}
	if (info.ssi_signo == SIGUSR1) {
		unplug(camera, "signal", true);
	} else if (info.ssi_signo == SIGUSR2) {
		return camera->link.fd < 0 ? plug_in(camera, error) : 0;
	} else {
		unplug(camera, "end", false);
		camera->leaving = true;
	}
	return 0;
}

static int run(struct camera *camera, int signals, struct pst_error *error)
{
	int status = plug_in(camera, error);
	short link, signal;

	while (status == 0 && !camera->leaving) {
		wait_until(camera, signals, &link, &signal);
		fault_script_tick(&camera->faults, since(camera, pst_clock_mono_ns()));
		if (signal) {
			status = take_signal(camera, signals, error);
			continue;
		}
		if (camera->link.fd >= 0 && link) {
			take_commands(camera);
		}
		status = run_stream(camera, error);
		if (status == 0 && pst_clock_mono_ns() >= camera->replug_at) {
			status = plug_in(camera, error);
		}
	}
	return status;
}

static void log_summary(struct camera *camera)
{
	char text[1024];
	int size = 0;

	for (int i = 1; i < FAULT_KINDS; i++) {
		size += snprintf(text + size, sizeof(text) - (size_t)size, "%s\"%s\": %" PRIu64,
			i > 1 ? ", " : "", fault_name((enum fault_kind)i),
			camera->faults.counts[i]);
	}
	log_event(&camera->log, "summary",
		"\"plugs\": %u, \"sessions\": %u, \"frames\": %" PRIu64 ", \"taken\": %" PRIu64
		", \"faults\": {%s}",
		camera->plug, camera->session, camera->number, camera->taken, text);
}

static int open_signals(struct pst_error *error)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		(void)sigaddset(&set, numbers[i]);
	}
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);

	return fd < 0 ? pst_error_set(error, -errno, "no signals: %s", strerror(errno)) : fd;
}

int camera_run(const struct settings *settings, struct pst_error *error)
{
	struct camera *camera = calloc(1, sizeof(*camera));
	int signals = -1;
	int status;

	if (!camera) {
		return pst_error_set(error, -ENOMEM, "no memory for a camera");
	}
	camera->settings = settings;
	camera->faults = settings->faults;
	camera->link.fd = -1;
	camera->replug_at = INT64_MAX;
	fault_script_start(&camera->faults, settings->seed);
	status = signals = open_signals(error);
	if (status >= 0) {
		status = log_open(&camera->log, settings->log, error);
	}
	if (status >= 0) {
		status = picture_open(&camera->picture, settings->picture, settings->settle > 0,
			&settings->modes, error);
	}
	if (status >= 0) {
		status = run(camera, signals, error);
		usbip_detach(&camera->link);
		log_summary(camera);
	}
	int closed = log_close(&camera->log, error);

	picture_close(&camera->picture);
	stream_finish(&camera->stream);
	free(camera->scratch);
	free(camera);
	pst_fd_close(&signals);
	return status < 0 ? status : closed;
}
