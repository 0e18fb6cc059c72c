/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/synthetic/jpeg.h"

#include <errno.h>
#include <turbojpeg.h>

#define QUALITY 90

int pst_synth_jpeg_init(
	struct pst_synth_jpeg *jpeg, uint32_t width, uint32_t height, struct pst_error *error)
{
	*jpeg = (struct pst_synth_jpeg){.width = width, .height = height};
	jpeg->codec = tjInitCompress();
	if (!jpeg->codec) {
		return pst_error_set(error, -ENOMEM, "synth: no memory for the JPEG compressor");
	}
	jpeg->room = tjBufSize((int)width, (int)height, TJSAMP_420);
	return 0;
}

void pst_synth_jpeg_finish(struct pst_synth_jpeg *jpeg)
{
	if (jpeg->codec) {
		(void)tjDestroy(jpeg->codec);
	}
	*jpeg = (struct pst_synth_jpeg){0};
}

int pst_synth_jpeg_encode(
	struct pst_synth_jpeg *jpeg, const uint8_t *rgb, uint8_t *to, struct pst_error *error)
{
	unsigned long size = jpeg->room;
	int status = tjCompress2(jpeg->codec, rgb, (int)jpeg->width, (int)jpeg->width * 3,
		(int)jpeg->height, TJPF_RGB, &to, &size, TJSAMP_420, QUALITY, TJFLAG_NOREALLOC);
	if (status < 0) {
		return pst_error_set(error, PST_E_DEVICE, "synth: JPEG compression failed: %s",
			tjGetErrorStr2(jpeg->codec));
	}
	return (int)size;
}
