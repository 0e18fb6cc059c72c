/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The filters as the kernel gets them, run here instruction by instruction for every number of a
 * call and many arguments, against what the tables say. Nothing is called: it is exact and safe.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/sandbox.h"
#include "worker/sandbox.h"
#include "worker/syscalls.h"

#define CONTROL 3
#define LOG 4
#define NUMBERS 1024
#define PROGRAM_MAX 4096
#define WIDE 0x100000000ULL /* beyond what a descriptor or a process id may have */

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#define OTHER_ARCH AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#define OTHER_ARCH AUDIT_ARCH_ARM
#endif

struct program {
	struct sock_filter line[PROGRAM_MAX];
	size_t count;
};

static struct program program;

static void load(int stage, enum pst_sandbox_mode mode)
{
	const struct pst_sandbox_config config = {.mode = mode, .control = CONTROL, .log = LOG};
	struct pst_error error = {0};
	int fd = memfd_create("filter", MFD_CLOEXEC);
	ssize_t size;

	cr_assert_eq(pst_sandbox_export(&config, stage, fd, &error), 0, "%s", error.text);
	size = pread(fd, program.line, sizeof(program.line), 0);
	cr_assert(size > 0 && size < (ssize_t)sizeof(program.line));
	program.count = (size_t)size / sizeof(program.line[0]);
	close(fd);
}

static size_t jump(const struct sock_filter *line, uint32_t a, size_t at)
{
	bool holds = false;

	switch (BPF_OP(line->code)) {
	case BPF_JA:
		return at + line->k;
	case BPF_JEQ:
		holds = a == line->k;
		break;
	case BPF_JGT:
		holds = a > line->k;
		break;
	case BPF_JGE:
		holds = a >= line->k;
		break;
	case BPF_JSET:
		holds = a & line->k;
		break;
	default:
		cr_assert_fail("jump %u is not known here", line->code);
	}
	return at + (holds ? line->jt : line->jf);
}

/* What the kernel would do with a call. */
static uint32_t run(const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t at = 0; at < program.count; at++) {
		const struct sock_filter *line = &program.line[at];

		switch (BPF_CLASS(line->code)) {
		case BPF_LD:
			cr_assert_eq(line->code, BPF_LD | BPF_W | BPF_ABS);
			cr_assert_leq(line->k + sizeof(a), sizeof(*data));
			memcpy(&a, (const char *)data + line->k, sizeof(a));
			break;
		case BPF_ALU:
			cr_assert_eq(line->code, BPF_ALU | BPF_AND | BPF_K);
			a &= line->k;
			break;
		case BPF_JMP:
			at = jump(line, a, at);
			break;
		case BPF_RET:
			return line->k;
		default:
			cr_assert_fail("instruction %u is not known here", line->code);
		}
	}
	cr_assert_fail("the filter ends without an answer");
	return 0;
}

static bool holds(enum pst_syscall_when when, const __u64 *args)
{
	bool exec = args[2] & PROT_EXEC;

	switch (when) {
	case PST_SYSCALL_ALWAYS:
		return true;
	case PST_SYSCALL_CONTROL:
		return args[0] == CONTROL;
	case PST_SYSCALL_ANSWER:
		return args[0] == CONTROL && args[4] == 0;
	case PST_SYSCALL_LOG:
		return args[0] == 1 || args[0] == 2 || args[0] == LOG;
	case PST_SYSCALL_NO_EXEC:
		return !exec;
	case PST_SYSCALL_ANONYMOUS:
		return !exec && (args[3] & MAP_ANONYMOUS);
	case PST_SYSCALL_SELF:
		return args[0] == (__u64)getpid();
	case PST_SYSCALL_SELF_ZERO:
		return args[0] == 0;
	case PST_SYSCALL_THREAD:
		return args[0] & CLONE_THREAD;
	case PST_SYSCALL_NEVER:
	default:
		return false;
	}
}

static const struct pst_syscall *find(
	const struct pst_syscall *table, size_t count, const char *name)
{
	for (size_t i = 0; name && i < count; i++) {
		if (strcmp(table[i].name, name) == 0) {
			return &table[i];
		}
	}
	return NULL;
}

static uint32_t expected_first(const char *name, const __u64 *args, uint32_t refusal)
{
	size_t count;
	const struct pst_syscall *table = pst_syscalls_refused(&count);
	const struct pst_syscall *line = find(table, count, name);

	if (!name || strcmp(name, "clone3") == 0) {
		return SECCOMP_RET_ERRNO | ENOSYS;
	}
	return !line || holds(line->when, args) ? SECCOMP_RET_ALLOW : refusal;
}

static uint32_t expected_second(const char *name, const __u64 *args, uint32_t otherwise)
{
	size_t count;
	const struct pst_syscall *table = pst_syscalls_sealed(&count);
	const struct pst_syscall *line = find(table, count, name);

	return line && holds(line->when, args) ? SECCOMP_RET_ALLOW : otherwise;
}

/* Every number with every mix of these arguments. @return calls that were allowed at least once */
static unsigned int try_all(int stage, uint32_t otherwise)
{
	const __u64 first[] = {0, 1, 2, CONTROL, LOG, 5, (__u64)getpid(), CLONE_THREAD, WIDE,
		WIDE | CONTROL, WIDE | LOG, ~0ULL};
	const __u64 third[] = {0, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC};
	const __u64 fourth[] = {MAP_PRIVATE, MAP_PRIVATE | MAP_ANONYMOUS};
	const __u64 fifth[] = {0, 1, WIDE};
	unsigned int allowed = 0;

	for (int number = 0; number < NUMBERS; number++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
		bool once = false;

		for (size_t i = 0; i < 12 * 3 * 2 * 3; i++) {
			const struct seccomp_data data = {.nr = number,
				.arch = ARCH,
				.args = {first[i % 12], 0, third[i / 12 % 3], fourth[i / 36 % 2],
					fifth[i / 72]}};
			uint32_t want = stage == 1 ? expected_first(name, data.args, otherwise)
						   : expected_second(name, data.args, otherwise);
			uint32_t got = run(&data);

			cr_assert_eq(got, want, "stage %d, call %d (%s), mix %zu: %#x, not %#x",
				stage, number, name ? name : "unknown", i, got, want);
			once = once || got == SECCOMP_RET_ALLOW;
		}
		allowed += once;
		free(name);
	}
	return allowed;
}

