/* The conversations and what can be done with them; knows nothing of how they are shown. */

import { Asking } from "./asking.js";
import { canGoOn, cutBefore, newAnswer, newConversation, newPrompt } from "./conversation.js";

const SAVE_EVERY_MS = 1_000;

/**
 * @typedef {import("./conversation.js").Answer} Answer
 * @typedef {import("./conversation.js").Conversation} Conversation
 *
 * @typedef {object} Config  what the function says of itself
 * @property {string[]} models
 * @property {string} model  the default
 * @property {boolean} system_prompt_editable
 * @property {string} system_prompt
 *
 * @typedef {object} Watcher
 * @property {() => void} onSwitch  another conversation is the current one, or its messages are others
 * @property {(conversation: Conversation) => void} onAsk
 * @property {(conversation: Conversation, answer: Answer) => void} onGrow
 * @property {(conversation: Conversation, answer: Answer) => void} onEnd
 * @property {(isSaved: boolean) => void} onSave
 */

export class Chat {
  /**
   * @param {object} parts
   * @param {string} parts.url  where answers are asked for
   * @param {import("./storage.js").Conversations} parts.saved
   * @param {{ get: () => string | null, set: (token: string) => void }} parts.token
   * @param {Watcher} parts.watcher
   */
  constructor({ url, saved, token, watcher }) {
    this.url = url;
    this.saved = saved;
    this.token = token;
    this.watcher = watcher;
    /** @type {Config | null} */
    this.config = null;
    this.conversation = newConversation();
    this.savedAt = 0;
    /** An answer goes on coming while another conversation is looked at. @type {Map<string, Asking>} */
    this.running = new Map();
  }

  get isBusy() {
    return this.running.has(this.conversation.id);
  }

  /** @returns {Answer | null} */
  get lastAnswer() {
    const last = this.conversation.messages[this.conversation.messages.length - 1];
    return last?.role === "assistant" ? last : null;
  }

  /** @param {string} text */
  send(text) {
    if (this.isBusy) return;
    this.conversation.messages.push(newPrompt(text), newAnswer());
    this.#ask();
  }

  /** Sends a prompt in another wording; what followed it is gone. @param {import("./conversation.js").Prompt} prompt @param {string} text */
  resend(prompt, text) {
    this.stop();
    this.running.delete(this.conversation.id);
    cutBefore(this.conversation, prompt);
    this.send(text);
  }

  /** Asks for another answer in place of the last, which comes back if there is none. */
  retry() {
    const old = this.lastAnswer;
    if (!old || this.isBusy) return;
    cutBefore(this.conversation, old);
    this.conversation.messages.push(newAnswer());
    this.#ask(old.text ? old : null);
  }

  /** Asks for the rest of the last answer. */
  goOn() {
    if (this.lastAnswer && !this.isBusy) this.#ask();
  }

  /** Asks again with an access token. @param {string} token */
  authorize(token) {
    this.token.set(token);
    const answer = this.lastAnswer;
    if (answer?.text && !canGoOn(answer)) this.retry();
    else this.goOn();
  }

  stop() {
    this.running.get(this.conversation.id)?.stop("stopped");
  }

  /** Ends and keeps whatever is under way: the page is being left. */
  leave() {
    for (const asking of this.running.values()) {
      this.save(asking.conversation);
      asking.stop("left");
    }
  }

  /** Makes a conversation the current one; a new one if there is none of this id. @param {string} id */
  open(id) {
    this.conversation = this.running.get(id)?.conversation ?? this.saved.load(id) ?? newConversation();
    this.watcher.onSwitch();
  }

  /** Takes over what another tab has made of the current conversation. */
  reload() {
    const found = this.isBusy ? null : this.saved.load(this.conversation.id);
    if (!found || found.messages.some((message) => message.role === "assistant" && message.failure?.kind === "left")) return;
    this.conversation = found;
    this.watcher.onSwitch();
  }

  /** Forgets a conversation, and returns it for the reader to think again. @param {string} id */
  remove(id) {
    this.running.get(id)?.stop("stopped");
    this.running.delete(id);
    const removed = this.saved.load(id);
    this.saved.remove(id);
    return removed;
  }

  save(kept = this.conversation) {
    this.savedAt = Date.now();
    this.watcher.onSave(this.saved.save(kept));
  }

  /** Asks for the last answer, or its rest. @param {Answer | null} [fallback]  what to go back to if nothing comes */
  async #ask(fallback = null) {
    const { conversation, lastAnswer: answer } = this;
    if (!answer) return;
    answer.model = conversation.model ?? this.config?.model ?? null;
    conversation.updatedAt = Date.now();
    const asking = new Asking(conversation, answer, () => this.#grown(asking));
    this.running.set(conversation.id, asking);
    const done = asking.run({ url: this.url, token: this.token.get() });
    this.save(conversation);
    this.watcher.onAsk(conversation);
    await done;
    if (this.running.get(conversation.id) !== asking) return; // removed or sent again meanwhile
    this.running.delete(conversation.id);
    const shown = fallback && !answer.text ? this.#fallBack(conversation, answer, fallback) : answer;
    this.save(conversation);
    this.watcher.onEnd(conversation, shown);
  }

  /** @param {Conversation} conversation @param {Answer} failed @param {Answer} old */
  #fallBack(conversation, failed, old) {
    old.failure = failed.failure;
    conversation.messages[conversation.messages.indexOf(failed)] = old;
    return old;
  }

  /** @param {Asking} asking */
  #grown(asking) {
    if (this.running.get(asking.conversation.id) !== asking) return;
    if (Date.now() - this.savedAt > SAVE_EVERY_MS) this.save(asking.conversation);
    this.watcher.onGrow(asking.conversation, asking.answer);
  }
}
