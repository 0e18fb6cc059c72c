// SPDX-License-Identifier: Apache-2.0
'use strict';

const assert = require('node:assert/strict');
const { DESK, GATE, PHONE } = require('./harness/browser');
const checks = require('./harness/checks');
const { NEVER_CAPTURES, VISITOR, gate } = require('./harness/gate');
const { postern } = require('./harness/program');
const { run } = require('./harness/tap');
const { until } = require('./harness/until');

const BESIDE = ['--source', 'synth:?seed=8&person=0&take=1&bystanders=1&size=640x480&fps=15'];
/** A permit lives on although somebody is seen well. */
const TAKES_LONG = ['--set', 'capture.good-quality=100', '--set', 'capture.stop-after=60s', '--set',
	'capture.timeout=60s'];

async function view(world, ...lane_options) {
	const there = await gate(world, { lane_options });
	const page = await world.browser.open(there.server.address('integrator'), { viewport: DESK });
	await page.waitForSelector('#link[data-state=live]');
	return { ...there, page };
}

function fact(page, name) {
	return page.textContent(`[data-fact=${name}]`);
}

run({
	'camera, frames, workers, vault and log at a glance': async (world) => {
		const { lane, server, page } = await view(world, ...NEVER_CAPTURES);
		await until('the rate is that of the source', async () => {
			const rate = parseFloat(/[\d.]+/.exec(await fact(page, 'rate')) || 'NaN');
			return rate > 10 && rate < 20;
		});
		assert.ok((await fact(page, 'audit')).length > 0 && (await fact(page, 'vault')).length > 0);
		await lane.must('open', VISITOR);
		await lane.wait_for_event('permit.granted');
		await until('frames are leased', async () =>
			parseFloat(await page.textContent('#rate-leased')) > 0);
		await page.waitForSelector('#workers tr[data-worker=vision]');
		await checks.keep(page, 'integrator');
		await checks.check_accessible(page, 'integrator');
		await checks.check_targets(page, 'integrator');
		for (const [name, viewport] of Object.entries({ gate: GATE, phone: PHONE })) {
			await checks.resize(page, viewport);
			await checks.check_fits(page, `integrator, ${name}`);
		}
		const metrics = await fetch(`${server.origin}/metrics`,
			{ headers: { Authorization: `Bearer ${server.token('integrator')}` } });
		assert.match(await metrics.text(), /^postern_\w+\{.*gate-7.*\} [\d.e+]+$/m);
		assert.equal((await fetch(`${server.origin}/metrics`)).status, 401);
		assert.equal((await fetch(`${server.origin}/healthz`)).status, 200);
	},

	'a picture while a permit lives, of nobody else, and on the record': async (world) => {
		const { lane, page } = await view(world, ...BESIDE, ...TAKES_LONG, '--set',
			'control.picture=masked');
		await page.click('#picture-button');
		assert.equal(await page.locator('#picture').isVisible(), false);
		await lane.must('open', VISITOR);
		await lane.wait_for_event('permit.granted');
		await page.waitForSelector('#picture:visible');
		const seen = await until('somebody is to be seen', async () => {
			const now = await checks.look(page);
			return now && now.middle > 60 && now;
		});
		assert.ok(seen.width > 100 && seen.width <= 480, JSON.stringify(seen));
		assert.ok(seen.left < 12 && seen.right < 12, `others are masked: ${JSON.stringify(seen)}`);
		await checks.keep(page, 'integrator-picture');
		await lane.close();
		await page.waitForSelector('#picture', { state: 'hidden' });
		assert.equal(await page.getAttribute('#picture', 'src'), null, 'nothing of it is left');
		const log = await postern('audit', 'show', '--state', lane.state, '--kind', 'picture.viewed',
			'--json');
		assert.equal(log.trim().split('\n').length, 1, log);
	},

	'no picture where the lane was not told to give any': async (world) => {
		const { lane, page } = await view(world, ...NEVER_CAPTURES);
		await page.click('#picture-button');
		await lane.must('open', VISITOR);
		await lane.wait_for_event('permit.granted');
		await until('the page says why', async () =>
			/picture/.test(await page.textContent('#picture-words')) &&
			/control\.picture|off/i.test(await page.textContent('#picture-words')));
		assert.equal(await page.locator('#picture').isVisible(), false);
		await lane.close();
	},
});
