/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

#include "base/bytes.h"
#include "crypto/digest.h"
#include "host/catalog.h"

#define NO_DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct pst_catalog *catalog;
static struct pst_error error;

static void setup(void)
{
	files_setup();
	memset(&error, 0, sizeof(error));
	catalog = NULL;
	unsetenv("POSTERN_MODELS");
	setenv("XDG_DATA_HOME", files_folder, 1);
}

static void teardown(void)
{
	pst_catalog_destroy(&catalog);
	files_teardown();
}

TestSuite(catalog, .init = setup, .fini = teardown);

/* Writes a plugin whose library is this text; digest NULL takes the right one. */
static void add_plugin(const char *folder, const char *id, const char *digest, const char *rest)
{
	static const char library[] = "\177ELF, but no plugin";
	char hex[65], text[4096], name[128];
	uint8_t bytes[PST_DIGEST_SIZE];

	pst_digest_bytes(library, strlen(library), bytes);
	pst_bytes_to_hex(bytes, sizeof(bytes), hex);
	(void)mkdir(files_path(folder), 0700);
	(void)snprintf(name, sizeof(name), "%s/%s.so", folder, id);
	files_write(name, library);
	(void)snprintf(text, sizeof(text),
		"plugin: 1\nid: %s\nkind: detector\nversion: 1.0.0\nabi: 1\nlicence: MIT\n"
		"summary: text\nlibrary: %s.so\nsha256: %s\nthreads: 1\n"
		"input: {format: bgr24, size: 640, multiple: 32}\n%s",
		id, id, digest ? digest : hex, rest);
	(void)snprintf(name, sizeof(name), "%s/%s.yaml", folder, id);
	files_write(name, text);
}

static void load(void)
{
	setenv("POSTERN_PLUGINS", files_folder, 1);
	cr_assert_eq(pst_catalog_load(&catalog, &error), 0, "%s", error.text);
}

static void unavailable(const char *id, const char *wanted)
{
	const struct pst_plugin *plugin;

	memset(&error, 0, sizeof(error));
	cr_assert_eq(pst_catalog_find(catalog, PST_PLUGIN_DETECTOR, id, &plugin, &error),
		PST_E_CONFIG, "%s", id);
	cr_assert(strstr(error.text, wanted), "'%s' lacks '%s'", error.text, wanted);
}

Test(catalog, finds_the_test_plugins)
{
	const struct pst_plugin *detector, *extractor, *matcher;
	static const char *const order[] = {"nothing", "marks", NULL};

	cr_assert_eq(pst_catalog_load(&catalog, &error), 0, "%s", error.text);
	cr_assert_eq(pst_catalog_count(catalog), 4);
	cr_assert_str_eq(pst_catalog_at(catalog, 0)->id, "escape", "detectors come first");
	cr_assert_null(pst_catalog_at(catalog, 4));
	cr_assert_eq(pst_catalog_find(catalog, PST_PLUGIN_DETECTOR, "marks", &detector, &error), 0,
		"%s", error.text);
	cr_assert_eq(
		pst_catalog_find(catalog, PST_PLUGIN_EXTRACTOR, "mean", &extractor, &error), 0);
	cr_assert_eq(pst_catalog_find(catalog, PST_PLUGIN_MATCHER, "tally", &matcher, &error), 0);
	cr_assert_eq(strlen(extractor->contract), 32);
	cr_assert_eq(detector->contract[0], 0);
	cr_assert_eq(extractor->model, -1);
	cr_assert_eq(pst_catalog_check_pair(extractor, matcher, &error), 0);
	cr_assert_eq(pst_catalog_prefer(catalog, PST_PLUGIN_DETECTOR, order), detector);
	cr_assert_null(pst_catalog_prefer(catalog, PST_PLUGIN_MATCHER, order));
}

Test(catalog, an_unknown_plugin_is_named_with_its_nearest)
{
	const struct pst_plugin *plugin;

	cr_assert_eq(pst_catalog_load(&catalog, &error), 0);
	cr_assert_eq(pst_catalog_find(catalog, PST_PLUGIN_DETECTOR, "mark", &plugin, &error),
		PST_E_NOT_FOUND);
	cr_assert(strstr(error.text, "did you mean 'marks'"), "%s", error.text);
	memset(&error, 0, sizeof(error));
	cr_assert_eq(pst_catalog_find(catalog, PST_PLUGIN_MATCHER, "marks", &plugin, &error),
		PST_E_NOT_FOUND, "a detector is no matcher");
}

