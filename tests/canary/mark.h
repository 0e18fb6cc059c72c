/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_TEST_CANARY_MARK_H
#define PST_TEST_CANARY_MARK_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/*
 * The mark of a frame: 128 bits, four words, each of which names the frame and its own place: no
 * two frames share a word, and any two words that follow on each other give a frame away.
 *
 * It stands in a frame twice: as 16 bytes in a comment of the JPEG, which lasts as long as the
 * compressed bytes do, and as pixels in the picture's uppermost rows, four stripes of blocks that
 * are black or white: eight blocks that are the same in every stripe, then the bits of one word.
 */
#define CANARY_WORDS 4
#define CANARY_WIDTH 320  /* px */
#define CANARY_HEIGHT 240 /* px */
#define CANARY_BLOCK 8	  /* px, both ways */
#define CANARY_SYNC 0xb5u /* the first eight blocks, uppermost bit first */
#define CANARY_BLOCKS 40  /* of a stripe */

#define CANARY_TAG 0xa7u /* the lowest byte of each word: what is looked for first */
#define CANARY_INDEX 0xffffffu

/* A permutation of 24 bits, and back. */
static inline uint32_t canary_mix(uint32_t x)
{
	x = x * 0xd35a2du & CANARY_INDEX;
	x ^= x >> 12;
	return x * 0x9e3779u & CANARY_INDEX;
}

static inline uint32_t canary_unmix(uint32_t x)
{
	x = x * 0xb382c9u & CANARY_INDEX;
	x ^= x >> 12;
	return x * 0x9405a5u & CANARY_INDEX;
}

/** @param frame  below 2^22 */
static inline uint32_t canary_word(uint32_t seed, uint32_t frame, uint32_t place)
{
	uint32_t index = (frame * CANARY_WORDS + place) ^ (seed & CANARY_INDEX);

	return canary_mix(index) << 8 | CANARY_TAG;
}

/** @return whether a word is one of the first frames' */
static inline bool canary_read(
	uint32_t seed, uint32_t frames, uint32_t word, uint32_t *ret_frame, uint32_t *ret_place)
{
	uint32_t index = canary_unmix(word >> 8) ^ (seed & CANARY_INDEX);

	*ret_frame = index / CANARY_WORDS;
	*ret_place = index % CANARY_WORDS;
	return (word & 0xff) == CANARY_TAG && *ret_frame < frames;
}

#endif