Test(sandbox, the_first_filter_is_the_table)
{
	load(1, PST_SANDBOX_ENFORCE);
	cr_expect_gt(try_all(1, SECCOMP_RET_ERRNO | EPERM), 200);
}

Test(sandbox, the_sealed_filter_is_the_table)
{
	size_t count;

	(void)pst_syscalls_sealed(&count);
	load(2, PST_SANDBOX_ENFORCE);
	cr_expect_eq(try_all(2, SECCOMP_RET_KILL_PROCESS), count, "each line opens one call");
}

Test(sandbox, the_other_modes_differ_by_their_last_word_only)
{
	load(2, PST_SANDBOX_TRAP);
	(void)try_all(2, SECCOMP_RET_TRAP);
	load(1, PST_SANDBOX_LEARN);
	(void)try_all(1, SECCOMP_RET_TRACE);
	load(2, PST_SANDBOX_LEARN);
	(void)try_all(2, SECCOMP_RET_USER_NOTIF);
}

Test(sandbox, calls_of_another_architecture_kill)
{
	struct seccomp_data data = {.arch = OTHER_ARCH};

	for (int stage = 1; stage <= 2; stage++) {
		load(stage, PST_SANDBOX_ENFORCE);
		for (data.nr = 0; data.nr < NUMBERS; data.nr++) {
			cr_assert_eq(run(&data), SECCOMP_RET_KILL_PROCESS, "%d", data.nr);
		}
	}
#if defined(__x86_64__)
	data.arch = ARCH;
	for (int number = 0; number < NUMBERS; number++) { /* x32 */
		data.nr = 0x40000000 | number;
		cr_assert_eq(run(&data), SECCOMP_RET_KILL_PROCESS, "%d", number);
	}
#endif
}

Test(sandbox, every_line_has_a_reason_and_a_name_that_is_known_once)
{
	size_t count[2];
	const struct pst_syscall *table[] = {
		pst_syscalls_refused(&count[0]), pst_syscalls_sealed(&count[1])};

	for (int t = 0; t < 2; t++) {
		for (size_t i = 0; i < count[t]; i++) {
			const struct pst_syscall *line = &table[t][i];

			cr_expect_neq(seccomp_syscall_resolve_name(line->name), __NR_SCMP_ERROR,
				"%s", line->name);
			cr_expect(line->reason && strlen(line->reason) > 3, "%s", line->name);
			cr_expect_eq(find(table[t], i, line->name), NULL, "%s twice", line->name);
		}
	}
}

/* @return how a child ended that gave itself up and then did something */
static int in_child(int (*act)(void))
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		_exit(act());
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	return status;
}

static int confine_and_seal(enum pst_sandbox_mode mode)
{
	const struct pst_sandbox_config config = {.mode = mode, .control = -1, .log = -1};
	struct pst_error error = {0};

	if (pst_sandbox_confine(&config, &error) < 0) {
		return 90;
	}
	return pst_sandbox_seal(&config, NULL, &error) < 0 ? 91 : 0;
}

static int act_well(void)
{
	int status = confine_and_seal(PST_SANDBOX_ENFORCE);
	void *memory = malloc(1 << 20);

	free(memory);
	return status;
}

static int act_badly(void)
{
	int status = confine_and_seal(PST_SANDBOX_ENFORCE);

	(void)getppid();
	return status;
}

static volatile int trapped;

static void on_trap(int number, siginfo_t *info, void *context)
{
	trapped = info->si_syscall;
}

static int act_trapped(void)
{
	const struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};

	if (sigaction(SIGSYS, &action, NULL) < 0 || confine_and_seal(PST_SANDBOX_TRAP) != 0) {
		return 92;
	}
	(void)getppid();
	return trapped == SCMP_SYS(getppid) ? 0 : 93;
}

static int act_with_a_missing_file(void)
{
	const struct pst_sandbox_file file = {"/nowhere/x.so", true};
	const struct pst_sandbox_config config = {.mode = PST_SANDBOX_ENFORCE,
		.files = &file,
		.file_count = 1,
		.control = -1,
		.log = -1};
	struct pst_error error = {0};

	return pst_sandbox_confine(&config, &error) == PST_E_CONFIG &&
			       strstr(error.text, "/nowhere/x.so")
		       ? 0
		       : 94;
}

Test(sandbox, holds_in_a_process_of_its_own)
{
	int status;

	if (TEST_IS_SANITIZED) {
		cr_skip_test("a sanitizer's run time cannot be confined");
	}
	status = in_child(act_well);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%#x", (unsigned int)status);
	status = in_child(act_badly);
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "%#x", (unsigned int)status);
	status = in_child(act_trapped);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%#x", (unsigned int)status);
	status = in_child(act_with_a_missing_file);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%#x", (unsigned int)status);
}

Test(sandbox, a_build_with_a_sanitizer_says_that_it_cannot)
{
	if (!TEST_IS_SANITIZED) {
		cr_skip_test("this build has none");
	}
	cr_expect_eq(confine_and_seal(PST_SANDBOX_ENFORCE), 90);
}
