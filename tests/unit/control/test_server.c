/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uv.h>

#include "base/clock.h"
#include "base/fd.h"
#include "control/message.h"
#include "control/server.h"
#include "control/socket.h"
#include "pipeline/health.h"
#include "pipeline/picture.h"

/* What a lane would do: these stand in its place. */

static unsigned asked; /* for the status */
static unsigned declined;

int pst_drive_open(struct pst_lane *lane, const struct pst_drive_person *person,
	uint64_t *ret_encounter, struct pst_error *error)
{
	cr_assert_str_eq(person->category, "us-citizen");
	*ret_encounter = 5;
	return 0;
}

int pst_drive_notice(struct pst_lane *lane, const char *display, const char *version,
	const char *language, enum pst_notice *ret_notice, struct pst_error *error)
{
	cr_assert(!language || strcmp(language, "es") == 0);
	*ret_notice = strcmp(version, "1") == 0 ? PST_NOTICE_CURRENT : PST_NOTICE_STALE;
	return 0;
}

int pst_drive_choose(
	struct pst_lane *lane, uint64_t encounter, enum pst_choice choice, struct pst_error *error)
{
	if (choice == PST_CHOICE_CONSENT) {
		return pst_error_set(error, PST_E_UNSAFE, "opted out");
	}
	declined++;
	return 0;
}

int pst_drive_close(struct pst_lane *lane, uint64_t encounter, struct pst_drive_closed *ret_closed,
	struct pst_error *error)
{
	*ret_closed = (struct pst_drive_closed){
		.subject = {.encounter = 5, .audit = 9}, .outcome = PST_OUTCOME_REFER_OPTED_OUT};
	return 0;
}

int pst_drive_review(struct pst_lane *lane, uint64_t encounter, const char *receipt,
	const struct pst_review *review, struct pst_drive_closed *ret_closed,
	uint64_t *ret_sequence, struct pst_error *error)
{
	return pst_error_set(error, PST_E_NOT_FOUND, "no such encounter");
}

void pst_drive_status(struct pst_lane *lane, struct pst_drive_status *ret_status)
{
	asked++;
	*ret_status = (struct pst_drive_status){.lane = "lane",
		.version = "0",
		.policy = "p",
		.wanted_notice = "1",
		.source = "streaming",
		.driven = true,
		.notice = PST_NOTICE_ABSENT,
		.display = ""};
}

int pst_drive_policy(
	struct pst_lane *lane, struct pst_drive_policy *ret_policy, struct pst_error *error)
{
	return pst_error_set(error, PST_E_UNSAFE, "no policy today");
}

int pst_drive_explain(struct pst_lane *lane, uint64_t encounter,
	struct pst_drive_explanation *ret_explanation, struct pst_error *error)
{
	return pst_error_set(error, PST_E_NOT_FOUND, "nobody is there");
}

const uint32_t pst_health_bounds_ms[PST_HEALTH_BOUNDS] = {1};

void pst_health_tell(struct pst_lane *lane, struct pst_health *ret_health)
{
	*ret_health = (struct pst_health){.lane = "lane",
		.camera = {.uri = "u",
			.name = "n",
			.driver = "d",
			.state = "stopped",
			.away = "",
			.format = "mjpeg"},
		.vault = "none"};
}

static unsigned pictures_asked;
static int picture_status; /* of the next one asked for */

int pst_picture_ask(struct pst_lane *lane, struct pst_error *error)
{
	pictures_asked++;
	return picture_status == 0 ? 0 : pst_error_set(error, picture_status, "not now");
}

static char dir[64];
static char path[96];
static uv_loop_t loop;
static struct pst_control *control;
static struct pst_error error;

static void set_up(void)
{
	(void)strcpy(dir, "/tmp/postern-server-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/s", dir);
	cr_assert_eq(uv_loop_init(&loop), 0);
	cr_assert_eq(pst_control_create(&control, path, PST_CONTROL_NO_GROUP, &error), 0, "%s",
		error.text);
	const struct pst_driver *driver = pst_control_driver(control);
	/* The server only hands it on. */
	cr_assert_eq(driver->attach(driver->user, (struct pst_lane *)&loop, &loop, &error), 0);
}

static void leave(void)
{
	const struct pst_driver *driver = pst_control_driver(control);

	driver->detach(driver->user);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	cr_expect_eq(uv_loop_close(&loop), 0, "every handle is closed");
	pst_control_destroy(&control);
	cr_expect_eq(access(path, F_OK), -1);
	(void)rmdir(dir);
}

