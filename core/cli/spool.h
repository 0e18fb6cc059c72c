/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_SPOOL_H
#define PST_CLI_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "frame/frame.h"

/**
 * What was recorded of a person who may still take it back: items, on the disk where the recording
 * will be, in a file without a name and sealed with a key of its own. To forget them is to drop
 * that key.
 */
struct pst_cli_spool;

#define PST_CLI_SPOOL_ITEM_MAX (1u << 30) /* bytes */

/**
 * @param beside  path of a file in the same folder
 * @return 0; -errno with the error filled
 */
int pst_cli_spool_open(
	struct pst_cli_spool **ret, const char *beside, struct pst_error *error) PST_MUST_CHECK;

/** Appends an item. @return 0; -errno with the error filled */
int pst_cli_spool_put(struct pst_cli_spool *spool, const void *item, size_t size,
	struct pst_error *error) PST_MUST_CHECK;

/** Appends a frame, with the bytes of its planes. @return 0; -errno with the error filled */
int pst_cli_spool_put_frame(struct pst_cli_spool *spool, const struct pst_frame *frame,
	struct pst_error *error) PST_MUST_CHECK;

/** Makes such an item a frame again, whose planes lie in it. @return 0; PST_E_CORRUPT */
int pst_cli_spool_get_frame(const uint8_t *item, size_t size, struct pst_frame *ret_frame,
	struct pst_error *error) PST_MUST_CHECK;

/** @return items in it */
uint64_t pst_cli_spool_count(const struct pst_cli_spool *spool);

/** @param item  the caller may change it. @return 0 to go on, else a status, error filled */
typedef int (*pst_cli_spool_fn)(void *user, uint8_t *item, size_t size, struct pst_error *error);

/**
 * Hands over all items in order, then forgets them.
 *
 * @return 0; what each returned; -errno with the error filled; forgotten in any case
 */
int pst_cli_spool_drain(struct pst_cli_spool *spool, pst_cli_spool_fn each, void *user,
	struct pst_error *error) PST_MUST_CHECK;

/** Forgets all items. */
void pst_cli_spool_forget(struct pst_cli_spool *spool);

/** Forgets and frees, sets *spool to NULL. Accepts NULL inside. */
void pst_cli_spool_close(struct pst_cli_spool **spool);

#endif
