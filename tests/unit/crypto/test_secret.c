/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pthread.h>
#include <sodium.h>

#include "crypto/secret.h"

#define MANY 50000u
#define DOCUMENTED_LIMIT (8u << 20) /* bytes, the usual RLIMIT_MEMLOCK */

static bool locks_are_real(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return false;
#else
	return true;
#endif
}

/* Runs it in a child that has no privileges and may lock so much. @return its wait status */
static int in_child(rlim_t limit, int (*run)(void))
{
	pid_t child = fork();
	int result;

	cr_assert(child >= 0);
	if (child == 0) {
		struct rlimit lock = {limit, limit};
		struct rlimit core = {0, 0};

		(void)close(STDERR_FILENO);
		(void)signal(SIGABRT, SIG_DFL);
		(void)signal(SIGSEGV, SIG_DFL);
		if (setrlimit(RLIMIT_CORE, &core) < 0 || setrlimit(RLIMIT_MEMLOCK, &lock) < 0 ||
			(geteuid() == 0 && setuid(65534) < 0)) {
			_exit(2);
		}
		_exit(run());
	}
	cr_assert_eq(waitpid(child, &result, 0), child);
	return result;
}

static void expect_ok(int result)
{
	cr_expect(WIFEXITED(result) && WEXITSTATUS(result) == 0, "child: %x", result);
}

static void expect_abort(int result)
{
	cr_expect(WIFSIGNALED(result) && WTERMSIG(result) == SIGABRT, "child: %x", result);
}

/* @return 0 all are zeroed, aligned, and keep what is written to them */
static int fifty_thousand(void)
{
	uint8_t **secrets = calloc(MANY, sizeof(*secrets));

	for (unsigned i = 0; secrets && i < MANY; i++) {
		if (pst_secret_alloc(32, (void **)&secrets[i]) != 0) {
			return 10;
		}
		if ((uintptr_t)secrets[i] % PST_SECRET_ALIGNMENT != 0 ||
			!sodium_is_zero(secrets[i], 32)) {
			return 11;
		}
		memcpy(secrets[i], &i, sizeof(i));
	}
	if (!secrets || pst_secret_usage().keys != MANY ||
		pst_secret_usage().keys_locked > DOCUMENTED_LIMIT / 2) {
		return 12;
	}
	/* Every other one goes, so that their places are taken again, not new ones. */
	size_t locked = pst_secret_usage().keys_locked;
	for (unsigned i = 0; i < MANY; i += 2) {
		pst_secret_free((void **)&secrets[i]);
	}
	for (unsigned i = 0; i < MANY; i += 2) {
		if (pst_secret_alloc(32, (void **)&secrets[i]) != 0 ||
			!sodium_is_zero(secrets[i], 32)) {
			return 13;
		}
		memcpy(secrets[i], &i, sizeof(i));
	}
	for (unsigned i = 0; i < MANY; i++) {
		if (memcmp(secrets[i], &i, sizeof(i)) != 0) {
			return 14;
		}
		pst_secret_free((void **)&secrets[i]);
	}
	free(secrets);
	return pst_secret_usage().keys == 0 && pst_secret_usage().keys_locked == locked ? 0 : 15;
}

Test(secret, fifty_thousand_within_the_usual_limit)
{
	expect_ok(in_child(DOCUMENTED_LIMIT, fifty_thousand));
}

/* libsodium's issue 901: each secret takes mappings of its own, and they run out. */
static int as_libsodium_does(void)
{
	if (sodium_init() < 0) {
		return 2;
	}
	for (unsigned i = 0; i < MANY; i++) {
		if (!sodium_malloc(32)) {
			return 0;
		}
	}
	return 1;
}

Test(secret, what_libsodium_runs_out_of)
{
	unsigned long maps = 0;
	FILE *file = fopen("/proc/sys/vm/max_map_count", "r");

	cr_assert(file && fscanf(file, "%lu", &maps) == 1);
	(void)fclose(file);
	if (maps > 200000 || !locks_are_real()) {
		cr_skip_test("this machine allows %lu mappings", maps);
	}
	expect_ok(in_child(DOCUMENTED_LIMIT, as_libsodium_does));
}

static int both_are_refused(void)
{
	void *secret = &secret;

	if (mlock(&secret, sizeof(secret)) == 0) {
		return 3;
	}
	if (pst_secret_alloc(32, &secret) != -ENOMEM || secret) {
		return 10;
	}
	secret = &secret;
	if (pst_secret_alloc_template(512, &secret) != -ENOMEM || secret) {
		return 11;
	}
	return pst_secret_usage().keys_locked == 0 ? 0 : 12;
}

/* libsodium's issue 1237: a lock that fails is ignored there. */
Test(secret, memory_that_cannot_be_locked_is_refused)
{
	if (!locks_are_real()) {
		cr_skip_test("a sanitizer replaces mlock by nothing");
	}
	int result = in_child(0, both_are_refused);

	if (WIFEXITED(result) && WEXITSTATUS(result) == 3) {
		cr_skip_test("locked memory has no limit here");
	}
	expect_ok(result);
}

