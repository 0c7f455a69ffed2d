/* Mathematics in TeX, between \(…\), \[…\], $$…$$ or $…$. What cannot be parsed is shown as it was written. */

const PAIRS = [["\\\\\\(", "\\\\\\)"], ["\\\\\\[", "\\\\\\]"], ["\\$\\$", "\\$\\$"]];
// A single dollar usually means a price. Two of them enclose mathematics only if there is no space next to them inside, and
// the text between them is a single letter, or has one of \ ^ _ { = (one of \ ^ if it begins with a digit). If a digit or a
// letter follows the second dollar, they are two prices.
const DOLLARS = "\\$(?=[a-zA-Z]\\$|(?!\\d)[^$\\n]{0,200}[\\\\^_{=]|\\d[^$\\n]{0,200}[\\\\^])(?![\\s$])[^$\\n]{0,300}[^\\s$\\\\]\\$(?![\\w$])";

/** @param {boolean} isGrowing  mathematics that is not closed yet counts up to the end of the text */
function pattern(isGrowing, pairs = PAIRS) {
  const closings = pairs.map(([open, close]) => `${open}(?:(?!${close})[\\s\\S])+(?:${close}${isGrowing ? "|$" : ""})`);
  return `(?:${closings.join("|")}${pairs === PAIRS ? `|${DOLLARS}` : ""})`;
}

/** Extensions of the parser. @param {boolean} isGrowing */
export function mathExtensions(isGrowing) {
  const inline = new RegExp(`^${pattern(isGrowing)}`);
  const block = new RegExp(`^ {0,3}${pattern(isGrowing, PAIRS.slice(1))} *(?:\\n|$)`);
  return [
    {
      name: "math",
      level: /** @type {const} */ ("inline"),
      start: (/** @type {string} */ text) => indexIn(text, /\\\(|\\\[|\$/),
      tokenizer: (/** @type {string} */ text) => token("math", inline.exec(text)),
      renderer: (/** @type {any} */ { text }) => html(text),
    },
    {
      name: "mathBlock",
      level: /** @type {const} */ ("block"),
      start: (/** @type {string} */ text) => indexIn(text, /^ {0,3}(?:\\\[|\$\$)/m),
      tokenizer: (/** @type {string} */ text) => token("mathBlock", block.exec(text)),
      renderer: (/** @type {any} */ { text }) => `<p>${html(text.trim())}</p>`,
    },
  ];
}

/** The text with letters in place of its mathematics, in which an asterisk is no emphasis. @param {string} text */
export function withoutMath(text) {
  return text.replace(new RegExp(pattern(true), "g"), (math) => "a".repeat(math.length));
}

/** True if the text has mathematics that begins but does not end. @param {string} text */
export function isMathOpen(text) {
  const others = text.replace(new RegExp(pattern(false), "g"), "").replace(/`[^`\n]*`/g, "");
  return /(?<!\\)\\[([]|\$\$/.test(others);
}

/** @param {string} type @param {RegExpExecArray | null} match */
function token(type, match) {
  return match ? { type, raw: match[0], text: match[0] } : undefined;
}

/** @param {string} text @param {RegExp} start */
function indexIn(text, start) {
  const index = text.search(start);
  return index < 0 ? undefined : index;
}

/** @param {string} text */
function html(text) {
  const isBlock = /^(?:\$\$|\\\[)/.test(text);
  const escaped = text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<span class="math${isBlock ? " math--block" : ""}">${escaped}</span>`;
}

/** @type {typeof import("./formula.js") | null} */
let loaded = null;
/** @type {Promise<void> | null} */
let load = null;
/** Elements with TeX that wait for what shows it. @type {Set<HTMLElement>} */
const waiting = new Set();

/** Shows the mathematics in these nodes, now or once the module for it is loaded. @param {ParentNode} parent */
export function showMath(parent) {
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (parent.querySelectorAll("span.math"))) {
    if (!isClosed(element.textContent ?? "")) continue;
    if (loaded) showFormula(element);
    else waiting.add(element);
  }
  if (!waiting.size || loaded) return;
  load ??= import("./formula.js").then(
    (module) => {
      loaded = module;
      for (const element of waiting) showFormula(element);
      waiting.clear();
    },
    () => {}, // it is shown as it was written
  );
}

/** @param {HTMLElement} element */
function showFormula(element) {
  const text = element.textContent ?? "";
  const length = text.startsWith("$") && !text.startsWith("$$") ? 1 : 2;
  const formula = isClosed(text) && loaded?.formulaOf(text.slice(length, -length).trim(), element.classList.contains("math--block"));
  if (formula) element.replaceChildren(formula);
}

/** @param {string} text */
function isClosed(text) {
  return new RegExp(`^${pattern(false)}$`).test(text);
}
