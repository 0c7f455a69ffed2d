/* The list of the messages that are shown of a conversation. */

import { AnswerView } from "./answer-view.js";
import { PromptView } from "./prompt-view.js";
import { pathOf, versionsOf } from "./tree.js";

const FIRST = 6; // so many messages fill any screen
const SLICE_MS = 8;

/**
 * @typedef {import("./conversation.js").Conversation} Conversation
 * @typedef {import("./conversation.js").Message} Message
 *
 * @typedef {object} Wishes  what the reader can ask for in a message
 * @property {(message: import("./conversation.js").Prompt, text: string) => void} onEdit
 * @property {(token: string) => void} onToken
 * @property {() => void} onFill  called when older messages got their text
 */

export class MessageList {
  /** @param {HTMLElement} list @param {Wishes} wishes */
  constructor(list, wishes) {
    this.list = list;
    this.wishes = wishes;
    /** @type {Map<Message, AnswerView | PromptView>} */
    this.views = new Map();
    /** Messages that still show no text, the newest last. @type {Message[]} */
    this.unfilled = [];
  }

  /** Shows the conversation's messages: the last ones now, the ones before a moment later. @param {Conversation} conversation */
  show(conversation) {
    const messages = pathOf(conversation);
    const wanted = new Set(messages);
    for (const [message, view] of this.views) {
      if (wanted.has(message)) continue;
      view.element.remove();
      this.views.delete(message);
    }
    const added = messages.filter((message) => !this.views.has(message));
    for (const message of added) {
      const view = this.#make(message);
      this.views.set(message, view);
      this.list.append(view.element);
    }
    this.#showVersions(conversation, messages);
    this.unfilled = [...this.unfilled.filter((message) => wanted.has(message)), ...added];
    this.#fill(FIRST);
    this.#markLast(messages);
  }

  /** Brings a message up to date, if it is shown. @param {Message} message @param {boolean} isQuiet */
  update(message, isQuiet) {
    this.views.get(message)?.update(isQuiet);
  }

  /** Brings all messages up to date that show their text. @param {(message: Message) => boolean} isQuiet */
  updateAll(isQuiet) {
    const unfilled = new Set(this.unfilled);
    for (const [message, view] of this.views) if (!unfilled.has(message)) view.update(isQuiet(message));
  }

  /** The message that an element belongs to. @param {Element} target */
  at(target) {
    const item = target.closest(".message");
    for (const [message, view] of this.views) if (view.element === item) return { message, view };
    return null;
  }

  /** The views of the shown messages. */
  get shown() {
    return [...this.views.values()];
  }

  /** Gives the last messages their text, then those before while the page is idle. @param {number} count */
  #fill(count) {
    for (let filled = 0; filled < count && this.unfilled.length; filled += 1) this.#fillOne();
    if (!this.unfilled.length || this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      const endsAt = performance.now() + SLICE_MS;
      while (this.unfilled.length && performance.now() < endsAt) this.#fillOne();
      this.wishes.onFill();
      this.#fill(0);
    });
  }

  #fillOne() {
    const message = this.unfilled.pop();
    if (message) this.update(message, false);
  }

  /** @param {Conversation} conversation @param {Message[]} messages */
  #showVersions(conversation, messages) {
    for (const message of messages) {
      const versions = versionsOf(conversation, message);
      this.views.get(message)?.versions.show(versions.indexOf(message) + 1, versions.length);
    }
  }

  /** Only the last answer can be tried again or gone on with. @param {Message[]} messages */
  #markLast(messages) {
    const last = messages[messages.length - 1];
    for (const [message, view] of this.views) view.element.classList.toggle("message--last", message === last);
  }

  /** @param {Message} message */
  #make(message) {
    if (message.role === "user") return new PromptView(message, this.wishes.onEdit);
    return new AnswerView(message, this.wishes.onToken);
  }
}
