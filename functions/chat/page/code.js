/* A block of code with its language and a copy button. */

import { button, element } from "./element.js";

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
 * Shows another text in a block; false if that needs another block.
 * @param {ChildNode | undefined} block
 * @param {string} text
 * @param {string | undefined} info
 */
export function setCode(block, text, info) {
  if (!(block instanceof HTMLElement) || block.dataset.language !== languageOf(info)) return false;
  /** @type {Element} */ (block.querySelector("code")).textContent = text;
  return true;
}

/** @param {string | undefined} info */
function languageOf(info) {
  return info?.trim().split(/\s/, 1)[0] ?? "";
}
