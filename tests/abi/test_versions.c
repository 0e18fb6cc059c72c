/* SPDX-License-Identifier: Apache-2.0 */
/* Which plugins of other versions a worker takes, and which it refuses before it calls anything. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "postern/detector.h"
#include "worker/guest.h"

static struct pst_error error;

static int open_named(const char *name, struct pst_guest **ret_guest)
{
	static struct pst_wire_plugin plugin;

	plugin = (struct pst_wire_plugin){.kind = PST_PLUGIN_DETECTOR,
		.abi = PST_ABI_MAJOR,
		.id = "version",
		.version = "1.0.0"};
	(void)snprintf(plugin.library, sizeof(plugin.library), "%s/version-%s.so",
		getenv("VERSIONS"), name);
	memset(&error, 0, sizeof(error));
	return pst_guest_open(&plugin, ret_guest, &error);
}

static void taken(const char *name)
{
	struct pst_guest *guest = NULL;
	const struct pst_detector *calls;
	const struct pst_image image = {.size = sizeof(image)};
	struct pst_face face;

	cr_assert_eq(open_named(name, &guest), 0, "%s: %s", name, error.text);
	calls = pst_guest_calls(guest);
	cr_assert_eq(calls->detect(pst_guest_self(guest), &image, &face, 1), 0, "%s", name);
	pst_guest_close(&guest);
}

static void refused(const char *name, int status, const char *wanted)
{
	struct pst_guest *guest = NULL;

	cr_assert_eq(open_named(name, &guest), status, "%s: %s", name, error.text);
	cr_assert_null(guest);
	cr_assert(strstr(error.text, wanted), "%s: '%s' lacks '%s'", name, error.text, wanted);
	cr_assert(strstr(error.text, "plugin version"), "'%s' names no plugin", error.text);
}

Test(versions, a_later_minor_version_with_longer_structs_is_taken)
{
	taken("later");
}

Test(versions, structs_of_the_size_of_1_0_are_taken)
{
	taken("first");
}

Test(versions, another_major_version_is_refused_before_a_call)
{
	refused("major-0", PST_E_ABI, "made for ABI 0.0, this worker speaks 1.");
	refused("major-2", PST_E_ABI, "made for ABI 2.0, this worker speaks 1.");
}

Test(versions, structs_shorter_than_those_of_1_0_are_refused_before_a_call)
{
	refused("entry-short", PST_E_ABI, "its entry has 56 bytes, ABI 1 has at least 64");
	refused("entry-none", PST_E_ABI, "its entry has 0 bytes");
	refused("calls-short", PST_E_ABI, "lacks a call");
}

Test(versions, what_is_missing_or_without_measure_is_refused_before_a_call)
{
	refused("no-detect", PST_E_ABI, "lacks a call");
	refused("no-init", PST_E_ABI, "lacks a call");
	refused("no-memory", PST_E_ABI, "instance size");
	refused("much-memory", PST_E_ABI, "instance size");
}

Test(versions, another_plugin_than_declared_is_refused_before_a_call)
{
	refused("kind", PST_E_CONFIG, "another kind");
	refused("id", PST_E_CONFIG, "calls itself 'versions'");
	refused("version", PST_E_CONFIG, "is version '1.0.1'");
}
