/* SPDX-License-Identifier: Apache-2.0 */
#include "conform/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "conform/gate.h"
#include "conform/pages.h"
#include "worker/sandbox.h"
#include "worker/syscalls.h"

#define CALLS_MAX 256
#define STACK_SIZE 65536 /* of the handlers */
#define NAME_SIZE 32

/* Calls that are told by name; whatever else a worker refuses is PST_CHECK_GUEST_NO_OTHER_CALL. */
static const struct {
	const char *name;
	enum pst_check check;
} told[] = {
	{"socket", PST_CHECK_GUEST_NO_NETWORK},
	{"socketpair", PST_CHECK_GUEST_NO_NETWORK},
	{"connect", PST_CHECK_GUEST_NO_NETWORK},
	{"bind", PST_CHECK_GUEST_NO_NETWORK},
	{"listen", PST_CHECK_GUEST_NO_NETWORK},
	{"accept", PST_CHECK_GUEST_NO_NETWORK},
	{"accept4", PST_CHECK_GUEST_NO_NETWORK},
	{"sendmsg", PST_CHECK_GUEST_NO_NETWORK},
	{"sendmmsg", PST_CHECK_GUEST_NO_NETWORK},
	{"fork", PST_CHECK_GUEST_NO_FORK},
	{"vfork", PST_CHECK_GUEST_NO_FORK},
	{"clone", PST_CHECK_GUEST_NO_FORK},
	{"execve", PST_CHECK_GUEST_NO_EXEC},
	{"execveat", PST_CHECK_GUEST_NO_EXEC},
	{"open", PST_CHECK_GUEST_NO_OPEN},
	{"openat", PST_CHECK_GUEST_NO_OPEN},
	{"openat2", PST_CHECK_GUEST_NO_OPEN},
	{"creat", PST_CHECK_GUEST_NO_WRITE},
	{"unlink", PST_CHECK_GUEST_NO_WRITE},
	{"unlinkat", PST_CHECK_GUEST_NO_WRITE},
	{"rename", PST_CHECK_GUEST_NO_WRITE},
	{"renameat", PST_CHECK_GUEST_NO_WRITE},
	{"renameat2", PST_CHECK_GUEST_NO_WRITE},
	{"mkdir", PST_CHECK_GUEST_NO_WRITE},
	{"mkdirat", PST_CHECK_GUEST_NO_WRITE},
	{"rmdir", PST_CHECK_GUEST_NO_WRITE},
	{"link", PST_CHECK_GUEST_NO_WRITE},
	{"linkat", PST_CHECK_GUEST_NO_WRITE},
	{"symlink", PST_CHECK_GUEST_NO_WRITE},
	{"symlinkat", PST_CHECK_GUEST_NO_WRITE},
	{"mknod", PST_CHECK_GUEST_NO_WRITE},
	{"mknodat", PST_CHECK_GUEST_NO_WRITE},
	{"truncate", PST_CHECK_GUEST_NO_WRITE},
	{"chmod", PST_CHECK_GUEST_NO_WRITE},
	{"fchmod", PST_CHECK_GUEST_NO_WRITE},
	{"fchmodat", PST_CHECK_GUEST_NO_WRITE},
	{"utimensat", PST_CHECK_GUEST_NO_WRITE},
	{"setxattr", PST_CHECK_GUEST_NO_WRITE},
	{"kill", PST_CHECK_GUEST_NO_SIGNAL},
	{"tkill", PST_CHECK_GUEST_NO_SIGNAL},
	{"tgkill", PST_CHECK_GUEST_NO_SIGNAL},
	{"rt_sigqueueinfo", PST_CHECK_GUEST_NO_SIGNAL},
	{"rt_tgsigqueueinfo", PST_CHECK_GUEST_NO_SIGNAL},
	{"pidfd_open", PST_CHECK_GUEST_NO_SIGNAL},
	{"pidfd_send_signal", PST_CHECK_GUEST_NO_SIGNAL},
	{"ptrace", PST_CHECK_GUEST_NO_SIGNAL},
	{"process_vm_readv", PST_CHECK_GUEST_NO_SIGNAL},
	{"process_vm_writev", PST_CHECK_GUEST_NO_SIGNAL},
	{"timer_create", PST_CHECK_GUEST_NO_SIGNAL},
	{"setitimer", PST_CHECK_GUEST_NO_SIGNAL},
	{"alarm", PST_CHECK_GUEST_NO_SIGNAL},
};