Test(catalog, another_library_than_declared_is_unavailable)
{
	add_plugin("a", "changed", NO_DIGEST, "");
	add_plugin("b", "right", NULL, "");
	load();
	cr_assert_eq(pst_catalog_count(catalog), 2);
	unavailable("changed", "is another file than the manifest names");
	cr_assert_eq(pst_catalog_at(catalog, 1)->state, PST_PLUGIN_STATE_OK);
}

Test(catalog, a_broken_manifest_is_listed_with_its_reason)
{
	(void)mkdir(files_path("broken"), 0700);
	files_write("broken/x.yaml", "plugin: 1\nid: [\n");
	add_plugin("two", "one", NULL, "");
	files_write("two/other.yaml", "plugin: 1\n");
	(void)mkdir(files_path("none"), 0700);
	files_write("none/readme.txt", "no plugin here");
	load();
	cr_assert_eq(pst_catalog_count(catalog), 2);
	unavailable("broken", "x.yaml");
	unavailable("two", "several manifests");
}

Test(catalog, an_abi_of_tomorrow_is_unavailable)
{
	char text[4096];
	FILE *file;
	size_t size;
	char *at;

	add_plugin("a", "later", NULL, "");
	file = fopen(files_path("a/later.yaml"), "re");
	size = fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	text[size] = 0;
	at = strstr(text, "abi: 1");
	at[5] = '2';
	files_write("a/later.yaml", text);
	load();
	unavailable("later", "made for ABI 2, this postern has 1");
}

Test(catalog, models_are_found_by_digest)
{
	static const char rest[] =
		"models:\n"
		"  - {file: big.onnx, sha256: " NO_DIGEST ", licence: MIT, home: https://big}\n"
		"  - {file: small.onnx, sha256: %s, licence: MIT, home: https://small}\n";
	char hex[65], text[1024];
	uint8_t bytes[PST_DIGEST_SIZE];

	pst_digest_bytes("small model", 11, bytes);
	pst_bytes_to_hex(bytes, sizeof(bytes), hex);
	(void)snprintf(text, sizeof(text), rest, hex);
	add_plugin("a", "modelled", NULL, text);
	load();
	unavailable("modelled", "model big.onnx is in no model folder; get it from https://big");
	pst_catalog_destroy(&catalog);

	/* A file of the right name and the wrong content is said to be that. */
	(void)mkdir(files_path("m1"), 0700);
	files_write("m1/big.onnx", "another model");
	(void)snprintf(text, sizeof(text), "/nowhere:%s", files_path("m1"));
	setenv("POSTERN_MODELS", text, 1);
	load();
	unavailable("modelled", "big.onnx is another file than the manifest names");
	pst_catalog_destroy(&catalog);

	/* The data directory comes after POSTERN_MODELS, the second model after the first. */
	(void)mkdir(files_path("postern"), 0700);
	(void)mkdir(files_path("postern/models"), 0700);
	files_write("postern/models/small.onnx", "small model");
	load();
	cr_assert_eq(pst_catalog_at(catalog, 0)->state, PST_PLUGIN_STATE_OK);
	cr_assert_eq(pst_catalog_at(catalog, 0)->model, 1);
	cr_assert(strstr(pst_catalog_at(catalog, 0)->model_path, "postern/models/small.onnx"));
}

Test(catalog, of_two_with_one_id_the_first_folder_counts)
{
	char both[256];

	(void)mkdir(files_path("one"), 0700);
	(void)mkdir(files_path("two"), 0700);
	add_plugin("one/x", "same", NULL, "");
	add_plugin("two/x", "same", NO_DIGEST, "");
	(void)snprintf(both, sizeof(both), "%s:%s", files_path("one"), files_path("two"));
	setenv("POSTERN_PLUGINS", both, 1);
	cr_assert_eq(pst_catalog_load(&catalog, &error), 0, "%s", error.text);
	cr_assert_eq(pst_catalog_count(catalog), 1);
	cr_assert_eq(pst_catalog_at(catalog, 0)->state, PST_PLUGIN_STATE_OK);
}

Test(catalog, a_missing_folder_is_a_mistake)
{
	setenv("POSTERN_PLUGINS", "/nowhere/at/all", 1);
	cr_assert_eq(pst_catalog_load(&catalog, &error), PST_E_CONFIG);
	cr_assert(strstr(error.text, "/nowhere/at/all"), "%s", error.text);
}

Test(catalog, the_worker_of_the_build_tree_is_found)
{
	char path[PATH_MAX];

	cr_assert_eq(pst_catalog_worker_path(path, &error), 0, "%s", error.text);
	cr_assert(strstr(path, "core/worker/postern-worker"));
}
