/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "vault/inside.h"
#include "vault/keys.h"
#include "vault/part.h"

/* Later than that a bucket of one second has no number (32 bits): February 2106. */
#define TIME_MAX_S (UINT32_MAX - 3600LL)

/* How far the stamp of the state file may lag behind. */
#define STAMP_SLACK_S 60

static void machine_now(void *user, struct pst_clock_machine *ret_machine)
{
	(void)user;
	pst_clock_machine(ret_machine);
}

const struct pst_vault_times pst_vault_times_here = {.machine = machine_now};

static int64_t tolerance_s(const struct pst_vault *vault)
{
	int64_t narrowest_s = pst_ratchet_narrowest_s(vault->ring);

	if (narrowest_s == 0) {
		return 0;
	}
	return narrowest_s > PST_VAULT_CLOCK_TOLERANCE_MIN_S ? narrowest_s
							     : PST_VAULT_CLOCK_TOLERANCE_MIN_S;
}

static void take_time(struct pst_vault *vault, int64_t wall_s, int64_t tolerance)
{
	struct pst_clock_machine machine;

	if (vault->times.machine) {
		vault->times.machine(vault->times.user, &machine);
	}
	pst_vault_clock_take(
		&vault->clock, wall_s, vault->times.machine ? &machine : NULL, tolerance);
	vault->now_s = vault->clock.taken.clock_s;
}

void pst_vault_resume_time(
	struct pst_vault *vault, const struct pst_ratchet_stamp *stamp, int64_t stored_s)
{
	vault->written = *stamp;
	vault->clock.taken = *stamp;
	take_time(vault, stored_s, 0);
}

int pst_vault_write_state(struct pst_vault *vault, struct pst_error *error)
{
	int status = pst_vault_db_check(&vault->db, error);

	if (status == 0) {
		pst_vault_escrow_mark(vault);
		status = pst_vault_state_write(
			&vault->state, vault->ring, &vault->clock.taken, error);
		if (status < 0) {
			pst_vault_poison(vault);
		}
	}
	/* A disk too full for it stops no expiry: the older one stays, and its age shows. */
	if (status == 0) {
		int sealed = pst_vault_escrow_write(vault, error);

		status = sealed == -ENOSPC ? 0 : sealed;
	}
	vault->written = vault->clock.taken;
	return status;
}

/* From the stamp and the running time the next opening must find the vault's time again. */
static bool is_stamp_stale(const struct pst_vault *vault)
{
	const struct pst_ratchet_stamp *now = &vault->clock.taken;
	const struct pst_ratchet_stamp *written = &vault->written;

	return vault->times.machine &&
	       (memcmp(now->boot, written->boot, sizeof(now->boot)) != 0 ||
		       now->clock_s - now->running_s >=
			       written->clock_s - written->running_s + STAMP_SLACK_S);
}

/* The keys die in memory first: whatever becomes of the write, nothing opens any more. */
static int step(struct pst_vault *vault, struct pst_error *error)
{
	if (pst_ratchet_due(vault->ring, vault->now_s) == 0 && !is_stamp_stale(vault)) {
		return 0;
	}
	pst_ratchet_step(vault->ring, vault->now_s);
	return pst_vault_write_state(vault, error);
}

static int check_time(const struct pst_vault *vault, int64_t now_s, struct pst_error *error)
{
	if (pst_vault_is_locked(vault)) {
		return pst_vault_db_check(&vault->db, error);
	}
	if (now_s <= 0 || now_s > TIME_MAX_S) {
		return pst_error_set(
			error, -EINVAL, "%s: the clock shows no valid time", vault->db_path);
	}
	return 0;
}

int pst_vault_advance(struct pst_vault *vault, int64_t now_s, struct pst_error *error)
{
	int status = check_time(vault, now_s, error);

	if (status < 0) {
		return status;
	}
	take_time(vault, now_s, tolerance_s(vault));
	return step(vault, error);
}

