/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks for marks of frames in the memory of processes, in what stands in their pipes and sockets,
 * and in files.
 *
 *   canary-scan SEED FRAMES EXCLUDED pid:PID... file:PATH...
 *
 * Mappings whose name holds EXCLUDED are left out: they are the camera's own. Prints one line for
 * each mark and place, "PLACE REGION bytes|pixels|hex|base64 FRAME", and at the end "scanned
 * BYTES". Exit 0, or 1 where something could not be read.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mark.h"

#define CHUNK ((size_t)4 << 20)
#define OVERLAP ((size_t)CANARY_BLOCKS * CANARY_BLOCK * 4) /* a stripe of 4 bytes per px */
#define WHITE 208					   /* at least; JPEG is not exact */
#define BLACK 48					   /* at most */

enum form { BYTES, PIXELS, HEX, BASE64, FORMS };

static const char *const form_names[FORMS] = {"bytes", "pixels", "hex", "base64"};

struct scan {
	uint32_t seed;
	uint32_t frames;
	const char *excluded;
	const char *place;    /* being scanned */
	const char *region;   /* of it */
	uint8_t *told[FORMS]; /* a bit for each frame, of this place */
	uint64_t bytes;
	bool failed;
	uint8_t *buffer; /* CHUNK + OVERLAP */
	size_t kept;	 /* bytes of the chunk before, at the buffer's begin */
};

static void tell(struct scan *scan, enum form form, uint32_t frame)
{
	uint8_t *told = &scan->told[form][frame / 8];

	if (!(*told & 1u << frame % 8)) {
		*told |= (uint8_t)(1u << frame % 8);
		(void)printf("%s %s %s %u\n", scan->place, scan->region, form_names[form], frame);
	}
}

/* Two words of one mark, one behind the other. */
static void look_for_bytes(struct scan *scan, enum form form, const uint8_t *at)
{
	uint32_t word, frame, place;

	memcpy(&word, at, sizeof(word));
	if (!canary_read(scan->seed, scan->frames, word, &frame, &place) ||
		place == CANARY_WORDS - 1) {
		return;
	}
	memcpy(&word, at + 4, sizeof(word));
	if (word == canary_word(scan->seed, frame, place + 1)) {
		tell(scan, form, frame);
	}
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Two words as hexadecimal digits. */
static void look_for_hex(struct scan *scan, const uint8_t *at)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++) {
		int high = hex_digit(at[2 * i]), low = hex_digit(at[2 * i + 1]);

		if (high < 0 || low < 0) {
			return;
		}
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	look_for_bytes(scan, HEX, bytes);
}

static int base64_digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z') {
		return c - 'A';
	}
	if (c >= 'a' && c <= 'z') {
		return c - 'a' + 26;
	}
	if (c >= '0' && c <= '9') {
		return c - '0' + 52;
	}
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

#define BASE64_SIZE 16 /* digits: 12 bytes, with room for two words from the third on */

/* Two words in base64, of either alphabet, wherever their first bit falls in a group. */
static void look_for_base64(struct scan *scan, const uint8_t *at)
{
	uint8_t bytes[BASE64_SIZE / 4 * 3];

	for (size_t i = 0; i < BASE64_SIZE / 4; i++) {
		uint32_t group = 0;

		for (size_t k = 0; k < 4; k++) {
			int digit = base64_digit(at[4 * i + k]);

			if (digit < 0) {
				return;
			}
			group = group << 6 | (uint32_t)digit;
		}
		bytes[3 * i] = (uint8_t)(group >> 16);
		bytes[3 * i + 1] = (uint8_t)(group >> 8);
		bytes[3 * i + 2] = (uint8_t)group;
	}
	for (size_t shift = 0; shift < 3; shift++) {
		look_for_bytes(scan, BASE64, bytes + shift);
	}
}

/*
 * @return whether blocks lie there, step bytes from one to the next, each of one colour in its
 * first half at least: a picture that is read at another step than its own has none
 */
static bool read_blocks(const uint8_t *at, size_t step, int from, int count, uint32_t *ret_bits)
{
	uint32_t bits = 0;

	for (int i = from; i < from + count; i++) {
		uint8_t luma = at[(size_t)i * step], half = at[(size_t)i * step + step / 2];
		bool white = luma >= WHITE;

		if (white ? half < WHITE : luma > BLACK || half > BLACK) {
			return false;
		}
		bits = bits << 1 | white;
	}
	*ret_bits = bits;
	return true;
}

/* Pictures in grey or colour, whole or decoded at a half or a quarter of their size. */
static void look_for_pixels(struct scan *scan, const uint8_t *at, size_t room)
{
	static const size_t steps[] = {8, 24, 32, 4, 12, 16, 2, 6};
	uint32_t sync, word, frame, place;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (room >= steps[i] * CANARY_BLOCKS && at[steps[i]] <= BLACK &&
			read_blocks(at, steps[i], 0, 8, &sync) && sync == CANARY_SYNC &&
			read_blocks(at, steps[i], 8, 32, &word) &&
			canary_read(scan->seed, scan->frames, word, &frame, &place)) {
			tell(scan, PIXELS, frame);
		}
	}
}

static void look(struct scan *scan, size_t size)
{
	const uint8_t *bytes = scan->buffer;
	const uint8_t *end = bytes + size;

	for (const uint8_t *at = bytes; at && end - at >= 8; at++) {
		at = memchr(at, CANARY_TAG, (size_t)(end - at) - 7);
		if (!at) {
			break;
		}
		look_for_bytes(scan, BYTES, at);
	}
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] >= WHITE) {
			look_for_pixels(scan, bytes + i, size - i);
		} else if (size - i >= BASE64_SIZE && base64_digit(bytes[i]) >= 0) {
			look_for_hex(scan, bytes + i);
			look_for_base64(scan, bytes + i);
		}
	}
}

