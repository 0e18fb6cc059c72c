/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

#include "base/bytes.h"
#include "crypto/digest.h"
#include "host/catalog.h"
#include "host/contract.h"
#include "host/manifest.h"

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char head[] =
	"plugin: 1\nid: some\nkind: %s\nversion: 1.0.0\nabi: 1\n"
	"licence: MIT\nsummary: text\nlibrary: some.so\nsha256: " DIGEST "\nthreads: 1\n%s";

static const char detector[] = "input: {format: bgr24, size: 640, multiple: 32}\n";
static const char extractor[] =
	"chip: {format: rgb24, width: 112, height: 112, landmarks: [[38.2946, 51.6963], "
	"[73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]}\n"
	"template: {type: float32, dimension: 128}\n";
static const char quality[] = "input: {format: grey8, size: 640, multiple: 1}\n";
static const char pad[] = "chip: {format: bgr24, width: 80, height: 80, landmarks: [[25, 30], "
			  "[55, 30], [40, 45], [28, 60], [52, 60]]}\n";
static const char whole[] = "input: {format: grey8, size: 320, multiple: 32}\n"
			    "template: {type: float32, dimension: 128}\n";
static const char matcher[] = "scores: {low: -1, high: 1}\ntypes: [float32, uint8]\n";

static struct pst_manifest *manifest;
static struct pst_error error;

static void setup(void)
{
	files_setup();
	files_write("some.so", "no library at all");
	memset(&error, 0, sizeof(error));
	manifest = NULL;
}

static void teardown(void)
{
	pst_manifest_destroy(&manifest);
	files_teardown();
}

TestSuite(manifest, .init = setup, .fini = teardown);

static int load(const char *kind, const char *body)
{
	char text[8192];

	(void)snprintf(text, sizeof(text), head, kind, body);
	pst_manifest_destroy(&manifest);
	memset(&error, 0, sizeof(error));
	return pst_manifest_load(files_write("some.yaml", text), &manifest, &error);
}

/* Loads the detector's manifest with one line replaced; says what the refusal must say. */
static void refused(const char *from, const char *to, const char *wanted)
{
	char text[8192], changed[8192 + 512];
	char *at;

	(void)snprintf(text, sizeof(text), head, "detector", detector);
	at = strstr(text, from);
	cr_assert_not_null(at, "%s", from);
	(void)snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text, to,
		at + strlen(from));
	memset(&error, 0, sizeof(error));
	cr_assert_lt(pst_manifest_load(files_write("some.yaml", changed), &manifest, &error), 0,
		"'%s' was taken", to);
	cr_assert_null(manifest);
	cr_assert(strstr(error.text, wanted), "'%s' lacks '%s'", error.text, wanted);
	cr_assert(strstr(error.text, "some.yaml"), "'%s' names no file", error.text);
	cr_assert_null(strchr(error.text, '\n'));
}

Test(manifest, each_kind_loads)
{
	cr_assert_eq(load("detector", detector), 0, "%s", error.text);
	cr_assert_eq(manifest->kind, PST_PLUGIN_DETECTOR);
	cr_assert_eq(manifest->input.size, 640);
	cr_assert_eq(manifest->input.format, PST_PIXELS_BGR24);
	cr_assert_str_eq(manifest->id, "some");
	cr_assert(strstr(manifest->library, "/some.so"));
	cr_assert_eq(load("extractor", extractor), 0, "%s", error.text);
	cr_assert_eq(manifest->template_.size, 512);
	cr_assert_float_eq(manifest->chip.landmark[2].y, 71.7366, 1e-4);
	cr_assert_eq(manifest->input.format, PST_PIXELS_UNSET);
	cr_assert_eq(load("extractor", whole), 0, "%s", error.text);
	cr_assert_eq(manifest->input.size, 320);
	cr_assert_eq(manifest->chip.format, PST_PIXELS_UNSET);
	cr_assert_eq(load("quality", quality), 0, "%s", error.text);
	cr_assert_eq(manifest->input.format, PST_PIXELS_GREY8);
	cr_assert_eq(load("pad", pad), 0, "%s", error.text);
	cr_assert_eq(manifest->chip.width, 80);
	cr_assert_eq(load("matcher", matcher), 0, "%s", error.text);
	cr_assert_float_eq(manifest->score_low, -1, 1e-6);
	cr_assert_eq(manifest->template_types,
		1u << PST_TEMPLATE_TYPE_FLOAT32 | 1u << PST_TEMPLATE_TYPE_UINT8);
}

