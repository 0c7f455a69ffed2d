/* Mathematics in TeX, between \(…\), \[…\] or $$…$$. The page cannot show it yet, so it stays exactly as it was written. */

const PAIRS = [["\\\\\\(", "\\\\\\)"], ["\\\\\\[", "\\\\\\]"], ["\\$\\$", "\\$\\$"]];

/** @param {boolean} isGrowing  mathematics that is not closed yet counts up to the end of the text */
function pattern(isGrowing, pairs = PAIRS) {
  const closings = pairs.map(([open, close]) => `${open}(?:(?!${close})[\\s\\S])+(?:${close}${isGrowing ? "|$" : ""})`);
  return `(?:${closings.join("|")})`;
}

/** Extensions of the parser. @param {boolean} isGrowing */
export function mathExtensions(isGrowing) {
  const inline = new RegExp(`^${pattern(isGrowing)}`);
  const block = new RegExp(`^ {0,3}${pattern(isGrowing, PAIRS.slice(1))} *(?:\\n|$)`);
  return [
    {
      name: "math",
      level: /** @type {const} */ ("inline"),
      start: (/** @type {string} */ text) => indexIn(text, /\\\(|\\\[|\$\$/),
      tokenizer: (/** @type {string} */ text) => token("math", inline.exec(text)),
      renderer: (/** @type {any} */ { text }) => shown(text),
    },
    {
      name: "mathBlock",
      level: /** @type {const} */ ("block"),
      start: (/** @type {string} */ text) => indexIn(text, /^ {0,3}(?:\\\[|\$\$)/m),
      tokenizer: (/** @type {string} */ text) => token("mathBlock", block.exec(text)),
      renderer: (/** @type {any} */ { text }) => `<p>${shown(text.trim())}</p>`,
    },
  ];
}

/** The text with its mathematics blanked out: no asterisk there is emphasis. @param {string} text */
export function withoutMath(text) {
  return text.replace(new RegExp(pattern(true), "g"), (math) => "a".repeat(math.length));
}

/** True if mathematics begins in the text that does not end there. @param {string} text */
export function isMathOpen(text) {
  const others = text.replace(new RegExp(pattern(false), "g"), "").replace(/`[^`\n]*`/g, "");
  return /(?<!\\)\\[([]|\$\$/.test(others);
}

/** @param {string} type @param {RegExpExecArray | null} found */
function token(type, found) {
  return found ? { type, raw: found[0], text: found[0] } : undefined;
}

/** @param {string} text @param {RegExp} wanted */
function indexIn(text, wanted) {
  const index = text.search(wanted);
  return index < 0 ? undefined : index;
}

/** @param {string} text */
function shown(text) {
  return `<span class="math">${text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)}</span>`;
}
