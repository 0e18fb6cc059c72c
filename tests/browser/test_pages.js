// SPDX-License-Identifier: Apache-2.0
'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { DESK, GATE, PHONE } = require('./harness/browser');
const checks = require('./harness/checks');
const { NEVER_CAPTURES, VISITOR } = require('./harness/gate');
const { HostileLane, MARKUP } = require('./harness/hostile');
const { run } = require('./harness/tap');
const { until } = require('./harness/until');
const { walk_traveler } = require('./harness/walk');

const PAGES = ['/', '/traveler/gate-7', '/officer', '/integrator'];

run({
	'each page is fenced in': async (world) => {
		const lane = await world.lane();
		const { origin } = await world.console({ 'gate-7': lane });
		for (const page of PAGES) {
			const { headers } = await fetch(origin + page);
			const policy = headers.get('content-security-policy');
			for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'",
				"frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"]) {
				assert.ok(policy.includes(part), `${page}: ${policy}`);
			}
			assert.ok(!/unsafe|\*|https?:/.test(policy), `${page}: ${policy}`);
			assert.equal(headers.get('x-content-type-options'), 'nosniff');
			assert.equal(headers.get('referrer-policy'), 'no-referrer');
		}
	},

	'a wrong token is told in one clear line': async (world) => {
		const lane = await world.lane();
		const { origin } = await world.console({ 'gate-7': lane });
		for (const page of PAGES) {
			const there = await world.browser.open(`${origin}${page}#token=wrong`, { viewport: DESK });
			const told = await until(`${page} tells it`, () => there.evaluate(() =>
				[...document.querySelectorAll('[role=alert], [role=status]')]
					.filter((element) => element.checkVisibility())
					.map((element) => element.innerText.trim()).find((text) => /token/i.test(text))));
			assert.ok(told.length < 200 && !told.includes('\n'), told);
			await checks.check_accessible(there, `${page} with a wrong token`);
			await checks.keep(there, `wrong-token${page.replaceAll('/', '-')}`);
			for (const viewport of [GATE, PHONE]) {
				await checks.resize(there, viewport);
				await checks.check_fits(there, `${page} with a wrong token, ${viewport.width}`);
			}
		}
	},

	'markup in whatever a lane says stays text': async (world) => {
		const lane = await world.lane(...NEVER_CAPTURES);
		const hostile = await HostileLane.start(path.join(world.folder, 'hostile'), lane);
		world.started.push(hostile);
		const server = await world.console({ 'gate-7': hostile });
		const pages = [];
		for (const role of ['traveler', 'officer', 'integrator']) {
			pages.push(await world.browser.open(server.address(role), { viewport: DESK }));
		}
		await until('a display is heard of', async () => (await lane.must('status')).notice.display);
		await lane.must('open', VISITOR);
		await lane.wait_for_event('permit.granted');
		await pages[1].waitForSelector('#encounter[data-number]:visible');
		await until('the officer reads what the lane says', async () =>
			(await pages[1].textContent('#rule-text')).includes(MARKUP));
		await lane.close();
		await pages[1].waitForSelector('#past-list button');
		for (const page of pages) {
			const found = await page.evaluate(() => ({
				shown: document.body.innerText.includes('<img src=x'),
				made: document.querySelectorAll('.hacked, img[src=x]').length,
				hacked: Boolean(window.hacked),
			}));
			assert.deepEqual(found, { shown: true, made: 0, hacked: false }, page.url());
		}
	},

	'the traveler\'s page in each of its states': async (world) => {
		const seen = [];
		await walk_traveler(world, { viewport: GATE }, async (page, state) => {
			seen.push(state);
			await checks.check_accessible(page, state);
			await checks.check_targets(page, state, 44);
			await checks.check_fits(page, state);
			await checks.resize(page, PHONE);
			await checks.check_fits(page, `${state}, phone`);
			await checks.resize(page, GATE);
			await checks.keep(page, `state-${state}`);
		});
		assert.deepEqual(seen, ['waiting', 'choose', 'opted-out', 'receipt', 'refused', 'look', 'refer',
			'withdrawn', 'early', 'away']);
	},

	'the ways in, and each desk\'s dialogs': async (world) => {
		const lane = await world.lane();
		const server = await world.console({ 'gate-7': lane });
		for (const page of PAGES) {
			const there = await world.browser.open(server.origin + page, { viewport: DESK });
			await until(`${page} is there`, () => there.evaluate(() =>
				document.body.innerText.trim().length > 10));
			await checks.check_accessible(there, `${page}, not logged in`);
			await checks.keep(there, `way-in${page.replaceAll('/', '-')}`);
			await checks.resize(there, PHONE);
			await checks.check_fits(there, `${page}, not logged in`);
		}
		const officer = await world.browser.open(server.address('officer'), { viewport: DESK });
		await officer.waitForSelector('#category-list [role=option]');
		await checks.check_accessible(officer, 'officer, nobody there');
		for (const viewport of [GATE, PHONE]) {
			await checks.resize(officer, viewport);
			await checks.check_fits(officer, `officer, ${viewport.width}`);
		}
		await checks.resize(officer, DESK);
		await officer.click('#keys-button');
		await checks.check_accessible(officer, 'officer, keys');
		await officer.keyboard.press('Escape');
		await lane.end('SIGKILL');
		await officer.waitForSelector('#lanes [data-state=away]');
		await checks.check_accessible(officer, 'officer, the lane is away');
		await checks.keep(officer, 'officer-lane-away');
	},
});
