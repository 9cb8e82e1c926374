// The board of the agents: a cell for each, as large as all of them allow, and how many are in which state.

import { element } from "../common/dom.js";
import { duration } from "../common/format.js";
import { STATES } from "./figures.js";
import { TURN_MS, gridFor, pageOf } from "./paging.js";
import { NOTHING, keep, namePlace, write } from "./parts.js";
import { siteTiles } from "./site_tiles.js";

const ICONS = { ringing: "☎", talking: "●", held: "◐", wrapup: "✎", paused: "‖", available: "○", unavailable: "×" };
const LONG = "▲";
// He was found so, after a start or a gap.
const AT_LEAST = "≥\u2009";
// Of a cell, in rem: so small that it can just be read, and so large that more would not help.
const LEAST = 2.7;
const MOST = 8;
const GAP = 0.5;
const RATIO = 4.7;
// So many times that high where there is room for it; the letters stay as they are.
const TALLEST = 1.5;
// Smaller letters nobody reads, whatever a rem is.
const LEAST_PX = 38;

export class AgentsBoard {
  constructor(words, options) {
    this.words = words;
    this.options = options;
    this.site = siteTiles(words, ["waiting", "longest", "agents-free", "level"]);
    this.legend = element("ul", "legend");
    this.cells = element("ul", "cells");
    this.cells.dataset.now = "";
    this.page = element("p", "page");
    this.list = element("section", "all", element("div", "above", this.legend, this.page), this.cells);
    this.list.id = "agent-list";
    this.list.setAttribute("aria-label", words.agents);
    this.nodes = [element("div", "strip", ...this.site.nodes), this.list];
  }

  draw({ figures, levels, now }) {
    this.site.fill(figures, levels);
    this._drawLegend(figures.tallies, figures.agents);
    this._drawCells(figures.agents, now);
  }

  _drawLegend(tallies, agents) {
    const { words } = this;
    const over = (agents ?? []).filter((each) => each.isLong).length;
    const entries = STATES.map((state) => ({ name: `agent-${state}`, icon: ICONS[state], word: words.states[state], count: tallies?.[state] ?? null }));
    if (over > 0) entries.push({ name: "over", icon: LONG, word: words.long, count: over });
    keep(this.legend, entries, ({ name }) => name,
      ({ name, icon, word }) => element("li", name, element("span", "icon", icon), element("span", "word", word), element("b", "")),
      (node, { count }) => {
        write(node.lastChild, count === null ? NOTHING : String(count));
        node.classList.toggle("empty", count === 0);
      });
  }

  _drawCells(agents, now) {
    const { words } = this;
    if (agents === null || agents.length === 0) {
      keep(this.cells, [""], () => "none", () => element("li", "none"), (node) => write(node, agents === null ? NOTHING : words.noAgents));
      this.page.hidden = true;
      return;
    }
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const box = { width: this.cells.clientWidth / rem, height: this.cells.clientHeight / rem };
    const least = Math.max(LEAST, LEAST_PX / rem);
    const grid = gridFor(agents.length, box, { ratio: RATIO, least, most: MOST, gap: GAP });
    const columns = this.options.columns ?? grid.columns;
    const rows = this.options.columns === null ? grid.rows : Math.max(1, Math.floor((box.height + GAP) / (least + GAP)));
    const { shown, page, pages } = pageOf(agents, columns * rows, 0, Math.floor(now / TURN_MS));
    const height = this.options.columns === null ? grid.height : Math.min(MOST, (box.height + GAP) / Math.min(rows, Math.ceil(agents.length / columns)) - GAP);
    this.cells.style.setProperty("--columns", columns);
    this.cells.style.setProperty("--cell", `${height}rem`);
    const all = Math.min(rows, Math.ceil(agents.length / columns));
    this.cells.style.setProperty("--row", `${Math.max(height, Math.min(TALLEST * height, (box.height + GAP) / all - GAP))}rem`);
    this.page.hidden = pages === 1;
    write(this.page, pages === 1 ? "" : words.page(page, pages));
    keep(this.cells, shown, (agent) => agent.key, () => this._cell(), (node, agent) => this._fill(node, agent));
  }

  _cell() {
    return element("li", "", element("span", "icon"), namePlace("who"), namePlace("word"), element("time", ""));
  }

  _fill(node, agent) {
    const { words } = this;
    const name = `agent-${agent.state}${agent.isLong ? " long" : ""}`;
    if (node.className !== name) node.className = name;
    const word = words.states[agent.state] ?? agent.state;
    const said = agent.reason ? `${word}: ${agent.reason}` : word;
    const [who, what] = node.querySelectorAll("bdi");
    write(node.firstChild, ICONS[agent.state] ?? "?");
    write(who, agent.name);
    write(what, agent.isLong ? `${LONG} ${said}` : said);
    write(node.lastChild, agent.seconds === null ? "" : `${agent.isAtLeast ? AT_LEAST : ""}${duration(agent.seconds)}`);
  }
}
