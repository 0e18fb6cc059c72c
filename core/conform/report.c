/* SPDX-License-Identifier: Apache-2.0 */
#include "conform/report.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"

#define TYPES_MASK 0xfeU /* of enum pst_template_type, and room for more */
#define THREADS_MAX 1024

struct cursor {
	uint8_t *to;	     /* writing; NULL when reading */
	const uint8_t *from; /* reading */
	size_t left;
	bool bad;
};

static bool take(struct cursor *c, size_t size)
{
	c->bad = c->bad || size > c->left;
	c->left -= c->bad ? 0 : size;
	return !c->bad;
}

static void io_u32(struct cursor *c, uint32_t *value, uint32_t low, uint32_t high)
{
	if (!take(c, 4)) {
		return;
	}
	if (c->to) {
		pst_bytes_put32(c->to, *value);
		c->to += 4;
	} else {
		*value = pst_bytes_get32(c->from);
		c->from += 4;
	}
	c->bad = *value < low || *value > high;
}

static bool is_printable(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] < ' ' || text[i] > '~') {
			return false;
		}
	}
	return true;
}

static void io_text(struct cursor *c, char *text, size_t room)
{
	uint32_t length = c->to ? (uint32_t)strnlen(text, room) : 0;

	io_u32(c, &length, 0, (uint32_t)room - 1);
	if (!take(c, length)) {
		return;
	}
	if (c->to) {
		memcpy(c->to, text, length);
		c->to += length;
	} else {
		assert(c->from);
		memcpy(text, c->from, length);
		text[length] = 0;
		c->from += length;
	}
	c->bad = !is_printable(text, length);
}

void pst_report_clean(char *text)
{
	for (; *text; text++) {
		if (*text < ' ' || *text > '~') {
			*text = '?';
		}
	}
}

static void io_report(struct cursor *c, struct pst_report *report)
{
	uint32_t type = report->type, check = report->check, mark = report->mark;

	io_u32(c, &type, PST_REPORT_BEGIN, PST_REPORT_TYPES - 1);
	report->type = type;
	if (c->bad || type == PST_REPORT_DONE) {
		return;
	}
	io_u32(c, &check, 0, PST_CHECKS - 1);
	report->check = check;
	if (type == PST_REPORT_BEGIN) {
		io_u32(c, &report->limit_ms, 1, PST_REPORT_LIMIT_MAX_MS);
		return;
	}
	io_u32(c, &mark, PST_MARK_FAIL, type == PST_REPORT_TOLD ? PST_MARK_FAIL : PST_MARK_PASS);
	report->mark = mark;
	io_text(c, report->text, sizeof(report->text));
}

int pst_report_encode(const struct pst_report *report, uint8_t *buffer)
{
	struct cursor c = {.to = buffer, .left = PST_REPORT_SIZE_MAX};
	struct pst_report copy = *report;

	io_report(&c, &copy);
	return c.bad ? PST_E_CORRUPT : (int)(PST_REPORT_SIZE_MAX - c.left);
}

int pst_report_decode(const uint8_t *data, size_t size, struct pst_report *ret_report)
{
	struct cursor c = {.from = data, .left = size};

	*ret_report = (struct pst_report){0};
	io_report(&c, ret_report);
	return c.bad || c.left > 0 ? PST_E_CORRUPT : 0;
}

static void io_plan(struct cursor *c, struct pst_plan *plan)
{
	io_u32(c, &plan->threads, 1, THREADS_MAX);
	io_u32(c, &plan->template_types, 0, TYPES_MASK);
	io_u32(c, &plan->option_count, 0, PST_PLAN_OPTIONS_MAX);
	for (uint32_t i = 0; !c->bad && i < plan->option_count; i++) {
		io_text(c, plan->option[i].low, sizeof(plan->option[i].low));
		io_text(c, plan->option[i].high, sizeof(plan->option[i].high));
	}
	io_u32(c, &plan->count, 1, PST_CHECKS);
	for (uint32_t i = 0; !c->bad && i < plan->count; i++) {
		uint32_t check = plan->check[i];

		io_u32(c, &check, 0, PST_CHECKS - 1);
		plan->check[i] = check;
	}
}

int pst_plan_encode(const struct pst_plan *plan, uint8_t *buffer)
{
	struct cursor c = {.to = buffer, .left = PST_PLAN_SIZE_MAX};
	struct pst_plan copy = *plan;

	io_plan(&c, &copy);
	return c.bad ? PST_E_CORRUPT : (int)(PST_PLAN_SIZE_MAX - c.left);
}

int pst_plan_decode(const uint8_t *data, size_t size, struct pst_plan *ret_plan)
{
	struct cursor c = {.from = data, .left = size};

	*ret_plan = (struct pst_plan){0};
	io_plan(&c, ret_plan);
	return c.bad || c.left > 0 ? PST_E_CORRUPT : 0;
}
