/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_TEST_AUDIT_FAULTY_H
#define PST_TEST_AUDIT_FAULTY_H

#include <stdbool.h>

/*
 * Stands between the program and its disk: counts writes, syncs, truncations and renames, and makes
 * the n-th of them fail, or the process die around it. The program is linked with --wrap.
 */

enum fault {
	FAULT_NONE = 0,
	FAULT_EIO,	   /* the call fails */
	FAULT_ENOSPC,	   /* a write fails; other calls are let through */
	FAULT_SHORT,	   /* a write writes half */
	FAULT_EINTR,	   /* a write is interrupted before it has written */
	FAULT_SYNC,	   /* a sync fails; other calls are let through */
	FAULT_DIE_BEFORE,  /* the process dies, unsynced writes being kept */
	FAULT_DIE_LOSING,  /* the same, unsynced writes being lost */
	FAULT_DIE_HALVING, /* the same, the newest unsynced write being half there */
	FAULT_DIE_ZEROING, /* the same, its bytes being zeroes */
	FAULT_COUNT
};

/** Counts from 0 again; the call of this number meets the fault, and where it lasts all after it.
 */
void faulty_set(unsigned number, enum fault fault, bool lasts);

/** Lets everything through. @return how many calls there were since faulty_set() */
unsigned faulty_clear(void);

/** @return how many calls met the fault since faulty_set() */
unsigned faulty_met(void);

#endif
