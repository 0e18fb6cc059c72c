/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_BENCH_ROWS_H
#define PST_BENCH_ROWS_H

/* What bench_records and bench_sqlcipher say to each other: one line each way. "add N B": insert N
 * rows of ROW_TEMPLATE bytes in transactions of B; "read": every row of the gallery. Answer: ns. */

#define ROW_TEMPLATE 2048 /* bytes */
#define ROW_HEADER 136
#define ROW_WRAP 73

#endif
