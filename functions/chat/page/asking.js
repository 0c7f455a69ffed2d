/* An answer while it comes: one request, and what its events make of the answer. */

import { newId, requestMessages } from "./conversation.js";
import { stream, StreamFailure } from "./stream.js";

const QUIET_MS = 45_000; // three heartbeats of the template's

/**
 * @typedef {object} Line  where and how the function is asked
 * @property {string} url
 * @property {string | null} token
 */

export class Asking {
  /**
   * @param {import("./conversation.js").Conversation} conversation
   * @param {import("./conversation.js").Answer} answer  goes on where it has text
   * @param {() => void} onChange  called whenever the answer has changed
   */
  constructor(conversation, answer, onChange) {
    this.conversation = conversation;
    this.answer = answer;
    this.onChange = onChange;
    this.isQuiet = false;
    this.controller = new AbortController();
    /** @type {"stopped" | "left"} */
    this.reason = "stopped";
  }

  /** @param {"stopped" | "left"} reason */
  stop(reason) {
    this.reason = reason;
    this.controller.abort();
  }

  /** Asks, and returns when the answer has ended in whatever way. @param {Line} line */
  async run({ url, token }) {
    const { answer, conversation } = this;
    const body = { messages: requestMessages(conversation, answer), model: conversation.model ?? undefined };
    const earlierMs = answer.totalMs;
    const startedAt = performance.now();
    const elapsed = () => performance.now() - startedAt;
    Object.assign(answer, { state: "running", failure: null, finishReason: null });
    this.#expectLife();
    try {
      for await (const event of stream(url, { body, token, key: newId(), signal: this.controller.signal })) {
        this.#expectLife();
        this.#take(event, elapsed());
      }
    } catch (error) {
      this.#fail(error, token);
    } finally {
      clearTimeout(this.quietTimer);
      this.isQuiet = false;
      answer.totalMs = earlierMs + elapsed();
      this.onChange();
    }
  }

  /**
   * @param {import("./stream.js").StreamEvent} event
   * @param {number} elapsedMs
   */
  #take({ name, data }, elapsedMs) {
    const { answer } = this;
    switch (name) {
      case "message":
      case "reasoning":
        answer.firstTokenMs ??= elapsedMs;
        if (name === "message") answer.text += data.text;
        else answer.reasoning += data.text;
        break;
      case "trimmed":
        answer.dropped = data.dropped;
        break;
      case "end":
        answer.state = "complete";
        answer.finishReason = data.finish_reason;
        answer.promptTokens += data.usage?.prompt_tokens ?? 0;
        answer.completionTokens += data.usage?.completion_tokens ?? 0;
        break;
      default:
        return;
    }
    this.onChange();
  }

  /** @param {unknown} error @param {string | null} token */
  #fail(error, token) {
    const { answer } = this;
    if (error instanceof StreamFailure) {
      answer.state = "failed";
      answer.failure = { kind: error.kind, ...error.details };
      if (error.kind === "unauthorized" && token) answer.failure.code = "token_refused";
    } else if (this.controller.signal.aborted) {
      answer.state = this.reason === "left" ? "failed" : "stopped";
      answer.failure = this.reason === "left" ? { kind: "left" } : null;
    } else {
      throw error;
    }
  }

  /** The function fills silence with comments. Without those, too, something on the way may be dead, or just slow. */
  #expectLife() {
    clearTimeout(this.quietTimer);
    const wasQuiet = this.isQuiet;
    this.isQuiet = false;
    if (wasQuiet) this.onChange();
    this.quietTimer = setTimeout(() => {
      this.isQuiet = true;
      this.onChange();
    }, QUIET_MS);
  }
}
