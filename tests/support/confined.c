/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a program as a service that may do only so much: `confined CALLS PROGRAM ARG...`, where the
 * file CALLS names the system calls that are allowed, a line each; every other one fails with
 * EPERM. No new privileges, and no memory that is written and then run.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

/* Names that this machine has no call of are left out, as the service manager does. */
static int allow(scmp_filter_ctx filter, FILE *calls)
{
	char name[64];
	int status = 0;

	while (status == 0 && fscanf(calls, "%63s", name) == 1) {
		int number = seccomp_syscall_resolve_name(name);

		if (number >= 0) {
			status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
		}
	}
	return status;
}

int main(int argc, char **argv)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	FILE *calls = argc < 3 ? NULL : fopen(argv[1], "re");

	if (!calls || !filter || allow(filter, calls) < 0) {
		(void)fprintf(stderr, "usage: confined CALLS PROGRAM ARG...\n");
		return 99;
	}
	(void)fclose(calls);
	/* A kernel before 6.3 cannot; then the filter alone is tried. */
	(void)prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || seccomp_load(filter) < 0) {
		perror("confined");
		return 99;
	}
	(void)execv(argv[2], argv + 2);
	perror(argv[2]);
	return 99;
}
