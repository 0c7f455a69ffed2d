/* Why an answer is not whole, in words for the reader, and what can be done about it. */

import { canGoOn, hasContent } from "./conversation.js";

/**
 * @typedef {"unreachable" | "unauthorized" | "rate_limited" | "refused" | "empty" | "cut" | "failed"} Kind
 *   unreachable: no answer at all. unauthorized, rate_limited, refused: an HTTP status. empty: a success without a
 *   stream. cut: the stream ended without its end marker. failed: the stream said so itself.
 *
 * @typedef {"continue" | "retry" | "token"} Remedy
 *
 * @typedef {object} FailureText
 * @property {string} title
 * @property {string} detail
 * @property {Remedy[]} remedies
 * @property {number} [retryAt]
 * @property {boolean} [isBad]  false for what the reader did, what passes by itself, and what asks for a token
 */

/** A request for an answer that did not end with an answer. */
export class StreamFailure extends Error {
  /**
   * @param {Kind} kind
   * @param {{ code?: string, message?: string, status?: number, retryAt?: number }} [details]
   */
  constructor(kind, details = {}) {
    super(details.message ?? kind);
    this.kind = kind;
    this.details = details;
  }
}

/**
 * Null for an answer that needs no word.
 * @param {import("./conversation.js").Answer} answer
 * @returns {FailureText | null}
 */
export function failureText(answer) {
  const { failure } = answer;
  if (failure) return { ...ofFailure(answer, failure), retryAt: failure.retryAt, isBad: isBad(failure) };
  if (answer.state === "stopped") return { title: "Stopped.", detail: "", remedies: again(answer) };
  if (answer.state !== "complete") return null;
  if (answer.finishReason === "length") {
    return { title: "The answer reached the model’s length limit.", detail: "", remedies: ["continue"] };
  }
  if (answer.finishReason === "content_filter") {
    return { title: "The provider’s content filter ended the answer.", detail: "", remedies: ["retry"] };
  }
  return hasContent(answer) ? null : { title: "The model’s answer was empty.", detail: "", remedies: ["retry"] };
}

/** @param {import("./conversation.js").Failure} failure */
function isBad({ kind, code }) {
  if (kind === "unauthorized") return code === "token_refused";
  if (kind === "unreachable") return navigator.onLine;
  return kind !== "rate_limited" && kind !== "left";
}

/**
 * @param {import("./conversation.js").Answer} answer
 * @param {import("./conversation.js").Failure} failure
 * @returns {FailureText}
 */
function ofFailure(answer, failure) {
  const remedies = again(answer);
  switch (failure.kind) {
    case "unreachable":
      return {
        title: navigator.onLine ? "The function could not be reached." : "You are offline.",
        detail: "No answer came. The message stays here, and is sent again only when you say so.",
        remedies,
      };
    case "unauthorized":
      return {
        title: failure.code === "token_refused" ? "That token was not accepted." : "The function asks for an access token.",
        detail: "It is kept until this tab is closed, and sent to this function only.",
        remedies: ["token"],
      };
    case "rate_limited":
      return { title: "Too many requests.", detail: failure.message ?? "", remedies };
    case "refused":
      return failure.code === "already_received" ? repeated(remedies) : refused(failure, remedies);
    case "empty":
      return {
        title: "No answer came.",
        detail: "The function may be starting, or gone. Try again in a moment.",
        remedies,
      };
    case "cut":
    case "left":
      return cut(answer, failure, remedies);
    default:
      return { title: FAILED[failure.code ?? ""] ?? "The answer failed.", detail: failure.message ?? "", remedies };
  }
}

/** Titles for error frames; the function's own sentence stands below. @type {Record<string, string>} */
const FAILED = {
  upstream_timeout: "The model fell silent.",
  deadline_exceeded: "The time for one answer ran out.",
  shutting_down: "The function is being replaced.",
};

/** @param {import("./conversation.js").Failure} failure @param {Remedy[]} remedies @returns {FailureText} */
function refused(failure, remedies) {
  if (failure.status === 413) {
    return { title: "The conversation has grown too long to send.", detail: "Begin a new one, or edit an earlier message.", remedies: [] };
  }
  const what = (failure.status ?? 0) < 500 ? "refused" : "failed";
  return { title: `The function ${what} (${failure.status}).`, detail: failure.message ?? "", remedies };
}

/** @param {Remedy[]} remedies @returns {FailureText} */
function repeated(remedies) {
  return {
    title: "The connection broke before an answer came.",
    detail: "The browser repeated the message by itself; the function did not send it to the model a second time.",
    remedies,
  };
}

/**
 * @param {import("./conversation.js").Answer} answer
 * @param {import("./conversation.js").Failure} failure
 * @param {Remedy[]} remedies
 * @returns {FailureText}
 */
function cut(answer, failure, remedies) {
  const how = failure.kind === "left" ? "This page was left while it came." : "The connection ended before it was complete.";
  return answer.text
    ? { title: "The answer was cut off.", detail: how, remedies }
    : { title: "No answer came.", detail: "The connection ended before its first word.", remedies };
}

/** @param {import("./conversation.js").Answer} answer @returns {Remedy[]} */
function again(answer) {
  return canGoOn(answer) ? ["continue", "retry"] : ["retry"];
}
