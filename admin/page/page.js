// SPDX-License-Identifier: GPL-2.0-only
// Asks for status.json and shows it.
"use strict";

const EVERY = 5000; // ms

const charts = {
	share: new Chart("Hit ratio", ["answered from the cache"], percent, 1),
	ops: new Chart("READs a second", ["answered", "left to nfsd", "held by limits"], count),
	data: new Chart("Data a second", ["from the cache"], rate),
};

const tables = {
	files: new Table("Files read most", [
		["File", (f) => (f.export || "?") + " inode " + f.inode + (f.pinned ? " (pinned)" : "")],
		["Hits", "hits", count],
		["Size", "size", bytes],
		["Cached", "cached_bytes", bytes],
		["Expires", "expires", span],
	], 1, "Nothing is in the cache."),
	exports: new Table("Exports", [
		["Export", (x) => x.path + (x.exported ? "" : " (not exported)")],
		["Hits", "hits", count],
		["Files", "files", count],
		["Cached", "cached_bytes", bytes],
	], 1, "Nothing is exported."),
	limits: new Table("Limits in force", [
		["Client", "client"],
		["Export", "path"],
		["Limit", (l) => l.options.replaceAll(",", ", ")],
		["From", (l) => (l.runtime ? "limit set" : l.file) + (l.exported ? "" : ", not exported")],
	], 0, "None."),
	misses: new Table("Why READs went to nfsd", [
		["Reason", "reason"],
		["READs", "n", count],
	], 1, "None did."),
	events: new Table("Last messages", [
		["Message", "text"],
		["Time", "time", (t) => new Date(t * 1000).toLocaleString()],
	], 1, "None."),
};
tables.limits.falling = false;
for (const chart of Object.values(charts))
	byId("charts").append(chart.figure);
for (const table of Object.values(tables))
	byId("tables").append(table.box);

function tile(title, big, sub) {
	return make("div", {}, make("dt", {}, title), make("dd", { class: "big" }, big),
		make("dd", { class: "sub" }, sub));
}

const average = (list) => (list.length ? list.reduce((a, b) => a + b, 0) / list.length : NaN);

function show_head(s) {
	const look = { answering: "good", observing: "note", off: "note" }[s.status.mode] || "bad";
	byId("host").textContent = s.host;
	document.title = s.host + ": nfsaccel";
	byId("mode").textContent = s.status.mode;
	byId("mode").className = "mode " + look;
	byId("about").textContent = "nfsaccel " + s.status.version + " on Linux " + s.status.kernel +
		", up " + span(s.status.uptime) + ". Figures of " + clock(s.time) + ".";
}

function show_findings(list) {
	const items = list.map((f) => make("li", f.bad ? { class: "bad" } : {},
		...(f.bad ? [make("strong", {}, "Problem: ")] : []), f.text,
		...(f.advice ? [make("div", { class: "advice" }, f.advice)] : [])));
	// said aloud only when it is news
	if (items.map((i) => i.textContent).join("\n") !== show_findings.said) {
		byId("findings").replaceChildren(...items);
		show_findings.said = items.map((i) => i.textContent).join("\n");
	}
}

function misses_of(stats) {
	return Object.entries(stats.counters).filter(([name, n]) => name.startsWith("miss_") && n)
		.map(([name, n]) => ({ reason: stats.help[name] || name, n }));
}

function show_tiles(s, misses) {
	const h = s.history, c = s.stats.counters, last = (row) => row.slice(-60 / h.seconds);
	const reads = average(last(h.reads)), hits = average(last(h.hits));
	const all = c.hits + misses.reduce((sum, m) => sum + m.n, 0);
	const cache = s.status.cache, flows = s.status.connections;
	byId("tiles").replaceChildren(
		tile("Hit ratio", percent(reads ? hits / reads : NaN),
			"of all so far: " + percent(all ? c.hits / all : NaN)),
		tile("READs a second", count(reads), "so far: " + count(all)),
		tile("From the cache", rate(average(last(h.bytes))), "so far: " + bytes(c.hit_bytes)),
		tile("Held by limits", count(average(last(h.held))) + "/s", "so far: " + count(c.limit_held)),
		tile("Files in the cache", count(cache.files),
			bytes(cache.cached_bytes) + " of " + bytes(cache.memory)),
		tile("Connections", count(flows.tracked), count(flows.spliced) + " had answers"));
}

function show_history(h, now) {
	charts.share.show(h.time, [h.reads.map((n, i) => (n ? h.hits[i] / n : null))], now);
	charts.ops.show(h.time, [h.hits, h.reads.map((n, i) => Math.max(0, n - h.hits[i])), h.held], now);
	charts.data.show(h.time, [h.bytes], now);
}

function show(s) {
	const misses = misses_of(s.stats);
	show_head(s);
	show_findings(s.findings);
	show_tiles(s, misses);
	show_history(s.history, s.time);
	tables.files.show(s.files.files || []);
	tables.exports.show(s.exports.exports || []);
	tables.limits.show(s.limits.limits || []);
	tables.misses.show(misses);
	tables.events.show(s.status.events);
}

let paused = false;

async function update() {
	const trouble = byId("trouble");
	try {
		const reply = await fetch("status.json", { cache: "no-store" });
		if (!reply.ok)
			throw new Error("it says " + reply.status);
		show(await reply.json());
		trouble.hidden = true;
	} catch (e) {
		trouble.textContent = "nfsacceld does not answer (" + e.message +
			"): what you see is old. Trying again.";
		trouble.hidden = false;
	}
}

async function run() {
	if (!paused && !document.hidden)
		await update();
	setTimeout(run, EVERY);
}

byId("pause").addEventListener("click", () => {
	paused = !paused;
	byId("pause").setAttribute("aria-pressed", paused);
	byId("pause").textContent = paused ? "Go on" : "Pause";
});
document.addEventListener("visibilitychange", () => {
	if (!document.hidden && !paused)
		update();
});
run();
