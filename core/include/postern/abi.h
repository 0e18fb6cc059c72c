/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POSTERN_ABI_H
#define POSTERN_ABI_H

/**
 * The plugin ABI. A plugin built for one major version runs unchanged in every later worker of
 * that major version; fields are only ever added at the end of a struct, and `size` tells which
 * are there.
 *
 * Thread tags, on the last line of each function's comment:
 *   [control]  called while nothing else of this instance runs; may allocate, may be slow
 *   [frame]    called once per frame or template; has a deadline, must not block
 *   [any]      from any thread, at any time between init and finish
 * States: `& running` after init has returned, `& !running` before or during init, or in finish.
 */
#define PST_ABI_MAJOR 1
#define PST_ABI_MINOR 0

#define PST_EXPORT __attribute__((visibility("default")))

#endif
