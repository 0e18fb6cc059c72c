/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "worker/fence.h"
#include "worker/syscalls.h"

#define DESCRIPTORS_MAX 64
#define MEMORY_MAX (8ULL << 30) /* address space: libraries, stacks, a gallery of some millions */
#define NUMBERS 1024		/* more than any kernel has calls */
#define TREE 2			/* of SCMP_FLTATR_CTL_OPTIMIZE: a binary tree of numbers */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static const char no_filter[] =
	"this kernel takes no filter of system calls for all threads (CONFIG_SECCOMP_FILTER); with "
	"plugins that you trust, --sandbox off";

static int fail(struct pst_error *error, const char *what, int cause)
{
	return pst_error_set(
		error, PST_E_UNSAFE, "sandbox: %s: %s", what, strerror(cause < 0 ? -cause : cause));
}

/* Root's rights would reach further than files; to lock memory and to read is left. */
static int drop_rights(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	const unsigned int kept = 1U << CAP_IPC_LOCK | 1U << CAP_DAC_READ_SEARCH;

	if (syscall(SYS_capget, &header, data) < 0) {
		return -errno;
	}
	for (unsigned int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].permitted &= i == 0 ? kept : 0;
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

static int limit(int resource, rlim_t most)
{
	struct rlimit bound;

	if (getrlimit(resource, &bound) < 0) {
		return -errno;
	}
	if (bound.rlim_max == RLIM_INFINITY || bound.rlim_max > most) {
		bound.rlim_max = most;
	}
	bound.rlim_cur = bound.rlim_max;
	return setrlimit(resource, &bound) < 0 ? -errno : 0;
}

/* Time is the lane's to limit, by deadlines: a worker that lives for days uses up any budget. */
static int set_limits(struct pst_error *error)
{
	int status = limit(RLIMIT_CORE, 0);

	status = status < 0 ? status : limit(RLIMIT_FSIZE, 0);
	status = status < 0 ? status : limit(RLIMIT_NOFILE, DESCRIPTORS_MAX);
	status = status < 0 ? status : limit(RLIMIT_AS, MEMORY_MAX);
	status = status < 0 ? status : drop_rights();
	if (status < 0) {
		return fail(error, "limits", status);
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		return fail(error, "no_new_privs", errno);
	}
	return 0;
}

/* The condition as libseccomp wants it. @return how many arguments it looks at */
static unsigned int conditions(const struct pst_sandbox_config *config, enum pst_syscall_when when,
	struct scmp_arg_cmp *ret_conditions)
{
	struct scmp_arg_cmp *c = ret_conditions;

	switch (when) {
	case PST_SYSCALL_CONTROL:
	case PST_SYSCALL_ANSWER:
		c[0] = SCMP_A0_32(SCMP_CMP_EQ, (uint32_t)config->control);
		c[1] = SCMP_A4_64(SCMP_CMP_EQ, 0);
		return when == PST_SYSCALL_ANSWER ? 2 : 1;
	case PST_SYSCALL_NO_EXEC:
	case PST_SYSCALL_ANONYMOUS:
		c[0] = SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
		c[1] = SCMP_A3_64(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS);
		return when == PST_SYSCALL_ANONYMOUS ? 2 : 1;
	case PST_SYSCALL_SELF:
		c[0] = SCMP_A0_32(SCMP_CMP_EQ, (uint32_t)getpid());
		return 1;
	case PST_SYSCALL_SELF_ZERO:
		c[0] = SCMP_A0_32(SCMP_CMP_EQ, 0);
		return 1;
	case PST_SYSCALL_THREAD:
		c[0] = SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD);
		return 1;
	case PST_SYSCALL_NEVER:
	case PST_SYSCALL_ALWAYS:
	case PST_SYSCALL_LOG:
	default:
		return 0;
	}
}

static int allow_log(scmp_filter_ctx filter, const struct pst_sandbox_config *config, int number)
{
	const int to[] = {STDOUT_FILENO, STDERR_FILENO, config->log};
	int status = 0;

	for (int i = 0; i < 3 && status == 0; i++) {
		if (to[i] >= 0) {
			struct scmp_arg_cmp is = SCMP_A0_32(SCMP_CMP_EQ, (uint32_t)to[i]);

			status = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 1, &is);
		}
	}
	return status;
}

static int allow(scmp_filter_ctx filter, const struct pst_sandbox_config *config, int number,
	enum pst_syscall_when when)
{
	struct scmp_arg_cmp c[2];
	unsigned int count = conditions(config, when, c);

	if (when == PST_SYSCALL_LOG) {
		return allow_log(filter, config, number);
	}
	if ((when == PST_SYSCALL_CONTROL || when == PST_SYSCALL_ANSWER) && config->control < 0) {
		return 0;
	}
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, count, c);
}

/*
 * The kernel takes the most severe answer of all filters, and a refusal is more severe than to ask:
 * a worker that learns gets one that is less, and without a tracer is a refusal too (ENOSYS).
 */
static uint32_t refusal(const struct pst_sandbox_config *config)
{
	return config->mode == PST_SANDBOX_LEARN ? SCMP_ACT_TRACE(0) : SCMP_ACT_ERRNO(EPERM);
}