Test(manifest, each_wrong_field_has_its_line)
{
	refused("plugin: 1", "plugin: 2", "manifest format 2 is not known");
	refused("id: some", "id: ../some", "id '../some'");
	refused("kind: detector", "kind: detektor", "did you mean 'detector'");
	refused("version: 1.0.0", "version: one two", "version 'one two'");
	refused("abi: 1", "abi: 0", "abi is the major version");
	refused("abi: 1", "abi: one", "abi");
	refused("threads: 1", "threads: 0", "threads must be 1 to 16");
	refused("threads: 1\n", "threads: 1\nspeed: fast\n", "speed");
	refused("threads: 1\n", "", "threads");
	refused("summary: text\n", "summary: text\nsummary: again\n", "summary");
	refused("library: some.so", "library: ../some.so", "must be the name of a file");
	refused("library: some.so", "library: /etc/passwd", "must be the name of a file");
	refused("library: some.so", "library: other.so", "other.so");
	refused("sha256: " DIGEST, "sha256: abc", "64 lower-case hex digits");
	refused("size: 640", "size: 16", "size must be 32 to 4096 px");
	refused("size: 640", "size: 64000", "size must be 32 to 4096 px");
	refused("multiple: 32", "multiple: 0", "multiple must be");
	refused("multiple: 32", "multiple: 33", "divide size");
	refused("format: bgr24", "format: yuv", "format");
	refused(detector, "", "'input' is missing");
	refused(detector, extractor, "is missing");
	refused("threads: 1\n", "threads: 1\nscores: {low: 0, high: 1}\n", "'scores' is not for");
	refused("plugin: 1", "plugin: [", "some.yaml");
}

Test(manifest, extractors_and_matchers_are_checked)
{
	cr_assert_eq(load("extractor", "chip: {format: rgb24, width: 112, height: 112, landmarks: "
				       "[[1, 2], [3, 4], [5, 6], [7, 8], [200, 9]]}\n"
				       "template: {type: float32, dimension: 128}\n"),
		PST_E_CONFIG);
	cr_assert(strstr(error.text, "landmark 5 lies outside"), "%s", error.text);
	cr_assert_eq(load("extractor", "chip: {format: rgb24, width: 112, height: 112, landmarks: "
				       "[[1, 2], [3, 4], [5, 6], [7, 8]]}\n"
				       "template: {type: float32, dimension: 128}\n"),
		PST_E_CONFIG);
	cr_assert_eq(load("extractor", "chip: {format: rgb24, width: 112, height: 112, landmarks: "
				       "[[1, 2], [1, 2], [1, 2], [1, 2], [1, 2]]}\n"
				       "template: {type: float32, dimension: 128}\n"),
		PST_E_CONFIG);
	cr_assert(strstr(error.text, "fall into one point"), "%s", error.text);
	cr_assert_eq(
		load("matcher", "scores: {low: 1, high: 1}\ntypes: [float32]\n"), PST_E_CONFIG);
	cr_assert_eq(load("matcher", "scores: {low: 0, high: 1}\ntypes: [text]\n"), PST_E_CONFIG);
	cr_assert_eq(load("matcher", "scores: {low: 0, high: 1}\n"), PST_E_CONFIG);
	cr_assert(strstr(error.text, "'types' is missing"), "%s", error.text);
}