/* The limit is reached in the middle: what there is stays good, and a place that is freed serves.
 */
static int until_the_limit(void)
{
	void *secrets[8192];
	size_t count = 0;

	while (count < 8192 && pst_secret_alloc(64, &secrets[count]) == 0) {
		memset(secrets[count], (int)(count & 0xff), 64);
		count++;
	}
	if (count < 2000 || count == 8192) {
		return 10;
	}
	for (size_t i = 0; i < count; i++) {
		const uint8_t *secret = secrets[i];

		if (secret[0] != (i & 0xff) || secret[63] != (i & 0xff)) {
			return 11;
		}
	}
	pst_secret_free(&secrets[7]);
	return pst_secret_alloc(64, &secrets[7]);
}

Test(secret, a_limit_reached_later_breaks_nothing)
{
	if (!locks_are_real()) {
		cr_skip_test("a sanitizer replaces mlock by nothing");
	}
	expect_ok(in_child(256u << 10, until_the_limit));
}

static int free_twice(void)
{
	void *secret, *again;

	if (pst_secret_alloc(32, &secret) != 0) {
		return 10;
	}
	again = secret;
	pst_secret_free(&secret);
	pst_secret_free(&again);
	return 0;
}

static int free_merged_twice(void)
{
	void *secrets[3], *again;

	for (int i = 0; i < 3; i++) {
		if (pst_secret_alloc(32, &secrets[i]) != 0) {
			return 10;
		}
	}
	again = secrets[1];
	pst_secret_free(&secrets[0]);
	pst_secret_free(&secrets[1]);
	pst_secret_free(&again);
	return 0;
}

static int free_another(void)
{
	static uint8_t stray[64];
	void *secret = stray + 32;

	pst_secret_free(&secret);
	return 0;
}

static int free_the_middle(void)
{
	uint8_t *secret;

	if (pst_secret_alloc(256, (void **)&secret) != 0) {
		return 10;
	}
	void *middle = secret + 128;
	pst_secret_free(&middle);
	return 0;
}

Test(secret, wrong_frees_abort)
{
	expect_abort(in_child(DOCUMENTED_LIMIT, free_twice));
	expect_abort(in_child(DOCUMENTED_LIMIT, free_merged_twice));
	expect_abort(in_child(DOCUMENTED_LIMIT, free_another));
	expect_abort(in_child(DOCUMENTED_LIMIT, free_the_middle));
}

static int overrun_at; /* bytes from the secret's start */

static int overrun(void)
{
	uint8_t *secret, *neighbour;

	if (pst_secret_alloc(40, (void **)&secret) != 0 ||
		pst_secret_alloc(40, (void **)&neighbour) != 0) {
		return 10;
	}
	((volatile uint8_t *)secret)[overrun_at] ^= 1;
	pst_secret_free((void **)&secret);
	pst_secret_free((void **)&neighbour);
	return 0;
}

Test(secret, every_byte_beyond_the_bounds_is_noticed)
{
	/* Before it: its header but the links of free blocks. Behind it: padding and canary. */
	for (overrun_at = -32; overrun_at < 64; overrun_at++) {
		bool inside = overrun_at >= 0 && overrun_at < 40;
		bool unused = overrun_at >= -8 && overrun_at < 0;

		if (inside || unused) {
			expect_ok(in_child(DOCUMENTED_LIMIT, overrun));
		} else {
			expect_abort(in_child(DOCUMENTED_LIMIT, overrun));
		}
	}
}

static int beyond_the_range(void)
{
	uint8_t *secret;

	if (pst_secret_alloc(32, (void **)&secret) != 0) {
		return 10;
	}
	for (size_t i = 0; i < 1u << 20; i++) {
		((volatile uint8_t *)secret)[i] = 1;
	}
	return 0;
}

static int before_the_range(void)
{
	uint8_t *secret;

	if (pst_secret_alloc(32, (void **)&secret) != 0) {
		return 10;
	}
	((volatile uint8_t *)secret)[-4096] = 1;
	return 0;
}

Test(secret, guard_pages_stop_what_runs_away)
{
	int (*const runs[])(void) = {beyond_the_range, before_the_range};

	for (size_t i = 0; i < 2; i++) {
		int result = in_child(DOCUMENTED_LIMIT, runs[i]);

		cr_expect(WIFSIGNALED(result) || WEXITSTATUS(result) == 1, "child: %x", result);
		cr_expect(!WIFSIGNALED(result) || WTERMSIG(result) == SIGSEGV, "child: %x", result);
	}
}

