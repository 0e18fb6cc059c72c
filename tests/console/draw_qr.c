/* SPDX-License-Identifier: Apache-2.0 */
/* Draws what it reads as a QR code; an object, a receipt, as its slip, which goes to stderr. */
#include <stdio.h>
#include <stdlib.h>

#include "audit/slip.h"
#include "console/qr.h"

int main(void)
{
	static char text[65536];
	struct pst_error error = {0};
	char *slip = NULL, *svg = NULL;
	size_t size = fread(text, 1, sizeof(text) - 1, stdin);
	json_t *document = text[0] == '{' ? json_loadb(text, size, 0, NULL) : NULL;
	int status = document ? pst_slip_write(document, &slip, &error) : 0;

	if (status == 0) {
		status = pst_qr_draw(slip ? slip : text, &svg, &error);
	}
	if (status == 0) {
		(void)fputs(svg, stdout);
		(void)fputs(slip ? slip : "", stderr);
	} else {
		(void)fprintf(stderr, "%s\n", error.text);
	}
	json_decref(document);
	free(slip);
	free(svg);
	return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
