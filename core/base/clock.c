/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

#include "base/bytes.h"

#define S_PER_DAY 86400LL
#define ZONES "/usr/share/zoneinfo"

struct unit {
	const char *name;
	int64_t ns;
};

/* A Julian year of 365.25 days is made whole after multiplying, in parse_duration. */
static const struct unit units[] = {
	{"y", 31557600LL * PST_NS_PER_S},
	{"d", S_PER_DAY *PST_NS_PER_S},
	{"h", 3600LL * PST_NS_PER_S},
	{"min", 60LL * PST_NS_PER_S},
	{"s", PST_NS_PER_S},
	{"ms", PST_NS_PER_MS},
};

int64_t pst_clock_mono_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * PST_NS_PER_S + now.tv_nsec;
}

int64_t pst_clock_asleep_ns(int64_t known_ns, int64_t *ret_mono_ns)
{
	struct timespec boot;
	int64_t asleep_ns;

	/* A process that is held up between the readings would take that for sleep. */
	do {
		*ret_mono_ns = pst_clock_mono_ns();
		(void)clock_gettime(CLOCK_BOOTTIME, &boot);
		asleep_ns = (int64_t)boot.tv_sec * PST_NS_PER_S + boot.tv_nsec - *ret_mono_ns;
	} while (asleep_ns - known_ns > PST_NS_PER_MS &&
		 pst_clock_mono_ns() - *ret_mono_ns > PST_NS_PER_MS);
	return asleep_ns;
}

int64_t pst_clock_wall_s(void)
{
	return (int64_t)time(NULL);
}

/* "0cb3e9a2-...": hex digits and dashes. */
static void read_boot(uint8_t ret_boot[PST_CLOCK_BOOT_SIZE])
{
	char text[64] = "", hex[2 * PST_CLOCK_BOOT_SIZE + 1];
	size_t digits = 0;
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "rbe");

	memset(ret_boot, 0, PST_CLOCK_BOOT_SIZE);
	if (!file) {
		return;
	}
	size_t got = fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	for (size_t i = 0; i < got && digits < sizeof(hex) - 1; i++) {
		if (isxdigit((unsigned char)text[i])) {
			hex[digits++] = text[i];
		}
	}
	hex[digits] = 0;
	if (pst_bytes_from_hex(hex, ret_boot, PST_CLOCK_BOOT_SIZE) < 0) {
		memset(ret_boot, 0, PST_CLOCK_BOOT_SIZE);
	}
}

void pst_clock_machine(struct pst_clock_machine *ret_machine)
{
	struct timespec boot;
	struct timex kernel = {0};

	(void)clock_gettime(CLOCK_BOOTTIME, &boot);
	ret_machine->running_s = (int64_t)boot.tv_sec;
	int state = adjtimex(&kernel);
	ret_machine->synchronised =
		state >= 0 && state != TIME_ERROR && !(kernel.status & STA_UNSYNC);
	read_boot(ret_machine->boot);
}

/* Area/Location, as the database names them; nothing that could leave its folder. */
static bool is_zone_name(const char *name)
{
	size_t length = strlen(name);

	return length > 2 && length < 64 && isupper((unsigned char)name[0]) && strchr(name, '/') &&
	       !strstr(name, "//") && name[length - 1] != '/' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/") ==
		       length;
}

bool pst_clock_has_zone(const char *name)
{
	char path[128];
	char magic[4] = {0};

	if (!is_zone_name(name)) {
		return false;
	}
	(void)snprintf(path, sizeof(path), ZONES "/%s", name);
	FILE *file = fopen(path, "rbe");
	if (!file) {
		return false;
	}
	size_t got = fread(magic, 1, sizeof(magic), file);
	(void)fclose(file);
	return got == sizeof(magic) && memcmp(magic, "TZif", sizeof(magic)) == 0;
}

int pst_clock_use_zone(const char *name)
{
	if (setenv("TZ", name, 1) < 0) {
		return -errno;
	}
	tzset();
	return 0;
}

