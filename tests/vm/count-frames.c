/* SPDX-License-Identifier: Apache-2.0 */
/*
 * count-frames URI [--frames N] [--seconds N] [--hold MS] [--unread] [--recover]: takes frames by
 * the interface of devices/device.h and tells of each as a line of JSON: the driver's number, the
 * number and mark that its picture carries, its age. Ends after so many frames handed over or
 * seconds, at SIGTERM, or when the camera is lost and --recover isn't given.
 *
 * --hold    keeps each frame so long, as a slow reader does, then takes the newest there is
 * --unread  gives each frame back as it came, as a lane without a permit does
 *
 * The last line has the counts by cause, the processor time from the 30th frame on, and what the
 * process holds.
 * Exit status: 0 ended as asked; 2 usage; 3 the camera said no, or was lost.
 */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "devices/v4l2/v4l2.h"
#include "usb-camera/counter.h"

#define WARM 30	    /* frames, after which processor time is counted: all code is there */
#define TICK_MS 500 /* how often the device is asked whether it stalls */

struct run {
	struct pst_device *device;
	int wait;	 /* epoll of the device's descriptor and the tick's */
	int tick;	 /* timerfd: waiting with a time-out would cost a timer for each frame */
	int64_t end_ns;	 /* INT64_MAX: not by time */
	uint64_t frames; /* still to come */
	int hold_ms;
	double begun_ms; /* processor time when it had taken WARM frames */
	uint64_t taken;
	bool unread;
	bool recover;
	bool streams;
	bool fresh; /* no good frame yet since it came back */
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static bool goes_on(const struct run *run)
{
	return !stopped && run->frames > 0 && pst_clock_mono_ns() < run->end_ns;
}

static unsigned held_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	while (folder && readdir(folder)) {
		count++;
	}
	(void)closedir(folder);
	return count - 3; /* ".", "..", the folder itself */
}

static unsigned held_mappings(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	unsigned count = 0;

	for (int byte; file && (byte = getc(file)) != EOF;) {
		count += byte == '\n';
	}
	(void)fclose(file);
	return count;
}

static unsigned long resident_kib(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;

	if (file) {
		(void)fscanf(file, "%*u %lu", &pages);
		(void)fclose(file);
	}
	return pages * (unsigned long)sysconf(_SC_PAGESIZE) / 1024;
}

