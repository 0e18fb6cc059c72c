/* SPDX-License-Identifier: Apache-2.0 */
/* What a manifest may not say, each with its line: ids and paths that lead astray, and the rest. */
#include "files.h"

#include <errno.h>

#include "host/manifest.h"
#include "host/rules.h"

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID64 "a123456789a123456789a123456789a123456789a123456789a123456789a123"

static struct pst_error error;

static void setup(void)
{
	files_setup();
	files_write("some.so", "no library at all");
	files_write("some.txt", "no library at all");
}

TestSuite(rules, .init = setup, .fini = files_teardown);

static int load(const char *id, const char *kind, const char *library, const char *body)
{
	struct pst_manifest *manifest = NULL;
	char text[8192];
	int status;

	(void)snprintf(text, sizeof(text),
		"plugin: 1\nid: %s\nkind: %s\nversion: 1.0.0\nabi: 1\nlicence: MIT\n"
		"summary: text\nlibrary: %s\nsha256: " DIGEST "\nthreads: 1\n%s",
		id, kind, library, body);
	memset(&error, 0, sizeof(error));
	status = pst_manifest_load(files_write("some.yaml", text), &manifest, &error);
	cr_assert_eq(status < 0, manifest == NULL);
	if (status < 0) {
		cr_assert(strstr(error.text, "some.yaml"), "'%s' names no file", error.text);
		cr_assert_null(strpbrk(error.text, "\n\r\033"), "'%s' is not one line", error.text);
	}
	pst_manifest_destroy(&manifest);
	return status;
}

static const char input[] = "input: {format: grey8, size: 64, multiple: 1}\n";

/* As they stand in YAML; each would be a name of something else where an id becomes a path. */
static const char *const hostile[] = {"..", ".", "...", "../x", "../../etc/passwd", "/etc/passwd",
	"./x", "x/../y", "x/y", "x/", "/x", "/", "a..b", "..x", "x..", ".hidden", "-rf", "--help",
	"_x", "~", "~root", "x y", "\" x\"", "\"x \"", "\"x\\ty\"", "\"x\\ny\"", "\"x\\ry\"",
	"\"x\\0y\"", "\"\\e[2Jx\"", "\"\\u202Ex\"", "\"\\u0430dmin\"", "\"x\\u200B\"", "é", "ｘ",
	"x%2fy", "x%00", "x\\y", "\"x\\\\y\"", "x;y", "x|y", "x&y", "$HOME", "\"`id`\"",
	"\"$(id)\"", "x=y", "x,y", "x*", "x?", "\"[x]\"", "\"{x}\"", "\"x:y\"", "\"x#y\"",
	"\"'x'\"", "x@y", "x+y", "C:x", "\"\"", ID64 "x"};

Test(rules, ids_that_lead_astray_are_refused)
{
	cr_assert_geq(sizeof(hostile) / sizeof(hostile[0]), 40);
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		cr_assert_lt(load(hostile[i], "detector", "some.so", input), 0, "%s", hostile[i]);
	}
	cr_assert_eq(load(ID64, "detector", "some.so", input), 0, "%s", error.text);
	cr_assert_eq(load("A-1_b.c", "detector", "some.so", input), 0, "%s", error.text);
}

Test(rules, libraries_that_lead_astray_are_refused)
{
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		cr_assert_lt(load("some", "detector", hostile[i], input), 0, "%s", hostile[i]);
	}
	cr_assert_lt(load("some", "detector", "some.txt", input), 0);
	cr_assert(strstr(error.text, "ends in .so"), "%s", error.text);
	cr_assert_lt(load("some", "detector", "some.yaml", input), 0);
	cr_assert_lt(load("some", "detector", ".so", input), 0);
}

