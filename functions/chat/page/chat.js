/* What can be done with conversations; knows nothing of how they are shown. */

import { canGoOn, newAnswer, newConversation, newPrompt, runningAnswers } from "./conversation.js";
import { Conversations } from "./conversations.js";
import { RunningAnswers } from "./running.js";
import { Tabs } from "./tabs.js";
import { append, pathOf, ROOT, select, versionsOf } from "./tree.js";

/**
 * @typedef {import("./conversation.js").Answer} Answer
 * @typedef {import("./conversation.js").Conversation} Conversation
 * @typedef {import("./conversation.js").Message} Message
 * @typedef {import("./conversation.js").Prompt} Prompt
 *
 * @typedef {object} Config  what the function tells the page (`for_page` in options.py)
 * @property {string[]} models
 * @property {string} model  the default
 * @property {boolean} system_prompt_editable
 * @property {string} system_prompt
 * @property {boolean} temperature_editable
 * @property {number} temperature  the function's own
 * @property {{ max_count: number } | null} images  null: the function takes none
 * @property {number} max_body  bytes of a request
 *
 * @typedef {object} Callbacks
 * @property {() => void} onSwitch  another conversation is the current one, or it shows other messages
 * @property {(conversation: Conversation) => void} onAsk
 * @property {(conversation: Conversation, answer: Answer) => void} onGrow
 * @property {(conversation: Conversation, answer: Answer) => void} onEnd
 * @property {(conversation: Conversation) => void} onChange  another tab has changed it
 * @property {(ids: string[]) => void} onPurge
 * @property {(problem: import("./conversations.js").StorageProblem) => void} onStorageProblem
 */

export class Chat {
  /**
   * @param {object} parts
   * @param {string} parts.url  where requests for answers are sent
   * @param {string} parts.prefix  of all that is stored
   * @param {{ get: () => string | null, set: (token: string) => void }} parts.token
   * @param {{ get: () => string | null, set: (model: string) => void }} parts.lastModel  the one chosen last
   * @param {Callbacks} parts.callbacks
   */
  constructor({ url, prefix, token, lastModel, callbacks }) {
    this.url = url;
    this.token = token;
    this.lastModel = lastModel;
    this.callbacks = callbacks;
    /** @type {Config | null} */
    this.config = null;
    this.tabs = new Tabs(prefix, (message) => this.#receive(message));
    this.conversations = new Conversations(prefix, this.tabs, {
      onChange: (conversation) => this.#changed(conversation),
      onPurge: (ids) => {
        this.running.drop(ids);
        callbacks.onPurge(ids);
      },
      onStorageProblem: callbacks.onStorageProblem,
    });
    this.running = new RunningAnswers(this.conversations, this.tabs, callbacks.onGrow);
    this.conversation = newConversation();
  }

  get isBusy() {
    return this.isRunning(this.conversation);
  }

  /** @param {Conversation} conversation */
  isRunning(conversation) {
    return runningAnswers(conversation).length > 0;
  }

  /** The messages that are shown. */
  get path() {
    return pathOf(this.conversation);
  }

  /** @returns {Answer | null} */
  get lastAnswer() {
    const last = this.path.pop();
    return last?.role === "assistant" ? last : null;
  }

  /** The model that the next answer comes from; null if the function has not said which there are. */
  get model() {
    const { config, conversation } = this;
    if (!config) return conversation.model;
    const chosen = [conversation.model, this.lastModel.get()].find((model) => model && config.models.includes(model));
    return chosen ?? config.model;
  }

  /** @param {string} model */
  chooseModel(model) {
    this.lastModel.set(model);
    this.conversation.model = model;
    if (this.conversation.messages.length) this.conversations.save(this.conversation);
  }

  /** @param {string | null} system */
  chooseSystem(system) {
    if (this.conversation.system === system) return;
    this.conversation.system = system;
    if (this.conversation.messages.length) this.conversations.save(this.conversation);
  }

  /** @param {number | null} temperature  null: the function's own */
  chooseTemperature(temperature) {
    this.conversation.temperature = temperature;
    if (this.conversation.messages.length) this.conversations.save(this.conversation);
  }

  /** @param {string} text @param {import("./attached.js").Attachment[]} attachments */
  send(text, attachments = []) {
    if (!this.isBusy) this.#add(this.path.pop()?.id ?? ROOT, text, attachments);
  }

  /** Sends another version of a prompt. @param {Prompt} prompt @param {string} text */
  resend(prompt, text) {
    this.stop();
    this.#add(prompt.parentId, text, prompt.attachments ?? []);
  }

  /** Asks for another version of the last answer. If it does not come, the one before is shown again. */
  retry() {
    const old = this.lastAnswer;
    if (!old || this.isBusy) return;
    const answer = newAnswer(old.parentId);
    append(this.conversation, answer);
    this.#ask(answer, [], old.text ? old : null);
  }

  /** Asks for the rest of the last answer. */
  goOn() {
    if (this.lastAnswer && !this.isBusy) this.#ask(this.lastAnswer, []);
  }

  /** Asks again with an access token. @param {string} token */
  authorize(token) {
    this.token.set(token);
    const answer = this.lastAnswer;
    if (answer?.text && !canGoOn(answer)) this.retry();
    else this.goOn();
  }

  stop() {
    this.running.stop(this.conversation);
  }

  /** Shows another version of a message. @param {Message} message @param {number} step  -1: the one before. */
  showVersion(message, step) {
    const versions = versionsOf(this.conversation, message);
    const other = versions[versions.indexOf(message) + step];
    if (!other) return;
    select(this.conversation, other);
    this.conversations.save(this.conversation);
    this.callbacks.onSwitch();
  }

  /** Makes a conversation the current one; a new one if there is none of this id. @param {string} id */
  async open(id) {
    this.openingId = id;
    const stored = id ? await this.conversations.load(id) : null;
    if (this.openingId !== id) return; // the reader has opened another one meanwhile
    this.conversation = stored ?? newConversation();
    this.#watch(this.conversation);
    this.callbacks.onSwitch();
  }

  /** Takes over what happened while this page slept. */
  async wake() {
    const { conversation } = this;
    await this.conversations.refresh(conversation);
    this.#changed(conversation);
  }

  /** @param {string} parentId @param {string} text @param {import("./attached.js").Attachment[]} attachments */
  #add(parentId, text, attachments) {
    const prompt = newPrompt(parentId, text, attachments);
    append(this.conversation, prompt);
    const answer = newAnswer(prompt.id);
    append(this.conversation, answer);
    this.#ask(answer, [prompt]);
  }

