/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONFORM_TRIAL_H
#define PST_CONFORM_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "conform/pages.h"
#include "postern/entry.h"
#include "wire/message.h"
#include "worker/guest.h"

#define PST_TRIAL_SAID_SIZE 128

/** How an instance behaved towards its host. */
struct pst_manners {
	uint32_t lines;			/* logged */
	char bad_line[PST_TRIAL_SAID_SIZE];   /* the first that was not as it should be */
	char undeclared[PST_TRIAL_SAID_SIZE]; /* the first option that is not declared */
	char late[PST_TRIAL_SAID_SIZE];	      /* the first question, while running, that is for init */
	char said[PST_TRIAL_SAID_SIZE];	      /* last line logged, printable */
};

/**
 * An instance under examination: memory with known bytes around it, and a host that looks on.
 * Zeroed is a valid empty one; it stays where it is while it is open.
 */
struct pst_trial {
	struct pst_wire_plugin plugin; /* a copy, its options to be changed before open */
	struct pst_guest *guest;       /* owned: the library, no instance of its own */
	const struct pst_plugin_entry *entry;
	struct pst_pages memory; /* the instance's */
	struct pst_host host;	 /* what the plugin gets */
	struct pst_host given;	 /* a copy: it must stay like this */
	void *self;		 /* NULL while there is no instance */
	bool in_init;
	bool is_filled; /* a matcher's gallery, by pst_work() */
	struct pst_manners manners;
};

/** Loads the library. @return 0, or why not, with the error filled */
int pst_trial_load(struct pst_trial *trial, const struct pst_wire_plugin *plugin,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Allocates and calls init. The library must be loaded.
 *
 * @return what init returned; self is set when that is 0
 */
int pst_trial_init(struct pst_trial *trial) PST_MUST_CHECK;

/** Finishes, zeroes the instance's memory and calls init again. @return what init returned */
int pst_trial_again(struct pst_trial *trial) PST_MUST_CHECK;

/** Calls finish, if init had succeeded; the library stays. */
void pst_trial_finish(struct pst_trial *trial);

/** pst_trial_load and pst_trial_init. @return 0 or why not, with the error filled */
int pst_trial_open(struct pst_trial *trial, const struct pst_wire_plugin *plugin,
	struct pst_error *error) PST_MUST_CHECK;

/** pst_trial_finish, and everything given back. */
void pst_trial_close(struct pst_trial *trial);

/** @return whether the bytes around the instance's memory are as they were */
bool pst_trial_is_intact(const struct pst_trial *trial);

#endif