static double spent_ms(void)
{
	struct rusage usage = {0};

	(void)getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static void tell_text(const char *event, const char *cause, const char *text)
{
	(void)printf("{\"event\": \"%s\", \"ns\": %" PRId64 ", \"cause\": \"%s\", \"text\": \"",
		event, pst_clock_mono_ns(), cause);
	for (const char *at = text; *at; at++) {
		(void)printf(*at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
	}
	(void)printf("\"}\n");
	(void)fflush(stdout);
}

static void tell_end(const struct run *run)
{
	const struct pst_device_counts counts = pst_device_counts(run->device);
	double cpu_ms = spent_ms() - run->begun_ms; /* before the reports below are made */

	(void)printf("{\"event\": \"end\", \"ns\": %" PRId64 ", \"good\": %" PRIu64
		     ", \"lost\": %" PRIu64 ", \"flagged\": %" PRIu64 ", \"undersized\": %" PRIu64
		     ", \"torn\": %" PRIu64 ", \"settling\": %" PRIu64 ", \"restamped\": %" PRIu64
		     ", \"cpu_ms\": %.3f, \"descriptors\": %u, \"mappings\": %u, "
		     "\"resident_kib\": %lu}\n",
		pst_clock_mono_ns(), counts.good, counts.lost, counts.flagged, counts.undersized,
		counts.torn, counts.settling, counts.restamped, cpu_ms, held_descriptors(),
		held_mappings(), resident_kib());
}

static enum format format_of(enum pst_frame_format format)
{
	switch (format) {
	case PST_FRAME_FORMAT_MJPEG:
		return FORMAT_MJPEG;
	case PST_FRAME_FORMAT_YUYV:
		return FORMAT_YUYV;
	case PST_FRAME_FORMAT_UYVY:
		return FORMAT_UYVY;
	case PST_FRAME_FORMAT_NV12:
		return FORMAT_NV12;
	case PST_FRAME_FORMAT_GREY:
		return FORMAT_GREY;
	case PST_FRAME_FORMAT_Y16:
		return FORMAT_Y16;
	default:
		return FORMAT_UNSET;
	}
}

/* What reaches a plugin: read as one would, and held against what the camera drew. */
static void tell_frame(const struct pst_frame *frame, int64_t now_ns)
{
	struct size size = {.width = (uint16_t)frame->width, .height = (uint16_t)frame->height};
	struct pst_error error = {0};
	uint32_t number = 0;
	char mark = '?';
	int status = counter_read(format_of(frame->format), size, frame->plane[0].data,
		frame->plane[0].size, &mark, &number, &error);

	(void)printf("{\"event\": \"frame\", \"ns\": %" PRId64 ", \"sequence\": %" PRIu64
		     ", \"captured_ns\": %" PRId64 ", \"lost\": %u, \"settling\": %s, "
		     "\"whole\": %s, \"number\": %u, \"mark\": \"%c\", \"bytes\": %u}\n",
		now_ns, frame->sequence, frame->captured_ns, frame->lost,
		frame->settling ? "true" : "false", status == 0 ? "true" : "false", number, mark,
		frame->plane[0].size);
}

static void take(struct run *run, struct pst_frame *frame, int64_t now_ns)
{
	struct pst_error error = {0};

	if (run->fresh) {
		run->fresh = false;
		tell_text("back", "", "");
	}
	run->frames--;
	if (++run->taken == WARM) {
		run->begun_ms = spent_ms();
	}
	if (run->unread) {
		return;
	}
	int status = pst_device_map(run->device, frame, &error);

	if (status == 0) {
		tell_frame(frame, now_ns);
	} else {
		run->frames++;
		(void)printf("{\"event\": \"torn\", \"ns\": %" PRId64 ", \"sequence\": %" PRIu64
			     ", \"status\": \"%s\"}\n",
			now_ns, frame->sequence, pst_status_name(status));
	}
	if (run->hold_ms) {
		(void)usleep((useconds_t)run->hold_ms * 1000);
	}
}

static void add(const struct run *run, int fd)
{
	struct epoll_event readable = {.events = EPOLLIN, .data.fd = fd};

	(void)epoll_ctl(run->wait, EPOLL_CTL_ADD, fd, &readable);
}

/* The device's descriptor changes with every return. */
static int start(struct run *run, struct pst_error *error)
{
	const struct timespec tick = {.tv_nsec = TICK_MS * PST_NS_PER_MS};
	const struct itimerspec every = {.it_interval = tick, .it_value = tick};
	int status = pst_device_start(run->device, error);

	pst_fd_close(&run->wait);
	pst_fd_close(&run->tick);
	run->wait = epoll_create1(EPOLL_CLOEXEC);
	run->tick = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	(void)timerfd_settime(run->tick, 0, &every, NULL);
	if (status == 0) {
		add(run, pst_device_fd(run->device));
		add(run, run->tick);
	}
	return status;
}

static int take_one(struct run *run, struct pst_error *error)
{
	struct epoll_event event;
	struct pst_frame frame;
	uint64_t ticks;

	if (epoll_wait(run->wait, &event, 1, -1) <= 0 || event.data.fd == run->tick) {
		(void)!read(run->tick, &ticks, sizeof(ticks));
		return pst_device_check(run->device, error);
	}
	int status = pst_device_next(run->device, &frame, error);
	if (status == 1) {
		take(run, &frame, pst_clock_mono_ns());
		pst_device_release(run->device, &frame);
	} else if (status == PST_E_CORRUPT) {
		tell_text("refused", pst_status_name(status), error->text);
	}
	return status == 1 || status == PST_E_CORRUPT ? 0 : status;
}

/* @return 1 it streams again; 0 it doesn't yet; or an error that is told and no obstacle */
static int bring_back(struct run *run, struct pst_error *error)
{
	struct pollfd poller = {.fd = pst_device_return_fd(run->device), .events = POLLIN};

	if (poller.fd >= 0) {
		(void)poll(&poller, 1, TICK_MS);
	}
	int status = pst_device_return(run->device, error);

	if (status == 1) {
		tell_text("returned", "", "");
		status = start(run, error);
		run->fresh = true;
		return status < 0 ? status : 1;
	}
	if (status < 0) {
		tell_text(status == PST_E_MISMATCH ? "mismatch" : "unfit", pst_status_name(status),
			error->text);
	}
	return 0;
}

static int follow(struct run *run, struct pst_error *error)
{
	int status = 0;

	while (goes_on(run) && (status >= 0 || run->recover)) {
		*error = (struct pst_error){0};
		status = run->streams ? take_one(run, error) : bring_back(run, error);
		if (status < 0) {
			pst_device_stop(run->device);
			tell_text("lost", pst_device_away_name(pst_device_away(run->device)),
				error->text);
			run->streams = false;
		} else if (status == 1) {
			run->streams = true;
		}
	}
	return run->recover ? 0 : status;
}

static bool read_options(struct run *run, int argc, char **argv)
{
	static const struct option options[] = {{"frames", required_argument, NULL, 'f'},
		{"seconds", required_argument, NULL, 's'}, {"hold", required_argument, NULL, 'h'},
		{"unread", no_argument, NULL, 'u'}, {"recover", no_argument, NULL, 'r'}, {0}};

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (option) {
		case 'f':
			run->frames = strtoull(optarg, NULL, 10);
			break;
		case 's':
			run->end_ns = pst_clock_mono_ns() +
				      (int64_t)(strtod(optarg, NULL) * (double)PST_NS_PER_S);
			break;
		case 'h':
			run->hold_ms = atoi(optarg);
			break;
		case 'u':
			run->unread = true;
			break;
		case 'r':
			run->recover = true;
			break;
		default:
			return false;
		}
	}
	return optind + 1 == argc;
}

int main(int argc, char **argv)
{
	struct run run = {.wait = -1,
		.tick = -1,
		.end_ns = INT64_MAX,
		.frames = UINT64_MAX,
		.streams = true,
		.fresh = true};
	struct sigaction on_stop = {.sa_handler = stop};
	struct pst_error error = {0};

	if (!read_options(&run, argc, argv)) {
		return 2;
	}
	(void)sigaction(SIGTERM, &on_stop, NULL);
	int status = pst_v4l2_open(&run.device, argv[optind], &error);

	if (status == 0) {
		status = start(&run, &error);
	}
	if (status == 0) {
		tell_text("open", "", pst_device_info(run.device)->uri);
		status = follow(&run, &error);
		tell_end(&run);
	} else {
		tell_text("no", pst_status_name(status), error.text);
	}
	pst_device_close(&run.device);
	return status < 0 ? 3 : 0;
}
