/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "postern/host.h"
#include "wire/channel.h"

void pst_worker_log(uint32_t level, const char *format, ...)
{
	char line[PST_WIRE_LOG_MAX + 5];
	va_list args;
	size_t size;

	if (level < PST_LOG_ERROR || level > PST_LOG_DEBUG) {
		level = PST_LOG_WARNING;
	}
	line[0] = '<';
	line[1] = (char)('0' + level);
	line[2] = '>';
	va_start(args, format);
	(void)vsnprintf(line + 3, PST_WIRE_LOG_MAX + 1, format, args);
	va_end(args);
	size = strlen(line);
	for (size_t i = 3; i < size; i++) {
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f) {
			line[i] = '?';
		}
	}
	line[size++] = '\n';
	(void)!write(PST_WIRE_FD_LOG, line, size);
}
