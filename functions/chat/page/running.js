/* The answers that are still coming: those that this tab receives, and those that other tabs receive. */

import { AnswerRequest } from "./answer-request.js";
import { runningAnswers } from "./conversation.js";

const SAVE_EVERY_MS = 1_000;
const SHARE_EVERY_MS = 50;

/**
 * @typedef {import("./conversation.js").Answer} Answer
 * @typedef {import("./conversation.js").Conversation} Conversation
 * @typedef {import("./conversation.js").Message} Message
 */

export class RunningAnswers {
  /**
   * @param {import("./conversations.js").Conversations} conversations
   * @param {import("./tabs.js").Tabs} tabs
   * @param {(conversation: Conversation, answer: Answer) => void} onGrow
   */
  constructor(conversations, tabs, onGrow) {
    this.conversations = conversations;
    this.tabs = tabs;
    this.onGrow = onGrow;
    /** By the id of the answer. @type {Map<string, AnswerRequest>} */
    this.own = new Map();
    /** Ids of answers whose tab is watched. @type {Set<string>} */
    this.watched = new Set();
  }

  /** True for an answer that this tab receives. @param {string} id */
  isOwn(id) {
    return this.own.has(id);
  }

  /** @param {Answer} answer */
  isQuiet(answer) {
    return this.own.get(answer.id)?.isQuiet ?? false;
  }

  /**
   * Sends a request for an answer. False if the answer was dropped meanwhile.
   * @param {Conversation} conversation
   * @param {Answer} answer
   * @param {import("./answer-request.js").Target} target
   * @param {Message[]} added  other messages that are new
   */
  async start(conversation, answer, target, added) {
    answer.owner = this.tabs.id;
    const sharing = new Sharing(this.tabs, conversation, answer, () => this.conversations.share(conversation, answer));
    let savedAt = Date.now();
    const request = new AnswerRequest(conversation, answer, (isMoreThanText) => {
      if (this.own.get(answer.id) !== request) return;
      sharing.grown(isMoreThanText);
      if (Date.now() - savedAt > SAVE_EVERY_MS) {
        savedAt = Date.now();
        this.conversations.save(conversation, answer);
      }
      this.onGrow(conversation, answer);
    });
    this.own.set(answer.id, request);
    const done = request.run(target);
    this.conversations.save(conversation, ...added, answer);
    await done;
    sharing.end();
    if (this.own.get(answer.id) !== request) return false;
    this.own.delete(answer.id);
    return true;
  }

  /** Stops the running answers of a conversation, also those that another tab receives. @param {Conversation} conversation */
  stop(conversation) {
    for (const answer of runningAnswers(conversation)) {
      const request = this.own.get(answer.id);
      if (request) request.stop("stopped");
      else this.tabs.post({ type: "stop", answerId: answer.id });
    }
  }

  /** Ends and stores all answers of this tab, which is being closed. */
  leave() {
    for (const request of this.own.values()) {
      request.stop("left");
      this.conversations.save(request.conversation, request.answer);
    }
  }

  /** Ends the answers of conversations that are gone. @param {string[]} conversationIds */
  drop(conversationIds) {
    for (const [id, request] of this.own) {
      if (!conversationIds.includes(request.conversation.id)) continue;
      this.own.delete(id);
      request.stop("stopped");
    }
  }

  /** Ends an answer of another tab once that tab is gone. @param {Conversation} conversation @param {() => void} onEnd */
  watch(conversation, onEnd) {
    for (const answer of runningAnswers(conversation)) {
      if (this.isOwn(answer.id) || this.watched.has(answer.id)) continue;
      this.watched.add(answer.id);
      this.tabs.post({ type: "request", answerId: answer.id }); // the database has it as it was up to a second ago
      const { owner } = answer;
      // An answer without an owner was stored by an earlier release, whose tab is gone.
      Promise.resolve(owner && this.tabs.gone(owner)).then(() => {
        this.watched.delete(answer.id);
        if (answer.state !== "running" || answer.owner !== owner) return;
        answer.state = "failed";
        answer.failure = { kind: "left" };
        this.conversations.save(conversation, answer);
        onEnd();
      });
    }
  }

  /** Handles what another tab has sent about an answer. @param {any} message */
  receive(message) {
    const request = this.own.get(message.answerId);
    if (message.type === "stop") request?.stop("stopped");
    if (message.type === "request" && request) this.conversations.share(request.conversation, request.answer);
    if (message.type === "delta") this.#grow(message);
  }

  /** @param {{ conversationId: string, answerId: string, text: Piece, reasoning: Piece }} delta */
  #grow({ conversationId, answerId, text, reasoning }) {
    const conversation = this.conversations.all.get(conversationId);
    if (!conversation?.isLoaded) return;
    const answer = conversation.messages.find(({ id }) => id === answerId);
    const isKnown = answer?.role === "assistant" && answer.state === "running";
    const grownText = isKnown ? extended(answer.text, text) : null;
    const grownReasoning = isKnown ? extended(answer.reasoning, reasoning) : null;
    if (!isKnown || grownText === null || grownReasoning === null) {
      this.tabs.post({ type: "request", answerId }); // this tab has missed something: it needs the whole answer
      return;
    }
    answer.text = grownText;
    answer.reasoning = grownReasoning;
    this.onGrow(conversation, answer);
  }
}

/** @typedef {{ at: number, added: string }} Piece  of a text; at: its position there */

/** The text with the piece, null if something between them is missing. @param {string} text @param {Piece} piece */
function extended(text, { at, added }) {
  return text.length < at ? null : text + added.slice(text.length - at);
}

/** Sends other tabs what is new of one answer, a few times per second. */
class Sharing {
  /**
   * @param {import("./tabs.js").Tabs} tabs
   * @param {Conversation} conversation
   * @param {Answer} answer
   * @param {() => void} shareWhole  sends the whole answer
   */
  constructor(tabs, conversation, answer, shareWhole) {
    this.shareWhole = shareWhole;
    this.isMoreThanText = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.tabs = tabs;
    this.conversation = conversation;
    this.answer = answer;
    this.sentText = answer.text.length;
    this.sentReasoning = answer.reasoning.length;
    this.sentAt = 0;
  }

  /** @param {boolean} [isMoreThanText] */
  grown(isMoreThanText = false) {
    this.isMoreThanText ||= isMoreThanText;
    const waitMs = this.sentAt + SHARE_EVERY_MS - Date.now();
    if (waitMs <= 0) this.#send();
    else this.timer ??= setTimeout(() => this.#send(), waitMs);
  }

  end() {
    clearTimeout(this.timer);
  }

  #send() {
    const { text, reasoning } = this.answer;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.sentAt = Date.now();
    if (this.isMoreThanText) {
      this.shareWhole();
      this.isMoreThanText = false;
    } else if (text.length === this.sentText && reasoning.length === this.sentReasoning) {
      return;
    } else this.tabs.post({
      type: "delta",
      conversationId: this.conversation.id,
      answerId: this.answer.id,
      text: { at: this.sentText, added: text.slice(this.sentText) },
      reasoning: { at: this.sentReasoning, added: reasoning.slice(this.sentReasoning) },
    });
    this.sentText = text.length;
    this.sentReasoning = reasoning.length;
  }
}
