/* SPDX-License-Identifier: Apache-2.0 */
#include "../counted.h"
#include "state_keys.h"

/*
 * Retention against backups and clocks. A machine is simulated: its true time, what its wall clock
 * shows, whether the kernel trusts it, how long it has been running. In six stages one record of
 * each class is kept and the database is copied. In the end every copy is put beside the state file
 * of then: what has expired must not open, what has not must.
 */

#define DAY (24 * HOUR)
#define YEAR 31557600LL
#define CLASSES 5
#define STAGES 6
#define SCRIPTS 200
#define END (NOW + 79 * YEAR)

static const int64_t retentions_s[CLASSES] = {12 * HOUR, 14 * DAY, 180 * DAY, 15 * YEAR, 75 * YEAR};
static const char *const names[CLASSES] = {"hours", "days", "months", "years", "life"};

static struct {
	int64_t true_s;
	int64_t wall_off_s;
	struct pst_clock_machine machine;
} world;

/* Thousands of openings: what a crash would lose is not what is tried here. */
int fsync(int fd)
{
	return fd < 0 ? -1 : 0;
}

int fdatasync(int fd)
{
	return fd < 0 ? -1 : 0;
}

static struct kept {
	uint8_t id[PST_VAULT_ID_SIZE];
	uint8_t mark;
	int64_t until_s; /* as the person was told */
	bool stored;
} kept[STAGES][CLASSES];

static uint64_t seed;
static uint64_t cases, checks, living_rows, dead_rows, holds, refused;

/* xorshift64: the same scripts in every run. */
static uint32_t draw(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % below;
}

static void tell_machine(void *user, struct pst_clock_machine *ret_machine)
{
	(void)user;
	*ret_machine = world.machine;
}

static int64_t wall(void)
{
	return world.true_s + world.wall_off_s;
}

static void run_for(int64_t seconds)
{
	world.true_s += seconds;
	world.machine.running_s += seconds;
}

static void off_for(int64_t seconds)
{
	world.true_s += seconds;
	world.machine.running_s = 20;
	world.machine.boot[0]++;
	world.machine.boot[1] |= 1;
}

static void set_clock(int64_t wall_off_s, bool synchronised)
{
	world.wall_off_s = wall_off_s;
	world.machine.synchronised = synchronised;
}

static void open_vault(void)
{
	static const struct pst_vault_times times = {.machine = tell_machine};

	error = (struct pst_error){0};
	cr_assert_eq(
		pst_vault_open_timed(&vault, fixture_dir, &fixture_key, &times, wall(), &error), 0,
		"%s", error.text);
}

static struct pst_vault_clock_status clock_status(void)
{
	struct pst_vault_clock_status status;

	cr_assert_eq(pst_vault_clock_read(vault, wall(), &status, &error), 0, "%s", error.text);
	return status;
}

static int read_kept(const struct kept *record)
{
	struct fixture_seen seen = {0};
	uint8_t expected[64];

	int status = pst_vault_read(vault, record->id, wall(), fixture_see, &seen, NULL);
	if (status == 0) {
		fixture_template(expected, sizeof(expected), record->mark);
		cr_assert_arr_eq(seen.bytes, expected, sizeof(expected));
	}
	return status;
}

static void add_all(unsigned stage)
{
	uint8_t template[64];

	for (unsigned i = 0; i < CLASSES; i++) {
		struct pst_vault_record_info info = fixture_info();
		struct kept *record = &kept[stage][i];

		info.retention = names[i];
		info.retention_s = retentions_s[i];
		record->mark = (uint8_t)(stage * CLASSES + i);
		fixture_template(template, sizeof(template), record->mark);
		error = (struct pst_error){0};
		cr_assert_eq(pst_vault_add(vault, &info, template, sizeof(template), wall(),
				     record->id, &error),
			1, "%s", error.text);
		record->until_s = pst_vault_kept_until_s(vault, info.retention_s);
		record->stored = true;
		cr_assert_leq(record->until_s, world.true_s + info.retention_s, "told too late");
		cr_assert_eq(read_kept(record), 0);
	}
}

