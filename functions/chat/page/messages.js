/* The list of a conversation's messages. */

import { AnswerView } from "./answer-view.js";
import { PromptView } from "./prompt-view.js";

/**
 * @typedef {import("./conversation.js").Message} Message
 *
 * @typedef {object} Wishes  what the reader can ask for in a message
 * @property {(message: import("./conversation.js").Prompt, text: string) => void} onEdit
 * @property {(token: string) => void} onToken
 */

export class MessageList {
  /** @param {HTMLElement} list @param {Wishes} wishes */
  constructor(list, wishes) {
    this.list = list;
    this.wishes = wishes;
    /** @type {Map<Message, AnswerView | PromptView>} */
    this.views = new Map();
  }

  /** Shows exactly these messages. @param {Message[]} messages */
  show(messages) {
    const wanted = new Set(messages);
    for (const [message, view] of this.views) {
      if (wanted.has(message)) continue;
      view.element.remove();
      this.views.delete(message);
    }
    for (const message of messages) {
      if (this.views.has(message)) continue;
      const view = this.#make(message);
      this.views.set(message, view);
      this.list.append(view.element);
      this.update(message, false);
      if (message.role === "user" || message.state !== "running") view.finish();
    }
    this.#markLast(messages);
  }

  /** Brings a message up to date, if it is shown. @param {Message} message @param {boolean} isQuiet */
  update(message, isQuiet) {
    this.views.get(message)?.update(isQuiet);
  }

  /** @param {Message} message */
  finish(message) {
    this.views.get(message)?.finish();
  }

  /** The message in which an element stands. @param {Element} target */
  at(target) {
    const item = target.closest(".message");
    for (const [message, view] of this.views) if (view.element === item) return { message, view };
    return null;
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
