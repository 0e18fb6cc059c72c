/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin that tries to get out, in a real worker: what it came to, and what is left behind. */
#include <criterion/criterion.h>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/inspect.h"
#include "host/worker.h"
#include "support/sandbox.h"

#define WIDTH 128
#define HEIGHT 96
#define WAIT_MS 20000

static struct pst_catalog *catalog;
static struct pst_slots *slots;
static struct pst_worker *worker;
static struct pst_error error;
static char folder[] = "/tmp/postern-escape-XXXXXX";
static char file[64];
static char told[8192]; /* log lines */

static void setup(void)
{
	const struct pst_slots_config config = {
		.format = PST_FRAME_FORMAT_GREY, .width = WIDTH, .height = HEIGHT};

	if (TEST_IS_SANITIZED) {
		cr_skip_test("a worker with a sanitizer is never locked down");
	}
	cr_assert_eq(pst_catalog_load(&catalog, &error), 0, "%s", error.text);
	cr_assert_eq(pst_slots_create(&config, &slots, &error), 0, "%s", error.text);
	cr_assert_not_null(mkdtemp(folder));
	(void)snprintf(file, sizeof(file), "%s/file", folder);
}

static void teardown(void)
{
	pst_worker_destroy(&worker);
	pst_slots_destroy(&slots);
	pst_catalog_destroy(&catalog);
	(void)unlink(file);
	(void)rmdir(folder);
}

TestSuite(sandbox, .init = setup, .fini = teardown, .timeout = 120);

static int start(const char *at_start, const char *on_frame, const char *path)
{
	const struct pst_worker_setting settings[] = {{"escape", "start", at_start},
		{"escape", "frame", on_frame}, {"escape", "path", path}};
	struct pst_worker_config config = {.kind = PST_WORKER_VISION,
		.slots = slots,
		.format = PST_FRAME_FORMAT_GREY,
		.width = WIDTH,
		.height = HEIGHT,
		.settings = settings,
		.setting_count = 3};

	pst_worker_destroy(&worker);
	error = (struct pst_error){0};
	told[0] = 0;
	cr_assert_eq(
		pst_catalog_find(catalog, PST_PLUGIN_DETECTOR, "escape", &config.detector, &error),
		0, "%s", error.text);
	cr_assert_eq(pst_worker_create(&config, &worker, &error), 0, "%s", error.text);
	return pst_worker_wait_ready(worker, WAIT_MS, &error);
}

/* Waits for an event, or for a log line; log lines on the way are kept. */
static struct pst_worker_event await_either(enum pst_worker_event_type type, const char *line)
{
	int64_t end = pst_clock_mono_ns() + WAIT_MS * PST_NS_PER_MS;
	struct pst_worker_event event;

	while (pst_clock_mono_ns() < end) {
		struct pollfd fd = {.fd = pst_worker_fd(worker), .events = POLLIN};

		(void)poll(&fd, 1, 50);
		while (pst_worker_receive(worker, &event) == 1) {
			if (event.type == PST_WORKER_EVENT_LOG) {
				(void)snprintf(told + strlen(told), sizeof(told) - strlen(told),
					"%s\n", event.text);
			}
			if (event.type == type) {
				return event;
			}
		}
		if (line && strstr(told, line)) {
			return event;
		}
	}
	cr_assert_fail(
		"no event of type %d, no '%s'; logged:\n%s", (int)type, line ? line : "line", told);
	return event;
}

static struct pst_worker_event await(enum pst_worker_event_type type)
{
	return await_either(type, NULL);
}

static void send(bool bright)
{
	static uint8_t grey[WIDTH * HEIGHT];
	const struct pst_frame frame = {.sequence = 1,
		.format = PST_FRAME_FORMAT_GREY,
		.width = WIDTH,
		.height = HEIGHT,
		.plane[0] = {grey, WIDTH, sizeof(grey)}};
	struct pst_slot_frame slot;

	grey[0] = bright ? 255 : 0;
	pst_slots_wipe_all(slots);
	cr_assert_eq(pst_slots_put(slots, 0, &frame, 7, &slot, &error), 0, "%s", error.text);
	cr_assert_eq(pst_worker_send_frame(worker, &slot), 0);
}

static void expect_line(const char *line)
{
	if (!strstr(told, line)) {
		(void)await_either(PST_WORKER_EVENT_DIED, line);
	}
	cr_expect(strstr(told, line), "no '%s' in:\n%s", line, told);
}

