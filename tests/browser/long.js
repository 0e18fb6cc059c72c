// SPDX-License-Identifier: Apache-2.0
//
// Each state of the traveler's page in each of its languages, on a display and on a telephone.
'use strict';

const { GATE, PHONE } = require('./harness/browser');
const checks = require('./harness/checks');
const { run } = require('./harness/tap');
const { until } = require('./harness/until');
const { walk_traveler } = require('./harness/walk');

async function visit(page, what, language) {
	if (await page.locator(`button[data-language=${language}]`).isVisible()) {
		await page.click(`button[data-language=${language}]`);
	}
	await until(`${what} in ${language}`, () => page.evaluate((tag) =>
		document.documentElement.lang.startsWith(tag), language));
	for (const viewport of [GATE, PHONE]) {
		await checks.resize(page, viewport);
		await checks.check_accessible(page, `${what}, ${language}, ${viewport.width}`);
		await checks.check_fits(page, `${what}, ${language}, ${viewport.width}`);
		await checks.check_targets(page, `${what}, ${language}, ${viewport.width}`, 44);
		await checks.keep(page, `long-${language}-${what}-${viewport.width}`);
	}
	await checks.resize(page, GATE);
}

run(Object.fromEntries(['en', 'es', 'fr', 'zh', 'ar'].map((language) =>
	[`the traveler's page in ${language}`, (world) =>
		walk_traveler(world, { viewport: GATE }, (page, state) => visit(page, state, language))])));