/* The next bytes of a region stand behind those kept: looks, and keeps what a mark may begin in. */
static void take(struct scan *scan, size_t got)
{
	size_t size = scan->kept + got;

	scan->bytes += got;
	look(scan, size);
	scan->kept = size < OVERLAP ? size : OVERLAP;
	memmove(scan->buffer, scan->buffer + size - scan->kept, scan->kept);
}

static void scan_range(struct scan *scan, int fd, uint64_t from, uint64_t to)
{
	scan->kept = 0;
	while (from < to) {
		size_t want = to - from < CHUNK ? (size_t)(to - from) : CHUNK;
		ssize_t got = pread(fd, scan->buffer + scan->kept, want, (off_t)from);

		if (got <= 0) {
			return; /* a page that is not there */
		}
		take(scan, (size_t)got);
		from += (uint64_t)got;
	}
}

static void scan_memory(struct scan *scan, int pid)
{
	char path[64], line[4352], name[4096];
	unsigned long from, to;

	(void)snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	FILE *maps = fopen(path, "re");
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	int memory = open(path, O_RDONLY | O_CLOEXEC);

	if (!maps || memory < 0) {
		(void)fprintf(stderr, "canary-scan: %s: %s\n", path, strerror(errno));
		scan->failed = true;
		return;
	}
	while (fgets(line, sizeof(line), maps)) {
		(void)strcpy(name, "anonymous");
		if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %4095s", &from, &to, name) >= 2 &&
			!strstr(line, scan->excluded) && !strstr(line, "[vvar]") &&
			!strstr(line, "[vsyscall]")) {
			scan->region = name;
			scan_range(scan, memory, from, to);
		}
	}
	(void)close(memory);
	(void)fclose(maps);
}

/* What waits in a pipe is copied, and stays there. */
static void scan_pipe(struct scan *scan, int pid, int number)
{
	char path[64];
	int copy[2];

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, number);
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || pipe2(copy, O_NONBLOCK | O_CLOEXEC) < 0) {
		scan->failed = true;
		return;
	}
	(void)fcntl(copy[1], F_SETPIPE_SZ, fcntl(fd, F_GETPIPE_SZ));
	scan->kept = 0;
	if (tee(fd, copy[1], CHUNK, SPLICE_F_NONBLOCK) > 0) {
		ssize_t got;

		while ((got = read(copy[0], scan->buffer + scan->kept, CHUNK)) > 0) {
			take(scan, (size_t)got);
		}
	}
	(void)close(copy[0]);
	(void)close(copy[1]);
	(void)close(fd);
}

/* What waits in a socket is looked at, and stays there. */
static void scan_socket(struct scan *scan, int pid, int number)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int fd = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
	int begin = 0, none = -1;
	ssize_t got;

	if (fd < 0) {
		scan->failed = true;
	} else if (setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &begin, sizeof(begin)) == 0) {
		scan->kept = 0;
		while ((got = recv(fd, scan->buffer + scan->kept, CHUNK, MSG_PEEK | MSG_DONTWAIT)) >
			0) {
			take(scan, (size_t)got);
		}
		(void)setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &none, sizeof(none));
	}
	(void)close(fd);
	(void)close(pidfd);
}

static void scan_descriptors(struct scan *scan, int pid)
{
	char path[64], target[64];
	const struct dirent *entry;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	DIR *dir = opendir(path);

	while (dir && (entry = readdir(dir))) {
		ssize_t size = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		int number = atoi(entry->d_name);

		if (size < 0) {
			continue;
		}
		target[size] = 0;
		scan->region = target;
		if (strncmp(target, "pipe:", 5) == 0) {
			scan_pipe(scan, pid, number);
		} else if (strncmp(target, "socket:", 7) == 0) {
			scan_socket(scan, pid, number);
		}
	}
	scan->region = NULL;
	if (dir) {
		(void)closedir(dir);
	}
}

static void scan_file(struct scan *scan, const char *path)
{
	struct stat stat;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &stat) < 0) {
		scan->failed = true;
		return;
	}
	scan->region = "content";
	scan_range(scan, fd, 0, (uint64_t)stat.st_size);
	(void)close(fd);
}

static void scan_place(struct scan *scan, const char *place)
{
	scan->place = place;
	for (int form = 0; form < FORMS; form++) {
		memset(scan->told[form], 0, scan->frames / 8 + 1);
	}
	if (strncmp(place, "pid:", 4) == 0) {
		scan_memory(scan, atoi(place + 4));
		scan_descriptors(scan, atoi(place + 4));
	} else if (strncmp(place, "file:", 5) == 0) {
		scan_file(scan, place + 5);
	} else {
		scan->failed = true;
	}
}

int main(int argc, char **argv)
{
	struct scan scan = {.buffer = malloc(CHUNK + OVERLAP)};

	if (argc < 4) {
		(void)fputs("canary-scan: SEED FRAMES EXCLUDED PLACE...\n", stderr);
		return 2;
	}
	scan.seed = (uint32_t)strtoul(argv[1], NULL, 10);
	scan.frames = (uint32_t)strtoul(argv[2], NULL, 10);
	scan.excluded = argv[3];
	for (int form = 0; form < FORMS; form++) {
		scan.told[form] = malloc(scan.frames / 8 + 1);
	}
	for (int i = 4; i < argc; i++) {
		scan_place(&scan, argv[i]);
	}
	(void)printf("scanned %llu\n", (unsigned long long)scan.bytes);
	return scan.failed;
}
