/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "postern/status.h"

#define MODE 0600

static int write_at(int fd, const uint8_t *data, size_t size, off_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pwrite(fd, data + done, size - done, offset + (off_t)done);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return n < 0 ? -errno : -EIO;
		}
		done += (size_t)n;
	}
	return 0;
}

static int write_slot(int fd, unsigned index, const uint8_t *slot)
{
	int status = write_at(
		fd, slot, PST_RATCHET_SLOT_SIZE, (off_t)index * (off_t)PST_RATCHET_SLOT_SIZE);

	return status == 0 && fdatasync(fd) < 0 ? -errno : status;
}

/* @return 0, PST_E_CORRUPT (the file ends before), -errno */
static int read_slot(int fd, unsigned index, uint8_t *ret_slot)
{
	size_t done = 0;
	off_t start = (off_t)index * (off_t)PST_RATCHET_SLOT_SIZE;

	while (done < PST_RATCHET_SLOT_SIZE) {
		ssize_t n = pread(
			fd, ret_slot + done, PST_RATCHET_SLOT_SIZE - done, start + (off_t)done);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return n < 0 ? -errno : PST_E_CORRUPT;
		}
		done += (size_t)n;
	}
	return 0;
}

static int fill(int fd, const struct pst_keyring *ring, const struct pst_ratchet_stamp *stamp)
{
	uint8_t slot[PST_RATCHET_SLOT_SIZE];
	int status = -posix_fallocate(fd, 0, PST_VAULT_STATE_SIZE);

	pst_ratchet_seal_slot(ring, 1, stamp, slot);
	for (unsigned i = PST_VAULT_STATE_SLOTS; status == 0 && i > 0; i--) {
		status = write_slot(fd, i - 1, slot);
	}
	return status == 0 && fsync(fd) < 0 ? -errno : status;
}

int pst_vault_state_create(const char *path, const struct pst_keyring *ring,
	const struct pst_ratchet_stamp *stamp, struct pst_error *error)
{
	char made[PATH_MAX + 8];
	int status = snprintf(made, sizeof(made), "%s.part", path) < PATH_MAX ? 0 : -ENAMETOOLONG;
	int fd = status == 0 ? open(made, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, MODE)
			     : -1;

	if (status == 0) {
		status = fd < 0 ? -errno : fill(fd, ring, stamp);
	}
	pst_fd_close(&fd);
	if (status == 0 && rename(made, path) < 0) {
		status = -errno;
	}
	if (status == 0) {
		status = pst_fd_sync_parent(path);
	}
	if (status < 0) {
		(void)unlink(made);
		return pst_error_set(error, status, "%s: %s", path, strerror(-status));
	}
	return 0;
}

