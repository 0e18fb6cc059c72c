/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "crypto/secret.h"
#include "rig.h"
#include "tap.h"

/*
 * Each allocation of a call fails, once or from then on: ours, SQLite's, and of locked memory.
 * Nothing leaks, nothing is half done, and the next call works.
 */

#define FLOOR 20000
#define FLOOR_CALLS 40

/* Without --long, of the thousands that opening needs every so many. */
static uint64_t stride = 4;

static bool armed;
static bool lasting;
static uint64_t fail_at, asked;
static long alive; /* allocations of ours that were not freed */

/* @return whether this allocation is to fail */
static bool refuses(void)
{
	if (!armed || disk_depth > 0) {
		return false;
	}
	uint64_t number = asked++;
	return number == fail_at || (lasting && number > fail_at);
}

static void *count(void *memory)
{
	alive += memory && disk_depth == 0;
	return memory;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return refuses() ? NULL : count(__real_malloc(size));
}

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size)
{
	return refuses() ? NULL : count(__real_calloc(n, size));
}

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size)
{
	if (refuses()) {
		return NULL;
	}
	void *moved = __real_realloc(memory, size);
	return memory ? moved : count(moved);
}

void *__wrap_reallocarray(void *memory, size_t n, size_t size);
void *__wrap_reallocarray(void *memory, size_t n, size_t size)
{
	return __wrap_realloc(memory, n * size);
}

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
	return refuses() ? NULL : count(__real_strdup(text));
}

void __real_free(void *memory);
void __wrap_free(void *memory);
void __wrap_free(void *memory)
{
	alive -= memory && disk_depth == 0;
	__real_free(memory);
}

int __real_pst_secret_alloc(size_t size, void **ret);
int __wrap_pst_secret_alloc(size_t size, void **ret);
int __wrap_pst_secret_alloc(size_t size, void **ret)
{
	if (refuses()) {
		*ret = NULL;
		return -ENOMEM;
	}
	return __real_pst_secret_alloc(size, ret);
}

int __real_pst_secret_alloc_template(size_t size, void **ret);
int __wrap_pst_secret_alloc_template(size_t size, void **ret);
int __wrap_pst_secret_alloc_template(size_t size, void **ret)
{
	if (refuses()) {
		*ret = NULL;
		return -ENOMEM;
	}
	return __real_pst_secret_alloc_template(size, ret);
}

static sqlite3_mem_methods real_sqlite;

static void *sqlite_malloc(int size)
{
	return refuses() ? NULL : real_sqlite.xMalloc(size);
}

static void *sqlite_realloc(void *memory, int size)
{
	return refuses() ? NULL : real_sqlite.xRealloc(memory, size);
}

static void wrap_sqlite(void)
{
	sqlite3_mem_methods methods;

	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_sqlite) != SQLITE_OK) {
		tap_wrong("SQLite does not give its allocator away");
	}
	methods = real_sqlite;
	methods.xMalloc = sqlite_malloc;
	methods.xRealloc = sqlite_realloc;
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK) {
		tap_wrong("SQLite does not take the allocator");
	}
}

/* What one call needs is asked for after the vault is open. */
#define LATER (SCENE_NOW + 2 * SCENE_HOUR)
#define BIT(number) (1ULL << (number))

static void prepare(struct scene *scene)
{
	scene_init(scene, SCENE_NOW);
	scene_open(scene, SCENE_NOW);
	scene_add(scene, 0, SCENE_HOUR_LONG, 2048, SCENE_NOW);
	scene_add(scene, 1, SCENE_HALF_DAY, 2048, SCENE_NOW);
	scene_add(scene, 2, SCENE_YEARS, 512, SCENE_NOW);
	scene_gallery_add(scene, 3, 0, "staff", "A", SCENE_NOW);
	scene_gallery_add(scene, 4, 0, "staff", "B", SCENE_NOW);
	scene_gallery_add(scene, 5, 0, "crew", "A", SCENE_NOW);
}

static void nothing(struct scene *scene)
{
	(void)scene;
}

#define CALL(name, body)                                                                           \
	static void name(struct scene *scene)                                                      \
	{                                                                                          \
		body;                                                                              \
	}

CALL(do_init, scene_init(scene, SCENE_NOW))
CALL(do_open, scene_open(scene, SCENE_NOW))
CALL(do_open_late, scene_open(scene, LATER))
CALL(do_add, scene_add(scene, 20, SCENE_YEARS, 2048, SCENE_NOW))
CALL(do_add_short, scene_add(scene, 20, SCENE_HOUR_LONG, 64, SCENE_NOW))
CALL(do_add_later, scene_add(scene, 20, SCENE_HALF_DAY, 2048, SCENE_NOW + 60))
CALL(do_add_large, scene_add(scene, 20, SCENE_HALF_DAY, 60000, SCENE_NOW))
CALL(do_add_huge, scene_add(scene, 20, SCENE_HALF_DAY, 200u << 10, SCENE_NOW))
CALL(do_add_two, scene_add(scene, 20, SCENE_YEARS, 2048, SCENE_NOW);
	scene_add(scene, 21, SCENE_YEARS, 2048, SCENE_NOW))