Test(rules, links_may_lead_elsewhere_in_the_folder_only)
{
	cr_assert_eq(mkdir(files_path("sub"), 0700), 0);
	files_write("sub/real.so", "library");
	cr_assert_eq(symlink("some.so", files_path("link.so")), 0);
	cr_assert_eq(symlink("sub/real.so", files_path("deep.so")), 0);
	cr_assert_eq(symlink("/proc/self/exe", files_path("out.so")), 0);
	cr_assert_eq(symlink("../../../../../../usr/bin/env", files_path("up.so")), 0);
	cr_assert_eq(symlink("loop.so", files_path("loop.so")), 0);
	cr_assert_eq(load("some", "detector", "link.so", input), 0, "%s", error.text);
	cr_assert_eq(load("some", "detector", "deep.so", input), 0, "%s", error.text);
	cr_assert_eq(load("some", "detector", "out.so", input), PST_E_UNSAFE);
	cr_assert_eq(load("some", "detector", "up.so", input), PST_E_UNSAFE, "%s", error.text);
	cr_assert_eq(load("some", "detector", "loop.so", input), -ELOOP);
}

Test(rules, models_that_lead_astray_are_refused)
{
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		char body[1024];

		(void)snprintf(body, sizeof(body),
			"%smodels:\n  - file: %s\n    sha256: " DIGEST
			"\n    licence: MIT\n    home: x\n",
			input, hostile[i]);
		cr_assert_lt(load("some", "detector", "some.so", body), 0, "%s", hostile[i]);
	}
}

static void refused(const char *kind, const char *body, const char *wanted)
{
	cr_assert_lt(load("some", kind, "some.so", body), 0, "'%s' was taken", body);
	cr_assert(strstr(error.text, wanted), "'%s' lacks '%s'", error.text, wanted);
}

static void refused_option(const char *option, const char *wanted)
{
	char body[1024];

	(void)snprintf(body, sizeof(body), "%soptions:\n  - {%s}\n", input, option);
	refused("detector", body, wanted);
}

Test(rules, options_have_a_type_a_range_and_a_default_that_fit)
{
	refused_option("name: a, type: int, default: \"1\"", "about");
	refused_option("name: a, type: int, about: t", "default");
	refused_option("name: a, default: \"1\", about: t", "type");
	refused_option("name: a, type: bool, default: \"1\", about: t", "type");
	refused_option("name: a/b, type: text, default: x, about: t", "no option name");
	refused_option(
		"name: a, type: int, default: \"1\", low: x, about: t", "must be x to anything");
	refused_option(
		"name: a, type: int, default: \"5\", low: \"1\", high: \"4\", about: t", "1 to 4");
	refused_option("name: a, type: int, default: \"0\", low: \"1\", about: t", "1 to anything");
	refused_option("name: a, type: int, default: \"1\", low: \"0.5\", about: t",
		"must be 0.5 to anything");
	refused_option("name: a, type: int, default: \"99999999999999999999\", about: t", "whole");
	refused_option("name: a, type: float, default: nan, about: t", "needs a number");
	refused_option("name: a, type: float, default: inf, about: t", "needs a number");
	refused_option("name: a, type: float, default: \"0x1p4\", about: t", "needs a number");
	refused_option("name: a, type: text, default: x, high: y, about: t", "no low or high");
	refused_option(
		"name: a, type: text, default: x, about: \"\\e[31mred\"", "control character");
	refused_option("name: a, type: text, default: \"\\u009bx\", about: t", "control character");
	refused_option("name: a, type: text, default: x, about: t, name: b", "name");
	refused_option("name: a, type: text, default: x, about: t, step: 1", "step");
}

Test(rules, keys_stand_once_and_are_known)
{
	refused("detector", "input: {format: grey8, size: 64, multiple: 1, size: 32}\n", "size");
	refused("detector", "input: {format: grey8, size: 64, multiple: 1, stride: 2}\n", "stride");
	refused("detector", "input: {format: nv12, size: 64, multiple: 1}\n", "format");
	refused("detector", "input: {format: grey8, size: -64, multiple: 1}\n", "size");
	refused("detector", "input: {format: grey8, size: 6.4, multiple: 1}\n", "size");
	refused("detector", "input: {format: grey8, multiple: 1}\n", "size");
	refused("pad", "input: {format: grey8, size: 64, multiple: 1}\n", "input");
	refused("quality",
		"chip: {format: grey8, width: 8, height: 8, landmarks: [[1, 1], [2, 1], [3, 3], "
		"[4, "
		"4], [5, 5]]}\n",
		"is missing");
}