static void write_file(void)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	cr_assert_eq(write(fd, "kept\n", 5), 5);
	close(fd);
}

static bool is_kept(void)
{
	struct stat about;

	return stat(file, &about) == 0 && about.st_size == 5;
}

Test(sandbox, stops_a_constructor_and_an_init)
{
	static const char *const constructor[] = {"read:EACCES", "write:EACCES", "folder:EACCES",
		"unix:EPERM", "internet:EPERM", "fork:EPERM", "system:EPERM", "exec:EPERM",
		"signal:EPERM", "trace:EPERM", "message:EPERM", "clock:EPERM", "core:EPERM",
		"new:ENOSYS"};
	static const char *const outcomes[][2] = {{"read", "EACCES"}, {"write", "EACCES"},
		{"truncate", "EPERM"}, {"remove", "EACCES"}, {"unix", "EPERM"}, {"fork", "EPERM"},
		{"system", "EPERM"}, {"trace", "EPERM"}, {"core", "EPERM"}};

	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		char line[64];

		write_file();
		cr_assert_eq(start(outcomes[i][0], "none", file), 0, "%s", error.text);
		send(false);
		(void)await(PST_WORKER_EVENT_FACES);
		(void)snprintf(line, sizeof(line), "escape: start: %s:%s\n", outcomes[i][0],
			outcomes[i][1]);
		expect_line(line);
		cr_expect(is_kept(), "%s", outcomes[i][0]);
	}
	for (size_t i = 0; i < sizeof(constructor) / sizeof(constructor[0]); i++) {
		char line[64];

		(void)snprintf(line, sizeof(line), "escape: constructor: %s\n", constructor[i]);
		expect_line(line);
	}
}

Test(sandbox, kills_whoever_tries_it_on_a_frame)
{
	static const char *const ways[] = {"read", "write", "truncate", "remove", "folder", "stat",
		"unix", "internet", "fork", "system", "exec", "signal", "trace", "code", "rights",
		"message", "clock", "core", "new", "thread", "filter"};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct pst_worker_event event;

		write_file();
		cr_assert_eq(start("none", ways[i], file), 0, "%s", error.text);
		send(false);
		(void)await(PST_WORKER_EVENT_FACES);
		send(true);
		event = await(PST_WORKER_EVENT_DIED);
		cr_expect(strstr(event.text, "SIGSYS"), "%s: %s", ways[i], event.text);
		cr_expect(!strstr(told, "escape: frame"), "%s", told);
		cr_expect(is_kept(), "%s", ways[i]);
	}
}

Test(sandbox, gives_no_frame_to_a_worker_that_is_not_as_declared)
{
	cr_expect_eq(start("thread", "none", file), PST_E_UNSAFE);
	cr_expect(strstr(error.text, "2 threads"), "%s", error.text);
	cr_expect_eq(pst_worker_state(worker), PST_WORKER_STATE_QUARANTINED);
	cr_expect_eq(start("filter", "none", file), PST_E_UNSAFE);
	cr_expect(strstr(error.text, "filters"), "%s", error.text);
	cr_expect_eq(pst_worker_state(worker), PST_WORKER_STATE_QUARANTINED);
}

Test(sandbox, leaves_a_worker_nothing_but_its_socket_and_its_log)
{
	char path[64], target[64];
	struct dirent *entry;
	DIR *open_files;
	int count = 0;

	cr_assert_eq(start("none", "none", file), 0, "%s", error.text);
	cr_expect_eq(pst_inspect_worker(pst_worker_pid(worker), 1, &error), 0, "%s", error.text);
	(void)snprintf(path, sizeof(path), "/proc/%d/fd", pst_worker_pid(worker));
	open_files = opendir(path);
	if (!open_files) {
		cr_skip_test("only root may see them");
	}
	while ((entry = readdir(open_files))) {
		ssize_t size =
			readlinkat(dirfd(open_files), entry->d_name, target, sizeof(target) - 1);

		if (entry->d_name[0] == '.') {
			continue;
		}
		target[size < 0 ? 0 : size] = 0;
		count++;
		cr_expect(strncmp(target,
				  strcmp(entry->d_name, "3") == 0 ? "socket:" : "pipe:", 5) == 0,
			"%s is %s", entry->d_name, target);
	}
	(void)closedir(open_files);
	cr_expect_eq(count, 4);
}
