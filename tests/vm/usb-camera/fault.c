/* SPDX-License-Identifier: Apache-2.0 */
#include "fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define FRAMES_MAX 1000000000
#define SECONDS_MAX 86400
#define BY_DEFAULT 4

static const struct {
	const char *name;
	bool lasts;
	const char *text;
} infos[FAULT_KINDS] = {[FAULT_NONE] = {"none", false, ""},
#define FAULT_INFO(name, text, lasts, what) [FAULT_##name] = {text, lasts, what},
	FAULT_MAP(FAULT_INFO)
#undef FAULT_INFO
};

const char *fault_name(enum fault_kind kind)
{
	return infos[kind].name;
}

const char *fault_text(enum fault_kind kind)
{
	return infos[kind].text;
}

static bool read_frames(const char *text, uint64_t *ret)
{
	int64_t value;

	if (pst_text_parse_int(text, 1, FRAMES_MAX, &value) < 0) {
		return false;
	}
	*ret = (uint64_t)value;
	return true;
}

static bool read_seconds(const char *text, int64_t *ret_ns)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !(seconds >= 0) || seconds > SECONDS_MAX) {
		return false;
	}
	*ret_ns = (int64_t)(seconds * 1e9);
	return true;
}

static bool read_range(const char *text, uint64_t *low, uint64_t *high)
{
	char first[16];
	size_t length = strcspn(text, "-");

	if (length >= sizeof(first) || !text[length]) {
		return false;
	}
	memcpy(first, text, length);
	first[length] = 0;
	return read_frames(first, low) && read_frames(text + length + 1, high) && *low <= *high;
}

static bool read_by(const char *text, unsigned *by)
{
	uint64_t value;
	bool good = read_frames(text, &value) && value >= 2 && value <= 1000;

	if (good) {
		*by = (unsigned)value;
	}
	return good;
}

/* One "key=value" of a fault. @return NULL, or what is wrong with it */
static const char *read_part(struct fault *fault, const char *key, const char *value)
{
	static const char *const keys[] = {"every", "at", "after", "random", "for", "by", NULL};
	int index = pst_text_index(keys, key);
	bool good = false;

	if (index < 0) {
		return "known are every, at, after, random, for and by";
	}
	if (index < 4 && fault->trigger != TRIGGER_ALWAYS) {
		return "a fault has one trigger";
	}
	switch (index) {
	case 0:
		fault->trigger = TRIGGER_EVERY;
		good = read_frames(value, &fault->low);
		break;
	case 1:
		fault->trigger = TRIGGER_AT;
		good = read_frames(value, &fault->low);
		break;
	case 2:
		fault->trigger = TRIGGER_AFTER;
		good = read_seconds(value, &fault->after_ns);
		break;
	case 3:
		fault->trigger = TRIGGER_RANDOM;
		good = read_range(value, &fault->low, &fault->high);
		break;
	case 4:
		if (!infos[fault->kind].lasts) {
			return "only what lasts can last for a time";
		}
		good = read_seconds(value, &fault->lasts_ns) && fault->lasts_ns > 0;
		break;
	default:
		if (fault->kind != FAULT_SLOW) {
			return "only slow has a measure";
		}
		good = read_by(value, &fault->by);
		break;
	}
	return good ? NULL : "the value is out of range";
}

static int read_fault(struct fault *fault, char *text, struct pst_error *error)
{
	char *rest = NULL;
	char *name = strtok_r(text, ":", &rest);

	*fault = (struct fault){.by = BY_DEFAULT};
	for (int i = 1; name && i < FAULT_KINDS; i++) {
		if (strcmp(infos[i].name, name) == 0) {
			fault->kind = (enum fault_kind)i;
		}
	}
	if (fault->kind == FAULT_NONE) {
		return pst_error_set(error, PST_E_CONFIG, "'%s' is no fault; --help lists them",
			name ? name : "");
	}
	for (char *part; (part = strtok_r(NULL, ":", &rest)) != NULL;) {
		char *value = strchr(part, '=');
		const char *wrong = "it is no key=value";

		if (value) {
			*value = 0;
			wrong = read_part(fault, part, value + 1);
			*value = '=';
		}
		if (wrong) {
			return pst_error_set(error, PST_E_CONFIG, "'%s' of %s: %s", part,
				infos[fault->kind].name, wrong);
		}
	}
	if (fault->kind == FAULT_UNPLUG && fault->trigger == TRIGGER_ALWAYS) {
		return pst_error_set(error, PST_E_CONFIG, "unplug needs a trigger, such as at=100");
	}
	return 0;
}

int fault_script_add(struct fault_script *script, const char *text, struct pst_error *error)
{
	char copy[512];
	char *rest = NULL, *part;

	if (pst_text_copy(copy, sizeof(copy), text) < 0 || !text[strspn(text, ",")]) {
		return pst_error_set(error, PST_E_CONFIG, "'%s' is no list of faults", text);
	}
	for (part = strtok_r(copy, ",", &rest); part; part = strtok_r(NULL, ",", &rest)) {
		if (script->count == FAULTS_MAX) {
			return pst_error_set(
				error, PST_E_CONFIG, "no more than %d faults", FAULTS_MAX);
		}
		int status = read_fault(&script->list[script->count], part, error);

		if (status < 0) {
			return status;
		}
		script->count++;
	}
	return 0;
}

