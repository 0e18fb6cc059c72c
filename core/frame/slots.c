/* SPDX-License-Identifier: Apache-2.0 */
#include "frame/slots.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define SLOT_BYTES_MAX (512u << 20)

struct pst_slots {
	int fd;
	uint8_t *base;
	uint32_t count;
	uint32_t size;
	uint64_t puts;
	bool in_use[PST_SLOTS_MAX];
	uint32_t used[PST_SLOTS_MAX]; /* bytes to wipe */
};

static uint64_t frame_bytes(enum pst_frame_format format, uint32_t width, uint32_t height)
{
	uint64_t sum = 0;

	if (format == PST_FRAME_FORMAT_MJPEG) {
		return (uint64_t)width * height * 2;
	}
	for (uint32_t i = 0; i < pst_frame_format_planes(format); i++) {
		sum += (uint64_t)pst_frame_plane_row_bytes(format, i, width) *
		       pst_frame_plane_rows(format, i, height);
	}
	return sum;
}

static int make_memfd(size_t size, struct pst_error *error)
{
	int fd = memfd_create("postern-slots", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL) { /* Linux < 6.3 knows no MFD_NOEXEC_SEAL */
		fd = memfd_create("postern-slots", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	}
	if (fd < 0) {
		return pst_error_set(
			error, -errno, "memory for frames (memfd_create): %s", strerror(errno));
	}
	if (ftruncate(fd, (off_t)size) < 0) {
		int status = pst_error_set(
			error, -errno, "memory for frames, %zu bytes: %s", size, strerror(errno));
		pst_fd_close(&fd);
		return status;
	}
	return fd;
}

static bool lock_memory(void *base, size_t size)
{
	struct rlimit limit;

	if (mlock(base, size) == 0) {
		return true;
	}
	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_MEMLOCK, &limit) == 0 && mlock(base, size) == 0) {
			return true;
		}
	}
	return false;
}

static int map_and_seal(struct pst_slots *slots, size_t total, bool strict, struct pst_error *error)
{
	void *base = mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_SHARED, slots->fd, 0);

	if (base == MAP_FAILED) {
		return pst_error_set(
			error, -errno, "memory for frames, %zu bytes: %s", total, strerror(errno));
	}
	slots->base = base;
	if (madvise(base, total, MADV_DONTDUMP) < 0 || madvise(base, total, MADV_DONTFORK) < 0) {
		return pst_error_set(error, -errno,
			"frames cannot be kept out of core dumps and children: %s",
			strerror(errno));
	}
	if (!lock_memory(base, total) && strict) {
		return pst_error_set(error, PST_E_UNSAFE,
			"frames could be swapped to disk: %zu bytes cannot be locked; raise the "
			"limit "
			"(ulimit -l, or LimitMEMLOCK= of the service)",
			total);
	}
	memset(base, 0, total); /* every page is there before the first frame */
	if (fcntl(slots->fd, F_ADD_SEALS,
		    F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
		return pst_error_set(error, -errno, "frames cannot be sealed: %s", strerror(errno));
	}
	return 0;
}

int pst_slots_create(const struct pst_slots_config *config, struct pst_slots **ret_slots,
	struct pst_error *error)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint32_t count = config->count ? config->count : PST_SLOTS_DEFAULT;
	struct pst_slots *slots;
	uint64_t size;
	int status;

	if (pst_frame_format_planes(config->format) == 0 || config->width < 1 ||
		config->width > PST_FRAME_SIDE_MAX || config->height < 1 ||
		config->height > PST_FRAME_SIDE_MAX || count > PST_SLOTS_MAX) {
		return pst_error_set(error, PST_E_CONFIG, "%u slots for %s frames of %ux%u px",
			count, pst_frame_format_name(config->format), config->width,
			config->height);
	}
	size = frame_bytes(config->format, config->width, config->height);
	size = (size + page - 1) / page * page;
	if (size > SLOT_BYTES_MAX) {
		return pst_error_set(error, PST_E_CONFIG,
			"frames of %ux%u px are too large for a slot", config->width,
			config->height);
	}
	slots = calloc(1, sizeof(*slots));
	if (!slots) {
		return pst_error_set(error, -ENOMEM, "no memory for slots");
	}
	slots->count = count;
	slots->size = (uint32_t)size;
	slots->fd = make_memfd(size * count, error);
	status = slots->fd < 0 ? slots->fd : 0;
	if (status == 0) {
		status = map_and_seal(slots, size * count, config->strict, error);
	}
	if (status < 0) {
		pst_slots_destroy(&slots);
		return status;
	}
	*ret_slots = slots;
	return 0;
}