/* While the clock lies ahead: nothing is stored, nothing it calls expired is shown. */
static void check_hold(unsigned stage)
{
	struct pst_vault_record_info info = fixture_info();
	uint8_t template[64] = {1};

	cr_assert(clock_status().held);
	holds++;
	info.retention = names[0];
	cr_assert_eq(pst_vault_add(vault, &info, template, 64, wall(), NULL, NULL), PST_E_UNSAFE);
	refused++;
	for (unsigned i = 0; i < CLASSES; i++) {
		const struct kept *record = &kept[stage][i];

		if (record->until_s <= wall()) {
			cr_assert_lt(read_kept(record), 0);
		}
	}
}

enum event {
	RUNNING,	/* all the time, and the clock is right */
	OFF_IN_SYNC,	/* off; when it is back something keeps its clock right */
	OFF_THEN_SYNC,	/* off; the clock is right, but nothing says so until later */
	OFF_ACCEPTED,	/* off; an operator says so */
	OFF_CLOCK_LOST, /* off; the clock begins in 1970 until it is synchronised */
	LEAP_AHEAD,	/* the clock jumps ahead while the machine runs, and back */
	LEAP_CORRECTED, /* the clock jumps ahead and is then synchronised */
	SET_BACK,	/* the clock is set back for most of the time */
	OFF_AHEAD,	/* off; the clock comes back years ahead, then is synchronised */
	EVENTS,
};

static int64_t leap(void)
{
	static const int64_t leaps_s[] = {2 * HOUR, DAY, 40 * DAY, YEAR, 20 * YEAR};

	/* A clock beyond the end of what can be said is no valid time at all. */
	int64_t room_s = UINT32_MAX - 2 * DAY - world.true_s;
	int64_t leap_s = leaps_s[draw(5)];
	return leap_s < room_s ? leap_s : 2 * HOUR;
}

/* Between two stages. The vault is closed before and after. */
static void happen(enum event event, int64_t gap_s, unsigned stage)
{
	if (event == RUNNING || event == SET_BACK || event == LEAP_AHEAD ||
		event == LEAP_CORRECTED) {
		run_for(gap_s);
	} else {
		off_for(gap_s);
	}
	switch (event) {
	case RUNNING:
	case EVENTS:
		set_clock(0, draw(2));
		break;
	case OFF_IN_SYNC:
		set_clock(0, true);
		break;
	case OFF_THEN_SYNC:
	case OFF_ACCEPTED:
		set_clock(0, false);
		open_vault();
		holds += clock_status().held;
		if (event == OFF_ACCEPTED) {
			cr_assert_eq(pst_vault_clock_accept(vault, wall(), &error), 0);
			cr_assert_not(clock_status().held);
		} else {
			set_clock(0, true);
		}
		cr_assert_not(clock_status().held);
		pst_vault_close(&vault);
		break;
	case OFF_CLOCK_LOST:
		set_clock(-world.true_s + 1000, false);
		open_vault();
		pst_vault_close(&vault);
		set_clock(0, true);
		break;
	case LEAP_AHEAD:
	case LEAP_CORRECTED:
	case OFF_AHEAD:
		set_clock(leap(), false);
		open_vault();
		check_hold(stage);
		if (draw(2)) {
			pst_vault_close(&vault);
			open_vault();
			check_hold(stage);
		}
		set_clock(0, event != LEAP_AHEAD);
		cr_assert_not(clock_status().held);
		pst_vault_close(&vault);
		break;
	case SET_BACK:
		set_clock(-(int64_t)draw(40) * DAY - 100, draw(2));
		open_vault();
		cr_assert_geq(
			clock_status().now_s, world.true_s - 60, "a clock set back keeps nothing");
		pst_vault_close(&vault);
		set_clock(0, draw(2));
		break;
	}
}