  /**
   * @param {Answer} answer  gets its rest if it has text already
   * @param {Message[]} added  other new messages
   * @param {Answer | null} [fallback]  what to show again if nothing comes
   */
  async #ask(answer, added, fallback = null) {
    const { config, conversation, model } = this;
    const temperature = (config?.temperature_editable ? conversation.temperature : null) ?? null;
    // Without the configuration the page does not know the limits: the function refuses what is too much.
    const limits = config ? { maxBytes: config.max_body, maxImages: config.images?.max_count ?? 0 } : { maxBytes: Infinity, maxImages: Infinity };
    answer.model = conversation.model = model;
    conversation.updatedAt = Date.now();
    const done = this.running.start(conversation, answer, { url: this.url, token: this.token.get(), model, temperature, limits }, added);
    this.callbacks.onAsk(conversation);
    if (!(await done)) return;
    const changed = /** @type {Answer[]} */ ([answer]);
    if (fallback && !answer.text) {
      answer.isHidden = true;
      fallback.failure = answer.failure;
      select(conversation, fallback);
      changed.push(fallback);
    }
    this.conversations.save(conversation, ...changed);
    this.callbacks.onEnd(conversation, fallback && answer.isHidden ? fallback : answer);
  }

  /** @param {any} message */
  #receive(message) {
    this.running.receive(message);
    this.conversations.receive(message, (id) => this.running.isOwn(id));
  }

  /** @param {Conversation} conversation */
  #changed(conversation) {
    this.#watch(conversation);
    this.callbacks.onChange(conversation);
  }

  /** @param {Conversation} conversation */
  #watch(conversation) {
    this.running.watch(conversation, () => this.callbacks.onChange(conversation));
  }
}