TestSuite(server, .init = set_up, .fini = leave);

static int dial(void)
{
	int fd = -1;

	cr_assert_eq(pst_control_connect(path, &fd, &error), 0, "%s", error.text);
	return fd;
}

static void say(int fd, const char *text)
{
	cr_assert_eq(pst_fd_write_full(fd, text, strlen(text)), 0);
}

/* Runs the server until a line has come. @return its size; 0: it hung up; -1: nothing came */
static ssize_t hear(int fd, char *line, size_t room, int wait_ms)
{
	int64_t until_ns = pst_clock_mono_ns() + wait_ms * PST_NS_PER_MS;
	size_t size = 0;

	do {
		(void)uv_run(&loop, UV_RUN_NOWAIT);
		while (size < room - 1) {
			ssize_t got = recv(fd, line + size, 1, MSG_DONTWAIT);

			if (got == 0 || (got < 0 && errno == ECONNRESET)) {
				return 0;
			}
			if (got < 0) {
				break;
			}
			size++;
			if (line[size - 1] == '\n') {
				line[size] = 0;
				return (ssize_t)size;
			}
		}
		(void)usleep(200);
	} while (pst_clock_mono_ns() < until_ns);
	return -1;
}

static void expect_line(int fd, const char *wanted)
{
	char line[PST_CONTROL_UNREAD_MAX] = "";

	cr_assert_gt(hear(fd, line, sizeof(line), 5000), 0, "%s did not come", wanted);
	cr_expect_not_null(strstr(line, wanted), "%s: %s", wanted, line);
}

static void expect_end(int fd)
{
	char line[1024];

	cr_expect_eq(hear(fd, line, sizeof(line), 5000), 0, "hangs up");
}

Test(server, does_what_is_asked_in_order)
{
	int fd = dial();

	say(fd, "{\"v\":1,\"id\":1,\"do\":\"open\",\"category\":\"us-citizen\",\"known-by\":"
		"\"document\"}\n{\"v\":1,\"id\":2,\"do\":\"notice\",\"display\":\"d\",\"version\":"
		"\"1\",\"language\":\"es\"}\n{\"v\":1,\"id\":3,\"do\":\"decl");
	expect_line(fd, "{\"v\":1,\"id\":1,\"ok\":true,\"encounter\":5}");
	expect_line(fd, "\"id\":2,\"ok\":true,\"notice\":\"current\",\"wanted\":\"1\"");
	say(fd, "ine\"}\n");
	expect_line(fd, "\"id\":3,\"ok\":true");
	cr_expect_eq(declined, 1);
	say(fd, "{\"v\":1,\"id\":4,\"do\":\"health\"}\n");
	expect_line(fd, "\"id\":4,\"ok\":true,\"lane\":\"lane\"");
	say(fd, "{\"v\":1,\"id\":4,\"do\":\"consent\"}\n");
	expect_line(fd, "\"id\":4,\"ok\":false,\"code\":\"unsafe\",\"error\":\"opted out\"");
	say(fd, "{\"v\":1,\"id\":5,\"do\":\"close\"}\n");
	expect_line(fd, "\"outcome\":\"refer-opted-out\",\"reason\":null,\"receipt\":null,"
			"\"audit\":9}");
	pst_fd_close(&fd);
}

Test(server, a_review_is_checked_before_the_lane_is_asked)
{
	int fd = dial();

	say(fd, "{\"v\":1,\"do\":\"review\",\"encounter\":5,\"officer\":\"D-1\",\"decision\":"
		"\"admitted\",\"evidence\":[\"face-match\"]}\n");
	expect_line(fd, "\"code\":\"unsafe\",\"error\":\"evidence: a face alone");
	say(fd, "{\"v\":1,\"do\":\"review\",\"officer\":\"D-1\",\"decision\":\"admitted\","
		"\"evidence\":[\"document\"]}\n");
	expect_line(fd, "\"code\":\"bad\",\"error\":\"review: name the encounter");
	say(fd, "{\"v\":1,\"do\":\"review\",\"encounter\":5,\"officer\":\"D-1\",\"decision\":"
		"\"admitted\",\"evidence\":[\"document\"]}\n");
	expect_line(fd, "\"code\":\"no\",\"error\":\"no such encounter\"");
	pst_fd_close(&fd);
}

