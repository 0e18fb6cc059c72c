/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WORKER_GUEST_H
#define PST_WORKER_GUEST_H

#include "base/error.h"
#include "postern/entry.h"
#include "wire/message.h"

/** A loaded plugin with its instance. The only place of the project that calls dlopen. */
struct pst_guest;

/**
 * Loads a plugin and starts an instance. Before anything of it is called, its entry is held
 * against what the manifest said: ABI, kind, id, version, sizes, and that every call is there.
 *
 * @param plugin  borrowed while the guest lives
 * @return 0; PST_E_ABI; PST_E_CONFIG it is another plugin than declared, or refused an option or
 *         its model; PST_E_PLUGIN; -ENOMEM; the error names the plugin
 */
int pst_guest_open(const struct pst_wire_plugin *plugin, struct pst_guest **ret_guest,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * The parts of pst_guest_open, for who makes instances by itself: load opens the library and calls
 * nothing of it; check holds its entry against what the manifest said.
 *
 * @return as pst_guest_open
 */
int pst_guest_load(const struct pst_wire_plugin *plugin, struct pst_guest **ret_guest,
	struct pst_error *error) PST_MUST_CHECK;
int pst_guest_check(const struct pst_guest *guest, struct pst_error *error) PST_MUST_CHECK;

/** @return the library's entry, as found */
const struct pst_plugin_entry *pst_guest_entry(const struct pst_guest *guest);

/** @return what init is handed */
const struct pst_host *pst_guest_host(const struct pst_guest *guest);

/** Finishes the instance, if there is one; the library stays mapped until the end. Accepts NULL inside. */
void pst_guest_close(struct pst_guest **guest);

void *pst_guest_self(const struct pst_guest *guest);

/** @return struct pst_detector, pst_extractor or pst_matcher, by the kind declared */
const void *pst_guest_calls(const struct pst_guest *guest);
const struct pst_wire_plugin *pst_guest_plugin(const struct pst_guest *guest);

#endif
