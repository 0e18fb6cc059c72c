/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * Loaded before the C library (LD_PRELOAD): every sync of a file whose name holds a word goes
 * wrong, as the file that DISK_FAULT names says while the program runs: "WORD hang", "WORD EIO" or
 * "WORD ENOSPC". Without that file the disk is sound.
 */
static int read_fault(char *word, char *fault)
{
	const char *path = getenv("DISK_FAULT");
	FILE *file = path ? fopen(path, "re") : NULL;
	int got = file ? fscanf(file, "%63s %15s", word, fault) : 0;

	if (file) {
		(void)fclose(file);
	}
	return got == 2;
}

static int is_hit(int fd, const char *word)
{
	char link[32], name[4096];

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t size = readlink(link, name, sizeof(name) - 1);

	name[size > 0 ? size : 0] = 0;
	return strstr(name, word) != NULL;
}

static int fail(int fd)
{
	const struct timespec moment = {.tv_nsec = 10000000};
	char word[64], fault[16];

	while (read_fault(word, fault) && is_hit(fd, word)) {
		if (strcmp(fault, "hang") != 0) {
			errno = strcmp(fault, "ENOSPC") == 0 ? ENOSPC : EIO;
			return -1;
		}
		(void)nanosleep(&moment, NULL);
	}
	return 0;
}

int fsync(int fd)
{
	return fail(fd) < 0 ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return fail(fd) < 0 ? -1 : (int)syscall(SYS_fdatasync, fd);
}