/* @return whether the mapping that holds an address is locked, not dumped and wiped on fork */
static bool is_protected(const void *address)
{
	FILE *maps = fopen("/proc/self/smaps", "r");
	char line[512];
	bool here = false, found = false;

	while (maps && fgets(line, sizeof(line), maps)) {
		unsigned long from, to;

		if (sscanf(line, "%lx-%lx ", &from, &to) == 2) {
			here = (unsigned long)address >= from && (unsigned long)address < to;
		} else if (here && strncmp(line, "VmFlags:", 8) == 0) {
			found = strstr(line, " lo") && strstr(line, " dd") && strstr(line, " wf");
		}
	}
	(void)fclose(maps);
	return found;
}

Test(secret, both_ranges_are_protected)
{
	void *key, *template;

	if (!locks_are_real()) {
		cr_skip_test("a sanitizer replaces mlock by nothing");
	}
	cr_assert_eq(pst_secret_alloc(32, &key), 0);
	cr_assert_eq(pst_secret_alloc_template(512, &template), 0);
	cr_expect(is_protected(key));
	cr_expect(is_protected(template));
	cr_expect_eq(pst_secret_usage().keys, 1);
	cr_expect_eq(pst_secret_usage().templates, 1);
	pst_secret_free(&key);
	pst_secret_free(&template);
	cr_expect_null(key);
}

Test(secret, a_freed_one_is_wiped)
{
	uint8_t *secret;

	cr_assert_eq(pst_secret_alloc(1000, (void **)&secret), 0);
	uint8_t *where = secret;
	memset(secret, 0x5a, 1000);
	pst_secret_free((void **)&secret);
	cr_expect(sodium_is_zero(where, 1000));
}

Test(secret, a_child_gets_zeroes_and_a_range_of_its_own)
{
	uint8_t *secret, *own;
	int result;

	cr_assert_eq(pst_secret_alloc(100, (void **)&secret), 0);
	memset(secret, 0x5a, 100);
	pid_t child = fork();
	cr_assert(child >= 0);
	if (child == 0) {
		if (!sodium_is_zero(secret, 100)) {
			_exit(1);
		}
		if (pst_secret_alloc(100, (void **)&own) != 0) {
			_exit(2);
		}
		memset(own, 1, 100);
		pst_secret_free((void **)&secret);
		pst_secret_free((void **)&own);
		_exit(0);
	}
	cr_assert_eq(waitpid(child, &result, 0), child);
	expect_ok(result);
	cr_expect_eq(secret[99], 0x5a);
	pst_secret_free((void **)&secret);
}

/* Sizes in no order against a plain copy of what must stand in them. */
Test(secret, random_sizes_keep_their_bytes)
{
	enum { SLOTS = 200, STEPS = 20000 };
	uint8_t *secrets[SLOTS] = {0};
	size_t sizes[SLOTS] = {0};
	uint32_t random = 7;

	for (unsigned step = 0; step < STEPS; step++) {
		random = random * 1664525u + 1013904223u;
		size_t i = random >> 8 & 0xff;
		i %= SLOTS;

		if (secrets[i]) {
			for (size_t k = 0; k < sizes[i]; k++) {
				cr_assert_eq(secrets[i][k], (uint8_t)(i ^ sizes[i]));
			}
			pst_secret_free((void **)&secrets[i]);
			continue;
		}
		sizes[i] = 1 + (random >> 16) % ((step & 15) == 0 ? 60000 : 300);
		cr_assert_eq(pst_secret_alloc(sizes[i], (void **)&secrets[i]), 0);
		memset(secrets[i], (int)(uint8_t)(i ^ sizes[i]), sizes[i]);
	}
	for (size_t i = 0; i < SLOTS; i++) {
		pst_secret_free((void **)&secrets[i]);
	}
	cr_expect_eq(pst_secret_usage().keys, 0);
}

static void *take_and_free(void *arg)
{
	for (unsigned i = 0; i < 5000; i++) {
		uint8_t *secret;

		if (pst_secret_alloc(16 + i % 64, (void **)&secret) != 0) {
			return arg;
		}
		memset(secret, 1, 16 + i % 64);
		pst_secret_free((void **)&secret);
	}
	return NULL;
}

Test(secret, threads_share_a_range)
{
	pthread_t threads[4];

	for (size_t i = 0; i < 4; i++) {
		cr_assert_eq(pthread_create(&threads[i], NULL, take_and_free, threads), 0);
	}
	for (size_t i = 0; i < 4; i++) {
		void *result;

		cr_assert_eq(pthread_join(threads[i], &result), 0);
		cr_expect_null(result);
	}
	cr_expect_eq(pst_secret_usage().keys, 0);
}

Test(secret, sizes_without_sense)
{
	void *secret = &secret;

	cr_expect_eq(pst_secret_alloc(0, &secret), -ENOMEM);
	cr_expect_null(secret);
	cr_expect_eq(pst_secret_alloc(SIZE_MAX, &secret), -ENOMEM);
	cr_expect_eq(pst_secret_alloc(SIZE_MAX - 40, &secret), -ENOMEM);
	cr_expect_eq(pst_secret_alloc(1u << 30, &secret), -ENOMEM);
	pst_secret_free(&secret);
}