/* What closed while the server listened is explained and handed out; nothing else is. */
Test(server, tells_of_who_was_here)
{
	struct pst_policy *policy = shipped_policy();
	const struct pst_driver *driver = pst_control_driver(control);
	const struct pst_drive_explanation encounter = somebody(policy, 5);
	int fd = dial();

	say(fd, "{\"v\":1,\"do\":\"explain\"}\n");
	expect_line(fd, "\"code\":\"no\",\"error\":\"nobody is there, and nobody has been");
	driver->closed(driver->user, &encounter);
	pst_policy_destroy(&policy);
	say(fd, "{\"v\":1,\"do\":\"explain\"}\n{\"v\":1,\"do\":\"explain\",\"encounter\":5}\n");
	expect_line(fd, "\"ok\":true,\"encounter\":5,\"closed\":true");
	expect_line(fd, "\"rule\":\"citizen-declines\"");
	say(fd, "{\"v\":1,\"do\":\"explain\",\"encounter\":6}\n");
	expect_line(fd, "\"code\":\"no\",\"error\":\"no such encounter is there, or among the "
			"last 1024");
	say(fd, "{\"v\":1,\"do\":\"receipt\",\"receipt\":"
		"\"0123456789abcdef0123456789abcdef\"}\n");
	expect_line(fd, "\"ok\":true,\"document\":{\"id\":\"0123\"}}");
	say(fd, "{\"v\":1,\"do\":\"receipt\",\"receipt\":"
		"\"0123456789abcdef0123456789abcdee\"}\n");
	expect_line(fd, "\"code\":\"no\",\"error\":\"no such receipt among the last 1024");
	say(fd, "{\"v\":1,\"do\":\"receipt\",\"receipt\":\"../audit\"}\n"
		"{\"v\":1,\"do\":\"receipt\"}\n");
	expect_line(fd, "\"code\":\"bad\",\"error\":\"receipt: missing, or not an id");
	expect_line(fd, "\"code\":\"bad\",\"error\":\"receipt: missing, or not an id");
	say(fd, "{\"v\":1,\"do\":\"policy\"}\n");
	expect_line(fd, "\"code\":\"unsafe\",\"error\":\"no policy today\"");
	pst_fd_close(&fd);
}

Test(server, garbage_ends_that_connection_alone)
{
	char much[PST_CONTROL_LINE_MAX + 1];
	int other = dial();
	int fd = dial();

	say(fd, "GET / HTTP/1.1\r\n");
	expect_line(fd, "\"code\":\"garbage\"");
	expect_end(fd);
	pst_fd_close(&fd);
	fd = dial();
	memset(much, ' ', sizeof(much) - 1);
	much[sizeof(much) - 1] = 0;
	say(fd, much);
	expect_line(fd, "a request has at most 4095 bytes");
	expect_end(fd);
	pst_fd_close(&fd);
	say(other, "{\"v\":1,\"id\":1,\"do\":\"nothing\"}\n{\"v\":1,\"id\":2,\"do\":\"status\"}\n");
	expect_line(other, "\"id\":1,\"ok\":false,\"code\":\"bad\"");
	expect_line(other, "\"id\":2,\"ok\":true,\"lane\":\"lane\"");
	pst_fd_close(&other);
}

Test(server, subscribers_get_each_event_from_then_on)
{
	int first = dial();
	int second = dial();

	pst_control_tell(control, "{\"seq\":0}", 9);
	say(first, "{\"v\":1,\"id\":1,\"do\":\"subscribe\"}\n");
	expect_line(first, "\"id\":1,\"ok\":true");
	pst_control_tell(control, "{\"seq\":1}", 9);
	say(second, "{\"v\":1,\"id\":1,\"do\":\"subscribe\"}\n");
	expect_line(second, "\"id\":1,\"ok\":true");
	pst_control_tell(control, "{\"seq\":2}", 9);
	expect_line(first, "{\"seq\":1}\n");
	expect_line(first, "{\"seq\":2}\n");
	expect_line(second, "{\"seq\":2}\n");
	pst_fd_close(&first);
	pst_fd_close(&second);
}

