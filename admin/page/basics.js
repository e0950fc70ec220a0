// SPDX-License-Identifier: GPL-2.0-only
// Elements and numbers. Names are other people's: they become text nodes, never HTML.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const byId = (id) => document.getElementById(id);

function make(tag, attributes, ...children) {
	const e = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes || {}))
		e.setAttribute(name, value);
	e.append(...children.map((c) => (c instanceof Node ? c : String(c))));
	return e;
}

function draw(tag, attributes, text) {
	const e = document.createElementNS(SVG, tag);
	for (const [name, value] of Object.entries(attributes))
		e.setAttribute(name, value);
	if (text !== undefined)
		e.textContent = text;
	return e;
}

function scaled(n, base, units) {
	let i = 0;
	while (Math.abs(n) >= base * 0.9995 && i + 1 < units.length) {
		n /= base;
		i++;
	}
	const digits = n >= 99.95 ? 0 : i && n < 9.995 ? 2 : 1;
	return Number(n.toFixed(digits)) + units[i];
}

const known = (n) => typeof n === "number" && Number.isFinite(n);
const count = (n) => (Number.isInteger(n) && n < 10000 ? String(n) : known(n) ? scaled(n, 1000, ["", " k", " M", " G", " T"]) : "–");
const bytes = (n) => (known(n) ? scaled(n, 1024, [" B", " KiB", " MiB", " GiB", " TiB"]) : "–");
const rate = (n) => (known(n) ? bytes(n) + "/s" : "–");
const percent = (n) => (known(n) ? Number((n * 100).toFixed(1)) + " %" : "–");
const clock = (s) => new Date(s * 1000).toLocaleTimeString();

// A time of some nanoseconds.
const short = (ns) => (known(ns) ? scaled(ns / 1000, 1000, [" µs", " ms", " s"]) : "–");

function span(s) {
	if (!known(s))
		return "–";
	if (s < 90)
		return Math.round(s) + " s";
	if (s < 5400)
		return Math.round(s / 60) + " min";
	if (s < 129600)
		return Math.round(s / 3600) + " h";
	return Math.round(s / 86400) + " days";
}

// The next round number, for a scale's end; of bytes, one that is round in its unit.
function round_up(n, base) {
	const unit = Math.pow(base, Math.max(0, Math.floor(Math.log(n) / Math.log(base))));
	const ten = Math.pow(10, Math.floor(Math.log10(n / unit))) * unit;
	return [1, 2, 4, 6, 10].map((f) => f * ten).find((f) => f >= n * 0.9999) || n;
}
