// SPDX-License-Identifier: Apache-2.0
//
// The notice lock: a lane trusts a display only while it is really to be seen.
'use strict';

const assert = require('node:assert/strict');
const { Browser } = require('./harness/browser');
const { NEVER_CAPTURES, VISITOR, gate, wait_for_state } = require('./harness/gate');
const { NOTICE_TIMEOUT_S } = require('./harness/lane');
const { run } = require('./harness/tap');

const SLACK_S = 2; // what a busy machine adds

/**
 * Loses the notice by what `lose` does: it lapses in time, and who steps up is referred unseen.
 * @return the gate, and what `lose` returned
 */
async function loses(world, lose, there) {
	const { lane } = there;
	const begun = Date.now();
	await lose();
	await lane.wait_for_notice('absent');
	const took = (Date.now() - begun) / 1000;
	assert.ok(took <= NOTICE_TIMEOUT_S + SLACK_S, `absent after ${took} s`);
	await lane.must('open', VISITOR);
	const closed = await lane.close();
	assert.equal(closed.outcome, 'refer-no-notice');
	assert.equal(closed.frames.leased, 0);
}

async function minimise(page, windowState) {
	const session = await page.context().newCDPSession(page);
	const { windowId } = await session.send('Browser.getWindowForTarget');
	await session.send('Browser.setWindowBounds', { windowId, bounds: { windowState } });
	await session.detach();
}

run({
	'hidden behind another tab, minimised, and back': async (world) => {
		const there = await gate(world, { really: true });
		const { lane, display } = there;
		let other;
		await loses(world, async () => {
			other = await world.browser.open_really(`${there.server.origin}/officer`);
			await other.bringToFront();
		}, there);
		await display.bringToFront();
		await lane.wait_for_notice('current');
		await loses(world, () => minimise(display, 'minimized'), there);
		await minimise(display, 'normal');
		await lane.wait_for_notice('current');
	},

	'covered by something on the page itself': async (world) => {
		const there = await gate(world);
		await loses(world, () => there.display.evaluate(() => {
			const sheet = document.createElement('div');
			sheet.id = 'sheet';
			sheet.style.cssText = 'position:fixed;inset:0;z-index:2147483647;background:#000';
			document.body.append(sheet);
		}), there);
		await there.display.evaluate(() => document.querySelector('#sheet').remove());
		await there.lane.wait_for_notice('current');
	},

	'hidden while a permit lives: it ends, and what was captured is wiped': async (world) => {
		const there = await gate(world, { really: true, lane_options: NEVER_CAPTURES });
		const { lane } = there;
		await lane.must('open', VISITOR);
		await lane.wait_for_event('permit.granted');
		const other = await world.browser.open_really(`${there.server.origin}/officer`);
		await other.bringToFront();
		assert.equal((await lane.wait_for_event('permit.revoked')).cause, 'notice');
		assert.equal((await lane.close()).outcome, 'refer-no-notice');
	},

	'the page is closed': async (world) => {
		const there = await gate(world);
		await loses(world, () => there.display.close(), there);
	},

	'the browser is killed': async (world) => {
		const browser = await Browser.start(world.folder, 'doomed');
		try {
			const there = await gate({ ...world, browser, lane: (...o) => world.lane(...o),
				console: (...o) => world.console(...o) });
			await loses(world, () => browser.end('SIGKILL'), there);
		} finally {
			await browser.end('SIGKILL');
		}
	},

	'the console is killed, and started again: the page comes back by itself': async (world) => {
		const there = await gate(world);
		const { lane, server, display } = there;
		const { origin } = server;
		await loses(world, () => server.end('SIGKILL'), there);
		await wait_for_state(display, 'away');
		assert.equal(lane.is_running, true);
		await world.console({ 'gate-7': lane }, ['--listen', new URL(origin).host]);
		await lane.wait_for_notice('current');
		await wait_for_state(display, 'waiting');
	},
});