/* One call that comes to the handler. */
struct call {
	int number;
	char name[NAME_SIZE];
	enum pst_check check;
};

/* A handler has no argument but the signal: what it needs stands here, written before it is set. */
static struct {
	int control;
	pid_t process;
	const struct pst_wire_plugin *plugin;
	struct call calls[CALLS_MAX];
	size_t call_count;
	volatile sig_atomic_t phase;
	volatile sig_atomic_t check;
	volatile sig_atomic_t sealed; /* the gate is closed for everybody */
	volatile sig_atomic_t seen[PST_CHECKS];
} watch;

struct line {
	char text[PST_REPORT_TEXT_SIZE];
	size_t length;
};

static void put(struct line *line, const char *text)
{
	while (*text && line->length + 1 < sizeof(line->text)) {
		line->text[line->length++] = *text++;
	}
	line->text[line->length] = 0;
}

static void put_phase(struct line *line, enum pst_watch_phase phase)
{
	put(line, phase == PST_WATCH_INIT ? " while it was loaded, started or finished (" : " (");
	put(line, pst_check_info((enum pst_check)watch.check)->id);
	put(line, ")");
}

static void send_finding(enum pst_report_type type, enum pst_check check, struct line *line)
{
	struct pst_report report = {.type = type, .check = check, .mark = PST_MARK_FAIL};
	uint8_t buffer[PST_REPORT_SIZE_MAX];
	int size;

	pst_report_clean(line->text);
	memcpy(report.text, line->text, line->length + 1);
	size = pst_report_encode(&report, buffer);
	if (size > 0) {
		(void)send(watch.control, buffer, (size_t)size, MSG_NOSIGNAL);
	}
}

/* Once per check: the first one is what its author will mend first. */
static void tell(
	enum pst_check check, const char *what, const char *path, enum pst_watch_phase phase)
{
	struct line line = {.length = 0};

	if (watch.seen[check]) {
		return;
	}
	watch.seen[check] = 1;
	put(&line, what);
	if (path) {
		put(&line, " ");
		put(&line, path);
	}
	put_phase(&line, phase);
	send_finding(PST_REPORT_TOLD, check, &line);
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* The system's places, where libraries look around when they start, and what the plugin was given.
 */
static bool is_expected(const char *path)
{
	static const char *const places[] = {
		"/usr/", "/lib/", "/lib64/", "/etc/", "/proc/", "/sys/", "/dev/"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (begins(path, places[i])) {
			return true;
		}
	}
	return strcmp(path, watch.plugin->library) == 0 ||
	       (watch.plugin->model[0] && strcmp(path, watch.plugin->model) == 0);
}

static enum pst_watch_phase phase_now(void)
{
	pid_t thread = watch.sealed ? (pid_t)syscall(SYS_gettid)
				    : (pid_t)pst_gate(SYS_gettid, 0, 0, 0, 0, 0, 0);

