/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A detector for tests that tries to get out: when its library is loaded, when it starts (option
 * start) and on a bright frame (option frame). What it came to is logged as "WHEN: WHAT: ERRNO".
 *
 * It is run by root, and where the sandbox has a hole as well: nothing here may do harm if it
 * succeeds. What changes files is done to the one that the test names and made, nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "postern/detector.h"

struct escape {
	const struct pst_host *host;
	const char *frame;
	int64_t bright;
};

static const char *path;   /* the test's own file; NULL in the constructor, which nobody tells */
static char tidings[1024]; /* of the constructor, which has nobody to tell */

static int result(long value)
{
	return value < 0 ? errno : 0;
}

static int do_read(void)
{
	return result(open(path ? path : "/etc/hostname", O_RDONLY));
}

static int do_write(void)
{
	return result(open(path ? path : "/tmp/postern-escape", O_WRONLY | O_CREAT, 0600));
}

static int do_truncate(void)
{
	return result(truncate(path, 0));
}

static int do_remove(void)
{
	return result(unlink(path));
}

static int do_folder(void)
{
	return result(open("/", O_RDONLY | O_DIRECTORY));
}

static int do_stat(void)
{
	struct stat about;

	return result(stat(path, &about));
}

static int do_unix(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "/run/dbus/system_bus_socket"};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return fd < 0 ? errno : result(connect(fd, (struct sockaddr *)&to, sizeof(to)));
}

static int do_internet(void)
{
	return result(socket(AF_INET, SOCK_DGRAM, 0));
}

static int do_fork(void)
{
	pid_t child = fork();

	if (child == 0) {
		_exit(0);
	}
	return result(child);
}

static int do_system(void)
{
	return system("exit 0") == 0 ? 0 : errno;
}

static int do_exec(void)
{
	char *const arguments[] = {(char[]){"true"}, NULL};

	return result(execv("/usr/bin/true", arguments));
}

static int do_signal(void)
{
	return result(kill(getppid(), 0));
}

static int do_trace(void)
{
	return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int do_code(void)
{
	void *page = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? errno : 0;
}

static int do_rights(void)
{
	return result(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int do_message(void)
{
	struct msghdr message = {0};

	return result(sendmsg(3, &message, MSG_DONTWAIT));
}

static int do_clock(void)
{
	return result(syscall(SYS_clock_settime, 0, NULL)); /* EFAULT where it is allowed */
}

static int do_core(void)
{
	const struct rlimit all = {1 << 20, 1 << 20};

	return result(setrlimit(RLIMIT_CORE, &all));
}

static int do_new(void)
{
	return result(syscall(500)); /* a number that no kernel has yet */
}

static void *stay(void *unused)
{
	for (;;) {
		usleep(10000);
	}
	return unused;
}

static int do_thread(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, stay, NULL);
}

/* A filter of its own, so that there are three and the worker looks more confined than it is. */
static int do_filter(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = {1, &allow};

	return result(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}

static int do_nothing(void)
{
	return 0;
}

static const struct attempt {
	const char *what;
	int (*try)(void);
	int early; /* tried by the constructor too */
} attempts[] = {
	{"none", do_nothing, 0},
	{"read", do_read, 1},
	{"write", do_write, 1},
	{"truncate", do_truncate, 0},
	{"remove", do_remove, 0},
	{"folder", do_folder, 1},
	{"stat", do_stat, 0},
	{"unix", do_unix, 1},
	{"internet", do_internet, 1},
	{"fork", do_fork, 1},
	{"system", do_system, 1},
	{"exec", do_exec, 1},
	{"signal", do_signal, 1},
	{"trace", do_trace, 1},
	{"code", do_code, 0},
	{"rights", do_rights, 0},
	{"message", do_message, 1},
	{"clock", do_clock, 1},
	{"core", do_core, 1},
	{"new", do_new, 1},
	{"thread", do_thread, 0},
	{"filter", do_filter, 0},
};

__attribute__((constructor)) static void loaded(void)
{
	size_t used = 0;

	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		if (attempts[i].early) {
			used += (size_t)snprintf(tidings + used, sizeof(tidings) - used, "%s:%s ",
				attempts[i].what, strerrorname_np(attempts[i].try()));
		}
	}
}

static void attempt(const struct pst_host *host, const char *when, const char *what)
{
	char line[64];

	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		if (strcmp(attempts[i].what, what) == 0) {
			(void)snprintf(line, sizeof(line), "%s: %s:%s", when, what,
				strerrorname_np(attempts[i].try()));
			host->log(host, PST_LOG_INFO, line);
		}
	}
}

static int init(void *self, const struct pst_host *host)
{
	struct escape *escape = self;
	const char *start;

	escape->host = host;
	if (host->option_text(host, "start", &start) < 0 ||
		host->option_text(host, "frame", &escape->frame) < 0 ||
		host->option_int(host, "bright", &escape->bright) < 0 ||
		host->option_text(host, "path", &path) < 0) {
		return PST_E_CONFIG;
	}
	for (char *word = strtok(tidings, " "); word; word = strtok(NULL, " ")) {
		char line[64];

		(void)snprintf(line, sizeof(line), "constructor: %s", word);
		host->log(host, PST_LOG_INFO, line);
	}
	attempt(host, "start", start);
	return 0;
}

static void finish(void *self)
{
}

static int detect(void *self, const struct pst_image *image, struct pst_face *faces, uint32_t cap)
{
	struct escape *escape = self;

	if (image->pixels[0] >= escape->bright) {
		attempt(escape->host, "frame", escape->frame);
	}
	return 0;
}

static const struct pst_detector calls = {.size = sizeof(calls), .detect = detect};

PST_EXPORT const struct pst_plugin_entry pst_plugin_entry = {
	.size = sizeof(pst_plugin_entry),
	.abi_major = PST_ABI_MAJOR,
	.abi_minor = PST_ABI_MINOR,
	.kind = PST_PLUGIN_DETECTOR,
	.id = "escape",
	.version = "1.0.0",
	.instance_size = sizeof(struct escape),
	.init = init,
	.finish = finish,
	.calls = &calls,
};
