/* One request and its event stream, with fetch, because EventSource can neither POST nor read a status. Never sends a
 * request again by itself. */

import { StreamFailure } from "./failures.js";
import { createParser } from "./vendor/eventsource-parser.js";

/**
 * @typedef {object} StreamEvent
 * @property {string} name  "alive" for a comment, which fills silence
 * @property {any} data
 */

/**
 * The events of one answer, up to and including `end`. Throws StreamFailure for any other outcome, AbortError if stopped.
 * @param {string} url
 * @param {{ body: unknown, token: string | null, key: string, signal: AbortSignal }} request  key: names this attempt
 * @returns {AsyncGenerator<StreamEvent>}
 */
export async function* stream(url, { body, token, key, signal }) {
  const response = await send(url, { body, token, key, signal });
  if (!response.ok) throw await refusal(response);
  const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream");
  // This is how the platform answers for a function that is not there: 200, without a type and without a byte (T4).
  if (!isStream || !response.body) throw new StreamFailure("empty", { status: response.status });
  yield* events(response.body.getReader(), signal);
}

/**
 * @param {string} url
 * @param {{ body: unknown, token: string | null, key: string, signal: AbortSignal }} request
 */
async function send(url, { body, token, key, signal }) {
  // With any other Accept header, a hop may hold the answer back until it is complete (T1).
  const headers = new Headers({ Accept: "text/event-stream", "Content-Type": "application/json", "Idempotency-Key": key });
  if (token) headers.set("Authorization", `Bearer ${token}`);
  try {
    return await fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal, cache: "no-store" });
  } catch (error) {
    throw signal.aborted ? error : new StreamFailure("unreachable");
  }
}

/**
 * @param {ReadableStreamDefaultReader<Uint8Array>} reader
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<StreamEvent>}
 */
async function* events(reader, signal) {
  /** @type {StreamEvent[]} */
  let arrived = [];
  const parser = createParser({
    onEvent: ({ event, data }) => arrived.push({ name: event ?? "message", data: parsed(data) }),
    onComment: () => arrived.push({ name: "alive", data: null }),
  });
  const decoder = new TextDecoder();
  while (true) {
    const { done, value } = await reader.read().catch((error) => {
      throw signal.aborted ? error : new StreamFailure("cut");
    });
    if (done) throw new StreamFailure("cut");
    parser.feed(decoder.decode(value, { stream: true }));
    for (const event of arrived) {
      if (event.name === "error") throw new StreamFailure("failed", { code: event.data?.code, message: event.data?.message });
      yield event;
      if (event.name === "end") return;
    }
    arrived = [];
  }
}

/** The failure that an error response reports. @param {Response} response */
async function refusal(response) {
  const { status, headers } = response;
  const error = parsed(await response.text().catch(() => ""))?.error;
  const details = { status, code: error?.code, message: error?.message, retryAt: retryAt(headers.get("Retry-After")) };
  if (status === 401 && /\bbearer\b/i.test(headers.get("WWW-Authenticate") ?? "")) return new StreamFailure("unauthorized", details);
  return new StreamFailure(status === 429 ? "rate_limited" : "refused", details);
}

/** Reads seconds or a date, as RFC 9110, section 10.2.3 defines. @param {string | null} value */
function retryAt(value) {
  if (!value) return undefined;
  const at = /^\d+$/.test(value) ? Date.now() + Number(value) * 1000 : Date.parse(value);
  return Number.isNaN(at) ? undefined : at;
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
