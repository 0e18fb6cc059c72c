/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WORKER_SYSCALLS_H
#define PST_WORKER_SYSCALLS_H

#include <stddef.h>

/**
 * The two tables of system calls that confine a worker, each line with its reason. They are the
 * only place where a call is allowed or refused: sandbox.c turns them into filters, the tests hold
 * the filters against them number by number, and docs/plugin-authors.md points here.
 */

/** What must hold besides the number. */
enum pst_syscall_when {
	PST_SYSCALL_NEVER = 0,
	PST_SYSCALL_ALWAYS,
	PST_SYSCALL_CONTROL,   /* argument 0 is the message socket */
	PST_SYSCALL_ANSWER,    /* the same, and argument 4, an address, is NULL */
	PST_SYSCALL_LOG,       /* argument 0 is the log pipe, standard output or standard error */
	PST_SYSCALL_NO_EXEC,   /* argument 2, the protection, has no PROT_EXEC */
	PST_SYSCALL_ANONYMOUS, /* the same, and argument 3, the flags, has MAP_ANONYMOUS */
	PST_SYSCALL_SELF,      /* argument 0 is this process */
	PST_SYSCALL_SELF_ZERO, /* argument 0 is 0, which means this process */
	PST_SYSCALL_THREAD,    /* argument 0, the flags of clone, has CLONE_THREAD */
};

struct pst_syscall {
	const char *name;
	enum pst_syscall_when when; /* it is allowed */
	const char *reason;
};

/**
 * Stage 1, before any code of a plugin: what is refused with EPERM (or is, for the few with a
 * condition, allowed where that holds). Other calls that libseccomp knows are allowed, and files
 * are Landlock's matter; clone3 and numbers that it doesn't know answer ENOSYS, so that a C library
 * falls back to what it used before.
 *
 * @return PST_SYSCALL_NEVER: refused; else when it is allowed
 */
const struct pst_syscall *pst_syscalls_refused(size_t *ret_count);

/** The sealed worker: what is allowed. Every other call kills the process. */
const struct pst_syscall *pst_syscalls_sealed(size_t *ret_count);

#endif
