/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/random.h"

#include <sodium.h>

void pst_random_bytes(void *data, size_t size)
{
	randombytes_buf(data, size);
}
