/* SPDX-License-Identifier: Apache-2.0 */
/* A detector that tries every way out of escapes.h: see there. */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base.h"
#include "escapes.h"

#define COUNT_ONE(...) +1
#define COUNT (0 ESCAPES_MAP(COUNT_ONE))

static int16_t early[2][COUNT]; /* errno of each; 0: it got through, or was not tried */

/* @return the errno, 0: it got through */
static int attempt(int number, bool only_early)
{
	int way = 0;

#define TRY(name, expected, call, ...)                                                             \
	if (way++ == number) {                                                                     \
		return only_early && !(expected) ? 0                                               \
						 : (syscall(call, ##__VA_ARGS__) < 0 ? errno : 0); \
	}
	ESCAPES_MAP(TRY)
#undef TRY
	return 0;
}

__attribute__((constructor)) static void begin(void)
{
	for (int i = 0; i < COUNT; i++) {
		early[0][i] = (int16_t)attempt(i, true);
	}
}

static int init(void *self, const struct pst_host *host)
{
	for (int i = 0; i < COUNT; i++) {
		early[1][i] = (int16_t)attempt(i, true);
	}
	return 0;
}

static struct pst_face tell(int first, int second)
{
	return (struct pst_face){
		.x = (float)first, .y = (float)second, .width = 1, .height = 1, .score = 1};
}

/* A report holds as many ways as faces fit into it, from the one whose number the first pixel is.
 */
static int detect(void *self, const struct pst_image *image, struct pst_face *faces, uint32_t cap)
{
	uint32_t number = image->pixels[0], count = 0;

	if (image->pixels[1] == ESCAPES_ATTEMPT) {
		faces[0] = tell(attempt((int)number, false), 0);
		return 1;
	}
	while (image->pixels[1] == ESCAPES_REPORT && count < cap && number < COUNT) {
		faces[count++] = tell(early[0][number], early[1][number]);
		number++;
	}
	return (int)count;
}

HOSTILE_DETECTOR(detect, .init = init);
