/* One request and its event stream: fetch, for EventSource can neither POST nor tell a status. Asks once, never again
 * by itself. */

import { StreamFailure } from "./failures.js";
import { createParser } from "./vendor/eventsource-parser.js";

/**
 * @typedef {object} StreamEvent
 * @property {string} name  "alive" for a comment, which fills silence
 * @property {any} data
 */

/**
 * The events of one answer, up to and with `end`. Throws StreamFailure for any other outcome, AbortError if stopped.
 * @param {string} url
 * @param {{ body: unknown, token: string | null, key: string, signal: AbortSignal }} request  key: of this very attempt
 * @returns {AsyncGenerator<StreamEvent>}
 */
export async function* stream(url, { body, token, key, signal }) {
  const response = await send(url, { body, token, key, signal });
  if (!response.ok) throw await refusal(response);
  const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream");
  // The platform answers so for a function that is not there: 200, without a type and without a byte.
  if (!isStream || !response.body) throw new StreamFailure("empty", { status: response.status });
  yield* events(response.body.getReader(), signal);
}

/**
 * @param {string} url
 * @param {{ body: unknown, token: string | null, key: string, signal: AbortSignal }} request
 */
async function send(url, { body, token, key, signal }) {
  // Exactly this Accept: with any other, a hop may hold the answer back until it is complete.
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

/** What a response that is an error says. @param {Response} response */
async function refusal(response) {
  const { status, headers } = response;
  const told = parsed(await response.text().catch(() => ""))?.error;
  const details = { status, code: told?.code, message: told?.message, retryAt: retryAt(headers.get("Retry-After")) };
  if (status === 401 && /\bbearer\b/i.test(headers.get("WWW-Authenticate") ?? "")) return new StreamFailure("unauthorized", details);
  return new StreamFailure(status === 429 ? "rate_limited" : "refused", details);
}

/** Seconds or a date, as RFC 9110 has it. @param {string | null} value */
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
