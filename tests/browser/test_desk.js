// SPDX-License-Identifier: Apache-2.0
'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { DESK, GATE, PHONE } = require('./harness/browser');
const checks = require('./harness/checks');
const { CITIZEN, VISITOR } = require('./harness/gate');
const { Lane, enrol } = require('./harness/lane');
const { postern } = require('./harness/program');
const { run } = require('./harness/tap');
const { until } = require('./harness/until');

async function officer_of(world, server) {
	const officer = await world.browser.open(server.address('officer'), { viewport: DESK });
	await officer.waitForSelector('#link[data-state=live]');
	await officer.waitForSelector('#category-list [role=option]');
	return officer;
}

async function desk(world) {
	const lane = await world.lane();
	const server = await world.console({ 'gate-7': lane });
	return { lane, server, officer: await officer_of(world, server) };
}

function offered(officer) {
	return officer.$$eval('#category-list [role=option]:not([hidden])', (all) =>
		all.map((one) => one.dataset.value));
}

/** The words of the page that can be seen. */
function seen(page) {
	return page.evaluate(() => document.body.innerText);
}

run({
	'a category is found by its plain words and by the policy\'s': async (world) => {
		const { lane, officer } = await desk(world);
		await officer.keyboard.press('n');
		for (const [typed, values] of Object.entries({ 'stud': ['nonimmigrant'],
			'border-crossing': ['crew-or-border-card'], 'perm res': ['permanent-resident'],
			'u.s. cit': ['us-citizen', 'us-national'], 'martian': [] })) {
			await officer.fill('#category', typed);
			assert.deepEqual(await offered(officer), values, typed);
		}
		assert.equal(await officer.isVisible('#category-none'), true);
		await officer.keyboard.press('Escape');
		assert.ok((await offered(officer)).length > 9);
		await officer.keyboard.press('ArrowDown');
		await officer.keyboard.press('ArrowDown');
		const active = await officer.getAttribute('#category', 'aria-activedescendant');
		assert.equal(await officer.getAttribute(`#${active}`, 'data-value'), 'us-national');

		await officer.click('#open-button');
		assert.match(await officer.textContent('#open-error'), /^Category/);
		await officer.click('[data-value=diplomat]');
		await officer.click('#open-button');
		assert.match(await officer.textContent('#open-error'), /^Known by/);
		await officer.check('input[name=known-by][value=manifest]');
		await officer.fill('#born', '2030-01-01');
		await officer.click('#open-button');
		await until('the lane says why not', async () =>
			/born: after today/.test(await officer.textContent('#action-error')));
		await officer.fill('#born', '2015-01-01');
		await officer.click('#open-button');
		const { known_by, age_band } = await lane.wait_for_event('encounter.opened');
		assert.deepEqual([known_by, age_band], ['manifest', 'under-14']);
		await officer.waitForSelector('#encounter[data-verdict=refuse]');
		await until('both readings are there', async () =>
			/TechCrunch.*CBP release/s.test(await officer.textContent('#disputes')));
		await checks.check_accessible(officer, 'officer, disputed');
		for (const viewport of [GATE, PHONE]) {
			await checks.resize(officer, viewport);
			await checks.check_fits(officer, `officer, ${viewport.width}`);
		}
	},

	'letters are keys unless switched off, and never while somebody types': async (world) => {
		const { lane, officer } = await desk(world);
		await lane.must('open', VISITOR);
		await officer.waitForSelector('#encounter[data-number="1"]:visible');
		await officer.keyboard.press('?');
		await officer.uncheck('#keys-on');
		await officer.keyboard.press('Escape');
		await officer.keyboard.press('o');
		await officer.keyboard.press('c');
		await officer.click('#keys-button');
		await officer.check('#keys-on');
		await officer.keyboard.press('o'); // from the open dialog, too
		await officer.waitForSelector('#encounter[data-state=opted-out]');
		assert.equal(lane.events('encounter.chose').length, 1);
		await officer.keyboard.press('Escape');
		await officer.keyboard.press('c');
		await officer.waitForSelector('#open-form:visible');
		await officer.keyboard.press('p');
		await officer.waitForSelector('#receipt[open]');
		await officer.keyboard.press('Escape');
		await officer.keyboard.press('n');
		await officer.keyboard.type('co');
		assert.equal(await officer.inputValue('#category'), 'co');
	},

	'an opt-out that the lane does not confirm is said again until it does': async (world) => {
		const { lane, officer } = await desk(world);
		await lane.must('open', CITIZEN);
		await officer.waitForSelector('#encounter[data-number="1"]:visible');
		lane.signal('SIGSTOP');
		await officer.keyboard.press('o');
		await until('the page says that it is not confirmed', async () =>
			/^Not confirmed/.test(await officer.textContent('#action-error')));
		await officer.waitForSelector('#link[data-state=away]');
		assert.match(await officer.textContent('#old'), /old/);
		await checks.check_accessible(officer, 'officer, lane away');
		await checks.keep(officer, 'officer-away');
		lane.signal('SIGCONT');
		await officer.waitForSelector('#encounter[data-state=opted-out]');
		await officer.waitForSelector('#link[data-state=live]');
		await until('nothing is owed any more', async () =>
			await officer.textContent('#action-error') === '');
		assert.equal((await lane.close()).outcome, 'refer-opted-out');
	},

	'who opens anew over an opt-out reads the lane\'s refusal': async (world) => {
		const { lane, officer } = await desk(world);
		await officer.click('[data-value=us-citizen]');
		await officer.check('input[name=known-by][value=document]');
		await lane.must('open', CITIZEN);
		await lane.must('decline');
		await officer.waitForSelector('#encounter[data-state=opted-out]');
		const controls = await officer.$$eval('#now button, #now select', (all) =>
			all.filter((one) => one.checkVisibility()).map((one) => one.id));
		assert.deepEqual(controls, ['decline', 'withdraw', 'close']);
		await officer.$eval('#open-form', (form) => form.requestSubmit());
		await until('the refusal is read', async () =>
			/refused and recorded/.test(await officer.textContent('#action-error')));
		assert.equal((await lane.must('status')).encounter.choice, 'decline');
		assert.match(await postern('audit', 'show', '--state', lane.state, '--kind', 'override.refused'),
			/open/);
	},

	'two lanes at a glance; one that begins anew is another run': async (world) => {
		const folder = path.join(world.folder, 'second');
		const lanes = { 'gate-7': await world.lane(), 'gate-8': await Lane.start(folder) };
		world.started.push(lanes['gate-8']);
		const server = await world.console(lanes);
		const officer = await officer_of(world, server);
		await lanes['gate-8'].must('open', CITIZEN);
		await until('the other lane says who is there', async () =>
			/1 · .*No notice/.test(await officer.textContent('#lanes [data-lane=gate-8]')));
		assert.equal(await officer.isVisible('#encounter'), false);
		await officer.keyboard.press('2');
		await officer.waitForSelector('#encounter[data-number="1"]:visible');
		await lanes['gate-8'].must('decline');
		await officer.waitForSelector('#encounter[data-state=opted-out]');
		await lanes['gate-8'].close();
		await officer.waitForSelector('#past-list [data-encounter="1"][data-outcome=refer-opted-out]');

		await lanes['gate-8'].end('SIGKILL');
		await officer.waitForSelector('#lanes [data-lane=gate-8][data-state=away]');
		await officer.waitForSelector('#link[data-state=away]');
		await checks.keep(officer, 'officer-two-lanes');
		world.started.push(await Lane.start(folder));
		await officer.waitForSelector('#link[data-state=live]');
		await until('nobody of the run before is left', async () =>
			await officer.isVisible('#past-none'));
	},

	'what an officer reads holds no score': async (world) => {
		const lane = await world.lane(...await enrol(world.folder), '--source',
			'synth:?people=1&seed=5&size=640x480&fps=15');
		const officer = await officer_of(world, await world.console({ 'gate-7': lane }));
		const display = setInterval(() => lane.ask('notice', { display: 'd', version: 'us-border-1' })
			.catch(() => {}), 500);
		try {
			await lane.must('open', VISITOR);
			const closed = await lane.wait_for_event('match.result').then(() => lane.close());
			await officer.waitForSelector('#past-list [data-encounter="1"]');
			await officer.keyboard.press('r');
			await officer.waitForSelector('#review:visible');
			const text = await seen(officer);
			assert.match(text, /Not matched at FMR 1 in \d/);
			assert.match(text, /No match is no evidence of anything/);
			assert.ok(!/score|similarity|0\.\d{2,}/i.test(text), text);
			assert.equal(closed.outcome, 'refer-no-match');
		} finally {
			clearInterval(display);
		}
	},
});
