/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_QUALITY_ATTACKS_H
#define TEST_QUALITY_ATTACKS_H

#include <stdint.h>

/** What stands before the camera, drawn. */
enum attack {
	ATTACK_NONE = 0,    /* the person */
	ATTACK_SCREEN,	    /* a picture on a screen whose pixels the camera resolves */
	ATTACK_MOIRE,	    /* on one whose pixels beat with the camera's */
	ATTACK_HALFTONE,    /* printed in dots */
	ATTACK_PAPER,	    /* printed in continuous tone */
	ATTACK_FINE_SCREEN, /* on a screen too fine to leave a trace */
	ATTACK_COUNT,
};

extern const char *const attack_names[ATTACK_COUNT];

/** Turns the picture of a person into one of the attack. @param key  chooses pitch and angle */
void attack_draw(enum attack attack, uint64_t key, uint32_t width, uint32_t height, uint8_t *rgb,
	uint8_t *scratch);

#endif
