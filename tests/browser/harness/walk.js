// SPDX-License-Identifier: Apache-2.0
'use strict';

const { CITIZEN, NEVER_CAPTURES, VISITOR, gate, patient_policy, wait_for_state } = require('./gate');

const DIPLOMAT = { category: 'diplomat', 'known-by': 'document' };
const SIX_SECONDS = ['--set', 'capture.timeout=6s'];

/**
 * Leads the traveler's page through its states, and calls visit(page, state) in each.
 *
 * Nobody is captured here: the state of who was verified is not among them.
 */
async function walk_traveler(world, page, visit) {
	const { lane, server, display } = await gate(world, {
		lane_options: [...patient_policy(world.folder), ...NEVER_CAPTURES, ...SIX_SECONDS], page,
	});
	const reach = async (...states) => {
		const state = await wait_for_state(display, ...states);
		await visit(display, state);
	};

	await reach('waiting');
	await lane.must('open', CITIZEN);
	await reach('choose');
	await display.click('#opt-out');
	await reach('opted-out');
	await display.click('#take-receipt');
	await display.waitForSelector('#receipt-code');
	await visit(display, 'receipt');
	await display.click('#done');

	await wait_for_state(display, 'waiting');
	await lane.must('open', DIPLOMAT);
	await reach('refused');
	await lane.must('close');
	await display.click('#done');

	await wait_for_state(display, 'waiting');
	await lane.must('open', CITIZEN);
	await wait_for_state(display, 'choose');
	await display.click('#go-on');
	await reach('look');
	await reach('refer'); // whose time is over is no longer there
	await display.click('#done');

	await wait_for_state(display, 'waiting');
	await lane.must('open', VISITOR);
	await wait_for_state(display, 'look');
	await display.click('#opt-out');
	await reach('withdrawn');
	await display.click('#take-receipt');
	await display.click('#done');

	await wait_for_state(display, 'waiting');
	await display.click('#opt-out');
	await reach('early');
	await server.end('SIGKILL');
	await reach('away');
}

module.exports = { walk_traveler };
