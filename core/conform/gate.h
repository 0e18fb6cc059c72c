/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONFORM_GATE_H
#define PST_CONFORM_GATE_H

#include <linux/audit.h>
#include <ucontext.h>

/** A system call as it came to a handler of SIGSYS. */
struct pst_gate_call {
	int number;
	unsigned long argument[6];
};

#if defined(__x86_64__)
#define PST_GATE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define PST_GATE_ARCH AUDIT_ARCH_AARCH64
#else
#error "the gate is written for x86-64 and aarch64"
#endif

/** Makes a system call from the one place that the filter lets pass. @return its result or -errno */
long pst_gate(long number, unsigned long a, unsigned long b, unsigned long c, unsigned long d,
	unsigned long e, unsigned long f);

/** Where the processor stands after that call; not to be called. */
extern const char pst_gate_end[];

/** Reads the call that a handler interrupted. */
void pst_gate_read(const ucontext_t *context, int number, struct pst_gate_call *ret_call);

/** Sets what the call returns. */
void pst_gate_write(ucontext_t *context, long answer);

#endif
