/* Closes the markup that is still open at the end of a growing text, so that the reader never sees it raw. */

import { isMathOpen } from "./math.js";

const CONTAINERS = /^\s*(?:(?:>|[-*+]|\d{1,9}[.)])\s+|#{1,6}\s+)*/;
// A last line that has nothing but the beginning of some markup.
const UNDECIDED = /(^|\n)\s*(?:(?:>|[-*+]|\d{1,9}[.)])\s+)*(?:[-*_=+]+|#{1,6}|\d{1,9}[.)]|[`~]{1,2}|>|\||\[[ xX]?\]?)?\s*$/;
const FENCE = /^\s*(?:(?:>|[-*+]|\d{1,9}[.)])\s+)*(`{3,}|~{3,})/;
const PIECES = /\\\(|\\\[|\$\$|\\[\s\S]|`+|\*+|_+|~~?|!?\[|\]|[^\\`*_~!$[\]]+|[\s\S]/y;
const CLOSINGS = /** @type {Record<string, string>} */ ({ "\\(": "\\)", "\\[": "\\]", $$: "$$" });
const ADDRESS = /\((?:[^()\n]|\([^()\n]*\))*\)|\[[^\]\n]*\]/y;

/** @typedef {{ mark: string, length: number, at: number }} Opening  mark: one of * _ ~ [ */

/** @param {string} text  which may break off anywhere @returns {string} */
export function closed(text) {
  const fence = openFence(text);
  if (fence === "begun") return text.slice(0, text.lastIndexOf("\n") + 1);
  if (fence === "open") return text.replace(/\n\s*(?:`{1,2}|~{1,2})$/, "");
  if (isMathOpen(text)) return text; // the parser takes it as it is
  const known = text.replace(UNDECIDED, "$1");
  const start = inlineStart(known);
  return asTable(known.slice(0, start) + closedInline(known.slice(start)));
}

/** begun: the last line opens a block of code, and its language may be incomplete. @param {string} text */
function openFence(text) {
  let fence = "";
  const lines = text.split("\n");
  lines.forEach((line) => {
    const mark = FENCE.exec(line)?.[1] ?? "";
    if (!fence) fence = mark;
    else if (mark.startsWith(fence) && line.trim() === mark) fence = "";
  });
  if (!fence) return "";
  return FENCE.test(lines[lines.length - 1]) ? "begun" : "open";
}

/** Where the text begins in which markup can still be open at the end. @param {string} text */
function inlineStart(text) {
  let start = text.length;
  while (start > 0) {
    const lineStart = text.lastIndexOf("\n", start - 2) + 1;
    const line = text.slice(lineStart, start);
    if (!line.trim() && start < text.length) return start;
    if (/^\s*\|/.test(line)) return Math.max(lineStart, text.lastIndexOf("|") + 1);
    const container = CONTAINERS.exec(line)?.[0] ?? "";
    start = lineStart;
    if (container.trim()) return lineStart + container.length;
  }
  return 0;
}

/** The first line of a table is shown as one before the second line proves it. @param {string} text */
function asTable(text) {
  const start = Math.max(0, text.search(/[^\n]+(?:\n[^\n]+)*\n?$/));
  const [header, delimiter = "", ...rows] = text.slice(start).split("\n");
  if (!/^\s*\|\s*[^\s|]/.test(header) || rows.some(Boolean) || !/^[\s|:-]*$/.test(delimiter)) return text;
  const count = cells(header);
  if (delimiter.trim().endsWith("|") && cells(delimiter) === count) return text;
  return `${text.slice(0, start)}${header.trimEnd().replace(/\|?$/, "|")}\n${"|---".repeat(count)}|`;
}

/** @param {string} line */
function cells(line) {
  return line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).length;
}

/** @param {string} text */
function closedInline(text) {
  /** @type {Opening[]} */
  const open = [];
  for (let at = 0; at < text.length; ) {
    PIECES.lastIndex = at;
    const piece = PIECES.exec(text)?.[0] ?? "";
    const end = at + piece.length;
    if (piece === "\\") return close(text.slice(0, at), open);
    if (piece in CLOSINGS) {
      const closing = text.indexOf(CLOSINGS[piece], end);
      if (closing < 0) return text; // the parser takes open mathematics as it is
      at = closing + 2;
      continue;
    }
    if (piece[0] === "`") {
      const closing = new RegExp(`(?<!\`)${piece}(?!\`)`, "g");
      closing.lastIndex = end;
      const closingRun = closing.exec(text);
      if (!closingRun) return closeCode(text, at, piece, open);
      at = closingRun.index + piece.length;
      continue;
    }
    if (piece === "]") {
      const linked = linkEnd(text, end, open);
      if (typeof linked === "string") return close(linked, open);
      at = linked;
      continue;
    }
    if (piece.endsWith("[")) open.push({ mark: "[", length: 1, at });
    else if (/^(?:\*+|_+|~~?)$/.test(piece)) {
      if (end === text.length) return close(text.slice(0, at), open, piece);
      if (piece !== "~") emphasize(open, piece, at, text[at - 1] ?? " ", text[end]);
    }
    at = end;
  }
  return close(text, open);
}

/** @param {Opening[]} open @param {string} piece @param {number} at @param {string} before @param {string} after */
function emphasize(open, piece, at, before, after) {
  const mark = piece[0];
  let length = piece.length;
  const isInWord = mark === "_" && /\w/.test(before) && /\w/.test(after);
  if (/\S/.test(before) && !isInWord) {
    for (let index = open.findLastIndex((each) => each.mark === mark); index >= 0 && length; index = open.findLastIndex((each) => each.mark === mark)) {
      const taken = Math.min(length, open[index].length);
      length -= taken;
      open[index].length -= taken;
      open.length = open[index].length ? index + 1 : index;
    }
  }
  if (length && /\S/.test(after) && !isInWord) open.push({ mark, length, at });
}

/** The position after a link; or the text with an empty address, if it ends before the link's address does. @param {string} text @param {number} end @param {Opening[]} open */
function linkEnd(text, end, open) {
  const index = open.findLastIndex(({ mark }) => mark === "[");
  if (index < 0) return end;
  open.length = index;
  if (end === text.length) return `${text}()`;
  if (text[end] !== "(" && text[end] !== "[") return end;
  ADDRESS.lastIndex = end;
  const address = ADDRESS.exec(text);
  return address ? end + address[0].length : `${text.slice(0, end)}()`;
}

/** @param {string} text @param {number} at @param {string} run @param {Opening[]} open */
function closeCode(text, at, run, open) {
  const code = text.slice(at + run.length).replace(/`+$/, "");
  return code.trim() ? `${text.slice(0, at + run.length)}${code}${run}${close("", open)}` : close(text.slice(0, at), open);
}

/** @param {string} text @param {Opening[]} open  the outermost first @param {string} [half]  a part of the next closing mark */
function close(text, open, half = "") {
  let shown = text && (open.length || half) ? text.trimEnd() : text;
  for (const { mark, length, at } of [...open].reverse()) {
    const isEmpty = text && !text.slice(at + length).trim();
    if (isEmpty) shown = text.slice(0, at);
    else shown += mark === "[" ? linkClosing(text, at) : mark === "~" ? "~~" : mark.repeat(length);
  }
  return shown;
}

/** A bracket within a word (`a[0`) is no link. @param {string} text @param {number} at */
function linkClosing(text, at) {
  return /\w/.test(text[at - 1] ?? "") ? "" : "]()";
}
