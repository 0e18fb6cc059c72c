/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POSTERN_ENTRY_H
#define POSTERN_ENTRY_H

#include <stdint.h>

#include "postern/abi.h"
#include "postern/host.h"
#include "postern/status.h"

/** What a plugin does; travels as uint32_t. Since abi 1.0 */
enum pst_plugin_kind {
	PST_PLUGIN_UNSET = 0,
	PST_PLUGIN_DETECTOR = 1,
	PST_PLUGIN_EXTRACTOR = 2,
	PST_PLUGIN_MATCHER = 3,
	PST_PLUGIN_QUALITY = 4,
	PST_PLUGIN_PAD = 5,
};

/**
 * The one symbol a plugin exports: `PST_EXPORT const struct pst_plugin_entry pst_plugin_entry`.
 *
 * Life of an instance:
 *   (host allocates instance_size zeroed bytes) -> init -> running -> finish -> (host frees)
 * The worker checks abi_major and size, then id, version and kind against the manifest, and that
 * no call is missing, before it calls anything. One process may hold several instances, one after
 * the other. A plugin never prints, exits, forks, or opens files after init.
 * Since abi 1.0
 */
struct pst_plugin_entry {
	uint32_t size;	    /* sizeof(struct pst_plugin_entry) of the plugin */
	uint16_t abi_major; /* PST_ABI_MAJOR of the headers it was built with */
	uint16_t abi_minor; /* PST_ABI_MINOR, likewise: for messages, never a reason to refuse */
	uint32_t kind;	    /* enum pst_plugin_kind */
	uint32_t reserved;
	const char *id;	     /* as in the manifest, static */
	const char *version; /* as in the manifest, static */

	uint64_t instance_size; /* bytes, 1..64 MiB; aligned to 64 by the host */

	/**
	 * Makes an instance ready: reads options and model, starts declared threads, warms up.
	 *
	 * Files other than the model, network and child processes are out of reach by then.
	 *
	 * @param self  instance_size zeroed bytes, the instance's own until finish has returned
	 * @param host  borrowed until finish has returned
	 * @return 0; PST_E_CONFIG an option or the model does not fit; -ENOMEM; PST_E_PLUGIN
	 * On error finish is not called: the plugin has released what it took.
	 * [control & !running]
	 */
	int (*init)(void *self, const struct pst_host *host);

	/**
	 * Releases everything the instance holds, ends its threads, wipes templates and pixels.
	 *
	 * Called once after an init that returned 0; no call follows. Where a worker is killed, it
	 * is not called.
	 * [control & !running]
	 */
	void (*finish)(void *self);

	const void *calls; /* static; by kind: struct pst_detector, pst_extractor, pst_matcher,
			      pst_quality_calls or pst_pad_calls */
};

/**
 * Defines the entry, in C and in C++; used once in a plugin, followed by a semicolon:
 *   PST_PLUGIN_ENTRY(DETECTOR, "bright", "1.0.0", sizeof(struct bright), init, finish, &calls);
 *
 * @param kind_   DETECTOR, EXTRACTOR, MATCHER, QUALITY or PAD
 * @param id_, version_  texts, as in the manifest
 * @param size_   instance_size
 * @param init_, finish_, calls_  as in struct pst_plugin_entry
 */
#define PST_PLUGIN_ENTRY(kind_, id_, version_, size_, init_, finish_, calls_)                      \
	PST_PLUGIN_LINKAGE(extern PST_EXPORT const struct pst_plugin_entry pst_plugin_entry;)      \
	const struct pst_plugin_entry pst_plugin_entry = {sizeof(struct pst_plugin_entry),         \
		PST_ABI_MAJOR, PST_ABI_MINOR, PST_PLUGIN_##kind_, 0, id_, version_, size_, init_,  \
		finish_, calls_}

#ifdef __cplusplus
#define PST_PLUGIN_LINKAGE(declaration_)                                                           \
	extern "C" {                                                                               \
	declaration_                                                                               \
	}
#else
#define PST_PLUGIN_LINKAGE(declaration_) declaration_
#endif

#endif
