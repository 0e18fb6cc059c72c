/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a program as on a kernel that lacks something: `without landlock|seccomp|nothing PROGRAM
 * ARG...`. By a filter of system calls of its own, so what it runs has one more than it knows of.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static int leave_out(scmp_filter_ctx filter, const char *what)
{
	const uint32_t missing = SCMP_ACT_ERRNO(ENOSYS), refused = SCMP_ACT_ERRNO(EINVAL);

	if (strcmp(what, "landlock") == 0) {
		return seccomp_rule_add(filter, missing, SCMP_SYS(landlock_create_ruleset), 0);
	}
	if (strcmp(what, "seccomp") == 0) {
		return seccomp_rule_add(filter, refused, SCMP_SYS(seccomp), 0) |
		       seccomp_rule_add(filter, refused, SCMP_SYS(prctl), 1,
			       SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP));
	}
	if (strcmp(what, "nothing") == 0) {
		return seccomp_rule_add(filter, missing, SCMP_SYS(uselib), 0);
	}
	return -EINVAL;
}

int main(int argc, char **argv)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (argc < 3 || !filter || leave_out(filter, argv[1]) < 0 || seccomp_load(filter) < 0) {
		(void)fprintf(stderr, "usage: without landlock|seccomp|nothing PROGRAM ARG...\n");
		return 99;
	}
	(void)execv(argv[2], argv + 2);
	perror(argv[2]);
	return 99;
}