	if (thread == watch.process) {
		return (enum pst_watch_phase)watch.phase;
	}
	return watch.phase == PST_WATCH_INIT ? PST_WATCH_INIT : PST_WATCH_FRAME;
}

static long let(const struct pst_gate_call *c)
{
	return watch.sealed ? -EPERM
			    : pst_gate(c->number, c->argument[0], c->argument[1], c->argument[2],
				      c->argument[3], c->argument[4], c->argument[5]);
}

static long answer_open(
	const struct call *call, const struct pst_gate_call *c, enum pst_watch_phase phase)
{
	bool at = strcmp(call->name, "openat") == 0;
	bool how = strcmp(call->name, "openat2") == 0;
	const char *path =
		(const char *)c->argument[at || how ? 1 : 0]; // NOLINT(performance-no-int-to-ptr)
	int flags = how ? 0 : (int)c->argument[at ? 2 : 1];

	if ((flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) != 0 &&
		strcmp(path, "/dev/null") != 0) {
		tell(PST_CHECK_GUEST_NO_WRITE, "opened for writing:", path, phase);
		return -EACCES;
	}
	if (phase == PST_WATCH_FRAME) {
		tell(PST_CHECK_GUEST_NO_OPEN, "opened after init:", path, phase);
		return -EACCES;
	}
	if (!is_expected(path)) {
		tell(PST_CHECK_GUEST_NO_READ, "opened:", path, phase);
		return -EACCES;
	}
	return let(c);
}

static bool is_own_signal(const struct pst_gate_call *c)
{
	return (c->number == SYS_tgkill || c->number == SYS_kill) &&
	       (pid_t)c->argument[0] == watch.process;
}

static long answer_other(
	const struct call *call, const struct pst_gate_call *c, enum pst_watch_phase phase)
{
	struct line what = {.length = 0};

	if (call->number == SYS_clone && (c->argument[0] & CLONE_THREAD) != 0) {
		tell(PST_CHECK_GUEST_NO_LATE_THREAD, "a thread was started", NULL, phase);
		return -EAGAIN;
	}
	if (call->number == SYS_clone3) {
		return -ENOSYS;
	}
	if (is_own_signal(c)) {
		return let(c);
	}
	put(&what, "called ");
	put(&what, call->name);
	tell(call->check, what.text, NULL, phase);
	return -EPERM;
}

/* "system call 39": no C library tells its name to a handler. */
static void name_number(char name[NAME_SIZE], int number)
{
	char digits[12];
	size_t i = sizeof(digits) - 1;

	digits[i] = 0;
	do {
		digits[--i] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0 && i > 0);
	memcpy(name, "system call ", 12);
	memcpy(name + 12, digits + i, sizeof(digits) - i);
}

static void on_call(int signal, siginfo_t *info, void *context)
{
	static struct call unknown = {.check = PST_CHECK_GUEST_NO_OTHER_CALL};
	enum pst_watch_phase phase = phase_now();
	const struct call *call = &unknown;
	struct pst_gate_call c;
	int saved = errno;
	long answer;

	(void)signal;
	pst_gate_read(context, info->si_syscall, &c);
	name_number(unknown.name, info->si_syscall);
	for (size_t i = 0; i < watch.call_count; i++) {
		if (watch.calls[i].number == c.number) {
			call = &watch.calls[i];
		}
	}
	if (phase == PST_WATCH_OWN) {
		answer = let(&c);
	} else if (call->check == PST_CHECK_GUEST_NO_OPEN) {
		answer = answer_open(call, &c, phase);
	} else {
		answer = answer_other(call, &c, phase);
	}
	pst_gate_write(context, answer);
	errno = saved;
}

/* Says what happened while there is a process to say it; the default then ends it. */
static void on_fault(int signal, siginfo_t *info, void *context)
{
	struct line line = {.length = 0};
	const char *name = sigabbrev_np(signal);
	char where[128];

	(void)context;
	put(&line, "the plugin died of SIG");
	put(&line, name ? name : "?");
	if ((signal == SIGSEGV || signal == SIGBUS) &&
		pst_pages_describe(info->si_addr, where, sizeof(where))) {
		put(&line, ": it touched ");
		put(&line, where);
	}
	send_finding(PST_REPORT_END, (enum pst_check)watch.check, &line);
	(void)sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
	if (info->si_code <= 0) { /* sent, not met: it won't come again by itself */
		(void)raise(signal);
	}
}

static int set_handlers(void)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
	struct sigaction action = {.sa_sigaction = on_call, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	stack_t stack = {.ss_size = STACK_SIZE};

	stack.ss_sp =
		mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stack.ss_sp == MAP_FAILED || sigaltstack(&stack, NULL) < 0) {
		return -errno;
	}
	(void)sigemptyset(&action.sa_mask);
	if (sigaction(SIGSYS, &action, NULL) < 0) {
		return -errno;
	}
	action.sa_sigaction = on_fault;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if (sigaction(faults[i], &action, NULL) < 0) {
			return -errno;
		}
	}
	return 0;
}

static void add_call(const char *name, enum pst_check check)
{
	int number = seccomp_syscall_resolve_name(name);
	struct call *call = &watch.calls[watch.call_count];

	for (size_t i = 0; i < watch.call_count; i++) {
		if (watch.calls[i].number == number) {
			return;
		}
	}
	if (number < 0 || watch.call_count == CALLS_MAX) {
		return;
	}
	call->number = number;
	call->check = check;
	(void)strncpy(call->name, name, sizeof(call->name) - 1);
	watch.call_count++;
}

