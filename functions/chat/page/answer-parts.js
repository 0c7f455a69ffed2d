/* What an answer has besides text: tool calls with their results, steps, the author's data, and sources. */

import { element } from "./element.js";

/**
 * @typedef {import("./conversation.js").Answer} Answer
 * @typedef {import("./conversation.js").Citation} Citation
 * @typedef {import("./conversation.js").ToolCall} ToolCall
 */

/** Shows tool calls, steps and data; what is unfolded stays so. @param {HTMLElement} list @param {Answer} answer */
export function showActivity(list, { toolCalls = [], steps = [], data = [], state }) {
  const isRunning = state === "running";
  const parts = toolCalls.map((call) => toolPart(call, isRunning));
  if (steps.length) parts.push(foldedPart("Steps", `${steps.length}`, stepList(steps)));
  data.forEach((value) => parts.push(foldedPart("Data", "", codeOf(value))));
  parts.forEach((part, index) => {
    const shown = list.children[index];
    if (shown instanceof HTMLDetailsElement && shown.open) part.open = true;
    if (!shown) list.append(part);
    else if (!shown.isEqualNode(part)) {
      const isFocused = shown.contains(document.activeElement);
      shown.replaceWith(part);
      if (isFocused) part.querySelector("summary")?.focus();
    }
  });
  list.hidden = parts.length === 0;
}

/** Shows sources, numbered as the answer's text cites them. @param {HTMLElement} shown @param {Citation[]} citations */
export function showSources(shown, citations) {
  shown.hidden = citations.length === 0;
  const items = citations.map((citation) => {
    const title = citation.title || citation.file || citation.url || "Untitled source";
    const item = element("li", "sources__item", isWebAddress(citation.url) ? linkTo(citation.url, title) : title);
    const where = citation.file && citation.file !== title ? citation.file : "";
    if (where) item.append(" ", element("span", "small-print", where));
    if (citation.snippet) item.append(element("p", "sources__snippet", citation.snippet));
    return item;
  });
  shown.querySelector("ol")?.replaceChildren(...items);
}

/** @param {ToolCall} call @param {boolean} isRunning */
function toolPart(call, isRunning) {
  const hasFailed = call.error !== undefined;
  const isDone = hasFailed || call.result !== undefined;
  const state = hasFailed ? "failed" : isDone ? "done" : isRunning ? "running" : "no result";
  const parts = [element("p", "activity__label", "Called with"), codeOf(parsed(call.arguments))];
  if (isDone) parts.push(element("p", "activity__label", hasFailed ? "Error" : "Result"), codeOf(hasFailed ? call.error : parsed(call.result)));
  return foldedPart(call.name || "Tool", state, ...parts);
}

/** @param {string} name @param {string} note @param {...Node} content */
function foldedPart(name, note, ...content) {
  const summary = element("summary", "", element("span", "activity__name", name));
  if (note) summary.append(" ", element("span", "activity__note", note));
  return element("details", "activity__part", summary, ...content);
}

/** @param {import("./conversation.js").Step[]} steps */
function stepList(steps) {
  return element("ol", "activity__steps", ...steps.map(({ name, state }) => element("li", "", state === "finished" ? name : `${name} (not finished)`)));
}

/** A value as text: a string as it is, everything else as JSON. @param {unknown} value */
function codeOf(value) {
  const pre = element("pre", "activity__value", typeof value === "string" ? value : JSON.stringify(value, null, 2));
  pre.tabIndex = 0; // a wide one is scrolled by the keyboard too
  return pre;
}

/** @param {unknown} value */
function parsed(value) {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** @param {string} url @param {string} text */
function linkTo(url, text) {
  const link = element("a", "", text);
  link.href = url;
  link.target = "_blank";
  link.rel = "noopener noreferrer nofollow";
  return link;
}

/** @param {string | undefined} url @returns {url is string} */
function isWebAddress(url) {
  return /^https?:\/\//i.test(url ?? "");
}
