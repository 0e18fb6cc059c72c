// SPDX-License-Identifier: Apache-2.0
'use strict';

const assert = require('node:assert/strict');
const { DESK } = require('./harness/browser');
const checks = require('./harness/checks');
const { CITIZEN, gate, patient_policy, verify_receipt } = require('./harness/gate');
const { run } = require('./harness/tap');
const { until } = require('./harness/until');

async function desk(world, options = {}) {
	const there = await gate(world, { lane_options: patient_policy(world.folder), ...options });
	const officer = await world.browser.open(there.server.address('officer'), { viewport: DESK });
	await officer.waitForSelector('#link[data-state=live]');
	await officer.waitForSelector('#category-list [role=option]');
	return { ...there, officer };
}

/** Opens an encounter with nothing but keys. */
async function open_by_keys(officer, category, known_by = 'document') {
	await officer.keyboard.press('n');
	await until('the category has the focus', () => officer.evaluate(() =>
		document.activeElement.id === 'category'));
	await officer.keyboard.type(category);
	await officer.keyboard.press('Enter');
	await until('how it is known has the focus', () => officer.evaluate(() =>
		document.activeElement.name === 'known-by'));
	while (await officer.evaluate(() => document.activeElement.value) !== known_by) {
		await officer.keyboard.press('ArrowDown');
	}
	await officer.keyboard.press('Space');
	await officer.keyboard.press('Enter');
	await officer.waitForSelector('#encounter[data-number]:visible');
}

run({
	'keys alone: open, read the rule, opt out, close, review, receipt': async (world) => {
		const { lane, officer } = await desk(world);
		await open_by_keys(officer, 'us-citizen');
		const opened = await lane.wait_for_event('encounter.opened');
		assert.deepEqual([opened.category, opened.known_by], ['us-citizen', 'document']);
		await until('the rule in words', async () =>
			(await officer.textContent('#rule-text')).includes('citizen may be photographed'));
		assert.equal(await officer.textContent('#rule-id'), 'citizen-offered');
		const sources = await officer.$$eval('#sources [data-source]', (all) => all.map((one) =>
			[one.dataset.source, one.textContent]));
		assert.deepEqual(sources.map(([id]) => id), ['cbp-exit-faq', 'cbp-privacy', 'cbp-release-2025']);
		for (const [id, text] of sources) {
			assert.ok(text.length > id.length + 10, `${id} in words: ${text}`);
		}
		await checks.keep(officer, 'officer-open');
		await checks.check_accessible(officer, 'officer, somebody there');
		await checks.check_targets(officer, 'officer, somebody there');

		await officer.keyboard.press('o');
		await officer.waitForSelector('#encounter[data-state=opted-out]');
		assert.equal((await lane.ask('consent')).code, 'unsafe');
		assert.equal((await lane.must('status')).encounter.choice, 'decline');
		await checks.keep(officer, 'officer-opted-out');
		await officer.keyboard.press('c');
		const closed = await lane.wait_for_event('encounter.closed');
		assert.equal(closed.outcome, 'refer-opted-out');
		assert.equal(closed.frames.leased, 0);

		await officer.waitForSelector('#past-list button[data-encounter="1"]');
		await officer.keyboard.press('r');
		await officer.waitForSelector('#review:visible');
		await officer.fill('#review-officer', 'DESK-07');
		await officer.check('input[name=decision][value=admitted]');
		await officer.check('input[name=evidence][value=face-match]');
		await officer.click('#review-button');
		await until('a face alone is refused', async () =>
			/face/.test(await officer.textContent('#review-error')));
		await officer.check('input[name=evidence][value=document]');
		await officer.click('#review-button');
		await until('the review is recorded', async () => await officer.textContent('#review-done'));
		await checks.keep(officer, 'officer-review');
		await checks.check_accessible(officer, 'officer, review');

		await officer.click('#receipt-button');
		await officer.waitForSelector('#receipt[open]');
		await until('the code is drawn', () => officer.$eval('#receipt-code', (img) => img.naturalWidth));
		await verify_receipt(lane, closed.receipt);
		assert.ok((await officer.textContent('#receipt-text')).toLowerCase().includes(closed.receipt));
		const code = await checks.read_code(officer, '#receipt-code', world.folder);
		assert.ok(code.toLowerCase().includes(closed.receipt), code);
		await checks.check_accessible(officer, 'officer, receipt');
		await officer.keyboard.press('Escape');
		await officer.waitForSelector('#receipt', { state: 'hidden' });
	},

	'F8 opts out even while somebody types': async (world) => {
		const { lane, officer } = await desk(world);
		await lane.must('open', CITIZEN);
		await officer.waitForSelector('#encounter[data-number="1"]:visible');
		await officer.evaluate(() => {
			for (const input of document.querySelectorAll('input[type=text]')) {
				if (input.checkVisibility()) {
					input.focus();
				}
			}
		});
		await officer.keyboard.press('F8');
		await officer.waitForSelector('#encounter[data-state=opted-out]');
		assert.equal((await lane.close()).outcome, 'refer-opted-out');
	},
});
