/* SPDX-License-Identifier: Apache-2.0 */
#include "conform/gate.h"

#if defined(__x86_64__)
__asm__(".text\n"
	".globl pst_gate\n"
	".type pst_gate, @function\n"
	"pst_gate:\n"
	"	mov %rdi, %rax\n"
	"	mov %rsi, %rdi\n"
	"	mov %rdx, %rsi\n"
	"	mov %rcx, %rdx\n"
	"	mov %r8, %r10\n"
	"	mov %r9, %r8\n"
	"	mov 8(%rsp), %r9\n"
	"	syscall\n"
	".globl pst_gate_end\n"
	"pst_gate_end:\n"
	"	ret\n"
	".size pst_gate, . - pst_gate\n");

void pst_gate_read(const ucontext_t *context, int number, struct pst_gate_call *ret_call)
{
	const greg_t *registers = context->uc_mcontext.gregs;

	*ret_call = (struct pst_gate_call){.number = number,
		.argument = {(unsigned long)registers[REG_RDI], (unsigned long)registers[REG_RSI],
			(unsigned long)registers[REG_RDX], (unsigned long)registers[REG_R10],
			(unsigned long)registers[REG_R8], (unsigned long)registers[REG_R9]}};
}

void pst_gate_write(ucontext_t *context, long answer)
{
	context->uc_mcontext.gregs[REG_RAX] = answer;
}
#elif defined(__aarch64__)
__asm__(".text\n"
	".globl pst_gate\n"
	".type pst_gate, @function\n"
	"pst_gate:\n"
	"	mov x8, x0\n"
	"	mov x0, x1\n"
	"	mov x1, x2\n"
	"	mov x2, x3\n"
	"	mov x3, x4\n"
	"	mov x4, x5\n"
	"	mov x5, x6\n"
	"	svc #0\n"
	".globl pst_gate_end\n"
	"pst_gate_end:\n"
	"	ret\n"
	".size pst_gate, . - pst_gate\n");

void pst_gate_read(const ucontext_t *context, int number, struct pst_gate_call *ret_call)
{
	*ret_call = (struct pst_gate_call){.number = number};
	for (int i = 0; i < 6; i++) {
		ret_call->argument[i] = (unsigned long)context->uc_mcontext.regs[i];
	}
}

void pst_gate_write(ucontext_t *context, long answer)
{
	context->uc_mcontext.regs[0] = (unsigned long long)answer;
}
#endif