/* splitmix64 (Steele, Lea, Flood 2014). */
uint64_t fault_script_random(struct fault_script *script, uint64_t bound)
{
	uint64_t value = script->random += 0x9e3779b97f4a7c15U;

	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
	value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
	return (value ^ (value >> 31)) % bound;
}

static uint64_t draw(struct fault_script *script, const struct fault *fault)
{
	return fault->low + fault_script_random(script, fault->high - fault->low + 1);
}

void fault_script_start(struct fault_script *script, uint32_t seed)
{
	script->random = seed;
	for (unsigned i = 0; i < script->count; i++) {
		struct fault *fault = &script->list[i];

		fault->active = infos[fault->kind].lasts && fault->trigger == TRIGGER_ALWAYS;
		if (fault->active) {
			script->counts[fault->kind]++;
		}
		fault->next = fault->trigger == TRIGGER_RANDOM ? draw(script, fault) : 0;
	}
}

static void begin(struct fault_script *script, struct fault *fault, int64_t since_ns)
{
	if (!fault->active) {
		fault->active = true;
		fault->began_ns = since_ns;
		script->counts[fault->kind]++;
	}
}

void fault_script_tick(struct fault_script *script, int64_t since_ns)
{
	for (unsigned i = 0; i < script->count; i++) {
		struct fault *fault = &script->list[i];

		if (fault->active && fault->lasts_ns &&
			since_ns >= fault->began_ns + fault->lasts_ns) {
			fault->active = false;
		}
		if (infos[fault->kind].lasts && fault->trigger == TRIGGER_AFTER && !fault->spent &&
			since_ns >= fault->after_ns) {
			fault->spent = true;
			begin(script, fault, since_ns);
		}
	}
}

static bool is_due(
	struct fault_script *script, struct fault *fault, uint64_t number, int64_t since_ns)
{
	switch (fault->trigger) {
	case TRIGGER_ALWAYS:
		return true;
	case TRIGGER_EVERY:
		return number % fault->low == 0;
	case TRIGGER_AT:
		return number == fault->low;
	case TRIGGER_AFTER:
		if (fault->spent || since_ns < fault->after_ns) {
			return false;
		}
		fault->spent = true;
		return true;
	case TRIGGER_RANDOM:
		if (number < fault->next) {
			return false;
		}
		fault->next = number + draw(script, fault);
		return true;
	}
	return false;
}

enum fault_kind fault_script_frame(struct fault_script *script, uint64_t number, int64_t since_ns)
{
	enum fault_kind first = FAULT_NONE;

	fault_script_tick(script, since_ns);
	if (number <= script->asked) {
		return FAULT_NONE;
	}
	script->asked = number;
	for (unsigned i = 0; i < script->count; i++) {
		struct fault *fault = &script->list[i];
		bool lasts = infos[fault->kind].lasts;

		if (lasts &&
			(fault->trigger == TRIGGER_ALWAYS || fault->trigger == TRIGGER_AFTER)) {
			continue;
		}
		/* One that waits behind another still spends its turn, or random ones would pile
		 * up. */
		if (!is_due(script, fault, number, since_ns)) {
			continue;
		}
		if (lasts) {
			begin(script, fault, since_ns);
		} else if (first == FAULT_NONE) {
			first = fault->kind;
			script->counts[first]++;
		}
	}
	return first;
}

const struct fault *fault_script_active(const struct fault_script *script, enum fault_kind kind)
{
	for (unsigned i = 0; i < script->count; i++) {
		if (script->list[i].kind == kind && script->list[i].active) {
			return &script->list[i];
		}
	}
	return NULL;
}

void fault_script_end(struct fault_script *script, enum fault_kind kind)
{
	for (unsigned i = 0; i < script->count; i++) {
		if (script->list[i].kind == kind) {
			script->list[i].active = false;
		}
	}
}

void fault_script_drop(struct fault_script *script, enum fault_kind kind)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < script->count; i++) {
		if (script->list[i].kind != kind) {
			script->list[kept++] = script->list[i];
		}
	}
	script->count = kept;
}

int64_t fault_script_next_ns(const struct fault_script *script)
{
	int64_t next = INT64_MAX;

	for (unsigned i = 0; i < script->count; i++) {
		const struct fault *fault = &script->list[i];
		int64_t at = INT64_MAX;

		if (fault->active && fault->lasts_ns) {
			at = fault->began_ns + fault->lasts_ns;
		} else if (infos[fault->kind].lasts && fault->trigger == TRIGGER_AFTER &&
			   !fault->spent) {
			at = fault->after_ns;
		}
		next = at < next ? at : next;
	}
	return next;
}