void pst_slots_destroy(struct pst_slots **slots)
{
	struct pst_slots *s = *slots;

	if (!s) {
		return;
	}
	if (s->base) {
		pst_slots_wipe_all(s);
		munmap(s->base, (size_t)s->size * s->count);
	}
	pst_fd_close(&s->fd);
	free(s);
	*slots = NULL;
}

int pst_slots_fd(const struct pst_slots *slots)
{
	return slots->fd;
}

uint32_t pst_slots_count(const struct pst_slots *slots)
{
	return slots->count;
}

uint32_t pst_slots_size(const struct pst_slots *slots)
{
	return slots->size;
}

int pst_slots_free_index(const struct pst_slots *slots)
{
	for (uint32_t i = 0; i < slots->count; i++) {
		if (!slots->in_use[i]) {
			return (int)i;
		}
	}
	return -1;
}

uint64_t pst_slots_puts(const struct pst_slots *slots)
{
	return slots->puts;
}

static void copy_plane(
	uint8_t *to, const struct pst_frame_plane *plane, uint32_t row, uint32_t rows)
{
	if (plane->stride == row) {
		memcpy(to, plane->data, (size_t)row * rows);
		return;
	}
	for (uint32_t y = 0; y < rows; y++) {
		memcpy(to + (size_t)y * row, plane->data + (size_t)y * plane->stride, row);
	}
}

/* Lays the planes out one behind the other. @return bytes, or 0 if too large. */
static uint32_t lay_out(const struct pst_frame *frame, uint32_t room, struct pst_slot_frame *slot)
{
	uint64_t at = 0;

	for (uint32_t i = 0; i < pst_frame_format_planes(frame->format); i++) {
		uint32_t row = pst_frame_plane_row_bytes(frame->format, i, frame->width);
		uint32_t rows = pst_frame_plane_rows(frame->format, i, frame->height);
		uint64_t size = row ? (uint64_t)row * rows : frame->plane[0].size;

		if (at + size > room) {
			return 0;
		}
		slot->plane[i].offset = (uint32_t)at;
		slot->plane[i].stride = row;
		slot->plane[i].size = (uint32_t)size;
		at += size;
	}
	return (uint32_t)at;
}

int pst_slots_put(struct pst_slots *slots, uint32_t index, const struct pst_frame *frame,
	uint64_t permit, struct pst_slot_frame *ret_frame, struct pst_error *error)
{
	struct pst_slot_frame slot = {.slot = index};
	uint32_t bytes;
	uint8_t *base;
	int status;

	assert(index < slots->count);
	if (permit == 0) {
		return pst_error_set(error, PST_E_UNSAFE, "frame %llu has no permit",
			(unsigned long long)frame->sequence);
	}
	if (slots->in_use[index]) {
		return pst_error_set(error, -EBUSY, "slot %u is in use", index);
	}
	status = pst_frame_check(frame, error);
	if (status < 0) {
		return status;
	}
	bytes = lay_out(frame, slots->size, &slot);
	if (bytes == 0) {
		return pst_error_set(error, -EFBIG, "frame %llu of %ux%u px is larger than a slot",
			(unsigned long long)frame->sequence, frame->width, frame->height);
	}
	base = slots->base + (size_t)index * slots->size;
	for (uint32_t i = 0; i < pst_frame_format_planes(frame->format); i++) {
		if (slot.plane[i].stride == 0) {
			memcpy(base, frame->plane[0].data, slot.plane[0].size);
		} else {
			copy_plane(base + slot.plane[i].offset, &frame->plane[i],
				slot.plane[i].stride, slot.plane[i].size / slot.plane[i].stride);
		}
	}
	slot.format = frame->format;
	slot.width = frame->width;
	slot.height = frame->height;
	slot.sequence = frame->sequence;
	slot.captured_ns = frame->captured_ns;
	slot.permit = permit;
	slots->in_use[index] = true;
	slots->used[index] = bytes;
	slots->puts++;
	*ret_frame = slot;
	return 0;
}