static int64_t gap(void)
{
	static const int64_t gaps_s[] = {70, 20 * 60, 3 * HOUR, 11 * HOUR, 12 * HOUR, DAY, 10 * DAY,
		15 * DAY, 100 * DAY, 200 * DAY, 5 * YEAR, 16 * YEAR, 40 * YEAR};
	int64_t gap_s = gaps_s[draw(13)] + (int64_t)draw(900);

	return world.true_s + gap_s < END - 10 * DAY ? gap_s : (int64_t)draw(4000);
}

static const char *copy_name(unsigned stage)
{
	static char name[16];

	(void)snprintf(name, sizeof(name), "copy-%u", stage);
	return name;
}

static void check_row(const struct pst_vault_header *header, int status)
{
	cr_assert_eq(status, header->expires_s > world.true_s ? 0 : PST_E_EXPIRED,
		"expiry %lld, now %lld", (long long)header->expires_s, (long long)world.true_s);
	living_rows += status == 0;
	dead_rows += status != 0;
}

static void check_restored(unsigned stage)
{
	state_keys_restore(copy_name(stage));
	open_vault();
	for (unsigned i = 0; i < CLASSES; i++) {
		for (unsigned from = 0; from <= stage; from++) {
			const struct kept *record = &kept[from][i];
			int status = read_kept(record);

			cr_assert_eq(status == 0, record->until_s > world.true_s,
				"class %s of stage %u in copy %u: %d, until %lld, now %lld",
				names[i], from, stage, status, (long long)record->until_s,
				(long long)world.true_s);
			checks++;
		}
		cases++;
	}
	pst_vault_close(&vault);
}

/* In memory, where the machine has such a place: nothing is to outlive the test. */
static void make_vault(void)
{
	bool in_memory = access("/dev/shm", W_OK) == 0;

	(void)strcpy(fixture_dir,
		in_memory ? "/dev/shm/postern-vault-XXXXXX" : "/tmp/postern-vault-XXXXXX");
	cr_assert_not_null(mkdtemp(fixture_dir));
	fixture_fill();
}

static void play(unsigned script)
{
	seed = 0x9e3779b97f4a7c15ull * (script + 1);
	memset(&world, 0, sizeof(world));
	world.true_s = NOW;
	world.machine =
		(struct pst_clock_machine){.running_s = 100, .boot = {1, 1}, .synchronised = true};
	make_vault();
	pst_vault_close(&vault);
	for (unsigned stage = 0; stage < STAGES; stage++) {
		open_vault();
		add_all(stage);
		pst_vault_close(&vault);
		state_keys_copy("vault.db", copy_name(stage));
		happen(draw(EVENTS), gap(), stage);
	}
	open_vault();
	cr_assert_not(clock_status().held);
	cr_assert_eq(clock_status().now_s, world.true_s);
	pst_vault_close(&vault);
	struct pst_keyring *ring = state_keys_open();
	for (unsigned stage = 0; stage < STAGES; stage++) {
		(void)state_keys_each(ring, copy_name(stage), check_row);
		check_restored(stage);
	}
	pst_keyring_close(&ring);
	fixture_remove();
}

Test(restore, no_copy_brings_back_what_has_expired)
{
	for (unsigned script = 0; script < SCRIPTS; script++) {
		play(script);
	}
	counted_tell("restore matrix: class, copy, clock script", cases, 6000);
	counted_tell("restore matrix: records read in restored vaults", checks, 20000);
	counted_tell("restore matrix: rows that the keys left over open", living_rows, 4000);
	counted_tell("restore matrix: expired rows that they do not", dead_rows, 4000);
	counted_tell("restore matrix: clocks held", holds, 300);
	counted_tell("restore matrix: enrolments refused meanwhile", refused, 200);
}
