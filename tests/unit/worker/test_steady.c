/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nothing is allocated per frame once the first few are through: frames go into slots, through
 * decoding, a detector, quality and the messages on both sides, while every call of the allocator
 * is counted, libjpeg's and libyuv's among them.
 */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "frame/slots.h"
#include "jpegs.h"
#include "worker/arena.h"
#include "worker/guest.h"
#include "worker/vision.h"

#define WIDTH                                                                                      \
	512 /* a quarter of it is what the detector takes: where a picture is scaled, libyuv takes \
	       a row */
#define HEIGHT 384
#define WARM 6
#define FRAMES 200

static volatile bool
	counting; /* the compiler knows what malloc does, and thinks that it leaves these alone */
static volatile size_t calls;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTED false /* the sanitizer brings its own allocator */
#else
#define COUNTED true

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *data, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size)
{
	calls += counting;
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	calls += counting;
	return __libc_calloc(count, size);
}

void *realloc(void *data, size_t size)
{
	calls += counting;
	return __libc_realloc(data, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	calls += counting;
	return __libc_memalign(alignment, size);
}
#endif

static struct pst_wire_start start;
static struct pst_guest *detector, *quality;
static struct pst_vision *vision;
static struct pst_slots *slots;
static struct pst_error error;
static struct pst_wire_message message, back;
static uint8_t buffer[PST_WIRE_SIZE_MAX];
static struct pst_bytes jpeg;

static void describe(struct pst_wire_plugin *plugin, enum pst_plugin_kind kind, const char *id,
	const char *library, uint32_t size, uint32_t multiple)
{
	*plugin = (struct pst_wire_plugin){.kind = kind,
		.abi = 1,
		.input_format = PST_PIXELS_GREY8,
		.input_size = size,
		.input_multiple = multiple};
	strcpy(plugin->id, id);
	strcpy(plugin->version, "1.0.0");
	cr_assert_lt(strlen(library), sizeof(plugin->library));
	strcpy(plugin->library, library);
}

static void add_option(
	struct pst_wire_plugin *plugin, uint32_t type, const char *name, const char *value)
{
	struct pst_wire_option *option = &plugin->option[plugin->option_count++];

	option->type = type;
	strcpy(option->name, name);
	strcpy(option->value, value);
}

static void setup(void)
{
	const struct pst_slots_config config = {
		.format = PST_FRAME_FORMAT_MJPEG, .width = WIDTH, .height = HEIGHT};
	const struct jpegs_options drawn = {
		.width = WIDTH, .height = HEIGHT, .quality = 80, .across = 2, .down = 2};
	struct pst_vision_guests guests = {0};

	describe(&start.plugin[0], PST_PLUGIN_DETECTOR, "marks", getenv("MARKS"), 128, 32);
	add_option(&start.plugin[0], PST_WIRE_OPTION_TEXT, "mode", "good");
	add_option(&start.plugin[0], PST_WIRE_OPTION_INT, "landmarks", "1");
	describe(&start.plugin[1], PST_PLUGIN_QUALITY, "facequal", getenv("FACEQUAL"), 640, 1);
	cr_assert_eq(pst_guest_open(&start.plugin[0], &detector, &error), 0, "%s", error.text);
	cr_assert_eq(pst_guest_open(&start.plugin[1], &quality, &error), 0, "%s", error.text);
	cr_assert_eq(pst_slots_create(&config, &slots, &error), 0, "%s", error.text);
	start.slot_count = pst_slots_count(slots);
	start.slot_size = pst_slots_size(slots);
	start.format = PST_FRAME_FORMAT_MJPEG;
	start.width = WIDTH;
	start.height = HEIGHT;
	guests.detector = detector;
	guests.quality = quality;
	cr_assert_eq(pst_vision_create(&start, pst_slots_fd(slots), &guests, &vision, &error), 0,
		"%s", error.text);
	jpegs_draw(&drawn, &jpeg);
}

static void teardown(void)
{
	pst_vision_destroy(&vision);
	pst_guest_close(&detector);
	pst_guest_close(&quality);
	pst_slots_destroy(&slots);
	pst_bytes_finish(&jpeg);
}

TestSuite(steady, .init = setup, .fini = teardown, .timeout = 60);

static void pass(void)
{
	int size = pst_wire_encode(&message, buffer);

	cr_assert_gt(size, 0);
	cr_assert_eq(pst_wire_decode(buffer, (size_t)size, &back), 0);
}

/* One frame as a lane and its worker take it; of three, two are searched near. @return how */
static uint32_t take(uint64_t sequence)
{
	const struct pst_frame frame = {.sequence = sequence,
		.format = PST_FRAME_FORMAT_MJPEG,
		.width = WIDTH,
		.height = HEIGHT,
		.plane[0] = {jpeg.data, 0, (uint32_t)jpeg.size}};
	static struct pst_wire_faces faces;

	message.type = PST_WIRE_FRAME;
	cr_assert_eq(
		pst_slots_put(slots, 0, &frame, 7, &message.frame, &error), 0, "%s", error.text);
	/* marks sees a face in the middle of whatever it is shown */
	message.search = (struct pst_wire_search){
		.how = sequence % 3 ? PST_WIRE_HOW_NEAR : PST_WIRE_HOW_WHOLE,
		.near = {207, 143, 98, 98}};
	pass();
	cr_assert_eq(pst_vision_detect(vision, &back.frame, &back.search, &faces, &error), 0, "%s",
		error.text);
	cr_assert_eq(faces.status, 0);
	cr_assert_eq(faces.count, 1);
	message.type = PST_WIRE_FACES;
	message.faces = faces;
	pass();
	pst_slots_wipe(slots, 0);
	return faces.how;
}

Test(steady, no_allocation_per_frame)
{
	uint32_t near = 0;
	void *volatile proof; /* that is counted */

	for (uint64_t i = 0; i < WARM; i++) {
		(void)take(i);
	}
	calls = 0;
	counting = true;
	proof = malloc(1);
	cr_assert_eq(calls, COUNTED, "allocations are not counted");
	free(proof);
	calls = 0;
	for (uint64_t i = 0; i < FRAMES; i++) {
		near += take(i) == PST_WIRE_HOW_NEAR;
	}
	counting = false;
	cr_assert_eq(calls, 0, "%zu allocations in %d frames", calls, FRAMES);
	cr_assert_eq(near, FRAMES - (FRAMES + 2) / 3);
}

Test(steady, an_arena_comes_to_rest_at_one_block)
{
	struct pst_arena arena = {0};
	unsigned char *first, *second;

	for (int picture = 0; picture < 3; picture++) {
		calls = 0;
		counting = true;
		for (size_t size = 1; size < 200000; size = 3 * size + 7) {
			unsigned char *data = pst_arena_alloc(&arena, size);

			cr_assert_not_null(data);
			cr_assert_eq((uintptr_t)data % PST_ARENA_ALIGNMENT, 0);
			memset(data, 0xab, size);
		}
		pst_arena_reset(&arena);
		counting = false;
		cr_assert(!COUNTED || (calls > 0) == (picture == 0), "picture %d: %zu", picture,
			calls);
	}
	first = pst_arena_alloc(&arena, 100);
	memset(first, 0xcd, 100);
	pst_arena_wipe(&arena);
	for (int i = 0; i < 100; i++) {
		cr_assert_eq(first[i], 0);
	}
	second = pst_arena_alloc(&arena, 100);
	cr_assert_geq(second, first + 100);
	cr_assert_null(pst_arena_alloc(&arena, SIZE_MAX));
	pst_arena_finish(&arena);
	cr_assert_null(arena.blocks);
}