/* Nothing waits for who doesn't read; what it reads later tells how much is gone. */
Test(server, a_slow_subscriber_loses_events_and_is_told_how_many)
{
	char event[4096];
	char line[8192];
	unsigned told = 0;
	unsigned long lost = 0;
	int slow = dial();

	say(slow, "{\"v\":1,\"do\":\"subscribe\"}\n");
	expect_line(slow, "\"ok\":true");
	memset(event, 'x', sizeof(event));
	int64_t begin_ns = pst_clock_mono_ns();
	for (int i = 0; i < 5000; i++) {
		pst_control_tell(control, event, sizeof(event));
		(void)uv_run(&loop, UV_RUN_NOWAIT);
	}
	cr_expect_lt(pst_clock_mono_ns() - begin_ns, 5 * PST_NS_PER_S);
	while (hear(slow, line, sizeof(line), 200) > 0) {
		if (line[0] == 'x') {
			told++;
		} else {
			unsigned long some = 0;

			cr_assert_eq(sscanf(line, "{\"v\":1,\"lost\":%lu}", &some), 1, "%s", line);
			lost += some;
		}
	}
	cr_expect_gt(lost, 0);
	cr_expect_eq(told + lost, 5000);
	pst_fd_close(&slow);
}

Test(server, who_asks_too_often_waits)
{
	char line[1024];
	unsigned answers = 0;
	int fd = dial();
	int64_t begin_ns = pst_clock_mono_ns();

	for (int i = 0; i < PST_CONTROL_REQUESTS_PER_S + 10; i++) {
		say(fd, "{\"v\":1,\"do\":\"status\"}\n");
	}
	while (hear(fd, line, sizeof(line), 300) > 0) {
		answers++;
	}
	cr_expect_eq(answers, PST_CONTROL_REQUESTS_PER_S);
	int other = dial();
	say(other, "{\"v\":1,\"do\":\"status\"}\n");
	expect_line(other, "\"ok\":true");
	for (int i = 0; i < 10; i++) {
		expect_line(fd, "\"ok\":true");
	}
	cr_expect_geq(pst_clock_mono_ns() - begin_ns, PST_NS_PER_S);
	cr_expect_eq(asked, PST_CONTROL_REQUESTS_PER_S + 11);
	pst_fd_close(&other);
	pst_fd_close(&fd);
}

Test(server, at_most_so_many)
{
	int fd[PST_CONTROL_CONNECTIONS_MAX];
	int many;

	for (size_t i = 0; i < PST_CONTROL_CONNECTIONS_MAX; i++) {
		fd[i] = dial();
		(void)uv_run(&loop, UV_RUN_NOWAIT);
	}
	many = dial();
	expect_line(many, "256 are connected; try again later");
	expect_end(many);
	pst_fd_close(&many);
	say(fd[0], "{\"v\":1,\"do\":\"status\"}\n");
	expect_line(fd[0], "\"ok\":true");
	pst_fd_close(&fd[0]);
	(void)uv_run(&loop, UV_RUN_NOWAIT);
	(void)uv_run(&loop, UV_RUN_NOWAIT);
	many = dial();
	say(many, "{\"v\":1,\"do\":\"status\"}\n");
	expect_line(many, "\"ok\":true");
	pst_fd_close(&many);
	for (size_t i = 1; i < PST_CONTROL_CONNECTIONS_MAX; i++) {
		pst_fd_close(&fd[i]);
	}
}

Test(server, the_last_event_comes_before_the_end)
{
	const struct pst_driver *driver = pst_control_driver(control);
	int fd = dial();

	say(fd, "{\"v\":1,\"do\":\"subscribe\"}\n");
	expect_line(fd, "\"ok\":true");
	pst_control_tell(control, "one", 3);
	pst_control_tell(control, "last", 4);
	driver->detach(driver->user);
	expect_line(fd, "one");
	expect_line(fd, "last");
	expect_end(fd);
	pst_fd_close(&fd);
}

/* The lane has made the picture that was asked for. */
static void give_picture(size_t size)
{
	static uint8_t jpeg[47104];
	const struct pst_driver *driver = pst_control_driver(control);
	const struct pst_picture_made made = {.width = 480,
		.height = 270,
		.captured_ns = 1234 * PST_NS_PER_MS,
		.jpeg = jpeg,
		.size = size};

	cr_assert_leq(size, sizeof(jpeg));
	memset(jpeg, 'a', sizeof(jpeg));
	driver->pictured(driver->user, &made, NULL);
}

static void wait_until_asked(unsigned times)
{
	int64_t until_ns = pst_clock_mono_ns() + 5 * PST_NS_PER_S;

	while (pictures_asked < times && pst_clock_mono_ns() < until_ns) {
		(void)uv_run(&loop, UV_RUN_NOWAIT);
	}
	cr_assert_eq(pictures_asked, times);
}

