/* The list of the messages that are shown of a conversation. */

import { AnswerView } from "./answer-view.js";
import { find } from "./element.js";
import { PromptView } from "./prompt-view.js";
import { pathOf, versionNumbers } from "./tree.js";

const FIRST = 4; // messages that fill most screens if they are long
const SHORT = 12; // and if they are short
const SLICE_MS = 8;

/**
 * @typedef {import("./conversation.js").Conversation} Conversation
 * @typedef {import("./conversation.js").Message} Message
 *
 * @typedef {object} MessageActions  what the reader does in a message
 * @property {(message: import("./conversation.js").Prompt, text: string) => void} onEdit
 * @property {(token: string) => void} onToken
 * @property {() => void} onFill  called when older messages got their text
 */

export class MessageList {
  /** @param {HTMLElement} list @param {MessageActions} actions */
  constructor(list, actions) {
    this.list = list;
    this.actions = actions;
    /** @type {Map<Message, AnswerView | PromptView>} */
    this.views = new Map();
    /** @type {Message[]} */
    this.path = [];
    /** @type {Map<Message, { number: number, count: number }>} */
    this.versions = new Map();
  }

  /** Shows the conversation's messages: the last ones now, the earlier ones a moment later. @param {Conversation} conversation */
  show(conversation) {
    this.path = pathOf(conversation);
    this.versions = versionNumbers(conversation);
    const inPath = new Set(this.path);
    for (const [message, view] of this.views) {
      if (inPath.has(message)) continue;
      view.element.remove();
      this.views.delete(message);
    }
    for (const [message, view] of this.views) this.#showVersions(message, view);
    this.#fill((index) => this.path.length - index <= FIRST || (this.path.length - index <= SHORT && !this.#fillsScreen()));
    const last = this.path[this.path.length - 1];
    // Only the last answer can be tried again or continued.
    for (const [message, view] of this.views) view.element.classList.toggle("message--last", message === last);
  }

  /** Brings a message up to date, if it is shown. @param {Message} message @param {boolean} isQuiet */
  update(message, isQuiet) {
    this.views.get(message)?.update(isQuiet);
  }

  /** Brings all shown messages up to date. @param {(message: Message) => boolean} isQuiet */
  updateAll(isQuiet) {
    for (const [message, view] of this.views) view.update(isQuiet(message));
  }

  /** The message that an element belongs to. @param {Element} target */
  at(target) {
    const item = target.closest(".message");
    for (const [message, view] of this.views) if (view.element === item) return { message, view };
    return null;
  }

  /**
   * Focuses a button of the version switch at this position in the list again after it was pressed, or the other button
   * if there are no more versions in that direction.
   * @param {number} position  from 0
   * @param {string} pressed
   */
  focusVersions(position, pressed) {
    const view = this.views.get(this.path[position]);
    if (!view) return;
    const same = /** @type {HTMLButtonElement} */ (find(`[data-do="${pressed}"]`, view.element));
    const target = same.disabled ? find(".versions button:enabled", view.element) : same;
    target.focus();
  }

  /** Adds views, the newest first, for as long as the condition holds; the others while the page is idle. @param {(index: number) => boolean} condition  of the message at this index in the path */
  #fill(condition) {
    let index = this.path.length - 1;
    for (; index >= 0; index -= 1) {
      if (this.views.has(this.path[index])) continue;
      if (!condition(index)) break;
      this.#add(index);
    }
    if (index < 0 || this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      const endsAt = performance.now() + SLICE_MS;
      this.#fill(() => performance.now() < endsAt);
      this.actions.onFill();
    });
  }

  #fillsScreen() {
    return this.list.offsetHeight >= window.innerHeight;
  }

  /** @param {number} index  in the path */
  #add(index) {
    const message = this.path[index];
    const view = message.role === "user" ? new PromptView(message, this.actions.onEdit, this.actions.onFill) : new AnswerView(message, this.actions.onToken);
    this.list.insertBefore(view.element, this.views.get(this.path[index + 1])?.element ?? null);
    this.views.set(message, view);
    this.#showVersions(message, view);
    view.update(false);
  }

  /** @param {Message} message @param {AnswerView | PromptView} view */
  #showVersions(message, view) {
    const { number, count } = this.versions.get(message) ?? { number: 1, count: 1 };
    const versions = find(".versions", view.element);
    versions.hidden = count < 2;
    find(".versions__count", versions).textContent = `${number}/${count}`;
    const [before, after] = /** @type {NodeListOf<HTMLButtonElement>} */ (versions.querySelectorAll("button"));
    before.disabled = number === 1;
    after.disabled = number === count;
  }
}
