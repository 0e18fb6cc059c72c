/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_TEST_CANARY_CAMERA_H
#define PST_TEST_CANARY_CAMERA_H

#include <stdint.h>

/*
 * What the camera and the lane's device say to each other, over a SOCK_SEQPACKET pair. The camera
 * sends a frame when it stands in a buffer of the shared memory; the device sends the buffer's
 * number (a uint32_t) when it gives it back.
 */
#define CANARY_BUFFERS 4
#define CANARY_ROOM 131072 /* bytes of a buffer */

struct canary_frame {
	uint64_t number;
	int64_t captured_ns;
	uint32_t buffer;
	uint32_t size;	  /* bytes */
	uint32_t damaged; /* flagged in error: nobody holds its buffer */
	uint32_t zero;
};

#endif
