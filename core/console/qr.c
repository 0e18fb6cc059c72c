/* SPDX-License-Identifier: Apache-2.0 */
#include "console/qr.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <qrencode.h>

#define QUIET 4 /* modules, ISO/IEC 18004 */

/* One subpath per run of dark modules in a row. */
static void draw_row(const unsigned char *row, int width, int y, FILE *to)
{
	for (int x = 0; x < width; x++) {
		int first = x;

		while (x < width && row[x] & 1) {
			x++;
		}
		if (x > first) {
			(void)fprintf(to, "M%d %dh%dv1h-%dz", first + QUIET, y + QUIET, x - first,
				x - first);
		}
	}
}

static int draw(const QRcode *code, char **ret_svg)
{
	char *svg = NULL;
	size_t size;
	int side = code->width + 2 * QUIET;
	FILE *to = open_memstream(&svg, &size);

	if (!to) {
		return -ENOMEM;
	}
	(void)fprintf(to,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
		"shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path "
		"d=\"",
		side, side, side, side);
	for (int y = 0; y < code->width; y++) {
		draw_row(&code->data[y * code->width], code->width, y, to);
	}
	(void)fputs("\"/></svg>\n", to);
	if (fclose(to) != 0) {
		free(svg);
		return -ENOMEM;
	}
	*ret_svg = svg;
	return 0;
}

int pst_qr_draw(const char *text, char **ret_svg, struct pst_error *error)
{
	QRcode *code = QRcode_encodeString(
		text, /* smallest version: */ 0, QR_ECLEVEL_M, QR_MODE_8, /* case sensitive: */ 1);

	if (!code && errno == ERANGE) {
		return pst_error_set(error, -EMSGSIZE, "a QR code does not hold so long a text");
	}
	if (!code) {
		return -errno;
	}
	int status = draw(code, ret_svg);

	QRcode_free(code);
	return status;
}
