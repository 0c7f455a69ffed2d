/* A block of code with its language and a copy button. */

import { button, element } from "./element.js";
import { morph } from "./morph.js";

/**
 * @param {string} text
 * @param {string | undefined} info  what stands behind the fence; its first word is the language
 */
export function codeBlock(text, info) {
  const language = languageOf(info);
  const pre = element("pre", "", element("code", "", text));
  pre.tabIndex = 0; // a wide one is scrolled by the keyboard too
  pre.setAttribute("role", "group");
  pre.setAttribute("aria-label", language ? `Code, ${language}` : "Code");
  const head = element("div", "code__head", element("span", "", language), button("Copy", "copy-code", "tool"));
  const block = element("div", "code", head, pre);
  block.dataset.language = language;
  return block;
}

/**
 * Shows the text of another block of code in this one; false if their languages differ.
 * @param {ChildNode | undefined} block
 * @param {ChildNode | undefined} other
 */
export function setCode(block, other) {
  if (!(block instanceof HTMLElement && other instanceof HTMLElement) || block.dataset.language !== other.dataset.language) return false;
  const [code, wanted] = [block, other].map((each) => /** @type {Element} */ (each.querySelector("code")));
  morph(code, [...code.childNodes], [...wanted.childNodes]);
  return true;
}

/** @param {string | undefined} info */
function languageOf(info) {
  return info?.trim().split(/\s/, 1)[0] ?? "";
}