CALL(do_batch_1, scene_add_many(scene, 20, 1, SCENE_YEARS, 700, SCENE_NOW))
CALL(do_batch_2, scene_add_many(scene, 20, 2, SCENE_HOUR_LONG, 700, SCENE_NOW))
CALL(do_batch_20, scene_add_many(scene, 20, 20, SCENE_HALF_DAY, 700, SCENE_NOW))
CALL(do_batch_large, scene_add_many(scene, 20, 3, SCENE_HALF_DAY, 30000, SCENE_NOW))
CALL(do_gallery_new, scene_gallery_add(scene, 20, 0, "visitors", "A", SCENE_NOW))
CALL(do_gallery_more, scene_gallery_add(scene, 20, 0, "staff", "C", SCENE_NOW))
CALL(do_gallery_replace, scene_gallery_add(scene, 20, BIT(3), "staff", "A", SCENE_NOW))
CALL(do_gallery_replace_twice, scene_gallery_add(scene, 20, BIT(3), "staff", "A", SCENE_NOW);
	scene_gallery_add(scene, 21, BIT(20) | BIT(3), "staff", "A", SCENE_NOW))
CALL(do_remove_one, scene_gallery_remove(scene, BIT(3), "staff", "A", SCENE_NOW))
CALL(do_remove_other, scene_gallery_remove(scene, BIT(4), "staff", "B", SCENE_NOW))
CALL(do_remove_gallery, scene_gallery_remove(scene, BIT(3) | BIT(4), "staff", NULL, SCENE_NOW))
CALL(do_remove_crew, scene_gallery_remove(scene, BIT(5), "crew", NULL, SCENE_NOW))
CALL(do_purge_nothing, scene_purge(scene, SCENE_NOW))
CALL(do_purge_one, scene_purge(scene, LATER))
CALL(do_purge_two, scene_purge(scene, LATER + 12 * SCENE_HOUR))
CALL(do_purge_all, scene_purge(scene, LATER + 80LL * 365 * 24 * SCENE_HOUR))
CALL(do_status, scene_status(scene, SCENE_NOW))
CALL(do_status_late, scene_status(scene, LATER))
CALL(do_list, scene_list(scene, NULL, SCENE_NOW))
CALL(do_list_late, scene_list(scene, NULL, LATER))
CALL(do_list_staff, scene_list(scene, "staff", SCENE_NOW))
CALL(do_list_crew, scene_list(scene, "crew", SCENE_NOW))
CALL(do_read, scene_read_all(scene, SCENE_NOW))
CALL(do_read_late, scene_read_all(scene, LATER))
CALL(do_walk, scene_walk(scene, "staff", SCENE_NOW))
CALL(do_walk_late, scene_walk(scene, "staff", LATER))
CALL(do_walk_crew, scene_walk(scene, "crew", SCENE_NOW))
CALL(do_add_read, scene_add(scene, 20, SCENE_YEARS, 9000, SCENE_NOW);
	scene_read_all(scene, SCENE_NOW))
CALL(do_add_purge, scene_add(scene, 20, SCENE_HOUR_LONG, 9000, SCENE_NOW);
	scene_purge(scene, LATER))
CALL(do_remove_add, scene_gallery_remove(scene, BIT(3), "staff", "A", SCENE_NOW);
	scene_gallery_add(scene, 20, BIT(3), "staff", "A", SCENE_NOW))
CALL(do_batch_walk, scene_add_many(scene, 20, 6, SCENE_YEARS, 512, SCENE_NOW);
	scene_walk(scene, "staff", SCENE_NOW))

CALL(do_verify, scene_verify(scene, SCENE_NOW))
CALL(do_forget, scene_forget(scene, BIT(3) | BIT(5), "A", SCENE_NOW))
CALL(do_hold, scene_hold(scene, "A", SCENE_NOW))
CALL(do_rotate, scene_rotate(scene, SCENE_NOW))
CALL(do_keys, scene_key_add(scene, SCENE_NOW); scene_key_remove(scene, SCENE_NOW))
CALL(do_backup, scene_backup(scene, SCENE_NOW))

