// SPDX-License-Identifier: Apache-2.0
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { SOURCE, run, POSTERN } = require('./program');
const { until } = require('./until');

const CITIZEN = { category: 'us-citizen', 'known-by': 'document' };
const VISITOR = { category: 'nonimmigrant', 'known-by': 'document' };
/** Options of a lane whose permits last: no face is large enough. */
const NEVER_CAPTURES = ['--set', 'capture.min-face=2000'];

/** The shipped policy, except that whom a photo is offered has a minute to decline. */
function patient_policy(folder) {
	const text = fs.readFileSync(path.join(SOURCE, 'policies/us-border.yaml'), 'utf8');
	const file = path.join(folder, 'patient.yaml');
	fs.writeFileSync(file, text.replace(/^choice-window: \S+/m, 'choice-window: 60s'));
	return ['--policy', file];
}

/** A lane, its console and a traveler's display that the lane has heard of. */
async function gate(world, { lane_options = [], console_options = [], really = false, page = {} } = {}) {
	const lane = await world.lane(...lane_options);
	const server = await world.console({ 'gate-7': lane }, console_options);
	const address = server.address('traveler');
	const display = await (really ? world.browser.open_really(address)
		: world.browser.open(address, page));
	await lane.wait_for_notice('current');
	return { lane, server, display };
}

/** Waits until a page says of itself that it is in one of the states. @return which */
function wait_for_state(page, ...states) {
	return until(`the page is in ${states}`, async () => {
		const state = await page.evaluate(() => document.documentElement.dataset.state);
		return states.includes(state) && state;
	});
}

/** Whether postern itself says that a receipt of the lane is good. */
async function verify_receipt(lane, id) {
	const done = await run(POSTERN, 'receipt', 'verify', lane.receipt_path(id), '--state', lane.state);
	if (done.status !== 0) {
		throw new Error(`receipt ${id}: ${done.out}${done.err}`);
	}
	return JSON.parse(fs.readFileSync(lane.receipt_path(id), 'utf8'));
}

module.exports = {
	CITIZEN, NEVER_CAPTURES, VISITOR, gate, patient_policy, verify_receipt, wait_for_state,
};
