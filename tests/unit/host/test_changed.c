/* SPDX-License-Identifier: Apache-2.0 */
/* A library that is exchanged or changed after its digest was verified is not opened. */
#include "files.h"

#include <fcntl.h>

#include "host/models.h"
#include "host/worker.h"
#include "support/sandbox.h"

static struct pst_catalog *catalog;
static struct pst_error error;

static void copy(const char *from, const char *to)
{
	char command[1024];

	(void)snprintf(
		command, sizeof(command), "cp '%s/tally/%s' '%s'", getenv("TALLY"), from, to);
	cr_assert_eq(system(command), 0, "%s", command);
}

static void setup(void)
{
	files_setup();
	cr_assert_eq(setenv("TALLY", getenv("POSTERN_PLUGINS"), 1), 0);
	cr_assert_eq(mkdir(files_path("tally"), 0700), 0);
	copy("tally.so", files_path("tally/tally.so"));
	copy("tally.yaml", files_path("tally/tally.yaml"));
	setenv("POSTERN_PLUGINS", files_folder, 1);
	memset(&error, 0, sizeof(error));
	cr_assert_eq(pst_catalog_load(&catalog, &error), 0, "%s", error.text);
}

static void teardown(void)
{
	pst_catalog_destroy(&catalog);
	files_teardown();
}

TestSuite(changed, .init = setup, .fini = teardown, .timeout = 60);

static int start(void)
{
	struct pst_worker_config config = {
		.kind = PST_WORKER_MATCH, .sandbox = TEST_WORKER_SANDBOX};
	struct pst_worker *worker = NULL;
	int status;

	cr_assert_eq(
		pst_catalog_find(catalog, PST_PLUGIN_MATCHER, "tally", &config.matcher, &error), 0,
		"%s", error.text);
	cr_assert_eq(pst_worker_create(&config, &worker, &error), 0, "%s", error.text);
	status = pst_worker_wait_ready(worker, 20000, &error);
	pst_worker_destroy(&worker);
	return status;
}

static void refused(void)
{
	cr_assert_eq(start(), PST_E_UNSAFE, "%s", error.text);
	cr_assert(
		strstr(error.text, "has changed since its digest was verified"), "%s", error.text);
	cr_assert(strstr(error.text, "tally.so"), "%s", error.text);
}

Test(changed, the_file_that_was_verified_is_opened)
{
	cr_assert_eq(start(), 0, "%s", error.text);
}

Test(changed, another_file_in_its_place_is_not)
{
	copy("tally.so", files_path("tally/new.so"));
	cr_assert_eq(rename(files_path("tally/new.so"), files_path("tally/tally.so")), 0);
	refused();
}

Test(changed, a_file_that_was_written_to_is_not)
{
	char byte;
	int fd = open(files_path("tally/tally.so"), O_RDWR | O_CLOEXEC);

	cr_assert_geq(fd, 0);
	cr_assert_eq(pread(fd, &byte, 1, 0), 1);
	cr_assert_eq(usleep(20000), 0, "a tick of the clock of files");
	cr_assert_eq(pwrite(fd, &byte, 1, 0), 1);
	cr_assert_eq(close(fd), 0);
	refused();
}

Test(changed, a_file_that_is_gone_is_not)
{
	cr_assert_eq(unlink(files_path("tally/tally.so")), 0);
	cr_assert_lt(start(), 0);
	cr_assert(strstr(error.text, "tally.so"), "%s", error.text);
}

Test(changed, a_stamp_is_of_the_file_with_that_digest)
{
	struct pst_stamp stamp = {0}, now = {0};
	const struct pst_plugin *plugin = pst_catalog_at(catalog, 0);
	const struct pst_manifest *manifest = plugin->manifest;

	cr_assert_eq(pst_models_verify(manifest->library, manifest->digest, &stamp, &error), 0);
	cr_assert(pst_stamp_is_equal(&stamp, &plugin->library_stamp));
	cr_assert(pst_stamp_is_set(&stamp));
	cr_assert_not(pst_stamp_is_set(&plugin->model_stamp), "it has no model");
	cr_assert_eq(pst_stamp_take_path(manifest->path, &now), 0);
	cr_assert_not(pst_stamp_is_equal(&stamp, &now));
	cr_assert_eq(
		pst_models_verify(manifest->path, manifest->digest, &now, &error), PST_E_MISMATCH);
}
