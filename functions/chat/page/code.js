/* A block of code with its language and a copy button. Its words are coloured once the highlighter is loaded. */

import { button, element } from "./element.js";
import { changeBy, morph } from "./morph.js";

const PAUSE = 8; // a growing block is highlighted again after this many times the time that it took

/** @type {typeof import("./highlight.js") | null} */
let highlighter = null;
/** @type {Promise<void> | null} */
let load = null;
/** Blocks that wait for the highlighter. @type {Set<CodeView>} */
const waiting = new Set();
/** By their outermost element. @type {WeakMap<Node, CodeView>} */
const views = new WeakMap();

/**
 * @param {string} text
 * @param {string | undefined} info  what is written after the fence; its first word is the language
 */
export function codeBlock(text, info) {
  const language = info?.trim().split(/\s/, 1)[0] ?? "";
  const code = element("code", "");
  const pre = element("pre", "", code);
  pre.tabIndex = 0; // a wide one is scrolled by the keyboard too
  pre.setAttribute("role", "group");
  pre.setAttribute("aria-label", language ? `Code, ${language}` : "Code");
  const head = element("div", "code__head", element("span", "", language), button("Copy", "copy-code", "tool"));
  const block = element("div", "code", head, pre);
  block.dataset.language = language;
  const view = new CodeView(code, language);
  views.set(block, view);
  changeBy(block, (other) => view.become(other));
  view.show(text);
  return block;
}

/** The text of one block. Each line is an element of its own, so that a line which is complete is not made again. */
class CodeView {
  /** @param {HTMLElement} code @param {string} language */
  constructor(code, language) {
    this.code = code;
    this.language = language;
    /** The HTML of the lines that are shown. @type {string[]} */
    this.lines = [];
    this.waitUntil = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /** @param {string} text */
  show(text) {
    const shown = this.code.textContent ?? "";
    if (text.startsWith(shown)) {
      if (text.length > shown.length) (this.code.lastElementChild ?? this.code).append(text.slice(shown.length));
    } else {
      this.code.textContent = text;
      this.lines = [];
    }
    if (!this.language) return;
    waiting.add(this);
    if (highlighter) queueMicrotask(highlightWaiting); // before the browser paints, but after a block that is only compared has been cancelled
    else loadHighlighter();
  }

  /** Shows the text of another block of code, which is not shown itself. @param {Node} block */
  become(block) {
    const other = views.get(block);
    if (!other) return;
    this.show(other.code.textContent ?? "");
    other.cancel();
  }

  /** Colours the words of what is shown, now or a little later. */
  highlight() {
    clearTimeout(this.timer);
    if (!highlighter?.isKnown(this.language)) return;
    const start = performance.now();
    if (start < this.waitUntil) {
      this.timer = setTimeout(() => this.highlight(), this.waitUntil - start);
      return;
    }
    const lines = highlighter.linesOf(this.code.textContent ?? "", this.language);
    if (!this.lines.length) this.code.replaceChildren();
    const shown = [...this.code.children];
    let unchanged = 0;
    while (unchanged < lines.length && lines[unchanged] === this.lines[unchanged]) unchanged += 1;
    const target = lines.slice(unchanged).map(highlighter.nodesOfLine);
    morph(this.code, shown.slice(unchanged), target);
    this.lines = lines;
    this.waitUntil = performance.now() + PAUSE * (performance.now() - start);
  }

  cancel() {
    clearTimeout(this.timer);
    waiting.delete(this);
  }
}

function loadHighlighter() {
  load ??= import("./highlight.js").then(
    (loaded) => {
      highlighter = loaded;
      highlightWaiting();
    },
    () => {}, // the code is shown without colours
  );
}

function highlightWaiting() {
  for (const view of waiting) view.highlight();
  waiting.clear();
}