Test(manifest, a_matcher_says_what_its_scores_do_not_depend_on)
{
	cr_assert_eq(load("matcher", matcher), 0, "%s", error.text);
	cr_expect_eq(manifest->invariance, PST_INVARIANCE_UNSET);
	cr_assert_eq(load("matcher", "scores: {low: 0, high: 1}\ntypes: [float32]\n"
				     "invariance: orthogonal\n"),
		0, "%s", error.text);
	cr_expect_eq(manifest->invariance, PST_INVARIANCE_ORTHOGONAL);
	cr_assert_eq(load("matcher", "scores: {low: 0, high: 1}\ntypes: [float32]\n"
				     "invariance: any\n"),
		PST_E_CONFIG);
	cr_assert_eq(load("detector", "input: {format: grey8, size: 320, multiple: 32}\n"
				      "invariance: orthogonal\n"),
		PST_E_CONFIG);
	cr_assert(strstr(error.text, "invariance"), "%s", error.text);
}

Test(manifest, an_extractor_has_a_chip_or_an_input)
{
	char both[4096];

	(void)snprintf(both, sizeof(both), "%s%s", detector, extractor);
	cr_assert_eq(load("extractor", both), PST_E_CONFIG);
	cr_assert(strstr(error.text, "either 'chip'"), "%s", error.text);
	cr_assert_eq(
		load("extractor", "template: {type: float32, dimension: 128}\n"), PST_E_CONFIG);
	cr_assert(strstr(error.text, "either 'chip'"), "%s", error.text);
	cr_assert_eq(load("pad", quality), PST_E_CONFIG);
	cr_assert(strstr(error.text, "'input' is not for a plugin of kind pad"), "%s", error.text);
	cr_assert_eq(load("pad", ""), PST_E_CONFIG);
	cr_assert(strstr(error.text, "'chip' is missing"), "%s", error.text);
	cr_assert_eq(load("quality", pad), PST_E_CONFIG);
}

Test(manifest, a_library_link_may_not_lead_out)
{
	const char *link = files_path("some.so");

	cr_assert_eq(unlink(link), 0);
	cr_assert_eq(symlink("/bin/true", link), 0);
	cr_assert_eq(load("detector", detector), PST_E_UNSAFE);
	cr_assert(strstr(error.text, "leads out of the plugin's folder"), "%s", error.text);
}

#define OPTIONS                                                                                    \
	"options:\n"                                                                               \
	"  - {name: score, type: float, default: \"0.7\", low: \"0\", high: \"1\", about: a}\n"    \
	"  - {name: order, type: text, default: rgb, about: b}\n"                                  \
	"  - {name: threads, type: int, default: \"1\", low: \"1\", about: c}\n"

Test(manifest, settings_are_checked_against_options)
{
	static const struct {
		const char *name, *value, *wanted;
	} wrong[] = {
		{"scor", "1", "did you mean 'score'"},
		{"score", "1.5", "must be 0 to 1, not 1.5"},
		{"score", "nan", "needs a number"},
		{"score", "", "needs a number"},
		{"threads", "0", "must be 1 to anything"},
		{"threads", "1.0", "needs a whole number"},
		{"order", "a\nb", "one line"},
	};
	char body[4096];

	(void)snprintf(body, sizeof(body), "%s" OPTIONS, detector);
	cr_assert_eq(load("detector", body), 0, "%s", error.text);
	cr_assert_eq(pst_manifest_check_setting(manifest, "score", "1e-1", &error), 0);
	cr_assert_eq(pst_manifest_check_setting(manifest, "order", "bgr", &error), 0);
	cr_assert_eq(pst_manifest_check_setting(manifest, "threads", "4", &error), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		memset(&error, 0, sizeof(error));
		cr_assert_eq(
			pst_manifest_check_setting(manifest, wrong[i].name, wrong[i].value, &error),
			PST_E_CONFIG, "%s", wrong[i].name);
		cr_assert(strstr(error.text, wrong[i].wanted), "%s", error.text);
	}
}

