/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_TEST_TAP_H
#define PST_TEST_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

/* The Test Anything Protocol for programs whose cases are counts of thousands. */

#define TAP_TOLD_MAX 12 /* findings of a case that are printed */

static int tap_cases, tap_failed, tap_findings;

/** Notes what is wrong with the running case. */
__attribute__((format(printf, 1, 2))) static inline void tap_wrong(const char *format, ...)
{
	va_list args;

	if (tap_findings++ < TAP_TOLD_MAX) {
		va_start(args, format);
		(void)printf("# ");
		(void)vprintf(format, args);
		(void)printf("\n");
		va_end(args);
	}
}

/** Ends a case: it is well if nothing was noted since the last one. */
__attribute__((format(printf, 1, 2))) static inline void tap_case(const char *format, ...)
{
	va_list args;

	(void)printf("%sok %d - ", tap_findings ? "not " : "", ++tap_cases);
	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
	(void)printf("\n");
	(void)fflush(stdout);
	tap_failed += tap_findings > 0;
	tap_findings = 0;
}

/** Ends a case that counts: fewer than the floor is a failure. */
static inline void tap_count(const char *what, unsigned long long count, unsigned long long floor)
{
	if (count < floor) {
		tap_wrong("only %llu, the floor is %llu", count, floor);
	}
	tap_case("%s: %llu (floor %llu)", what, count, floor);
}

static inline void tap_skip(const char *what, const char *why)
{
	(void)printf("ok %d - %s # SKIP %s\n", ++tap_cases, what, why);
}

/** Prints the plan. @return the exit status */
static inline int tap_end(void)
{
	(void)printf("1..%d\n", tap_cases);
	return tap_failed ? 1 : 0;
}

#endif
