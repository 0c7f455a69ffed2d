/* Markdown to elements, while it grows.
 *
 * Three walls stand between an answer and the page, each enough by itself: raw HTML is shown as text, what the parser
 * makes is sanitised against a short list, and the page's content security policy runs no script and loads no image
 * that is not its own.
 */

import DOMPurify from "./vendor/dompurify.js";
import { Marked } from "./vendor/marked.js";
import { codeBlock, setCode } from "./code.js";

const LINK = /^(?:https?:|mailto:)/i;
const INLINE_IMAGE = /^data:image\/(?:png|jpeg|gif|webp|avif);/i;
const MAY_GROW = 5; // tokens: two blocks, and the space before, between and behind them
const DEFINITION = /^ {0,3}\[[^\]\n]+\]:/m;

const marked = new Marked({
  gfm: true,
  breaks: true, // models do not wrap lines: where they break one, they mean it
  renderer: {
    html({ text, block }) {
      if (/^<br\s*\/?>$/i.test(text)) return "<br>"; // how models break lines inside of a table
      return block ? `<p>${escaped(text.trim())}</p>` : escaped(text);
    },
    heading({ tokens, depth }) {
      const level = Math.min(depth + 2, 6); // below the page's own
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>`;
    },
    image({ href, text }) {
      if (INLINE_IMAGE.test(href)) return `<img src="${escaped(href)}" alt="${escaped(text)}">`;
      return `<a href="${escaped(href)}">${escaped(text || "image")}</a>`;
    },
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
  },
});

const ALLOWED = {
  ALLOWED_TAGS: [
    "a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
  ],
  ALLOWED_ATTR: ["align", "alt", "class", "href", "src", "start", "title"],
  ADD_URI_SAFE_ATTR: ["align", "start"], // all others have to match the next line
  ALLOWED_URI_REGEXP: new RegExp(`${LINK.source}|${INLINE_IMAGE.source}`, "i"),
  ALLOW_ARIA_ATTR: false,
  ALLOW_DATA_ATTR: false,
  RETURN_DOM_FRAGMENT: /** @type {const} */ (true),
};

DOMPurify.addHook("uponSanitizeAttribute", (_node, attribute) => {
  if (attribute.attrName === "class" && !/^language-\S+$/.test(attribute.attrValue)) attribute.keepAttr = false;
});
DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName === "IMG" && !INLINE_IMAGE.test(node.getAttribute("src") ?? "")) node.remove();
  if (node.tagName !== "A") return;
  if (!LINK.test(node.getAttribute("href") ?? "")) {
    node.removeAttribute("href");
    return;
  }
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer nofollow");
});

/** @typedef {{ type: string, raw: string, nodes: ChildNode[] }} Block */

/**
 * A growing text in an element. Only what can still change is parsed and built again: a Markdown block is settled once
 * others have opened behind it.
 */
export class MarkdownView {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.text = "";
    this.settledLength = 0;
    /** @type {Block[]} */
    this.open = [];
  }

  /** @param {string} source */
  show(source) {
    const text = source.replace(/\r\n?/g, "\n");
    if (text === this.text) return;
    if (!text.startsWith(this.text)) this.#clear();
    this.text = text;
    this.#build(marked.lexer(text.slice(this.settledLength)));
    this.#settle();
  }

  /** To be called when the text is complete: a definition (`[1]: address`) makes links of what is settled already. */
  finish() {
    const { text } = this;
    if (!DEFINITION.test(text)) return;
    this.#clear();
    this.show(text);
  }

  #clear() {
    this.text = "";
    this.settledLength = 0;
    this.open = [];
    this.element.replaceChildren();
  }

  /** @param {import("./vendor/marked.js").Token[]} tokens */
  #build(tokens) {
    let kept = 0;
    while (kept < this.open.length && kept < tokens.length && goesOn(this.open[kept], tokens[kept])) kept += 1;
    for (const block of this.open.splice(kept)) block.nodes.forEach((node) => node.remove());
    const fresh = tokens.slice(kept);
    const ends = fresh.splice(-MAY_GROW);
    // What is settled as soon as it is there is built in one go: the sanitiser takes half a millisecond a call.
    for (const group of [fresh, ...ends.map((token) => [token])]) {
      if (!group.length) continue;
      const block = { type: group[0].type, raw: group.map((token) => token.raw).join(""), nodes: nodesOf(group) };
      this.element.append(...block.nodes);
      this.open.push(block);
    }
  }

  #settle() {
    const visible = this.open.filter((block) => block.nodes.length);
    const firstOpen = this.open.indexOf(visible[visible.length - 2]);
    if (firstOpen < 1) return;
    const raw = this.open.slice(0, firstOpen).map((block) => block.raw).join("");
    if (!this.text.startsWith(raw, this.settledLength)) return; // the parser has rewritten it: its length says nothing
    this.settledLength += raw.length;
    this.open.splice(0, firstOpen);
  }
}

/** True if the block shows the token, brought up to date if need be. @param {Block} block @param {any} token */
function goesOn(block, token) {
  if (block.type !== token.type) return false;
  if (block.raw === token.raw) return true;
  // In place, so that its copy button can be pressed and its text be selected while it grows.
  if (token.type !== "code" || !setCode(block.nodes[0], token.text, token.lang)) return false;
  block.raw = token.raw;
  return true;
}

/** @param {any[]} tokens @returns {ChildNode[]} */
function nodesOf(tokens) {
  if (tokens.length === 1 && tokens[0].type === "code") return [codeBlock(tokens[0].text, tokens[0].lang)];
  const fragment = sanitized(marked.parser(tokens));
  for (const pre of fragment.querySelectorAll("pre")) {
    const language = pre.firstElementChild?.className.replace("language-", "");
    pre.replaceWith(codeBlock((pre.textContent ?? "").replace(/\n$/, ""), language)); // the parser adds one
  }
  for (const table of fragment.querySelectorAll("table")) {
    const frame = document.createElement("div");
    frame.className = "table";
    frame.tabIndex = 0; // a wide one is scrolled by the keyboard too
    frame.setAttribute("role", "group");
    frame.setAttribute("aria-label", "Table");
    table.replaceWith(frame);
    frame.append(table);
  }
  return [...fragment.childNodes].filter((node) => node instanceof Element || node.textContent?.trim());
}

/** Elements of HTML that may be shown, whoever wrote it. @param {string} html @returns {DocumentFragment} */
export function sanitized(html) {
  return DOMPurify.sanitize(html, ALLOWED);
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
