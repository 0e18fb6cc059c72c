/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/plugin_check_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define KINDS_SIZE 64

static double seconds(int64_t ns)
{
	return (double)ns / (double)PST_NS_PER_S;
}

/* "detect" of "detect.cap-one". */
static int area_length(const char *id)
{
	return (int)strcspn(id, ".");
}

static bool is_same_area(enum pst_check left, enum pst_check right)
{
	const char *a = pst_check_info(left)->id, *b = pst_check_info(right)->id;

	return area_length(a) == area_length(b) && strncmp(a, b, (size_t)area_length(a)) == 0;
}

/* Counts of the area that begins with a check. @return the first check behind it */
static int count_area(const struct pst_conformance *c, int first, uint32_t count[PST_MARK_PASS + 1])
{
	int i = first;

	memset(count, 0, (PST_MARK_PASS + 1) * sizeof(*count));
	for (; i < PST_CHECKS && is_same_area((enum pst_check)first, (enum pst_check)i); i++) {
		count[c->finding[i].mark]++;
	}
	return i;
}

static void print_areas(const struct pst_conformance *c)
{
	for (int first = 0; first < PST_CHECKS;) {
		uint32_t count[PST_MARK_PASS + 1];
		int next = count_area(c, first, count);
		const char *id = pst_check_info((enum pst_check)first)->id;
		uint32_t all = count[PST_MARK_PASS] + count[PST_MARK_FAIL] + count[PST_MARK_SKIP];

		if (all > 0) {
			(void)printf(
				"  %-10.*s %3u pass", area_length(id), id, count[PST_MARK_PASS]);
			if (count[PST_MARK_FAIL] > 0) {
				(void)printf(", %u FAIL", count[PST_MARK_FAIL]);
			}
			if (count[PST_MARK_SKIP] > 0) {
				(void)printf(", %u skipped", count[PST_MARK_SKIP]);
			}
			(void)putchar('\n');
		}
		first = next;
	}
}

static void print_one(enum pst_check check, const struct pst_finding *finding)
{
	const struct pst_check_info *info = pst_check_info(check);

	(void)printf("%s %s: %s\n",
		finding->mark == PST_MARK_FAIL ? "FAIL" : pst_mark_name(finding->mark), info->id,
		info->summary);
	if (finding->text[0]) {
		(void)printf("     %s\n", finding->text);
	}
	if (finding->mark == PST_MARK_FAIL) {
		(void)printf("     promised in %s\n", info->promise);
	}
}

void plugin_check_print(const struct pst_conformance *c, bool verbose)
{
	const struct pst_manifest *manifest = c->plugin.manifest;
	uint32_t failed = pst_conformance_count(c, PST_MARK_FAIL);

	if (manifest) {
		(void)printf("%s %s, %s, in %s\n\n", manifest->id, manifest->version,
			pst_plugin_kind_name(manifest->kind), manifest->folder);
	} else {
		(void)printf("%s\n\n", c->manifest);
	}
	for (int i = 0; i < PST_CHECKS; i++) {
		enum pst_mark mark = c->finding[i].mark;

		if (mark == PST_MARK_FAIL || (verbose && mark != PST_MARK_UNSET)) {
			print_one((enum pst_check)i, &c->finding[i]);
		}
	}
	if (failed > 0 || verbose) {
		(void)putchar('\n');
	}
	print_areas(c);
	(void)printf("\n%u passed, %u failed, %u skipped, in %.1f s\n",
		pst_conformance_count(c, PST_MARK_PASS), failed,
		pst_conformance_count(c, PST_MARK_SKIP), seconds(c->took_ns));
}

json_t *plugin_check_json(const struct pst_conformance *c)
{
	const struct pst_manifest *manifest = c->plugin.manifest;
	json_t *checks = json_array();
	json_t *plugin = json_pack("{s:s}", "manifest", c->manifest);

	if (manifest) {
		(void)json_object_set_new(plugin, "id", json_string(manifest->id));
		(void)json_object_set_new(
			plugin, "kind", json_string(pst_plugin_kind_name(manifest->kind)));
		(void)json_object_set_new(plugin, "version", json_string(manifest->version));
		(void)json_object_set_new(plugin, "sha256", json_string(manifest->digest));
	}
	for (int i = 0; i < PST_CHECKS; i++) {
		const struct pst_finding *finding = &c->finding[i];

		if (finding->mark == PST_MARK_UNSET) {
			continue;
		}
		json_t *check = json_pack("{s:s, s:s, s:f}", "id",
			pst_check_info((enum pst_check)i)->id, "result",
			pst_mark_name(finding->mark), "seconds", seconds(finding->took_ns));

		if (finding->text[0]) {
			(void)json_object_set_new(check, "finding", json_string(finding->text));
		}
		(void)json_array_append_new(checks, check);
	}
	return json_pack("{s:o, s:b, s:I, s:I, s:I, s:f, s:o}", "plugin", plugin, "conforms",
		pst_conformance_count(c, PST_MARK_FAIL) == 0, "passed",
		(json_int_t)pst_conformance_count(c, PST_MARK_PASS), "failed",
		(json_int_t)pst_conformance_count(c, PST_MARK_FAIL), "skipped",
		(json_int_t)pst_conformance_count(c, PST_MARK_SKIP), "seconds", seconds(c->took_ns),
		"checks", checks);
}

