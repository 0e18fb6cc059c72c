// SPDX-License-Identifier: Apache-2.0
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { OUTPUT } = require('./output');
const { run } = require('./program');

const AXE = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const ALL_OF_IT = 2400; // px: what waits below the fold counts as covered there
const TARGET = 24; // px, WCAG 2.2 success criterion 2.5.8

/** Gives the page another size, and waits until it is laid out and painted with it. */
async function resize(page, viewport) {
	await page.setViewportSize(viewport);
	await page.evaluate(({ width }) => new Promise((resolve) => {
		const look = () => (innerWidth === width ? requestAnimationFrame(resolve)
			: requestAnimationFrame(look));
		requestAnimationFrame(look);
	}), viewport);
}

/** What axe-core finds, in words. */
async function violations(page, options) {
	await page.evaluate(`window.axe || (() => {${AXE}})()`);
	const found = await page.evaluate((more) => window.axe.run(document,
		{ preload: false, resultTypes: ['violations'], ...more }), options);
	assert.ok(found.passes.length > 0, 'axe-core looked at something');
	return found.violations.map(({ id, help, nodes }) =>
		`${id}: ${help}: ${nodes.map((node) => node.html).join(' ')}`);
}

/** axe-core finds nothing on the page as it is now: target sizes included, in light and in dark. */
async function check_accessible(page, what) {
	const { width, height } = page.viewportSize();
	await resize(page, { width, height: ALL_OF_IT });
	const light = await violations(page, { rules: { 'target-size': { enabled: true } } });
	assert.deepEqual(light, [], `${what}: what axe-core finds`);
	await page.emulateMedia({ colorScheme: 'dark' });
	const dark = await violations(page, { runOnly: ['color-contrast', 'link-in-text-block'] });
	assert.deepEqual(dark, [], `${what}, dark: what axe-core finds`);
	await page.emulateMedia({ colorScheme: 'light' });
	await resize(page, { width, height });
}

/** Nothing is to be scrolled sideways, and no text is cut off by its own box. */
async function check_fits(page, what) {
	const wide = await page.evaluate(() => {
		const { scrollWidth, clientWidth } = document.documentElement;
		return scrollWidth > clientWidth ? `${scrollWidth} px in ${clientWidth}` : '';
	});
	assert.equal(wide, '', `${what}: scrolls sideways`);
	const cut = await page.evaluate(() => [...document.querySelectorAll('button, a, label, h1, h2, p')]
		.filter((element) => element.checkVisibility() && element.scrollWidth > element.clientWidth + 1 &&
			getComputedStyle(element).overflowX !== 'visible' && getComputedStyle(element).position !== 'absolute')
		.map((element) => element.outerHTML.slice(0, 200)));
	assert.deepEqual(cut, [], `${what}: text is cut off`);
}

/** Every control that can be seen is at least so large, both ways. */
async function check_targets(page, what, least = TARGET) {
	const small = await page.evaluate((px) => [...document.querySelectorAll('button, select, [role=option], a[href]')]
		.filter((element) => element.checkVisibility({ visibilityProperty: true }))
		.map((element) => [element.getBoundingClientRect(), element.outerHTML.slice(0, 120)])
		.filter(([box]) => box.width > 1 && (box.width < px || box.height < px))
		.map(([box, html]) => `${box.width.toFixed(0)}x${box.height.toFixed(0)} ${html}`), least);
	assert.deepEqual(small, [], `${what}: targets below ${least} px`);
}

/** Keeps a picture of the page with the tests' output. @return its path */
async function keep(page, name) {
	const file = path.join(OUTPUT, `${name}.png`);
	await page.screenshot({ path: file });
	return file;
}

/** How far the live picture is from an evenly coloured sheet, at its sides and in its middle; null: none. */
function look(page) {
	return page.evaluate(() => {
		const image = document.querySelector('#picture');
		const canvas = document.createElement('canvas');
		const { naturalWidth: width, naturalHeight: height } = image;
		if (!width) {
			return null;
		}
		canvas.width = width;
		canvas.height = height;
		const context = canvas.getContext('2d');
		context.drawImage(image, 0, 0);
		const spread = (x, y, w, h) => {
			const grey = [];
			const { data } = context.getImageData(x, y, w, h);
			for (let i = 0; i < data.length; i += 4) {
				grey.push(data[i] + data[i + 1] + data[i + 2]);
			}
			return (Math.max(...grey) - Math.min(...grey)) / 3;
		};
		const side = Math.floor(width * 0.2);
		return {
			width,
			left: spread(0, 0, side, height),
			right: spread(width - side, 0, side, height),
			middle: spread(side, 0, width - 2 * side, height),
		};
	});
}

/** What a QR code in the page says, read by zbar from a picture of it. */
async function read_code(page, selector, folder) {
	const file = path.join(folder, 'code.png');
	const code = page.locator(selector);
	await code.scrollIntoViewIfNeeded();
	await code.screenshot({ path: file });
	const read = await run('zbarimg', '--quiet', '--raw', '--oneshot', file);
	assert.equal(read.status, 0, `${selector}: no QR code that zbar can read (${read.err})`);
	return read.out.replace(/\n$/, '');
}

module.exports = {
	check_accessible, check_fits, check_targets, keep, look, read_code, resize,
};