static void list_calls(void)
{
	size_t count;
	const struct pst_syscall *refused = pst_syscalls_refused(&count);

	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		add_call(told[i].name, told[i].check);
	}
	for (size_t i = 0; i < count; i++) {
		/* Reading limits is no breach; setting them shows in frame.keeps-limits. */
		if (strcmp(refused[i].name, "prlimit64") != 0) {
			add_call(refused[i].name, PST_CHECK_GUEST_NO_OTHER_CALL);
		}
	}
}

#define FIELD(name) ((uint32_t)offsetof(struct seccomp_data, name))
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define UNLESS_SKIP(value, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (count))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, (action))

/* What goes through the gate is this program's own, or what the handler lets pass. */
static size_t begin_filter(struct sock_filter *code)
{
	const struct sock_filter head[] = {
		LOAD(FIELD(arch)),
		UNLESS_SKIP(PST_GATE_ARCH, 1),
		BPF_STMT(BPF_JMP | BPF_JA, 1),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		LOAD(FIELD(instruction_pointer)),
		UNLESS_SKIP((uint32_t)(uintptr_t)pst_gate_end, 3),
		LOAD(FIELD(instruction_pointer) + 4),
		UNLESS_SKIP((uint32_t)((uint64_t)(uintptr_t)pst_gate_end >> 32), 1),
		RETURN(SECCOMP_RET_ALLOW),
		LOAD(FIELD(nr)),
	};

	memcpy(code, head, sizeof(head));
	return sizeof(head) / sizeof(head[0]);
}

static int install(struct sock_filter *code, size_t count)
{
	struct sock_fprog program = {.len = (unsigned short)count, .filter = code};

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) ==
			       0
		       ? 0
		       : -errno;
}

static int trap_calls(void)
{
	static struct sock_filter code[CALLS_MAX * 2 + 48];
	size_t count = begin_filter(code);

	for (size_t i = 0; i < watch.call_count; i++) {
		if (watch.calls[i].number == SYS_clone || watch.calls[i].number == SYS_tgkill) {
			continue;
		}
		code[count++] = (struct sock_filter)UNLESS_SKIP((uint32_t)watch.calls[i].number, 1);
		code[count++] = (struct sock_filter)RETURN(SECCOMP_RET_TRAP);
	}
	/* abort() signals its own process, with every signal blocked that a handler could take. */
	code[count++] = (struct sock_filter)UNLESS_SKIP(SYS_tgkill, 4);
	code[count++] = (struct sock_filter)LOAD(FIELD(args));
	code[count++] = (struct sock_filter)UNLESS_SKIP((uint32_t)watch.process, 1);
	code[count++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	code[count++] = (struct sock_filter)RETURN(SECCOMP_RET_TRAP);
	/* A thread is no process: those are counted, and refused after the seal. */
	code[count++] = (struct sock_filter)UNLESS_SKIP(SYS_clone, 3);
	code[count++] = (struct sock_filter)LOAD(FIELD(args));
	code[count++] =
		(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0);
	code[count++] = (struct sock_filter)RETURN(SECCOMP_RET_TRAP);
	code[count++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	return install(code, count);
}

int pst_watch_begin(int control, const struct pst_wire_plugin *plugin, struct pst_error *error)
{
	int status;

	watch.control = control;
	watch.process = getpid();
	watch.plugin = plugin;
	list_calls();
	status = set_handlers();
	if (status == 0) {
		status = trap_calls();
	}
	return status == 0 ? 0
			   : pst_error_set(error, PST_E_UNSAFE,
				     "system calls of the plugin cannot be watched: %s",
				     strerror(-status));
}

int pst_watch_seal(struct pst_error *error)
{
	const struct pst_sandbox_config config = {
		.mode = PST_SANDBOX_TRAP, .control = watch.control, .log = -1};
	int status = pst_sandbox_seal(&config, NULL, error);

	watch.sealed = status == 0;
	return status;
}

void pst_watch_check(enum pst_check check)
{
	watch.check = (sig_atomic_t)check;
}

void pst_watch_enter(enum pst_watch_phase phase)
{
	watch.phase = (sig_atomic_t)phase;
}

void pst_watch_leave(void)
{
	watch.phase = PST_WATCH_OWN;
}