/* Text inside of XML, which has no way to hold most control characters. */
static void put_xml(FILE *to, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			(void)fputs("&amp;", to);
			break;
		case '<':
			(void)fputs("&lt;", to);
			break;
		case '>':
			(void)fputs("&gt;", to);
			break;
		case '"':
			(void)fputs("&quot;", to);
			break;
		default:
			(void)fputc((unsigned char)*text < ' ' ? '?' : *text, to);
			break;
		}
	}
}

static void put_case(FILE *to, const struct pst_conformance *c, enum pst_check check)
{
	const struct pst_finding *finding = &c->finding[check];
	const struct pst_check_info *info = pst_check_info(check);
	const char *element = finding->mark == PST_MARK_FAIL   ? "failure"
			      : finding->mark == PST_MARK_SKIP ? "skipped"
							       : NULL;

	(void)fprintf(to, "    <testcase classname=\"%.*s\" name=\"%s\" time=\"%.3f\"",
		area_length(info->id), info->id, info->id, seconds(finding->took_ns));
	if (!element) {
		(void)fputs("/>\n", to);
		return;
	}
	(void)fprintf(to, ">\n      <%s message=\"", element);
	put_xml(to, finding->text);
	(void)fputs("\"", to);
	if (finding->mark == PST_MARK_FAIL) {
		(void)fprintf(to, " type=\"%s\">", info->id);
		put_xml(to, info->summary);
		(void)fputs(" (", to);
		put_xml(to, info->promise);
		(void)fprintf(to, ")</%s>\n", element);
	} else {
		(void)fputs("/>\n", to);
	}
	(void)fputs("    </testcase>\n", to);
}

static void put_suite(FILE *to, const struct pst_conformance *c, int first, int next,
	const uint32_t count[PST_MARK_PASS + 1])
{
	const char *id = pst_check_info((enum pst_check)first)->id;
	int64_t took_ns = 0;

	for (int i = first; i < next; i++) {
		took_ns += c->finding[i].took_ns;
	}
	(void)fprintf(to,
		"  <testsuite name=\"%.*s\" tests=\"%u\" failures=\"%u\" errors=\"0\" "
		"skipped=\"%u\" time=\"%.3f\">\n",
		area_length(id), id,
		count[PST_MARK_PASS] + count[PST_MARK_FAIL] + count[PST_MARK_SKIP],
		count[PST_MARK_FAIL], count[PST_MARK_SKIP], seconds(took_ns));
	for (int i = first; i < next; i++) {
		if (c->finding[i].mark != PST_MARK_UNSET) {
			put_case(to, c, (enum pst_check)i);
		}
	}
	(void)fputs("  </testsuite>\n", to);
}

char *plugin_check_junit(const struct pst_conformance *c)
{
	uint32_t count[PST_MARK_PASS + 1];
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	int next;

	if (!to) {
		return NULL;
	}
	(void)fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"", to);
	put_xml(to, c->plugin.manifest ? c->plugin.manifest->id : c->manifest);
	(void)fprintf(to, "\" tests=\"%u\" failures=\"%u\" errors=\"0\" time=\"%.3f\">\n",
		PST_CHECKS - pst_conformance_count(c, PST_MARK_UNSET),
		pst_conformance_count(c, PST_MARK_FAIL), seconds(c->took_ns));
	for (int first = 0; first < PST_CHECKS; first = next) {
		next = count_area(c, first, count);
		if (count[PST_MARK_UNSET] < (uint32_t)(next - first)) {
			put_suite(to, c, first, next, count);
		}
	}
	(void)fputs("</testsuites>\n", to);
	if (fclose(to) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static const char *kinds_of(enum pst_check check, char text[KINDS_SIZE])
{
	uint32_t count = 0;

	text[0] = 0;
	for (int kind = PST_PLUGIN_DETECTOR; kind <= PST_PLUGIN_PAD; kind++) {
		if (pst_check_is_for(check, (enum pst_plugin_kind)kind)) {
			size_t length = strlen(text);

			(void)snprintf(text + length, KINDS_SIZE - length, "%s%s",
				length ? ", " : "",
				pst_plugin_kind_name((enum pst_plugin_kind)kind));
			count++;
		}
	}
	return count == PST_PLUGIN_PAD ? "any" : text;
}

void plugin_check_print_list(void)
{
	for (int i = 0; i < PST_CHECKS; i++) {
		const struct pst_check_info *info = pst_check_info((enum pst_check)i);
		char kinds[KINDS_SIZE];

		(void)printf("%-30s %s\n%31s%s; %s\n", info->id, info->summary, "",
			kinds_of((enum pst_check)i, kinds), info->promise);
	}
}

json_t *plugin_check_json_list(void)
{
	json_t *list = json_array();

	for (int i = 0; i < PST_CHECKS; i++) {
		const struct pst_check_info *info = pst_check_info((enum pst_check)i);
		char kinds[KINDS_SIZE];

		(void)json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:s}", "id", info->id, "kinds",
				      kinds_of((enum pst_check)i, kinds), "summary", info->summary,
				      "promise", info->promise));
	}
	return json_pack("{s:o}", "checks", list);
}
