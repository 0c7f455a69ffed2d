/* Shows Markdown as elements while its text grows.
 *
 * Three measures protect the page from an answer, each sufficient by itself: raw HTML is shown as text, what the parser
 * makes is sanitised with a short list of what is allowed, and the page's content security policy runs no script and loads
 * no image that is not its own.
 */

import { morph } from "./morph.js";
import { closed } from "./open-markup.js";
import { nodesOf, tokensOf } from "./parser.js";
import { groupOf, unitsOf } from "./units.js";

export { sanitized } from "./sanitizer.js";

const MAY_GROW = 5; // tokens: two blocks, and the space before, between and after them
const DEFINITION = /^ {0,3}\[[^\]\n]+\]:/m;

/**
 * @typedef {import("./units.js").Host} Host
 * @typedef {import("./units.js").Unit} Unit
 * @typedef {{ unit: Unit, nodes: ChildNode[], host: Host | null, parent: Node }} Block
 *   host: the list or table that it is a part of
 */

/**
 * A growing text in an element. A part is settled once two others have come after it: from then on nobody touches its
 * nodes. Only the rest of the text is parsed again, and only what differs in its nodes is changed.
 */
export class MarkdownView {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.#clear();
  }

  /** Shows a text that may go on. @param {string} source */
  show(source) {
    const text = source.replace(/\r\n?/g, "\n");
    if (text === this.text) return;
    if (!text.startsWith(this.text) || this.isWhole) this.#clear();
    this.text = text;
    this.isFinished = false;
    this.#build(closed(text.slice(this.settledLength)), true);
    this.#settle();
  }

  /** Shows a text that is complete. @param {string} source */
  showWhole(source) {
    if (!this.text && source) {
      this.text = source.replace(/\r\n?/g, "\n");
      this.element.replaceChildren(...nodesOf(tokensOf(this.text, false)));
      this.isFinished = this.isWhole = true;
      return;
    }
    this.show(source);
    this.finish();
  }

  /** Call this when the text is complete: markup that is still open is then shown as it is. */
  finish() {
    if (this.isFinished) return;
    this.isFinished = true;
    // A definition (`[1]: address`) makes links of what is settled already.
    this.isWhole = DEFINITION.test(this.text);
    if (this.isWhole) morph(this.element, [...this.element.childNodes], nodesOf(tokensOf(this.text, false)));
    else this.#build(this.text.slice(this.settledLength), false);
  }

  #clear() {
    this.text = "";
    this.settledLength = 0;
    this.isFinished = true;
    /** True if the text was shown at once, and not in units. */
    this.isWhole = false;
    /** The list or table that the first open block is a part of. @type {Host | null} */
    this.host = null;
    /** @type {Block[]} */
    this.open = [];
    this.element.replaceChildren();
  }

  /** @param {string} tail @param {boolean} isGrowing */
  #build(tail, isGrowing) {
    const tokens = tokensOf((this.host?.prefix ?? "") + tail, isGrowing);
    const complete = this.open.length ? [] : tokens.splice(0, tokens.length - MAY_GROW);
    const units = unitsOf(tokens, this.host);
    if (complete.length) units.unshift(groupOf(complete));
    let kept = 0;
    while (kept < this.open.length && kept < units.length && this.#change(this.open[kept], units[kept])) kept += 1;
    for (const block of this.open.splice(kept)) removeBlock(block);
    for (const unit of units.slice(kept)) this.#append(unit);
  }

  /** False if another block is needed. @param {Block} block @param {Unit} unit */
  #change(block, unit) {
    if (block.unit.key !== unit.key || block.unit.isContinued !== unit.isContinued) return false;
    if (block.unit.raw !== unit.raw) {
      const { nodes, host } = unit.make();
      if (!block.nodes.length && nodes.length) return false;
      block.nodes = morph(block.parent, block.nodes, nodes);
      if (block.host && host) block.host.prefix = host.prefix;
    }
    block.unit = unit;
    return true;
  }

  /** @param {Unit} unit */
  #append(unit) {
    const before = this.open.length ? this.open[this.open.length - 1].host : this.host;
    const { nodes, host, outer } = unit.make();
    if (unit.isContinued && before) {
      const parent = unit.key === "row" ? bodyOf(before.element) : before.element;
      parent.append(...nodes);
      this.open.push({ unit, nodes, host: before, parent });
    } else {
      this.element.append(...outer);
      const parent = host && unit.key !== "table" ? host.element : this.element;
      this.open.push({ unit, nodes, host, parent });
    }
  }

  #settle() {
    const visible = this.open.filter((block) => block.nodes.length);
    const firstOpen = this.open.indexOf(visible[visible.length - 2]);
    if (firstOpen < 1) return;
    const raw = this.open.slice(0, firstOpen).map(({ unit }) => unit.raw).join("");
    if (!this.text.startsWith(raw, this.settledLength)) return; // the parser has rewritten the text, so its length does not say where it ends
    this.settledLength += raw.length;
    this.open.splice(0, firstOpen);
    const [{ unit, host }] = this.open;
    this.host = unit.isContinued ? host : null;
  }
}

/** @param {Block} block */
function removeBlock({ unit, nodes, host }) {
  for (const node of nodes) node.remove();
  if (host && !unit.isContinued) (host.element.closest(".table") ?? host.element).remove();
}

/** @param {Element} table */
function bodyOf(table) {
  return table.querySelector("tbody") ?? table.appendChild(document.createElement("tbody"));
}
