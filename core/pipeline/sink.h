/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_SINK_H
#define PST_PIPELINE_SINK_H

#include "frame/frame.h"

/**
 * Where a lane without workers puts the frames that are leased, one after the other: a recording.
 *
 * Nothing else changes: the gate, the ledger, the audit log and receipts work as in any lane.
 * Nobody is compared, so whoever was recorded is referred to a human.
 */
struct pst_sink {
	/**
	 * Keeps a frame.
	 *
	 * @param frame  borrowed, with its bytes, until return; captured_ns is the lane's clock
	 * @return 0; PST_E_CORRUPT this frame can't be kept; else, with the error filled, none
	 *         can be any more and the lane ends
	 * [capture & running]
	 */
	int (*put)(void *user, const struct pst_frame *frame, struct pst_error *error);
	/**
	 * An encounter is over: what was put since the last call stays, or the person opted out or
	 * withdrew and it must not. What goes wrong, the next put tells.
	 *
	 * [control & running]
	 */
	void (*settle)(void *user, bool keep);
	void *user;
	const char *kind; /* "sealed" or "plain": what events, audit log and receipts say of it */
};

#endif
