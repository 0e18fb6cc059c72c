/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_TEST_SANDBOX_H
#define PST_TEST_SANDBOX_H

/* A worker with a sanitizer can't be locked down: its tests run without, all others with. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TEST_IS_SANITIZED 1
#else
#define TEST_IS_SANITIZED 0
#endif

/* Of a worker (pst_worker_config) or a lane (pst_lane_config). */
#define TEST_WORKER_SANDBOX (TEST_IS_SANITIZED ? PST_WORKER_SANDBOX_OFF : PST_WORKER_SANDBOX_STRICT)
#define TEST_LANE_SANDBOX (TEST_IS_SANITIZED ? PST_LANE_SANDBOX_OFF : PST_LANE_SANDBOX_STRICT)

#endif