/* Refused, or refused where the one condition that there is doesn't hold. */
static int refuse(scmp_filter_ctx filter, const struct pst_sandbox_config *config, int number,
	enum pst_syscall_when when)
{
	struct scmp_arg_cmp c[2];
	unsigned int count = conditions(config, when, c);

	if (count > 0) {
		int status = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, count, c);

		if (status < 0) {
			return status;
		}
		if (c[0].op == SCMP_CMP_MASKED_EQ) {
			c[0].datum_b = 0;
		} else {
			c[0].op = SCMP_CMP_NE;
		}
	}
	return seccomp_rule_add_array(filter, refusal(config), number, count, c);
}

static const struct pst_syscall *find_refused(const char *name)
{
	size_t count;
	const struct pst_syscall *refused = pst_syscalls_refused(&count);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(refused[i].name, name) == 0) {
			return &refused[i];
		}
	}
	return NULL;
}

static int fill_first(scmp_filter_ctx filter, const struct pst_sandbox_config *config)
{
	int status = 0;

	for (int number = 0; number < NUMBERS && status == 0; number++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);

		if (name && strcmp(name, "clone3") != 0) {
			const struct pst_syscall *refused = find_refused(name);

			status = refused ? refuse(filter, config, number, refused->when)
					 : allow(filter, config, number, PST_SYSCALL_ALWAYS);
		}
		free(name);
	}
	return status;
}

static int fill_second(scmp_filter_ctx filter, const struct pst_sandbox_config *config)
{
	size_t count;
	const struct pst_syscall *sealed = pst_syscalls_sealed(&count);
	int status = 0;

	for (size_t i = 0; i < count && status == 0; i++) {
		int number = seccomp_syscall_resolve_name(sealed[i].name);

		if (number >= 0) { /* this machine has it */
			status = allow(filter, config, number, sealed[i].when);
		}
	}
	return status;
}

static uint32_t default_action(const struct pst_sandbox_config *config, int stage)
{
	if (stage == 1) {
		return SCMP_ACT_ERRNO(ENOSYS);
	}
	switch (config->mode) {
	case PST_SANDBOX_TRAP:
		return SCMP_ACT_TRAP;
	case PST_SANDBOX_LEARN:
		return SCMP_ACT_NOTIFY;
	case PST_SANDBOX_UNSET:
	case PST_SANDBOX_ENFORCE:
	default:
		return SCMP_ACT_KILL_PROCESS;
	}
}

static int make_filter(const struct pst_sandbox_config *config, int stage,
	scmp_filter_ctx *ret_filter, struct pst_error *error)
{
	scmp_filter_ctx filter = seccomp_init(default_action(config, stage));
	int status = filter ? 0 : -ENOMEM;

	if (status == 0) {
		status = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	}
	if (status == 0) {
		status = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	}
	if (status == 0) {
		status = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, TREE);
	}
	if (status == 0) {
		status = stage == 1 ? fill_first(filter, config) : fill_second(filter, config);
	}
	if (status < 0) {
		seccomp_release(filter);
		return fail(error, no_filter, status);
	}
	*ret_filter = filter;
	return 0;
}

static int load(const struct pst_sandbox_config *config, int stage, int *ret_listener,
	struct pst_error *error)
{
	scmp_filter_ctx filter;
	int status = make_filter(config, stage, &filter, error);

	if (status < 0) {
		return status;
	}
	status = seccomp_load(filter);
	if (status == 0 && ret_listener) {
		*ret_listener = stage == 2 && config->mode == PST_SANDBOX_LEARN
					? seccomp_notify_fd(filter)
					: -1;
	}
	seccomp_release(filter);
	return status < 0 ? fail(error, no_filter, status) : 0;
}

int pst_sandbox_confine(const struct pst_sandbox_config *config, struct pst_error *error)
{
	int status;

	if (SANITIZED) {
		return pst_error_set(error, PST_E_UNSAFE,
			"sandbox: this build has a sanitizer, whose run time cannot be confined; "
			"--sandbox off");
	}
	status = set_limits(error);
	if (status == 0) {
		status = pst_fence_raise(config->files, config->file_count, error);
	}
	return status < 0 ? status : load(config, 1, NULL, error);
}

int pst_sandbox_seal(
	const struct pst_sandbox_config *config, int *ret_listener, struct pst_error *error)
{
	static char line[BUFSIZ];

	/* A first print would ask for the kind of file behind standard output, and so be a breach.
	 */
	(void)setvbuf(stdout, line, _IOLBF, sizeof(line));
	if (config->mode != PST_SANDBOX_LEARN && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) {
		return fail(error, "the process stays open to dumps", errno);
	}
	return load(config, 2, ret_listener, error);
}

int pst_sandbox_export(
	const struct pst_sandbox_config *config, int stage, int fd, struct pst_error *error)
{
	scmp_filter_ctx filter;
	int status = make_filter(config, stage, &filter, error);

	if (status < 0) {
		return status;
	}
	status = seccomp_export_bpf(filter, fd);
	seccomp_release(filter);
	return status < 0 ? fail(error, "the filter cannot be written", status) : 0;
}
