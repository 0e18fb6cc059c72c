/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POSTERN_ABI_H
#define POSTERN_ABI_H

/**
 * The plugin ABI. A plugin built for one major version runs unchanged in every later worker of
 * that major version.
 *
 * What a later minor version may add: fields at the end of a struct whose first field is `size`,
 * which tells those that are there; values of an enum; statuses. Structs without `size` (faces,
 * points, candidates, components, findings) stay as they are, as do numbers, meanings and the order
 * of calls. Fields named `reserved` are 0 and not looked at.
 *
 * Memory: the host owns all of it. Nothing that either side hands over changes hands: a plugin
 * writes into the host's buffers, copies what it wants to keep, and frees nothing of the host's;
 * what it allocates itself it frees in finish at the latest. Borrowed things are read-only.
 *
 * Threads: all [control] and [frame] calls of an instance come from one thread, one after the
 * other. A plugin may start as many more in init as the manifest's `threads` leaves. Tags, on the
 * last line of each function's comment:
 *   [control]  may allocate, may be slow
 *   [frame]    called once per frame, face or template; has a deadline, must not block
 *   [any]      may be called by a plugin from any of its threads between init and finish
 * States: `& running` after init has returned, `& !running` during init or finish.
 *
 * Texts are UTF-8, ended by NUL. Lengths are px in the space that is named, times ns, sizes bytes.
 */
#define PST_ABI_MAJOR 1
#define PST_ABI_MINOR 0

#define PST_EXPORT __attribute__((visibility("default")))

#endif
