// SPDX-License-Identifier: GPL-2.0-only
// A table that can be sorted by each of its columns.
"use strict";

// columns: [title, field or function of the row, format]. Those without a format are text; the
// first names the row.
class Table {
	constructor(title, columns, by, none) {
		Object.assign(this, { columns, by, none, falling: true, rows: [] });
		this.heads = columns.map(([name, , format], i) => {
			const button = make("button", { type: "button" }, name);
			button.addEventListener("click", () => this.sort(i));
			return make("th", { scope: "col", ...(format ? {} : { class: "text" }) }, button);
		});
		this.body = make("tbody");
		this.box = make("section", { class: "table", tabindex: "0", "aria-label": title },
			make("table", {}, make("caption", {}, title),
				make("thead", {}, make("tr", {}, ...this.heads)), this.body));
	}

	value(row, i) {
		const from = this.columns[i][1];
		return typeof from === "function" ? from(row) : row[from];
	}

	sort(i) {
		this.falling = this.by === i ? !this.falling : Boolean(this.columns[i][2]);
		this.by = i;
		this.show(this.rows);
	}

	show(rows) {
		this.rows = rows;
		this.heads.forEach((th, i) => {
			if (i === this.by)
				th.setAttribute("aria-sort", this.falling ? "descending" : "ascending");
			else
				th.removeAttribute("aria-sort");
		});
		const sorted = rows.slice().sort((a, b) => {
			const x = this.value(a, this.by), y = this.value(b, this.by);
			// what is not known comes last
			if (Number.isNaN(x) || Number.isNaN(y))
				return Number.isNaN(x) - Number.isNaN(y);
			const order = typeof x === "number" && typeof y === "number"
				? x - y : String(x).localeCompare(String(y), undefined, { numeric: true });
			return this.falling ? -order : order;
		});
		this.body.replaceChildren(...sorted.map((row) => make("tr", {},
			...this.columns.map(([, , format], i) => {
				const text = (format || String)(this.value(row, i));
				return make(i ? "td" : "th", { ...(i ? {} : { scope: "row" }),
					...(format ? {} : { class: "text" }) }, text);
			}))));
		if (!rows.length)
			this.body.append(make("tr", {},
				make("td", { class: "none", colspan: this.columns.length }, this.none)));
	}
}
