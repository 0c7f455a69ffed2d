/* Code as lines of coloured words. Loaded when there is code in a language that it knows. */

import highlighter from "./vendor/highlight.js";

const PIECES = /<span class="([\w -]+)">|(<\/span>)|([^<]+)/g;
const ENTITIES = /** @type {Record<string, string>} */ ({ "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#x27;": "'" });

/** @param {string} language  a name or an alias, such as py */
export function isKnown(language) {
  return highlighter.getLanguage(language) !== undefined;
}

/** The lines of a code, each as HTML of which `nodesOfLine` makes nodes. @param {string} code @param {string} language @returns {string[]} */
export function linesOf(code, language) {
  const { value } = highlighter.highlight(code, { language, ignoreIllegals: true });
  /** Opening tags of what goes on in the next line. @type {string[]} */
  const open = [];
  return value.split("\n").map((/** @type {string} */ line, /** @type {number} */ index, /** @type {string[]} */ all) => {
    const before = open.join("");
    for (const [tag] of line.matchAll(/<[^>]+>/g)) {
      if (tag === "</span>") open.pop();
      else open.push(tag);
    }
    return `${before}${line}${"</span>".repeat(open.length)}${index < all.length - 1 ? "\n" : ""}`;
  });
}

/** Nodes of a line. Only `span`, its class and text are made, whatever the line contains. @param {string} line */
export function nodesOfLine(line) {
  const root = document.createElement("span");
  let parent = root;
  for (const [, name, isEnd, text] of line.matchAll(PIECES)) {
    if (name) {
      const child = document.createElement("span");
      child.className = name;
      parent.append(child);
      parent = child;
    } else if (isEnd) {
      parent = parent.parentElement ?? root;
    } else if (text) {
      parent.append(text.replace(/&(?:amp|lt|gt|quot|#x27);/g, (entity) => ENTITIES[entity]));
    }
  }
  return root;
}
