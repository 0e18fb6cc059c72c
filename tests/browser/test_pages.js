// SPDX-License-Identifier: Apache-2.0
'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { DESK, GATE, PHONE } = require('./harness/browser');
const checks = require('./harness/checks');
const { CITIZEN, NEVER_CAPTURES, VISITOR, gate, wait_for_state } = require('./harness/gate');
const { HostileLane, MARKUP } = require('./harness/hostile');
const { run } = require('./harness/tap');
const { until } = require('./harness/until');

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
			for (const viewport of [DESK, GATE, PHONE]) {
				const there = await world.browser.open(`${origin}${page}#token=wrong`, { viewport });
				const told = await until(`${page} tells it`, () => there.evaluate(() =>
					[...document.querySelectorAll('[role=alert], [role=status], .error, #advice')]
						.filter((element) => element.checkVisibility())
						.map((element) => element.textContent.trim()).find((text) => /token/i.test(text))));
				assert.ok(told.length < 200 && !told.includes('\n'), told);
				await checks.check_fits(there, `${page} with a wrong token, ${viewport.width}`);
				await checks.check_accessible_in_both(there, `${page} with a wrong token`);
				if (viewport === DESK) {
					await checks.keep(there, `wrong-token${page.replaceAll('/', '-')}`);
				}
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
});
