/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

/*
 * Loaded before the C library (LD_PRELOAD): the wall clock of a program is what stands in the file
 * that WALL_CLOCK names, in seconds since 1970, so that a test can set it while the program runs.
 * With the word "sync" behind it the kernel says that something keeps it right, else that nothing
 * does.
 */
static int read_file(char *text, size_t size)
{
	const char *path = getenv("WALL_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t got = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0) {
		(void)close(fd);
	}
	text[got > 0 ? got : 0] = 0;
	return got > 0 ? 0 : -1;
}

time_t time(time_t *ret_now)
{
	char text[32];
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (read_file(text, sizeof(text)) == 0) {
		now.tv_sec = (time_t)strtoll(text, NULL, 10);
	}
	if (ret_now) {
		*ret_now = now.tv_sec;
	}
	return now.tv_sec;
}

int adjtimex(struct timex *kernel)
{
	char text[32];
	int is_right = read_file(text, sizeof(text)) == 0 && strstr(text, "sync");

	memset(kernel, 0, sizeof(*kernel));
	kernel->status = is_right ? 0 : STA_UNSYNC;
	return is_right ? TIME_OK : TIME_ERROR;
}
