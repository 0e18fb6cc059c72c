/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POSTERN_PAD_H
#define POSTERN_PAD_H

#include "postern/entry.h"
#include "postern/face.h"
#include "postern/image.h"

/** What is said to one question; whatever is not PASS lets nobody pass. Since abi 1.0 */
enum pst_pad_answer {
	PST_PAD_UNSET = 0, /* not asked, or no answer */
	PST_PAD_PASS = 1,  /* no sign of an attack */
	PST_PAD_FAIL = 2,  /* signs of an attack */
	PST_PAD_UNCERTAIN = 3,
};

#define PST_PAD_REASON_SIZE 64 /* with its NUL */

/**
 * The answer to one of the two questions of presentation attack detection (ISO/IEC 30107-3 calls
 * both kinds of attackers impostors and concealers). Since abi 1.0
 */
struct pst_pad_finding {
	uint32_t answer;		  /* enum pst_pad_answer */
	float score;			  /* 0 surely none..1 surely an attack; finite */
	char reason[PST_PAD_REASON_SIZE]; /* printable ASCII for an officer, ended; may be "" */
};

/** Both answers on one face. Since abi 1.0 */
struct pst_pad_result {
	struct pst_pad_finding impersonation; /* someone poses as another person */
	struct pst_pad_finding evasion;	      /* someone hides who they are */
};

/** Calls of a presentation attack detector. Since abi 1.0 */
struct pst_pad_calls {
	uint32_t size; /* sizeof(struct pst_pad_calls) of the plugin */
	uint32_t reserved;

	/**
	 * Judges one face. The same picture and face give the same answers.
	 *
	 * @param image  borrowed until return; the chip that the manifest declares, cropped and
	 *               aligned by the worker
	 * @param face   borrowed until return; image space, always with landmarks
	 * @param ret_result  zeroed by the host; what the plugin does not look for it leaves unset
	 * @return 0; PST_E_NO_FACE; PST_E_POOR_QUALITY too poor to tell; PST_E_FORMAT; -ENOMEM;
	 *         PST_E_PLUGIN
	 * On error what stands in ret_result is ignored.
	 * [frame & running]
	 */
	int (*judge)(void *self, const struct pst_image *image, const struct pst_face *face,
		struct pst_pad_result *ret_result);
};

#endif