int pst_vault_check_clock(const struct pst_vault *vault, struct pst_error *error)
{
	char ahead[PST_CLOCK_TEXT_SIZE];

	if (!vault->clock.held) {
		return 0;
	}
	pst_clock_format_duration((vault->clock.shown_s - vault->now_s) * PST_NS_PER_S, ahead);
	return pst_error_set(error, PST_E_UNSAFE,
		"the clock jumped ahead by %s and is not synchronised: nothing is stored until it "
		"is, or until 'postern vault clock --accept'",
		ahead);
}

int pst_vault_clock_read(struct pst_vault *vault, int64_t now_s,
	struct pst_vault_clock_status *ret_status, struct pst_error *error)
{
	struct pst_clock_machine machine = {.synchronised = true};
	int status = pst_vault_advance(vault, now_s, error);

	if (vault->times.machine) {
		vault->times.machine(vault->times.user, &machine);
	}
	*ret_status = (struct pst_vault_clock_status){
		.now_s = vault->now_s,
		.shown_s = now_s,
		.tolerance_s = tolerance_s(vault),
		.synchronised = machine.synchronised,
		.held = vault->clock.held,
	};
	return status;
}

int pst_vault_clock_accept(struct pst_vault *vault, int64_t now_s, struct pst_error *error)
{
	int status = check_time(vault, now_s, error);

	if (status < 0) {
		return status;
	}
	take_time(vault, now_s, 0);
	pst_ratchet_step(vault->ring, vault->now_s);
	return pst_vault_write_state(vault, error);
}

struct pst_seal_place pst_vault_place(uint8_t retention, int64_t retention_s, int64_t expires_s)
{
	struct pst_ratchet_class class = {.width_s = pst_ratchet_width_s(retention_s)};

	return (struct pst_seal_place){
		.retention = pst_ratchet_number(retention, class.width_s),
		.bucket = pst_ratchet_bucket(&class, expires_s),
	};
}

struct pst_seal_place pst_vault_header_place(const struct pst_vault_header *header)
{
	struct pst_seal_place place = {.retention = header->retention, .bucket = header->bucket};

	if (header->bucket != 0) {
		int64_t width_s = header->expires_s / header->bucket;
		bool exact = header->expires_s == width_s * header->bucket && width_s > 0 &&
			     width_s <= PST_RATCHET_WIDTH_MAX_S;

		place.retention =
			exact ? pst_ratchet_number(header->retention, (uint32_t)width_s) : 0;
	}
	return place;
}

int64_t pst_vault_round_expiry(int64_t retention_s, int64_t expires_s)
{
	int64_t width_s = pst_ratchet_width_s(retention_s);

	return expires_s - expires_s % width_s;
}

int64_t pst_vault_kept_until_s(const struct pst_vault *vault, int64_t retention_s)
{
	return pst_vault_round_expiry(retention_s, vault->now_s + retention_s);
}

int pst_vault_class_add(
	struct pst_vault *vault, const struct pst_ratchet_class *class, struct pst_error *error)
{
	int status = pst_ratchet_add(vault->ring, class, vault->now_s);

	if (status == -EEXIST) {
		return 0;
	}
	if (status == -ENOSPC) {
		return pst_error_set(error, -EINVAL, "no room for another retention: %d are in use",
			PST_RATCHET_CLASSES);
	}
	if (status < 0) {
		return pst_error_set(
			error, status, "%s: %s", vault->db_path, pst_status_text(status));
	}
	status = pst_vault_write_state(vault, error);
	if (status < 0) {
		int forgotten = pst_ratchet_forget(vault->ring, class->retention);

		assert(forgotten == 0);
	}
	return status;
}

int pst_vault_class_need(
	struct pst_vault *vault, uint8_t retention, int64_t retention_s, struct pst_error *error)
{
	const uint32_t width_s = pst_ratchet_width_s(retention_s);
	const struct pst_ratchet_class class = {
		.retention = pst_ratchet_number(retention, width_s),
		.width_s = width_s,
		.retention_s = retention_s,
	};

	return pst_vault_class_add(vault, &class, error);
}
