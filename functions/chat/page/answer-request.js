/* The request for one answer. The events of its response fill in the answer. */

import { newId } from "./conversation.js";
import { StreamFailure } from "./failures.js";

const QUIET_MS = 45_000; // three heartbeats of the template's

/**
 * @typedef {object} Target  where and how the request is sent
 * @property {string} url
 * @property {string | null} token
 * @property {string | null} model  null: the function's default
 * @property {number | null} temperature  null: the function's own
 * @property {import("./request-messages.js").Limits} limits
 */

export class AnswerRequest {
  /**
   * @param {import("./conversation.js").Conversation} conversation
   * @param {import("./conversation.js").Answer} answer  continued if it has text already
   * @param {(isMoreThanText?: boolean) => void} onChange  called whenever the answer has changed
   */
  constructor(conversation, answer, onChange) {
    this.conversation = conversation;
    this.answer = answer;
    this.onChange = onChange;
    this.isQuiet = false;
    /** The tool calls in the beginning of the answer: its rest counts calls from 0 again. */
    this.callsBefore = new Set(answer.toolCalls);
    /** @type {number | undefined} */
    this.reasoningStartMs = undefined;
    this.controller = new AbortController();
    /** Where the rest of an answer is joined to its beginning. @type {import("./joint.js").Joint | null} */
    this.joint = null;
  }

  /** Ends the answer here. @param {"stopped" | "left"} reason  left: the page is being closed */
  stop(reason) {
    this.#add(this.joint?.end() ?? "");
    this.answer.state = reason === "left" ? "failed" : "stopped";
    this.answer.failure = reason === "left" ? { kind: "left" } : null;
    this.controller.abort();
  }

  /** Sends the request, and returns when the answer has ended in whatever way. @param {Target} target */
  async run({ url, token, model, temperature, limits }) {
    const { answer, conversation } = this;
    const earlierMs = answer.totalMs;
    const startedAt = performance.now();
    const elapsed = () => performance.now() - startedAt;
    Object.assign(answer, { state: "running", failure: null, finishReason: null });
    this.#expectMore();
    const { signal } = this.controller;
    try {
      const { stream, Joint, restRequest } = await requestModules();
      const { requestMessages } = await import("./request-messages.js").catch(unreachable);
      this.joint = new Joint(answer.text);
      const { messages, imagesLeftOut } = requestMessages(conversation, answer, restRequest(answer.text), limits);
      answer.imagesNote = imagesNote(imagesLeftOut, limits);
      const body = { messages, model: model || undefined, temperature: temperature ?? undefined };
      signal.throwIfAborted();
      for await (const event of stream(url, { body, token, key: newId(), signal })) {
        this.#expectMore();
        this.#take(event, elapsed());
      }
    } catch (error) {
      this.#fail(error, token);
    } finally {
      clearTimeout(this.quietTimer);
      this.isQuiet = false;
      this.#add(this.joint?.end() ?? "");
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
        if (name === "message") this.#add(this.joint?.add(data.text) ?? "");
        else answer.reasoning += data.text;
        if (name === "reasoning") this.reasoningStartMs ??= elapsedMs;
        if (this.reasoningStartMs !== undefined && !answer.text) answer.reasoningMs = elapsedMs - this.reasoningStartMs;
        break;
      case "tool_call":
        this.#addToolCall(data);
        return this.onChange(true);
      case "tool_result": {
        const call = answer.toolCalls?.find(({ id }) => id === data.id);
        if (call) Object.assign(call, "error" in data ? { error: data.error } : { result: data.result });
        return this.onChange(true);
      }
      case "citation":
        answer.citations = [...(answer.citations ?? []), data];
        return this.onChange(true);
      case "step":
        answer.steps = [...(answer.steps ?? []).filter((step) => step.name !== data.name || step.state === "finished"), data];
        return this.onChange(true);
      case "data":
        answer.data = [...(answer.data ?? []), data];
        return this.onChange(true);
      case "trimmed":
        answer.dropped = data.dropped;
        answer.historyTokens = data.history_tokens;
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

  /** @param {{ index: number, id?: string, name?: string, arguments?: string }} piece */
  #addToolCall({ index, id, name, arguments: more = "" }) {
    const calls = (this.answer.toolCalls ??= []);
    let call = calls.find((each) => each.index === index && !this.callsBefore.has(each));
    if (!call) calls.push((call = { index, id: "", name: "", arguments: "" }));
    call.id = id ?? call.id;
    call.name = name ?? call.name;
    call.arguments += more;
  }

  /** @param {unknown} error @param {string | null} token */
  #fail(error, token) {
    const { answer } = this;
    if (error instanceof StreamFailure) {
      answer.state = "failed";
      answer.failure = { kind: error.kind, ...error.details };
      if (error.kind === "unauthorized" && token) answer.failure.code = "token_refused";
    } else if (!this.controller.signal.aborted) {
      throw error;
    }
  }

  /** @param {string} text */
  #add(text) {
    this.answer.text += text;
  }

  /** The function fills silence with comments. If even these do not come, something on the way is dead or slow. */
  #expectMore() {
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

/** What the page says about images that were not sent. @param {number} count @param {import("./request-messages.js").Limits} limits */
function imagesNote(count, { maxImages, maxBytes }) {
  if (!count) return "";
  const which = count === 1 ? "One image of this conversation was" : `${count} images of this conversation were`;
  if (!maxImages) return `${which} not sent: this function takes no images.`;
  const size = `${(maxBytes / 1_048_576).toLocaleString("en", { maximumFractionDigits: 1 })} MiB`;
  return `${which} not sent, the oldest first: a request has room for at most ${maxImages} images and ${size}.`;
}

/** Modules that a request needs, and that a conversation which is only read does not need. Rejects with StreamFailure if it does not load. */
export async function requestModules() {
  try {
    const [{ stream }, { Joint, restRequest }] = await Promise.all([import("./stream.js"), import("./joint.js")]);
    return { stream, Joint, restRequest };
  } catch {
    return unreachable();
  }
}

/** @returns {never} */
function unreachable() {
  throw new StreamFailure("unreachable");
}