void pst_clock_format_s(int64_t wall_s, char text[PST_CLOCK_TEXT_SIZE])
{
	time_t when = (time_t)wall_s;
	struct tm parts;

	if (!gmtime_r(&when, &parts) || !strftime(text, PST_CLOCK_TEXT_SIZE, "%FT%TZ", &parts)) {
		(void)snprintf(text, PST_CLOCK_TEXT_SIZE, "%lld", (long long)wall_s);
	}
}

void pst_clock_format_day(int32_t day, char text[PST_CLOCK_TEXT_SIZE])
{
	pst_clock_format_s(day * S_PER_DAY, text);
	text[strcspn(text, "T")] = 0;
}

int pst_clock_parse_day(const char *text, int32_t *ret_day)
{
	struct tm parts = {0};
	char again[PST_CLOCK_TEXT_SIZE];
	int used = 0;

	if (strlen(text) != 10 ||
		sscanf(text, "%4d-%2d-%2d%n", &parts.tm_year, &parts.tm_mon, &parts.tm_mday,
			&used) != 3 ||
		used != 10 || parts.tm_year < 1900) {
		return -EINVAL;
	}
	parts.tm_year -= 1900;
	parts.tm_mon -= 1;
	int64_t seconds = (int64_t)timegm(&parts);
	int64_t day = seconds / S_PER_DAY - (seconds % S_PER_DAY < 0);
	pst_clock_format_day((int32_t)day, again);
	if (strcmp(again, text) != 0) {
		return -EINVAL;
	}
	*ret_day = (int32_t)day;
	return 0;
}

/* A calendar date; months count from March, so that a leap day is the last of its year. */
struct date {
	int64_t year;
	int32_t month; /* 0: March .. 11: February of the next calendar year */
	int32_t day;   /* from 1 */
};

/*
 * Eras of 400 years, as in H. Hinnant, "chrono-Compatible Low-Level Date Algorithms". gmtime_r does
 * the same under a lock and at many times the cost of a gate decision.
 */
static struct date date_of(int32_t day)
{
	const int64_t since = day + 719468LL; /* days since 0000-03-01 */
	const int64_t era = (since >= 0 ? since : since - 146096) / 146097;
	const int64_t in_era = since - era * 146097;
	const int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	const int32_t in_year = (int32_t)(in_era - (365 * year + year / 4 - year / 100));
	const int32_t month = (5 * in_year + 2) / 153;

	return (struct date){era * 400 + year, month, in_year - (153 * month + 2) / 5 + 1};
}

int32_t pst_clock_months(int32_t from_day, int32_t to_day)
{
	struct date from = date_of(from_day);
	struct date to = date_of(to_day);

	return (int32_t)((to.year - from.year) * 12) + to.month - from.month - (to.day < from.day);
}

int pst_clock_parse_duration(const char *text, int64_t *ret_ns)
{
	char *end;

	if (!isdigit((unsigned char)text[0])) {
		return -EINVAL;
	}
	for (const char *at = text; *at; at++) {
		if (*at == 'e' || *at == 'E' || *at == 'x' || *at == 'X') {
			return -EINVAL;
		}
	}
	double value = strtod(text, &end);
	if (*end == 0 && value == 0) {
		*ret_ns = 0;
		return 0;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].name) != 0) {
			continue;
		}
		double ns = value * (double)units[i].ns;
		if (ns >= 9.2e18) {
			return -ERANGE;
		}
		*ret_ns = (int64_t)(ns + 0.5);
		if (i == 0) {
			*ret_ns -= *ret_ns % units[1].ns;
		}
		return 0;
	}
	return -EINVAL;
}

void pst_clock_format_duration(int64_t ns, char text[PST_CLOCK_TEXT_SIZE])
{
	for (size_t i = 1; i < sizeof(units) / sizeof(units[0]); i++) {
		if (ns >= units[i].ns && ns % units[i].ns == 0) {
			(void)snprintf(text, PST_CLOCK_TEXT_SIZE, "%lld%s",
				(long long)(ns / units[i].ns), units[i].name);
			return;
		}
	}
	(void)snprintf(text, PST_CLOCK_TEXT_SIZE, "%lldms", (long long)(ns / PST_NS_PER_MS));
}
