/* Conversations as plain data: no page, no storage, no network. */

/**
 * @typedef {object} Prompt
 * @property {string} id
 * @property {"user"} role
 * @property {string} text
 *
 * @typedef {object} Failure  why an answer is not whole, as far as it matters later
 * @property {import("./stream.js").Kind | "left"} kind
 * @property {string} [code]
 * @property {string} [message]
 * @property {number} [status]  of HTTP
 * @property {number} [retryAt]  when the function would rather be asked again; milliseconds since 1970
 *
 * @typedef {object} Answer
 * @property {string} id
 * @property {"assistant"} role
 * @property {string} text
 * @property {string} reasoning
 * @property {"running" | "complete" | "stopped" | "failed"} state
 * @property {string | null} model
 * @property {string | null} finishReason
 * @property {number} promptTokens
 * @property {number} completionTokens
 * @property {number | null} firstTokenMs
 * @property {number} totalMs
 * @property {number} dropped  messages of the conversation that the function did not pass on
 * @property {Failure | null} failure
 *
 * @typedef {Prompt | Answer} Message
 *
 * @typedef {object} Conversation
 * @property {string} id
 * @property {number} updatedAt  milliseconds since 1970
 * @property {string | null} model  null: the function's default
 * @property {string | null} system  null: the function's own
 * @property {Message[]} messages
 */

const LONGEST_TITLE = 60;
const GO_ON = "Continue exactly where your last message stops. Do not repeat any of it, and add no introduction.";

/** An id without crypto.randomUUID, which browsers keep from pages that came by plain HTTP. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @returns {Conversation} */
export function newConversation(now = Date.now()) {
  return { id: newId(), updatedAt: now, model: null, system: null, messages: [] };
}

/** @returns {Prompt} */
export function newPrompt(/** @type {string} */ text) {
  return { id: newId(), role: "user", text };
}

/** @returns {Answer} */
export function newAnswer() {
  return {
    id: newId(),
    role: "assistant",
    text: "",
    reasoning: "",
    state: "running",
    model: null,
    finishReason: null,
    promptTokens: 0,
    completionTokens: 0,
    firstTokenMs: null,
    totalMs: 0,
    dropped: 0,
    failure: null,
  };
}

/** The first line of the first prompt, shortened. @param {Conversation} conversation */
export function titleOf(conversation) {
  const prompt = conversation.messages.find((message) => message.role === "user");
  const line = prompt?.text.trim().split("\n", 1)[0].replace(/\s+/g, " ") ?? "";
  if (!line) return "New conversation";
  return line.length > LONGEST_TITLE ? `${line.slice(0, LONGEST_TITLE - 1).trimEnd()}…` : line;
}

/**
 * What the function is sent for `answer`: all that stands before it, and what it says so far if it is to go on.
 * @param {Conversation} conversation
 * @param {Answer} answer
 */
export function requestMessages(conversation, answer) {
  const before = conversation.messages.slice(0, conversation.messages.indexOf(answer));
  const said = before.filter((message) => message.text).map(({ role, text }) => ({ role, content: text }));
  const system = conversation.system === null ? [] : [{ role: "system", content: conversation.system }];
  const unfinished = answer.text
    ? [{ role: "assistant", content: answer.text }, { role: "user", content: GO_ON }]
    : [];
  return [...system, ...said, ...unfinished];
}

/** Takes away a message and all that follows. @param {Conversation} conversation @param {Message} message */
export function cutBefore(conversation, message) {
  const index = conversation.messages.indexOf(message);
  if (index >= 0) conversation.messages.length = index;
}

/** True if more of this answer could be asked for. @param {Answer} answer */
export function canGoOn(answer) {
  return answer.text !== "" && (answer.state !== "complete" || answer.finishReason === "length");
}

/**
 * A conversation as it was stored. An answer that was running then was left alone by its page, and runs no more.
 * @param {Conversation} conversation
 */
export function settled(conversation) {
  for (const message of conversation.messages) {
    if (message.role === "assistant" && message.state === "running") {
      message.state = "failed";
      message.failure = { kind: "left" };
    }
  }
  return conversation;
}
