/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_POLICY_LANGUAGE_H
#define PST_POLICY_LANGUAGE_H

#include <stdbool.h>

/** Of texts that do not say which language they are in. */
#define PST_LANGUAGE_DEFAULT "en"

/**
 * Whether a text is the tag of a language (BCP 47, RFC 5646) as it is written canonically:
 * language, then perhaps a script, then perhaps a region. "es", "zh-Hant", "pt-BR", "es-419".
 *
 * A language of two letters must be one of ISO 639-1; one of three letters (ISO 639-3), a script
 * and a region are held against their form alone. [any]
 */
bool pst_language_is_known(const char *tag);

#endif
