/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_RECEIPT_PRINT_H
#define PST_CLI_RECEIPT_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "audit/receipt.h"

/**
 * Prints a receipt in words for the person who holds it: as text of 80 columns, or as an HTML page
 * to print. Both say the same.
 *
 * @param verified  the signature was checked and holds; false: it was not checked
 */
void pst_receipt_print(const struct pst_receipt *receipt, bool html, bool verified, FILE *to);

#endif
