/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "devices/replay/picture.h"
#include "devices/replay/source.h"

#define PICTURE_BYTES_MAX (64U << 20)
#define FIRST_NUMBER_MAX 9 /* a numbered sequence begins at 0 to 9 */

struct images {
	struct replay_source source;
	char **path; /* owned, and each entry */
	size_t count;
	size_t room;
	size_t next;
	AVBufferPool *pool; /* room for the largest picture */
	size_t pool_bytes;
	bool turn_known; /* from the first picture */
};

static enum AVCodecID codec_of_name(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (dot && (strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0)) {
		return AV_CODEC_ID_MJPEG;
	}
	if (dot && strcasecmp(dot, ".png") == 0) {
		return AV_CODEC_ID_PNG;
	}
	return AV_CODEC_ID_NONE;
}

bool pst_replay_is_image_name(const char *name)
{
	return codec_of_name(name) != AV_CODEC_ID_NONE;
}

/* @return the digits of "%d" (0) or "%04d" (4) and where they stand, or -1 */
static int find_pattern(const char *name, const char **ret_begin, const char **ret_end)
{
	const char *percent = strchr(name, '%');
	int digits = 0;

	if (!percent) {
		return -1;
	}
	const char *at = percent + 1;

	if (at[0] == '0' && at[1] >= '1' && at[1] <= '9') {
		digits = at[1] - '0';
		at += 2;
	}
	if (*at != 'd' || strchr(at, '%')) {
		return -1;
	}
	*ret_begin = percent;
	*ret_end = at + 1;
	return digits;
}

bool pst_replay_is_pattern(const char *name)
{
	const char *begin;
	const char *end;

	return find_pattern(name, &begin, &end) >= 0;
}

static void images_close(struct replay_source *source)
{
	struct images *images = (struct images *)source;

	for (size_t i = 0; i < images->count; i++) {
		free(images->path[i]);
	}
	free(images->path);
	av_buffer_pool_uninit(&images->pool);
	avcodec_parameters_free(&source->codec);
	free(images);
}

static int add_path(struct images *images, const char *path, struct pst_error *error)
{
	if (images->count == images->room) {
		size_t room = images->room ? images->room * 2 : 64;
		char **grown = realloc(images->path, room * sizeof(*grown));

		if (!grown) {
			return pst_error_set(error, -ENOMEM, "%s: out of memory", path);
		}
		images->path = grown;
		images->room = room;
	}
	images->path[images->count] = strdup(path);
	if (!images->path[images->count]) {
		return pst_error_set(error, -ENOMEM, "%s: out of memory", path);
	}
	images->count++;
	return 0;
}

static int by_version(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

static int list_folder(struct images *images, const char *folder, struct pst_error *error)
{
	DIR *dir = opendir(folder);
	int status = 0;

	if (!dir) {
		return pst_error_set(error, PST_E_DEVICE, "%s: can't be read: %s", folder,
			pst_status_text(-errno));
	}
	for (struct dirent *entry; status == 0 && (entry = readdir(dir));) {
		char path[PATH_MAX];

		if (entry->d_name[0] == '.' || !pst_replay_is_image_name(entry->d_name)) {
			continue;
		}
		if (pst_text_path(path, sizeof(path), folder, entry->d_name) < 0) {
			status = pst_error_set(error, -ENAMETOOLONG, "%s/%s: path too long", folder,
				entry->d_name);
		} else {
			status = add_path(images, path, error);
		}
	}
	(void)closedir(dir);
	if (status == 0 && images->count == 0) {
		return pst_error_set(
			error, PST_E_DEVICE, "%s: holds no picture (.jpg, .jpeg, .png)", folder);
	}
	if (status == 0) {
		qsort(images->path, images->count, sizeof(*images->path), by_version);
	}
	return status;
}

static int list_pattern(struct images *images, const char *pattern, struct pst_error *error)
{
	const char *begin;
	const char *end;
	int digits = find_pattern(pattern, &begin, &end);

	assert(digits >= 0);
	for (int number = 0; number < INT_MAX; number++) {
		char path[PATH_MAX];
		struct stat at;

		if (snprintf(path, sizeof(path), "%.*s%0*d%s", (int)(begin - pattern), pattern,
			    digits, number, end) >= (int)sizeof(path)) {
			return pst_error_set(error, -ENAMETOOLONG, "%s: path too long", pattern);
		}
		if (stat(path, &at) < 0) {
			if (images->count > 0 || number >= FIRST_NUMBER_MAX) {
				break;
			}
			continue;
		}
		int status = add_path(images, path, error);
		if (status < 0) {
			return status;
		}
	}
	if (images->count == 0) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: no such pictures; the first number may be 0 to %d", pattern,
			FIRST_NUMBER_MAX);
	}
	return 0;
}