void pst_slots_wipe(struct pst_slots *slots, uint32_t index)
{
	assert(index < slots->count);
	explicit_bzero(slots->base + (size_t)index * slots->size, slots->used[index]);
	slots->used[index] = 0;
	slots->in_use[index] = false;
}

void pst_slots_wipe_all(struct pst_slots *slots)
{
	for (uint32_t i = 0; i < slots->count; i++) {
		pst_slots_wipe(slots, i);
	}
}

int pst_slots_view_open(
	struct pst_slots_view *view, int fd, uint32_t count, uint32_t size, struct pst_error *error)
{
	uint64_t total = (uint64_t)count * size;
	struct stat stat;
	int seals = fcntl(fd, F_GET_SEALS);
	void *base;

	if (seals < 0 || !(seals & F_SEAL_SHRINK)) {
		return pst_error_set(error, PST_E_UNSAFE, "slots are not sealed against shrinking");
	}
	if (fstat(fd, &stat) < 0) {
		return pst_error_set(error, -errno, "slots: %s", strerror(errno));
	}
	if (count < 1 || count > PST_SLOTS_MAX || size < 1 || (uint64_t)stat.st_size != total) {
		return pst_error_set(error, -EINVAL, "slots: %lld bytes, not %u x %u",
			(long long)stat.st_size, count, size);
	}
	base = mmap(NULL, total, PROT_READ, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED) {
		return pst_error_set(error, -errno, "slots: %s", strerror(errno));
	}
	(void)madvise(base, total, MADV_DONTDUMP);
	*view = (struct pst_slots_view){.base = base, .count = count, .size = size};
	return 0;
}

void pst_slots_view_close(struct pst_slots_view *view)
{
	if (view->base) {
		munmap((void *)(uintptr_t)view->base, (size_t)view->count * view->size);
	}
	*view = (struct pst_slots_view){0};
}

int pst_slots_view_frame(const struct pst_slots_view *view, const struct pst_slot_frame *slot,
	struct pst_frame *ret_frame, struct pst_error *error)
{
	struct pst_frame frame = {
		.sequence = slot->sequence,
		.captured_ns = slot->captured_ns,
		.format = slot->format,
		.width = slot->width,
		.height = slot->height,
	};
	const uint8_t *base;
	int status;

	if (!view->base || slot->slot >= view->count) {
		return pst_error_set(error, PST_E_CORRUPT, "no slot %u", slot->slot);
	}
	base = view->base + (size_t)slot->slot * view->size;
	for (uint32_t i = 0; i < pst_frame_format_planes(slot->format); i++) {
		const struct pst_slot_plane *plane = &slot->plane[i];

		if (plane->size > view->size || plane->offset > view->size - plane->size) {
			return pst_error_set(error, PST_E_CORRUPT, "slot %u: plane %u lies outside",
				slot->slot, i);
		}
		frame.plane[i].data = base + plane->offset;
		frame.plane[i].stride = plane->stride;
		frame.plane[i].size = plane->size;
	}
	status = pst_frame_check(&frame, error);
	if (status == 0) {
		*ret_frame = frame;
	}
	return status;
}
