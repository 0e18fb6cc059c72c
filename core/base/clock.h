/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_BASE_CLOCK_H
#define PST_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define PST_NS_PER_S 1000000000LL
#define PST_NS_PER_MS 1000000LL
#define PST_CLOCK_TEXT_SIZE 32

/** @return CLOCK_MONOTONIC in nanoseconds */
int64_t pst_clock_mono_ns(void);

/**
 * @param known_ns     the answer before, or 0
 * @param ret_mono_ns  CLOCK_MONOTONIC of the same moment
 * @return how long this machine has been suspended since it was booted, in nanoseconds
 */
int64_t pst_clock_asleep_ns(int64_t known_ns, int64_t *ret_mono_ns);

/** @return CLOCK_REALTIME in whole seconds since 1970 */
int64_t pst_clock_wall_s(void);

#define PST_CLOCK_BOOT_SIZE 16 /* bytes that name one start of the machine */

/** What a machine knows of time beside the wall clock. */
struct pst_clock_machine {
	int64_t running_s;		   /* since it was started, suspended time included */
	uint8_t boot[PST_CLOCK_BOOT_SIZE]; /* which start; zeroes: not known */
	bool synchronised; /* the kernel trusts the wall clock: something keeps it right */
};

/** Reads it: CLOCK_BOOTTIME, the kernel's boot id, adjtimex(2). */
void pst_clock_machine(struct pst_clock_machine *ret_machine);

/** @return whether the machine's time zone database has a zone of this name: America/New_York */
bool pst_clock_has_zone(const char *name);

/** Makes a zone the local time of this process. Call it before there are threads. @return 0, -errno
 */
int pst_clock_use_zone(const char *name) PST_MUST_CHECK;

/** Writes "2025-12-26T00:00:00Z" for seconds since 1970. */
void pst_clock_format_s(int64_t wall_s, char text[PST_CLOCK_TEXT_SIZE]);

/**
 * Reads a calendar date "2025-12-26" (proleptic Gregorian, 1900 to 9999, real days only).
 *
 * @param ret_day  days since 1970-01-01
 * @return 0 or -EINVAL
 */
int pst_clock_parse_day(const char *text, int32_t *ret_day) PST_MUST_CHECK;

/** Writes "2025-12-26" for days since 1970-01-01. */
void pst_clock_format_day(int32_t day, char text[PST_CLOCK_TEXT_SIZE]);

/**
 * Whole calendar months between two days since 1970-01-01, to_day not before from_day: a month is
 * over on the day of the same number, or on the 1st where a month lacks it. A twelfth of it is the
 * age of a person; who was born on 29 February has the birthday on 1 March in years without it.
 */
int32_t pst_clock_months(int32_t from_day, int32_t to_day);

/**
 * Reads a duration: a decimal number and a unit, "250ms", "0.5s", "12h", "14d", "75y" (a year is
 * 365.25 days, rounded to whole days). "0" needs no unit. Nothing may follow.
 *
 * @param ret_ns  nanoseconds, >= 0
 * @return 0, -EINVAL, or -ERANGE when it does not fit
 */
int pst_clock_parse_duration(const char *text, int64_t *ret_ns) PST_MUST_CHECK;

/** Writes the largest whole unit: "14d", "12h", "1500ms". */
void pst_clock_format_duration(int64_t ns, char text[PST_CLOCK_TEXT_SIZE]);

#endif
