/* Markdown to tokens, and tokens to elements. */

import { codeBlock } from "./code.js";
import { mathExtensions, showMath, withoutMath } from "./math.js";
import { INLINE_IMAGE, sanitized } from "./sanitizer.js";
import { Marked } from "./vendor/marked.js";

/** @param {boolean} isGrowing */
function parser(isGrowing) {
  return new Marked({
    gfm: true,
    breaks: true, // models do not wrap lines, so each line break is meant
    extensions: mathExtensions(isGrowing),
    hooks: { emStrongMask: withoutMath },
    renderer: {
      html({ text, block }) {
        if (/^<br\s*\/?>$/i.test(text)) return "<br>"; // models break lines in a table with it
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
}

const growing = parser(true);
const whole = parser(false);

/** @param {string} text @param {boolean} isGrowing @returns {any[]} */
export function tokensOf(text, isGrowing) {
  const tokens = (isGrowing ? growing : whole).lexer(text);
  spaceItems(tokens);
  return tokens;
}

/** @param {any[]} tokens @returns {ChildNode[]} */
export function nodesOf(tokens) {
  if (tokens.length === 1 && tokens[0].type === "code") return [codeBlock(tokens[0].text, tokens[0].lang)];
  const fragment = sanitized(whole.parser(tokens));
  showMath(fragment);
  // The parts of a block must not have a direction of their own: the browser would ignore them when it finds the block's.
  for (const block of fragment.children) if (block.tagName !== "PRE") block.setAttribute("dir", "auto");
  for (const pre of fragment.querySelectorAll("pre")) {
    const language = pre.firstElementChild?.className.replace("language-", "");
    pre.replaceWith(codeBlock((pre.textContent ?? "").replace(/\n$/, ""), language)); // the parser adds one
  }
  for (const parent of fragment.querySelectorAll("ul, ol, table, thead, tbody, tr")) {
    for (const node of [...parent.childNodes]) if (node instanceof Text) node.remove(); // line breaks of the HTML
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

/**
 * Each item of a list gets paragraphs if it has several itself. In CommonMark a blank line anywhere in the list gives
 * paragraphs to all items, so that items which are shown already would move.
 * @param {any[]} tokens
 */
function spaceItems(tokens) {
  for (const token of tokens) {
    if (token.type === "blockquote") spaceItems(token.tokens);
    for (const item of token.type === "list" ? token.items : []) {
      const isSpaced = item.tokens.some((/** @type {any} */ each, /** @type {number} */ index) => each.type === "space" && index && index < item.tokens.length - 1);
      for (const each of item.tokens) {
        if (each.type === "text" && isSpaced) each.type = "paragraph";
        if (each.type === "paragraph" && !isSpaced) each.type = "text";
      }
      spaceItems(item.tokens);
    }
  }
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
