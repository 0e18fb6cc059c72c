// SPDX-License-Identifier: Apache-2.0
//
// The traveler's display where it is easily got wrong: early, late, small, and without a pointer.
'use strict';

const assert = require('node:assert/strict');
const { GATE, PHONE } = require('./harness/browser');
const checks = require('./harness/checks');
const { CITIZEN, NEVER_CAPTURES, VISITOR, gate, patient_policy, wait_for_state } =
	require('./harness/gate');
const { run } = require('./harness/tap');
const { until } = require('./harness/until');

// 1024 by 600 at 200 %, and 1280 at 400 %: WCAG 2.2, 1.4.4 and 1.4.10.
const SMALL = [GATE, PHONE, { width: 512, height: 300 }, { width: 320, height: 640 }];

const focused = (page) => page.evaluate(() => document.activeElement.id ||
	document.activeElement.dataset.language || document.activeElement.localName);

run({
	'a no before anybody steps up is passed on, and no frame is read': async (world) => {
		const { lane, display } = await gate(world);
		await wait_for_state(display, 'waiting');
		await display.click('#opt-out');
		await wait_for_state(display, 'early');
		await lane.wait_for_notice('absent');
		await lane.must('open', VISITOR);
		await wait_for_state(display, 'opted-out');
		assert.equal((await lane.ask('consent')).code, 'unsafe');
		const closed = await lane.close();
		assert.equal(closed.outcome, 'refer-opted-out');
		assert.equal(closed.frames.leased, 0);
	},

	'who may be required is told so, and on no screen the notice is lost for it': async (world) => {
		const { lane, display } = await gate(world, { lane_options: NEVER_CAPTURES });
		for (const viewport of SMALL) {
			const what = `${viewport.width} by ${viewport.height}`;
			await checks.resize(display, viewport);
			await lane.wait_for_notice('current');
			await lane.must('open', VISITOR);
			await wait_for_state(display, 'look');
			await until(`${what}: the page tells it`, async () =>
				(await display.textContent('#advice')).includes('allow a picture of you to be required'));
			await checks.check_fits(display, what);
			await new Promise((wake) => { setTimeout(wake, 1200); });
			assert.equal(await display.getAttribute('html', 'data-notice'), 'active', what);
			await display.click('#opt-out');
			await wait_for_state(display, 'withdrawn');
			await lane.close();
			await wait_for_state(display, 'withdrawn');
			await display.click('#done');
		}
		assert.equal(lane.events('permit.revoked').some(({ cause }) => cause === 'notice'), false);
	},

	'a receipt stays until the next person, whoever closed the encounter': async (world) => {
		const { lane, display } = await gate(world);
		await lane.must('open', { category: 'diplomat', 'known-by': 'document' });
		await wait_for_state(display, 'refused');
		const closed = await lane.close();
		await wait_for_state(display, 'refer');
		await display.waitForSelector('#receipt-code:visible');
		assert.ok((await display.textContent('#receipt-text')).includes(closed.receipt));
		assert.ok((await display.textContent('#advice')).includes('no accusation'));
		await checks.check_accessible(display, 'the receipt of who was referred');
		await lane.must('open', CITIZEN);
		await display.waitForSelector('#receipt', { state: 'hidden' });
		await lane.close();
	},

	'with the keyboard alone, in the order that is seen': async (world) => {
		const { lane, display } = await gate(world, { lane_options: patient_policy(world.folder) });
		await lane.must('open', CITIZEN);
		await wait_for_state(display, 'choose');
		const order = [];
		for (let i = 0; i < 9; i++) {
			await display.keyboard.press('Tab');
			order.push(await focused(display));
		}
		assert.deepEqual(order, ['skip', 'en', 'es', 'fr', 'zh', 'ar', 'summary', 'go-on', 'opt-out']);
		await display.keyboard.press('Enter');
		await wait_for_state(display, 'opted-out');
		assert.equal(await focused(display), 'headline', 'what happened is read next');
		while (await focused(display) !== 'take-receipt') {
			await display.keyboard.press('Tab');
		}
		await display.keyboard.press('Enter');
		await display.waitForSelector('#receipt-code:visible');
		assert.equal((await lane.wait_for_event('encounter.closed')).outcome, 'refer-opted-out');
	},
});