#define CHIP                                                                                       \
	"chip: {format: grey8, width: 8, height: 8, landmarks: [[1, 1], [6, 1], [3, 3], [1, 6], "  \
	"[6, 6]]}\ntemplate: {type: uint8, dimension: 64}\n"

Test(rules, contracts_are_pinned_where_there_is_one)
{
	refused("extractor", CHIP "contract: 0123\n", "32 hex digits");
	refused("extractor", CHIP "contract: 0123456789ABCDEF0123456789abcdef\n", "32 hex digits");
	refused("matcher",
		"scores: {low: 0, high: 1}\ntypes: [uint8]\ncontract: "
		"0123456789abcdef0123456789abcdef\n",
		"is for extractors");
	refused("extractor",
		CHIP "contract: 0123456789abcdef0123456789abcdef\nmodels:\n  - {file: m.onnx, "
		     "sha256: " DIGEST ", licence: MIT, home: x}\n",
		"each model has one of its own");
	refused("extractor",
		CHIP "models:\n  - {file: m.onnx, sha256: " DIGEST
		     ", licence: MIT, home: x, contract: zz}\n",
		"32 hex digits");
	refused("extractor",
		CHIP "models:\n  - {file: m.onnx, sha256: " DIGEST
		     ", licence: MIT, home: x}\n  - {file: m.onnx, sha256: " DIGEST
		     ", licence: MIT, home: x}\n",
		"listed twice");
	cr_assert_eq(load("some", "extractor", "some.so",
			     CHIP "contract: 0123456789abcdef0123456789abcdef\n"),
		0, "%s", error.text);
}

Test(rules, licences_say_something)
{
	static const char *const wrong[] = {"unknown", "NONE", "noassertion", "\"\\tMIT\"",
		"\"MIT; x\"", "\" \"", "\"MIT\\n\""};
	static const char *const right[] = {"MIT", "Apache-2.0",
		"GPL-2.0-or-later WITH GCC-exception-3.1", "(MIT OR BSD-3-Clause)",
		"LicenseRef-Mine", "GPL-3.0+"};
	struct pst_manifest manifest = {
		.path = "x.yaml", .summary = "text", .library = "/x/some.so"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char body[1024];

		(void)snprintf(body, sizeof(body),
			"%smodels:\n  - {file: m, sha256: " DIGEST ", licence: %s, home: x}\n",
			input, wrong[i]);
		refused("detector", body, "licence");
	}
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		(void)snprintf(manifest.licence, sizeof(manifest.licence), "%s", right[i]);
		cr_assert_eq(pst_rules_check(&manifest, &error), 0, "%s", error.text);
	}
	(void)snprintf(manifest.summary, sizeof(manifest.summary), "drawn \033]0;x\007");
	cr_assert_eq(pst_rules_check(&manifest, &error), PST_E_CONFIG);
}

Test(rules, what_everybody_may_write_is_refused)
{
	const char *path = files_path("some.so");

	cr_assert_eq(pst_rules_check_writers(path, &error), 0, "%s", error.text);
	cr_assert_eq(chmod(path, 0664), 0);
	cr_assert_eq(pst_rules_check_writers(path, &error), 0, "a group is somebody's choice");
	cr_assert_eq(chmod(path, 0666), 0);
	cr_assert_eq(pst_rules_check_writers(path, &error), PST_E_UNSAFE);
	cr_assert(strstr(error.text, "chmod o-w"), "%s", error.text);
	cr_assert_eq(pst_rules_check_writers("/nowhere/at/all", &error), -ENOENT);
}
