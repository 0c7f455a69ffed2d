/* Why an answer is not complete, in words for the reader, and what the reader can do about it. */

import { canGoOn, hasContent } from "./conversation.js";

/**
 * @typedef {"unreachable" | "unauthorized" | "rate_limited" | "refused" | "empty" | "cut" | "failed"} Kind
 *   unreachable: no response at all. unauthorized, rate_limited, refused: an HTTP error status. empty: a success without
 *   a stream. cut: the stream ended without its end marker. failed: the stream had an error frame.
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

/** A request failed, before its answer began or while it came. */
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
 * What the page says about how an answer ended; null for one that is simply complete.
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
        detail: "The token is kept until you close this tab, and sent to this function only.",
        remedies: ["token"],
      };
    case "rate_limited":
      return { title: "Too many requests.", detail: failure.message ?? "", remedies };
    case "refused":
      return failure.code === "already_received" ? repeated(remedies) : refused(failure, remedies);
    case "empty":
      return {
        title: "No answer came.",
        detail: "The function may be starting, or it no longer exists. Try again in a moment.",
        remedies,
      };
    case "cut":
    case "left":
      return cut(answer, failure, remedies);
    default:
      return { title: FAILED[failure.code ?? ""] ?? "The answer failed.", detail: failure.message ?? "", remedies };
  }
}

/** Titles for error frames; the function's own message is below the title. @type {Record<string, string>} */
const FAILED = {
  upstream_timeout: "The model stopped responding.",
  deadline_exceeded: "The answer took too long.",
  shutting_down: "The function is being replaced.",
};

/** @param {import("./conversation.js").Failure} failure @param {Remedy[]} remedies @returns {FailureText} */
function refused(failure, remedies) {
  if (failure.status === 413) {
    return { title: "The conversation has grown too long to send.", detail: "Begin a new one, or edit an earlier message.", remedies: [] };
  }
  const what = (failure.status ?? 0) < 500 ? "refused the request" : "failed";
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
  const how = failure.kind === "left" ? "The page was closed before the answer was complete." : "The connection ended before the answer was complete.";
  return answer.text
    ? { title: "The answer was cut off.", detail: how, remedies }
    : { title: "No answer came.", detail: "The connection ended before its first word.", remedies };
}

/** @param {import("./conversation.js").Answer} answer @returns {Remedy[]} */
function again(answer) {
  return canGoOn(answer) ? ["continue", "retry"] : ["retry"];
}