static const struct call {
	struct scenario scenario;
	bool opens; /* the scenario itself opens the vault */
} calls[] = {
	{{"init", nothing, do_init}, true},
	{{"open", prepare, do_open}, true},
	{{"open after an expiry", prepare, do_open_late}, true},
	{{"add", prepare, do_add}, false},
	{{"add, small", prepare, do_add_short}, false},
	{{"add, a minute later", prepare, do_add_later}, false},
	{{"add, 60 000 bytes", prepare, do_add_large}, false},
	{{"add, 200 KiB", prepare, do_add_huge}, false},
	{{"add two", prepare, do_add_two}, false},
	{{"batch of 1", prepare, do_batch_1}, false},
	{{"batch of 2", prepare, do_batch_2}, false},
	{{"batch of 20", prepare, do_batch_20}, false},
	{{"batch of large ones", prepare, do_batch_large}, false},
	{{"gallery: a new one", prepare, do_gallery_new}, false},
	{{"gallery: add", prepare, do_gallery_more}, false},
	{{"gallery: replace", prepare, do_gallery_replace}, false},
	{{"gallery: replace twice", prepare, do_gallery_replace_twice}, false},
	{{"gallery: remove a subject", prepare, do_remove_one}, false},
	{{"gallery: remove another", prepare, do_remove_other}, false},
	{{"gallery: remove it", prepare, do_remove_gallery}, false},
	{{"gallery: remove a small one", prepare, do_remove_crew}, false},
	{{"purge nothing", prepare, do_purge_nothing}, false},
	{{"purge one", prepare, do_purge_one}, false},
	{{"purge two", prepare, do_purge_two}, false},
	{{"purge all", prepare, do_purge_all}, false},
	{{"status", prepare, do_status}, false},
	{{"status after an expiry", prepare, do_status_late}, false},
	{{"list", prepare, do_list}, false},
	{{"list after an expiry", prepare, do_list_late}, false},
	{{"list a gallery", prepare, do_list_staff}, false},
	{{"list another", prepare, do_list_crew}, false},
	{{"read", prepare, do_read}, false},
	{{"read after an expiry", prepare, do_read_late}, false},
	{{"walk a gallery", prepare, do_walk}, false},
	{{"walk after an expiry", prepare, do_walk_late}, false},
	{{"walk another", prepare, do_walk_crew}, false},
	{{"add, read", prepare, do_add_read}, false},
	{{"add, purge", prepare, do_add_purge}, false},
	{{"gallery: remove, add", prepare, do_remove_add}, false},
	{{"batch, walk", prepare, do_batch_walk}, false},
	{{"verify", prepare, do_verify}, false},
	{{"forget", prepare, do_forget}, false},
	{{"hold", prepare, do_hold}, false},
	{{"rotate", prepare, do_rotate}, false},
	{{"another key", prepare, do_keys}, false},
	{{"back up", prepare, do_backup}, false},
};

static unsigned long long points;

/* @return NULL, or what is wrong */
static const char *strike(struct rig *rig, const struct call *call, uint64_t at)
{
	long alive_before = alive;

	rig_rewind(rig);
	if (!call->opens) {
		scene_open(&rig->scene, SCENE_NOW);
	}
	fail_at = at;
	asked = 0;
	armed = true;
	rig->scenario->run(&rig->scene);
	armed = false;
	const char *wrong = rig->scene.broken;
	if (!wrong && rig->scene.vault && !rig->scene.poisoned) {
		wrong = scene_look(&rig->scene);
	}
	scene_close(&rig->scene);
	if (!wrong && alive != alive_before) {
		wrong = "memory was not freed";
	}
	return !wrong && at % (call->opens ? 4 : 8) == 0 ? rig_check(rig, at % 16 == 0) : wrong;
}

static void run(const struct call *call)
{
	static struct rig rig;
	unsigned long long before = points;

	rig_set_up(&rig, &call->scenario);
	if (scene_trouble(&rig.prepared)) {
		tap_wrong("%s", scene_trouble(&rig.prepared));
	}
	(void)strike(&rig, call, UINT64_MAX);
	if (scene_trouble(&rig.scene)) {
		tap_wrong("%s", scene_trouble(&rig.scene));
	}
	int64_t used = sqlite3_memory_used();
	for (int i = 0; i < 2; i++) {
		lasting = i;
		for (uint64_t at = 0;; at += call->opens ? stride : 1, points++) {
			const char *wrong = strike(&rig, call, at);

			if (wrong) {
				tap_wrong("allocation %llu%s: %s", (unsigned long long)at,
					lasting ? " and after" : "", wrong);
			}
			if (asked <= at) {
				break;
			}
		}
	}
	if (sqlite3_memory_used() != used) {
		tap_wrong("SQLite has %lld bytes more", (long long)(sqlite3_memory_used() - used));
	}
	rig_tear_down(&rig);
	tap_case("%s: %llu failures", call->scenario.name, points - before);
}

int main(int argc, char **argv)
{
	const unsigned long long count = sizeof(calls) / sizeof(calls[0]);

	stride = rig_is_long(argc, argv) ? 1 : stride;
	wrap_sqlite();
	for (size_t i = 0; i < count; i++) {
		if (rig_is_wanted(argc, argv, calls[i].scenario.name)) {
			run(&calls[i]);
		}
	}
	tap_count("calls that memory failed in", count, FLOOR_CALLS);
	tap_count("failed allocations", points, FLOOR);
	return tap_end();
}
