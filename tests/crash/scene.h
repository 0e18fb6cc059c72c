/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_TEST_SCENE_H
#define PST_TEST_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "vault/vault.h"

/*
 * What is done to a vault in a crash test, and what must be true after it.
 *
 * Every template has a number, and its bytes tell it: who opens a record knows which one it is. A
 * set of numbers is a word with a bit for each.
 */

#define SCENE_NOW 1700000000LL
#define SCENE_HOUR 3600LL
#define SCENE_STEPS 48
#define SCENE_SETS 32

#define SCENE_BACKUP 61		 /* not a record: there is a backup */
#define SCENE_PROBE 62		 /* the number of what scene_check_usable() stores */
#define SCENE_THERE (1ULL << 63) /* not a record: the vault itself is there */

/** One call: before it is acknowledged either set may be found, after that only the second. */
struct scene_step {
	size_t began; /* by the clock */
	size_t ended;
	uint64_t before;
	uint64_t after;
	int64_t now_s;
	int key_before;
	int key_after;
};

struct scene {
	const char *dir;
	size_t (*clock)(void); /* what counts the disk's changes */
	struct pst_vault *vault;
	struct pst_error error;
	int64_t now_s;
	int key;    /* which key file opens the vault */
	int key_or; /* after a change that left doubt: or this one */
	struct scene_step steps[SCENE_STEPS];
	int count;
	uint64_t sets[SCENE_SETS]; /* what may be there; several after a failure that left doubt */
	int set_count;
	bool poisoned; /* a call left doubt, and the vault was not opened again since */
	int tell_fd;   /* above 0: a byte is written to it for every step that succeeded */
	bool is_plan;  /* nothing is done: only what would be there is worked out */
	int failed;    /* calls that did not succeed */
	char first_error[512];
	const char *broken; /* NULL, or the rule that a call broke */
};

struct scenario {
	const char *name;
	void (*prepare)(struct scene *scene); /* makes what the scenario starts from */
	void (*run)(struct scene *scene);
};

extern const struct scenario scenarios[];
extern const int scenario_count;

/** Makes the key files and a scene without a vault. The clock may be NULL. */
void scene_start(struct scene *scene, const char *dir, size_t (*clock)(void));

/** @return a static line: the first thing that went wrong in a scene where nothing may; or NULL */
const char *scene_trouble(const struct scene *scene);

/** Goes on from what stands on the disk: no step done, nothing open. */
void scene_rewind(struct scene *scene, const struct scene *prepared);

/** Closes the vault if it is open. */
void scene_close(struct scene *scene);

/**
 * Opens the vault of a folder as anybody would, and compares what is there.
 *
 * @param keys  two key files of which one must open it
 * @param sets  what may be there, without what has expired by the vault's time
 * @param probe also stores one record more, and finds it after opening once more
 * @return NULL, or what is wrong; valid until the next call
 */
const char *scene_check(const char *dir, int64_t now_s, const int keys[2], const uint64_t *sets,
	int set_count, bool probe);

/** Looks at the open vault, as scene_check() at a closed one. */
const char *scene_look(const struct scene *scene);

/* The calls that scenarios are made of. Each is a step. */

enum scene_class { SCENE_HOUR_LONG, SCENE_HALF_DAY, SCENE_YEARS };

void scene_init(struct scene *scene, int64_t now_s);
void scene_open(struct scene *scene, int64_t now_s);
void scene_add(struct scene *scene, int number, enum scene_class class, size_t size, int64_t now_s);
void scene_add_many(struct scene *scene, int first, int count, enum scene_class class, size_t size,
	int64_t now_s);
void scene_gallery_add(struct scene *scene, int number, uint64_t replaced, const char *gallery,
	const char *subject, int64_t now_s);
void scene_gallery_remove(struct scene *scene, uint64_t removed, const char *gallery,
	const char *subject, int64_t now_s);
void scene_read_all(struct scene *scene, int64_t now_s);
void scene_walk(struct scene *scene, const char *gallery, int64_t now_s);
void scene_list(struct scene *scene, const char *gallery, int64_t now_s);
void scene_status(struct scene *scene, int64_t now_s);
void scene_verify(struct scene *scene, int64_t now_s);
void scene_forget(struct scene *scene, uint64_t removed, const char *subject, int64_t now_s);
void scene_hold(struct scene *scene, const char *subject, int64_t now_s);
void scene_rotate(struct scene *scene, int64_t now_s);

/** The other key file opens the vault, too; then the first one does not any more. */
void scene_key_add(struct scene *scene, int64_t now_s);
void scene_key_remove(struct scene *scene, int64_t now_s);

/** Beside the vault's folder. */
void scene_backup(struct scene *scene, int64_t now_s);

/**
 * Closes the vault and puts the backup in its place.
 *
 * @param set        what the backup holds, without
 * @param forgotten  what was deleted since
 */
void scene_restore(struct scene *scene, uint64_t set, uint64_t forgotten, int64_t now_s);

/** Tells what a number stands for that no step here has stored. */
void scene_know(int number, const char *gallery, size_t size, int64_t expires_s);

/** Puts in place what a program of schema 1 made (tests/fixtures/vault-1). */
void scene_kept(struct scene *scene);

void scene_purge(struct scene *scene, int64_t now_s);

#endif