/* One kind of picture, none too large, and room for the largest. */
static int survey(struct images *images, struct pst_error *error)
{
	enum AVCodecID codec = codec_of_name(images->path[0]);
	size_t largest = 1;

	if (codec == AV_CODEC_ID_NONE) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: not a picture that postern reads (.jpg, .jpeg, .png)",
			images->path[0]);
	}
	for (size_t i = 0; i < images->count; i++) {
		struct stat at;

		if (codec_of_name(images->path[i]) != codec) {
			return pst_error_set(error, PST_E_DEVICE,
				"%s: another kind of picture than %s; one folder holds one kind",
				images->path[i], images->path[0]);
		}
		if (stat(images->path[i], &at) < 0 || !S_ISREG(at.st_mode) ||
			at.st_size > PICTURE_BYTES_MAX) {
			return pst_error_set(error, PST_E_DEVICE,
				"%s: not a readable file of up to 64 MiB", images->path[i]);
		}
		largest = (size_t)at.st_size > largest ? (size_t)at.st_size : largest;
	}
	images->source.codec = avcodec_parameters_alloc();
	images->pool_bytes = largest + AV_INPUT_BUFFER_PADDING_SIZE;
	images->pool = av_buffer_pool_init(images->pool_bytes, NULL);
	if (!images->source.codec || !images->pool) {
		return pst_error_set(error, -ENOMEM, "%s: out of memory", images->path[0]);
	}
	images->source.codec->codec_type = AVMEDIA_TYPE_VIDEO;
	images->source.codec->codec_id = codec;
	return 0;
}

static int images_rewind(struct replay_source *source, struct pst_error *error)
{
	(void)error;
	((struct images *)source)->next = 0;
	return 0;
}

static int read_picture(struct images *images, const char *path, AVPacket *packet)
{
	size_t room = images->pool_bytes - AV_INPUT_BUFFER_PADDING_SIZE;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	uint8_t beyond;

	if (fd < 0) {
		return PST_E_CORRUPT;
	}
	packet->buf = av_buffer_pool_get(images->pool);
	if (!packet->buf) {
		pst_fd_close(&fd);
		return -ENOMEM;
	}
	ssize_t size = pst_fd_read_full(fd, packet->buf->data, room);
	bool whole = size > 0 && pst_fd_read_full(fd, &beyond, 1) == 0;

	pst_fd_close(&fd);
	if (!whole) {
		return PST_E_CORRUPT;
	}
	memset(packet->buf->data + size, 0, AV_INPUT_BUFFER_PADDING_SIZE);
	packet->data = packet->buf->data;
	packet->size = (int)size;
	return 1;
}

/* The device has one size for all pictures, and so one turn. */
static int check_turn(
	struct images *images, const char *path, const AVPacket *packet, struct pst_error *error)
{
	int turn = pst_replay_picture_turn(packet->data, (size_t)packet->size);

	if (turn < 0) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: its Exif orientation says that it is to be shown mirrored, which "
			"postern does not do; convert it first",
			path);
	}
	if (!images->turn_known) {
		images->turn_known = true;
		images->source.turn = turn;
	}
	if (turn != images->source.turn) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: its Exif orientation is another than that of %s; turn them alike",
			path, images->path[0]);
	}
	return 1;
}

static int images_read(struct replay_source *source, AVPacket *packet, struct pst_error *error)
{
	struct images *images = (struct images *)source;

	if (images->next == images->count) {
		return PST_E_END;
	}
	size_t index = images->next++;
	const char *path = images->path[index];
	int status = read_picture(images, path, packet);

	if (status == 1) {
		status = check_turn(images, path, packet, error);
	}
	if (status < 0) {
		av_packet_unref(packet);
		return status == -ENOMEM ? pst_error_set(error, status, "%s: out of memory", path)
					 : status;
	}
	packet->pts = packet->dts = (int64_t)index;
	packet->flags = AV_PKT_FLAG_KEY;
	return 1;
}

static const struct replay_source_ops images_ops = {
	.read = images_read,
	.rewind = images_rewind,
	.close = images_close,
};

int pst_replay_images_open(struct replay_source **ret, const char *path,
	const struct replay_options *options, struct pst_error *error)
{
	struct images *images = calloc(1, sizeof(*images));
	struct stat at;
	int status;

	if (!images) {
		return pst_error_set(error, -ENOMEM, "%s: out of memory", path);
	}
	images->source.ops = &images_ops;
	images->source.domain = PST_DOMAIN_PHOTOGRAPH;
	images->source.fps = options->fps;
	images->source.time_base = av_d2q(1.0 / options->fps, 1000000);
	if (stat(path, &at) == 0) {
		status = S_ISDIR(at.st_mode) ? list_folder(images, path, error)
					     : add_path(images, path, error);
	} else {
		status = list_pattern(images, path, error);
	}
	if (status == 0) {
		status = survey(images, error);
	}
	if (status < 0) {
		images_close(&images->source);
		return status;
	}
	(void)snprintf(images->source.kind, sizeof(images->source.kind), "%s pictures",
		images->source.codec->codec_id == AV_CODEC_ID_PNG ? "png" : "jpeg");
	*ret = &images->source;
	return 0;
}
