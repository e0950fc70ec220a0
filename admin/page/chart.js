// SPDX-License-Identifier: GPL-2.0-only
// A figure with lines over the last half hour.
"use strict";

const HALF_HOUR = 1800; // s

// `top` is the scale's end, if it is fixed.
class Chart {
	constructor(title, series, format, top) {
		Object.assign(this, { title, series, format, top, time: [], rows: [], at: -1 });
		this.svg = draw("svg", { role: "img", tabindex: "0" });
		this.readout = make("p", { class: "readout" });
		const keys = series.length > 1
			? series.map((s, i) => make("span", { class: "key " + Chart.look[i] }, s)) : [];
		this.figure = make("figure", { class: "chart" },
			make("figcaption", {}, make("span", {}, title), ...keys), this.svg, this.readout);
		this.svg.addEventListener("pointermove", (e) => this.point_at(e.offsetX));
		this.svg.addEventListener("pointerleave", () => this.select(-1));
		this.svg.addEventListener("blur", () => this.select(-1));
		this.svg.addEventListener("keydown", (e) => this.key(e));
		new ResizeObserver(() => this.paint()).observe(this.svg);
	}

	// rows: for each series a number, or null, for each time
	show(time, rows, now) {
		Object.assign(this, { time, rows, now });
		this.paint();
	}

	x(t) {
		return this.left + (1 - (this.now - t) / HALF_HOUR) * (this.width - this.left - 6);
	}

	y(n) {
		return 8 + (1 - n / this.scale) * (this.height - 28);
	}

	// Pieces of line between gaps: no point, or none for longer than there should be.
	pieces(row) {
		const pieces = [];
		let last = -Infinity;
		row.forEach((n, i) => {
			const t = this.time[i];
			if (n === null || t < this.now - HALF_HOUR)
				return;
			if (t - last > 20)
				pieces.push([]);
			pieces[pieces.length - 1].push([this.x(t), this.y(n)]);
			last = t;
		});
		return pieces;
	}

	paint() {
		this.width = this.svg.clientWidth || 320;
		this.height = 150;
		this.left = 66;
		const most = Math.max(0, ...this.rows.flat().filter((n) => n !== null));
		this.scale = this.top || (most > 0 ? round_up(most, this.format === rate ? 1024 : 1000) : this.format === short ? 1e6 : 1);
		const parts = [0, 0.5, 1].flatMap((f) => {
			const y = this.y(f * this.scale);
			return [draw("line", { class: "grid", x1: this.left, x2: this.width - 6, y1: y, y2: y }),
				draw("text", { x: this.left - 6, y: y + 4, "text-anchor": "end" },
					this.format(f * this.scale))];
		});
		for (const minutes of [30, 20, 10, 0])
			parts.push(draw("text", { x: this.left + (1 - minutes / 30) * (this.width - this.left - 6),
				y: this.height - 4, "text-anchor": minutes === 30 ? "start" : minutes ? "middle" : "end" },
				minutes ? "−" + minutes + " min" : "now"));
		this.rows.forEach((row, i) => parts.push(...this.lines(row, i)));
		if (this.at >= 0 && this.at < this.time.length) {
			const x = this.x(this.time[this.at]);
			parts.push(draw("line", { class: "cursor", x1: x, x2: x, y1: 8, y2: this.height - 20 }));
		}
		this.svg.replaceChildren(...parts);
		this.tell();
	}

	lines(row, i) {
		const floor = this.y(0);
		return this.pieces(row).flatMap((p) => {
			// a point alone is shown as a short stroke
			const points = p.length > 1 ? p : [p[0], [p[0][0] + 2, p[0][1]]];
			const d = "M" + points.map(([x, y]) => x.toFixed(1) + " " + y.toFixed(1)).join("L");
			const parts = [draw("path", { class: "line " + Chart.look[i], d })];
			if (!i)
				parts.unshift(draw("path", { class: "area one",
					d: d + "L" + points[points.length - 1][0].toFixed(1) + " " + floor +
						"L" + points[0][0].toFixed(1) + " " + floor + "Z" }));
			return parts;
		});
	}

	// In words: below the chart what the cursor is at, else the newest.
	tell() {
		const i = this.at >= 0 ? this.at : this.time.length - 1;
		if (i < 0) {
			this.readout.textContent = "no figures yet";
		} else {
			const values = this.series.map((s, k) => this.format(this.rows[k][i]) + " " + s);
			this.readout.textContent = clock(this.time[i]) + ": " + values.join(", ");
		}
		this.svg.setAttribute("aria-label", this.title + ", last half hour. " + this.readout.textContent);
	}

	select(i) {
		this.at = i;
		this.paint();
	}

	point_at(x) {
		let best = -1;
		this.time.forEach((t, i) => {
			if (best < 0 || Math.abs(this.x(t) - x) < Math.abs(this.x(this.time[best]) - x))
				best = i;
		});
		this.select(best);
	}

	key(e) {
		const last = this.time.length - 1, from = this.at < 0 ? last : this.at;
		const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last }[e.key];
		if (to === undefined)
			return;
		e.preventDefault();
		this.select(Math.max(0, Math.min(last, to)));
	}
}
Chart.look = ["one", "two", "three"];