Test(server, a_picture_comes_later_and_holds_nothing_up)
{
	int one = dial(), two = dial(), three = dial();

	say(one, "{\"v\":1,\"id\":1,\"do\":\"picture\"}\n{\"v\":1,\"id\":2,\"do\":"
		 "\"decline\"}\n{\"v\":1,\"id\":3,\"do\":\"picture\"}\n");
	expect_line(one, "\"id\":2,\"ok\":true");
	cr_expect_eq(declined, 1, "who opts out never waits for a picture");
	expect_line(one, "\"id\":3,\"ok\":false,\"code\":\"no\",\"error\":\"a picture is under");
	say(two, "{\"v\":1,\"do\":\"picture\"}\n");
	say(three, "{\"v\":1,\"id\":1,\"do\":\"status\"}\n");
	expect_line(three, "\"ok\":true");
	wait_until_asked(2);
	give_picture(3);
	expect_line(one,
		"{\"v\":1,\"id\":1,\"ok\":true,\"format\":\"jpeg\",\"width\":480,\"height\""
		":270,\"captured_ms\":1234,\"jpeg\":\"YWFh\"}\n");
	expect_line(two, "{\"v\":1,\"ok\":true,\"format\"");
	say(three, "{\"v\":1,\"id\":2,\"do\":\"status\"}\n");
	expect_line(three, "\"id\":2"); /* nothing came to who had not asked */
	pst_fd_close(&one);
	pst_fd_close(&two);
	pst_fd_close(&three);
}

Test(server, the_largest_picture_is_one_line)
{
	static char line[PST_CONTROL_ANSWER_MAX + 1];
	int fd = dial();

	say(fd, "{\"v\":1,\"id\":9223372036854775807,\"do\":\"picture\"}\n");
	wait_until_asked(1);
	give_picture(47104);
	ssize_t size = hear(fd, line, sizeof(line), 5000);

	cr_assert_gt(size, 60000);
	cr_expect_leq(size, PST_CONTROL_ANSWER_MAX);
	cr_expect_str_eq(line + size - 3, "\"}\n");
	pst_fd_close(&fd);
}

Test(server, no_picture_is_told_why)
{
	const struct pst_driver *driver = pst_control_driver(control);
	const struct pst_error over = {.status = PST_E_ELECTIVE, .text = "the permit is over"};
	int fd = dial();

	picture_status = PST_E_NOT_FOUND;
	say(fd, "{\"v\":1,\"id\":1,\"do\":\"picture\"}\n");
	expect_line(fd, "\"id\":1,\"ok\":false,\"code\":\"no\",\"error\":\"not now\"");
	picture_status = 0;
	say(fd, "{\"v\":1,\"id\":2,\"do\":\"picture\"}\n");
	wait_until_asked(2);
	driver->pictured(driver->user, NULL, &over);
	expect_line(fd, "\"id\":2,\"ok\":false,\"code\":\"no\",\"error\":\"the permit is over\"");
	give_picture(3); /* to nobody */
	say(fd, "{\"v\":1,\"id\":3,\"do\":\"status\"}\n");
	expect_line(fd, "\"id\":3");
	pst_fd_close(&fd);
}

/* Nothing of a picture stays here for somebody who does not read. */
Test(server, who_does_not_read_gets_no_picture)
{
	static const char ask[] = "{\"v\":1,\"id\":1,\"do\":\"picture\"}\n";
	static char line[PST_CONTROL_ANSWER_MAX + 1];
	unsigned whole = 0;
	int fd = dial();

	while (pictures_asked < 20 && send(fd, ask, strlen(ask), MSG_NOSIGNAL) > 0) {
		unsigned before = pictures_asked;

		for (int turn = 0; turn < 50 && pictures_asked == before; turn++) {
			(void)uv_run(&loop, UV_RUN_NOWAIT);
		}
		give_picture(47104);
	}
	cr_expect_lt(pictures_asked, 20, "it was cut off once it had taken only a part");
	while (hear(fd, line, sizeof(line), 1000) > 0) {
		cr_expect_not_null(strstr(line, "\"}\n"));
		whole++;
	}
	cr_expect_geq(whole, 1);
	cr_expect_leq(whole, pictures_asked);
	pst_fd_close(&fd);
}