static int open_file(struct pst_vault_state_file *state, struct pst_error *error)
{
	state->fd = open(state->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (state->fd >= 0) {
		return 0;
	}
	if (errno == ENOENT) {
		return pst_error_set(error, PST_E_VAULT,
			"%s: the state file is missing, and with it the keys of all records; bring "
			"it "
			"back, or take what was escrowed with 'postern vault recover'",
			state->path);
	}
	return pst_error_set(error, PST_E_VAULT, "%s: %s", state->path, strerror(errno));
}

struct reading {
	uint8_t slots[PST_VAULT_STATE_SLOTS][PST_RATCHET_SLOT_SIZE];
	uint64_t counters[PST_VAULT_STATE_SLOTS];
	int status[PST_VAULT_STATE_SLOTS];
};

static void read_slots(const struct pst_vault_state_file *state, const struct pst_keyring *ring,
	struct reading *ret)
{
	for (unsigned i = 0; i < PST_VAULT_STATE_SLOTS; i++) {
		ret->counters[i] = 0;
		ret->status[i] = read_slot(state->fd, i, ret->slots[i]);
		if (ret->status[i] == 0) {
			ret->status[i] = pst_ratchet_check_slot(
				ring, ret->slots[i], &ret->counters[i], NULL);
		}
	}
}

static int both_bad(const struct pst_vault_state_file *state, const struct reading *reading,
	struct pst_error *error)
{
	if (reading->status[0] == PST_E_VAULT || reading->status[1] == PST_E_VAULT) {
		return pst_error_set(error, PST_E_VAULT,
			"%s: belongs to another vault, or to other keys than vault.keys beside it",
			state->path);
	}
	return pst_error_set(error, PST_E_VAULT,
		"%s: damaged in both places, and with it the keys of all records; take what was "
		"escrowed with 'postern vault recover'",
		state->path);
}

static int repair(struct pst_vault_state_file *state, const struct reading *reading,
	unsigned newest, struct pst_error *error)
{
	unsigned other = 1 - newest;

	if (memcmp(reading->slots[0], reading->slots[1], PST_RATCHET_SLOT_SIZE) == 0) {
		return 0;
	}
	int status = write_slot(state->fd, other, reading->slots[newest]);
	if (status < 0) {
		return pst_error_set(error, PST_E_VAULT,
			"%s: half of it is damaged and cannot be written again (%s)", state->path,
			strerror(-status));
	}
	state->repaired = true;
	return 0;
}

static int take_newest(struct pst_vault_state_file *state, struct pst_keyring *ring,
	struct pst_ratchet_stamp *ret_stamp, struct pst_error *error)
{
	struct reading reading;

	read_slots(state, ring, &reading);
	if (reading.status[0] < 0 && reading.status[1] < 0) {
		return both_bad(state, &reading, error);
	}
	unsigned newest = reading.status[0] < 0 ||
			  (reading.status[1] == 0 && reading.counters[1] > reading.counters[0]);
	int status = pst_ratchet_open_slot(ring, reading.slots[newest], &state->counter, ret_stamp);
	if (status < 0) {
		return pst_error_set(error, PST_E_VAULT, "%s: damaged", state->path);
	}
	return repair(state, &reading, newest, error);
}

int pst_vault_state_open(struct pst_vault_state_file *state, const char *path,
	struct pst_keyring *ring, struct pst_ratchet_stamp *ret_stamp, struct pst_error *error)
{
	*state = (struct pst_vault_state_file){.fd = -1};
	int status = pst_text_copy(state->path, sizeof(state->path), path);

	if (status < 0) {
		return pst_error_set(error, status, "%s: name too long", path);
	}
	status = open_file(state, error);
	if (status == 0) {
		status = take_newest(state, ring, ret_stamp, error);
	}
	if (status < 0) {
		pst_vault_state_close(state);
	}
	return status;
}

int pst_vault_state_write_slot(struct pst_vault_state_file *state, unsigned index,
	const uint8_t slot[PST_RATCHET_SLOT_SIZE], struct pst_error *error)
{
	if (state->poisoned) {
		return pst_error_set(error, PST_E_VAULT,
			"%s: an earlier write failed; close the vault and open it again",
			state->path);
	}
	int status = write_slot(state->fd, index, slot);
	if (status < 0) {
		state->poisoned = true;
		return pst_error_set(error, PST_E_VAULT,
			"%s: writing failed (%s); look at the disk, then open again", state->path,
			strerror(-status));
	}
	return 0;
}

int pst_vault_state_write(struct pst_vault_state_file *state, const struct pst_keyring *ring,
	const struct pst_ratchet_stamp *stamp, struct pst_error *error)
{
	uint8_t slot[PST_RATCHET_SLOT_SIZE];

	pst_ratchet_seal_slot(ring, state->counter + 1, stamp, slot);
	int status = pst_vault_state_write_slot(state, 1, slot, error);
	if (status == 0) {
		status = pst_vault_state_write_slot(state, 0, slot, error);
	}
	if (status == 0) {
		state->counter++;
	}
	return status;
}

void pst_vault_state_close(struct pst_vault_state_file *state)
{
	pst_fd_close(&state->fd);
}