Test(manifest, options_and_models_are_checked)
{
	static const struct {
		const char *body, *wanted;
	} wrong[] = {
		{"options:\n  - {name: a, type: int, default: x, about: t}\n", "whole number"},
		{"options:\n  - {name: a, type: int, default: \"5\", high: \"4\", about: t}\n",
			"must be anything to 4"},
		{"options:\n  - {name: a, type: text, default: x, low: \"4\", about: t}\n",
			"has no low or high"},
		{"options:\n  - {name: a, type: text, default: x, about: t}\n"
		 "  - {name: a, type: text, default: y, about: t}\n",
			"declared twice"},
		{"models:\n  - {file: ../m.onnx, sha256: " DIGEST ", licence: MIT, home: x}\n",
			"without a folder"},
		{"models:\n  - {file: m.onnx, sha256: no, licence: MIT, home: x}\n",
			"64 lower-case hex"},
		{"models:\n  - {file: m.onnx, sha256: " DIGEST
		 ", licence: MIT, home: x, options: [{name: a, value: b}]}\n",
			"no option 'a'"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char body[4096];

		(void)snprintf(body, sizeof(body), "%s%s", detector, wrong[i].body);
		cr_assert_eq(load("detector", body), PST_E_CONFIG, "%s", wrong[i].body);
		cr_assert(strstr(error.text, wrong[i].wanted), "%s", error.text);
	}
}

Test(manifest, contract_is_the_digest_of_its_text)
{
	static const char text[] =
		"postern-contract-1\nsome\n1.0.0\n" DIGEST "\n"
		"rgb24 112x112 38.2946,51.6963 73.5318,51.5014 56.0252,71.7366 41.5493,92.3655 "
		"70.7299,92.2041\nfloat32\n128\norder=bgr\nscore=0.5\n";
	char body[4096], contract[PST_CONTRACT_TEXT], without[PST_CONTRACT_TEXT], hex[65];
	uint8_t digest[PST_DIGEST_SIZE];

	(void)snprintf(body, sizeof(body),
		"%smodels:\n  - {file: m.onnx, sha256: " DIGEST
		", licence: MIT, home: x, options: [{name: order, value: bgr}, {name: score, "
		"value: \"0.5\"}]}\n" OPTIONS,
		extractor);
	cr_assert_eq(load("extractor", body), 0, "%s", error.text);
	pst_contract_id(manifest, 0, contract);
	pst_digest_bytes(text, strlen(text), digest);
	pst_bytes_to_hex(digest, sizeof(digest), hex);
	cr_assert_eq(strncmp(contract, hex, 32), 0, "%s is not %s", contract, hex);
	cr_assert_eq(strlen(contract), 32);
	pst_contract_id(manifest, -1, without);
	cr_assert_str_neq(contract, without);
}

/* The whole picture is as much of the contract as a chip is. */
Test(manifest, contract_tells_how_a_whole_picture_is_made)
{
	static const char text[] = "postern-contract-1\nsome\n1.0.0\n-\ninput grey8 320 32\n"
				   "float32\n128\n";
	char contract[PST_CONTRACT_TEXT], other[PST_CONTRACT_TEXT], hex[65];
	uint8_t digest[PST_DIGEST_SIZE];

	cr_assert_eq(load("extractor", whole), 0, "%s", error.text);
	pst_contract_id(manifest, -1, contract);
	pst_digest_bytes(text, strlen(text), digest);
	pst_bytes_to_hex(digest, sizeof(digest), hex);
	cr_assert_eq(strncmp(contract, hex, 32), 0, "%s is not %s", contract, hex);
	manifest->input.size = 640;
	pst_contract_id(manifest, -1, other);
	cr_assert_str_neq(contract, other);
}
