/* Shows the message of a search result, and marks the words in it. */

import { PromptView } from "./prompt-view.js";
import { matchesOf } from "./search.js";
import { delay } from "./tabs.js";
import { ancestorsOf, pathOf, select } from "./tree.js";

const MARK = "search"; // as in library.css
const MOST_RANGES = 500;

/**
 * Opens the conversation of a result at its message, also if another version of the message was shown.
 * @param {import("./library.js").Page} page
 * @param {import("./search.js").Result} result
 * @param {string[]} words
 */
export async function showMessage({ chat, messages, follower, open }, { conversation: { id }, message }, words) {
  await open(id);
  const { conversation } = chat;
  const target = conversation.messages.find((each) => each.id === message?.id);
  if (conversation.id !== id || !target) return;
  if (!pathOf(conversation).includes(target)) {
    for (const each of [...ancestorsOf(conversation, target), target]) select(conversation, each);
    chat.conversations.save(conversation);
    chat.callbacks.onSwitch();
  }
  follower.leave();
  const moved = new AbortController();
  for (const name of ["wheel", "touchstart", "pointerdown", "keydown"]) {
    addEventListener(name, () => moved.abort(), { signal: moved.signal, passive: true });
  }
  // Earlier messages get their text later, and then move this one.
  for (let isFocused = false; !moved.signal.aborted && chat.conversation === conversation; await delay(0)) {
    const view = messages.views.get(target);
    if (view && !isFocused) {
      isFocused = true;
      if (view instanceof PromptView && view.isFolded) view.toggleFold();
      view.element.tabIndex = -1;
      view.element.focus({ preventScroll: true });
      mark(view.element, words);
    }
    if (view) scrollTo(view.element);
    if (messages.path.every((each) => messages.views.has(each))) break;
  }
  if (!moved.signal.aborted) follower.settle();
  moved.abort();
}

/** Marks the words in a message until something else is shown or written, if the browser can. @param {HTMLElement} message @param {string[]} words */
function mark(message, words) {
  if (!CSS.highlights) return;
  const ranges = [];
  for (const shown of message.querySelectorAll(".prompt__text, .prose")) {
    const walker = document.createTreeWalker(shown, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node && ranges.length < MOST_RANGES; node = walker.nextNode()) {
      for (const [start, end] of matchesOf(node.textContent ?? "", words)) {
        const range = document.createRange();
        range.setStart(node, start);
        range.setEnd(node, end);
        ranges.push(range);
      }
    }
  }
  CSS.highlights.set(MARK, new Highlight(...ranges));
  addEventListener("input", () => CSS.highlights.delete(MARK), { once: true });
}

/** Shows the first marked word of a message, or its beginning. @param {HTMLElement} message */
function scrollTo(message) {
  const [first] = CSS.highlights?.get(MARK) ?? [];
  const node = first && message.contains(first.startContainer) ? first.startContainer.parentElement : null;
  (node ?? message).scrollIntoView({ block: node && message.offsetHeight > innerHeight / 2 ? "center" : "start" });
}
