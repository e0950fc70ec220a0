// SPDX-License-Identifier: GPL-2.0-only
// Asks for status.json and shows it.
"use strict";

const EVERY = 5000; // ms

const charts = {
	share: new Chart("Hit ratio", ["answered from the cache"], percent, 1),
	ops: new Chart("READs a second", ["answered", "left to nfsd", "held by limits"], count),
	latency: new Chart("Latency of nfsd", ["p50", "p99"], short),
	data: new Chart("Data a second", ["from the cache"], rate),
};

const tables = {
	clients: new Table("Clients", [
		["Client", "address"],
		["Ops/s", "ops_rate", count],
		["Data/s", "bytes_rate", rate],
		["Hit ratio", "share", percent],
		["p99", "p99", short],
		["Held/s", "held_rate", count],
		["Ops", "ops", count],
	], 6, "None seen yet."),
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
	const observing = s.status.mode === "observing";
	byId("tiles").replaceChildren(
		observing
			? tile("Could be answered", percent(all ? c.shadow_asked / all : NaN),
				"differed: " + count(c.shadow_different) + ", same: " + count(c.shadow_same))
			: tile("Hit ratio", percent(reads ? hits / reads : NaN),
				"of all so far: " + percent(all ? c.hits / all : NaN)),
		tile("READs a second", count(reads), "so far: " + count(all)),
		observing
			? tile("nfsd's time for those", short(c.shadow_nfsd_ns), "so far; what could be saved")
			: tile("From the cache", rate(average(last(h.bytes))), "so far: " + bytes(c.hit_bytes)),
		tile("Held by limits", count(average(last(h.held))) + "/s", "so far: " + count(c.limit_held)),
		tile("Files in the cache", count(cache.files),
			bytes(cache.cached_bytes) + " of " + bytes(cache.memory)),
		tile("Connections", count(flows.tracked), count(flows.spliced) + " had answers"));
}

function show_history(h, now) {
	charts.share.show(h.time, [h.reads.map((n, i) => (n ? h.hits[i] / n : null))], now);
	charts.ops.show(h.time, [h.hits, h.reads.map((n, i) => Math.max(0, n - h.hits[i])), h.held], now);
	charts.latency.show(h.time, [h.p50_ns, h.p99_ns], now);
	charts.data.show(h.time, [h.bytes], now);
}

// Rates of clients since the reply before; of those that are new to us, or counted anew, none.
function clients_of(reply, now) {
	const before = clients_of.before || new Map(), seconds = now - clients_of.time;
	const rows = (reply.clients || []).map((c) => {
		const row = {
			address: c.address,
			ops: c.calls + c.hits,
			bytes: c.read_bytes + c.written_bytes + c.hit_bytes,
			held: c.held + c.dropped,
			reads: c.hits + c.ops.read,
			hits: c.hits,
			p99: c.latency.calls ? c.latency.p99_ns : NaN,
		};
		const old = before.get(c.address);
		const a_second = (key) => (old && seconds > 0 && row[key] >= old[key]
			? (row[key] - old[key]) / seconds : NaN);
		return Object.assign(row, { ops_rate: a_second("ops"), bytes_rate: a_second("bytes"),
			held_rate: a_second("held"), share: row.reads ? row.hits / row.reads : NaN });
	});
	if (!(seconds === 0)) {
		clients_of.before = new Map(rows.map((row) => [row.address, row]));
		clients_of.time = now;
	}
	return rows;
}

function show(s) {
	const misses = misses_of(s.stats);
	show_head(s);
	show_findings(s.findings);
	show_tiles(s, misses);
	show_history(s.history, s.time);
	// a daemon that does not count them says so
	tables.clients.box.hidden = !s.clients.ok;
	tables.clients.show(clients_of(s.clients, s.time));
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
