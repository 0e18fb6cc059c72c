/* SPDX-License-Identifier: Apache-2.0 */
#include "conform/surroundings.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#define DESCRIPTORS 64
#define MXCSR_CONTROL 0xffc0U /* rounding, masks, flush to zero, denormals are zero */

/* Opened before the sandbox closes /proc. */
static int status_fd = -1;
static int memory_fd = -1;

int pst_surroundings_begin(void)
{
	status_fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	memory_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	return status_fd < 0 || memory_fd < 0 ? -errno : 0;
}

int pst_surroundings_threads(void)
{
	char text[1024];
	ssize_t size = pread(status_fd, text, sizeof(text) - 1, 0);
	const char *at;

	if (size <= 0) {
		return -1;
	}
	text[size] = 0;
	at = strrchr(text, ')'); /* the name before it may hold anything */
	for (int field = 2; at && field < 20; field++) {
		at = strchr(at + 1, ' ');
	}
	return at ? (int)strtol(at, NULL, 10) : -1;
}

int64_t pst_surroundings_cpu_ns(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t pst_surroundings_memory(void)
{
	char text[256];
	ssize_t size = pread(memory_fd, text, sizeof(text) - 1, 0);
	char *end;
	int64_t resident, shared;

	if (size <= 0) {
		return -1;
	}
	text[size] = 0;
	(void)strtoll(text, &end, 10);
	resident = strtoll(end, &end, 10);
	shared = strtoll(end, &end, 10);
	return (resident - shared) * sysconf(_SC_PAGESIZE);
}

/* The kernel writes a byte there that it has just read there, or says that it can't. */
bool pst_surroundings_is_writable(const void *address)
{
	union {
		const void *from;
		void *to;
	} at = {.from = address};
	int pipe[2];
	bool writable;

	if (pipe2(pipe, O_CLOEXEC | O_NONBLOCK) < 0) {
		return false;
	}
	writable = write(pipe[1], at.from, 1) == 1 && read(pipe[0], at.to, 1) == 1;
	(void)close(pipe[0]);
	(void)close(pipe[1]);
	return writable;
}

static uint64_t digest_environment(void)
{
	uint64_t digest = 1469598103934665603ULL; /* FNV-1a */

	for (char **variable = environ; variable && *variable; variable++) {
		for (const char *at = *variable; *at; at++) {
			digest = (digest ^ (uint8_t)*at) * 1099511628211ULL;
		}
		digest = (digest ^ 10U) * 1099511628211ULL;
	}
	return digest;
}

static uint32_t float_control(void)
{
#if defined(__x86_64__)
	return _mm_getcsr() & MXCSR_CONTROL;
#elif defined(__aarch64__)
	uint64_t control;

	__asm__ volatile("mrs %0, fpcr" : "=r"(control));
	return (uint32_t)control;
#endif
}

void pst_surroundings_take(struct pst_surroundings *ret_surroundings)
{
	struct pst_surroundings *s = ret_surroundings;
	const char *locale = setlocale(LC_ALL, NULL);

	memset(s, 0, sizeof(*s));
	s->threads = pst_surroundings_threads();
	for (int fd = 0; fd < DESCRIPTORS; fd++) {
		s->descriptors |= fcntl(fd, F_GETFD) >= 0 ? 1ULL << fd : 0;
	}
	for (int i = 1; i < PST_SIGNALS; i++) {
		struct sigaction action;

		if (sigaction(i, NULL, &action) == 0) {
			s->signal[i].handler = action.sa_handler;
			s->signal[i].flags = action.sa_flags;
		}
	}
	(void)sigprocmask(SIG_SETMASK, NULL, &s->mask);
	s->environment = digest_environment();
	if (!getcwd(s->folder, sizeof(s->folder))) {
		s->folder[0] = 0;
	}
	s->umask = umask(0);
	(void)umask(s->umask);
	for (unsigned int i = 0; i < PST_LIMITS; i++) {
		(void)getrlimit(i, &s->limit[i]);
	}
	s->priority = getpriority(PRIO_PROCESS, 0);
	(void)snprintf(s->locale, sizeof(s->locale), "%s", locale ? locale : "");
	s->rounding = fegetround();
	s->control = float_control();
}

bool pst_surroundings_same_signals(const struct pst_surroundings *before,
	const struct pst_surroundings *after, char *ret_what, size_t size)
{
	for (int i = 1; i < PST_SIGNALS; i++) {
		const char *name = sigabbrev_np(i);

		if (before->signal[i].handler != after->signal[i].handler ||
			before->signal[i].flags != after->signal[i].flags) {
			(void)snprintf(ret_what, size, "the handler of SIG%s", name ? name : "RT");
			return false;
		}
		if (sigismember(&before->mask, i) != sigismember(&after->mask, i)) {
			(void)snprintf(ret_what, size, "the mask of SIG%s", name ? name : "RT");
			return false;
		}
	}
	return true;
}

bool pst_surroundings_same_folder(const struct pst_surroundings *before,
	const struct pst_surroundings *after, char *ret_what, size_t size)
{
	if (strcmp(before->folder, after->folder) != 0) {
		(void)snprintf(ret_what, size, "the working folder, now %.200s", after->folder);
		return false;
	}
	if (before->umask != after->umask) {
		(void)snprintf(ret_what, size, "the umask, now %03o", after->umask);
		return false;
	}
	return true;
}

bool pst_surroundings_same_limits(const struct pst_surroundings *before,
	const struct pst_surroundings *after, char *ret_what, size_t size)
{
	for (int i = 0; i < (int)PST_LIMITS; i++) {
		if (before->limit[i].rlim_cur != after->limit[i].rlim_cur ||
			before->limit[i].rlim_max != after->limit[i].rlim_max) {
			(void)snprintf(ret_what, size, "resource limit %d (sys/resource.h)", i);
			return false;
		}
	}
	if (before->priority != after->priority) {
		(void)snprintf(ret_what, size, "the priority, now %d", after->priority);
		return false;
	}
	return true;
}

bool pst_surroundings_same_locale(const struct pst_surroundings *before,
	const struct pst_surroundings *after, char *ret_what, size_t size)
{
	(void)snprintf(ret_what, size, "the locale, now %.200s", after->locale);
	return strcmp(before->locale, after->locale) == 0;
}

bool pst_surroundings_same_rounding(const struct pst_surroundings *before,
	const struct pst_surroundings *after, char *ret_what, size_t size)
{
	(void)snprintf(ret_what, size, "the floating-point control word, from %#x to %#x",
		before->control, after->control);
	return before->rounding == after->rounding && before->control == after->control;
}

bool pst_surroundings_same_environment(const struct pst_surroundings *before,
	const struct pst_surroundings *after, char *ret_what, size_t size)
{
	(void)snprintf(ret_what, size, "an environment variable");
	return before->environment == after->environment;
}

bool pst_surroundings_same_descriptors(const struct pst_surroundings *before,
	const struct pst_surroundings *after, char *ret_what, size_t size)
{
	uint64_t different = before->descriptors ^ after->descriptors;

	if (different == 0) {
		return true;
	}
	(void)snprintf(ret_what, size, "descriptor %d", __builtin_ctzll(different));
	return false;
}
