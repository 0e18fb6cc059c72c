// SPDX-License-Identifier: Apache-2.0
'use strict';

const PAUSE_MS = 40;

/**
 * Waits until a condition holds, which may be asynchronous.
 * @return what it came to; throws, naming it, if it does not within so many seconds
 */
async function until(what, condition, seconds = 20) {
	const end = Date.now() + seconds * 1000;
	let last;
	for (;;) {
		last = await condition();
		if (last) {
			return last;
		}
		if (Date.now() > end) {
			throw new Error(`not within ${seconds} s: ${what} (at last: ${JSON.stringify(last)})`);
		}
		await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
	}
}

module.exports = { until };
