// SPDX-License-Identifier: Apache-2.0
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { GATE, PHONE } = require('./harness/browser');
const checks = require('./harness/checks');
const { CITIZEN, NEVER_CAPTURES, VISITOR, gate, patient_policy, wait_for_state } =
	require('./harness/gate');
const { enrol } = require('./harness/lane');
const { postern } = require('./harness/program');
const { run } = require('./harness/tap');
const { until } = require('./harness/until');

/** Who opted out takes the receipt, which is the lane's. @return the event of the end */
async function take_receipt(world, lane, display) {
	await display.click('#take-receipt');
	const closed = await lane.wait_for_event('encounter.closed');
	await display.waitForSelector('#receipt-code');
	await until('the code is drawn', () => display.$eval('#receipt-code', (img) => img.naturalWidth > 0));
	const shown = await display.textContent('#receipt-text');
	assert.ok(shown.includes(closed.receipt), shown);
	const code = await checks.read_code(display, '#receipt-code', world.folder);
	const text = await display.evaluate(async (path) => (await fetch(path)).text(),
		`/api/lanes/gate-7/receipts/${closed.receipt}.txt`);
	assert.equal(code.trim(), text.trim(), 'the code says what the text says');
	const slip = path.join(world.folder, 'slip');
	fs.writeFileSync(slip, code);
	await postern('receipt', 'verify', lane.receipt_path(closed.receipt), '--state', lane.state,
		'--slip', slip);
	return closed;
}

/** Somebody opts out by what `act` does, once; no frame of them is ever read. */
async function opts_out(world, act) {
	const { lane, display } = await gate(world, { lane_options: patient_policy(world.folder) });
	await wait_for_state(display, 'waiting');
	await lane.must('open', CITIZEN);
	await wait_for_state(display, 'choose');
	await act(display);
	await wait_for_state(display, 'opted-out');
	assert.equal((await lane.ask('consent')).code, 'unsafe', 'nobody takes it back');
	assert.equal(await display.locator('#go-on').isVisible(), false, 'nothing to take it back with');
	await checks.keep(display, 'traveler-opted-out');
	const closed = await take_receipt(world, lane, display);
	await checks.keep(display, 'traveler-receipt');
	assert.equal(closed.outcome, 'refer-opted-out');
	assert.equal(closed.frames.leased, 0);
	assert.ok(closed.frames.withheld > 0);
	assert.equal(lane.events('permit.granted').length, 0);
}

run({
	'one click opts out, and no frame is read': (world) => opts_out(world, (display) =>
		display.click('#opt-out')),

	'one key opts out': (world) => opts_out(world, async (display) => {
		const keys = await display.getAttribute('#opt-out', 'aria-keyshortcuts');
		await display.keyboard.press(keys.split(' ')[0]);
	}),

	'who goes on is verified': async (world) => {
		const { lane, display } = await gate(world, {
			lane_options: [...await enrol(world.folder), ...patient_policy(world.folder)],
		});
		await lane.must('open', { ...CITIZEN, subject: 'S001' });
		await wait_for_state(display, 'choose');
		await display.click('#go-on');
		await wait_for_state(display, 'verified');
		await checks.keep(display, 'traveler-verified');
		const closed = await lane.close();
		assert.equal(closed.outcome, 'verified');
		assert.equal(closed.choice, 'consent');
	},

	'who withdraws while a permit lives is wiped': async (world) => {
		const { lane, display } = await gate(world, { lane_options: NEVER_CAPTURES });
		await lane.must('open', VISITOR);
		await lane.wait_for_event('permit.granted');
		await wait_for_state(display, 'look');
		assert.equal(await display.getAttribute('#opt-out', 'data-does'), 'withdraw');
		await display.click('#opt-out');
		await wait_for_state(display, 'withdrawn');
		await lane.wait_for_event('permit.revoked');
		const closed = await take_receipt(world, lane, display);
		assert.equal(closed.outcome, 'refer-withdrawn');
		assert.deepEqual(closed.stored, []);
	},

	'both ways are equally large, and the notice is heard in five languages': async (world) => {
		const { lane, display } = await gate(world, { lane_options: patient_policy(world.folder) });
		await lane.must('open', CITIZEN);
		await wait_for_state(display, 'choose');
		const words = new Set();
		for (const language of ['en', 'es', 'fr', 'zh', 'ar']) {
			await display.click(`button[data-language=${language}]`);
			await until(`the page speaks ${language}`, () => display.evaluate((tag) =>
				document.documentElement.lang.startsWith(tag), language));
			words.add(await display.textContent('#opt-out'));
			for (const [name, viewport] of Object.entries({ gate: GATE, phone: PHONE })) {
				await checks.resize(display, viewport);
				await checks.check_fits(display, `${language} ${name}`);
				await checks.check_targets(display, `${language} ${name}`, 44);
				const [on, out] = await display.evaluate(() => ['#go-on', '#opt-out'].map((selector) =>
					document.querySelector(selector).getBoundingClientRect().toJSON()));
				assert.ok(Math.abs(on.width - out.width) <= 1 && Math.abs(on.height - out.height) <= 1,
					`${language} ${name}: ${JSON.stringify([on, out])}`);
				assert.ok(out.height >= 64 && out.width >= 140, JSON.stringify(out));
				assert.ok(out.y + out.height <= viewport.height && on.y + on.height <= viewport.height,
					`${language} ${name}: both are seen without scrolling: ${JSON.stringify([on, out])}`);
				const [first, second] = [on, out].map((box) => box.x);
				if (viewport === GATE) {
					assert.equal(first > second, language === 'ar', `${language}: which comes first`);
				}
				await checks.keep(display, `traveler-choose-${language}-${name}`);
			}
			await checks.check_accessible(display, `traveler, choose, ${language}`);
			await checks.resize(display, GATE);
		}
		assert.equal(words.size, 5, [...words].join(', '));
		await display.click('button[data-language=ar]');
		const way = await display.evaluate(() => {
			const text = document.querySelector('#notice-text');
			const { direction, textAlign } = getComputedStyle(text);
			return { direction, textAlign, page: getComputedStyle(document.body).direction };
		});
		assert.equal(way.direction, 'rtl');
		assert.equal(way.page, 'rtl');
		assert.ok(['start', 'right', '-webkit-auto'].includes(way.textAlign), way.textAlign);
	},

	'a second display is refused, and says so': async (world) => {
		const { lane, server } = await gate(world);
		const second = await world.browser.open(server.address('traveler'));
		await wait_for_state(second, 'second');
		assert.notEqual(await second.getAttribute('html', 'data-notice'), 'active');
		await lane.wait_for_notice('current');
	},
});
