/* Conversations as plain data: no page, no storage, no network. */

import { pathOf } from "./tree.js";

/**
 * @typedef {object} Node  what every message has
 * @property {string} id
 * @property {string} parentId  the message before it; ROOT for the first
 * @property {number} createdAt  milliseconds since 1970
 * @property {number} revision  of two copies of a message, the one with the higher number is newer
 * @property {boolean} [isHidden]  true for a message that the page has replaced and never shows again
 *
 * @typedef {object} PromptFields
 * @property {"user"} role
 * @property {string} text
 * @property {import("./attached.js").Attachment[]} [attachments]
 * @typedef {Node & PromptFields} Prompt
 *
 * @typedef {object} Failure  why an answer is not complete
 * @property {import("./failures.js").Kind | "left"} kind
 * @property {string} [code]
 * @property {string} [message]
 * @property {number} [status]  of HTTP
 * @property {number} [retryAt]  the function asks not to be called before; milliseconds since 1970
 *
 * @typedef {object} ToolCall
 * @property {number} index  counts the answer's calls
 * @property {string} id
 * @property {string} name
 * @property {string} arguments  JSON, unless it was cut off
 * @property {unknown} [result]
 * @property {unknown} [error]  in place of the result
 *
 * @typedef {object} Citation
 * @property {string} [url]
 * @property {string} [title]
 * @property {string} [file]
 * @property {string} [snippet]
 *
 * @typedef {object} Step  of a graph
 * @property {string} name
 * @property {"started" | "finished"} state
 *
 * @typedef {object} AnswerFields
 * @property {"assistant"} role
 * @property {string} text
 * @property {string} reasoning
 * @property {number | null} [reasoningMs]  how long the model reasoned before its first word
 * @property {ToolCall[]} [toolCalls]  these four are missing in answers that earlier releases have stored
 * @property {Citation[]} [citations]
 * @property {Step[]} [steps]
 * @property {unknown[]} [data]  values that the function's author sends
 * @property {"running" | "complete" | "stopped" | "failed"} state
 * @property {string | null} owner  the tab that receives it
 * @property {string | null} model
 * @property {string | null} finishReason
 * @property {number} promptTokens
 * @property {number} completionTokens
 * @property {number | null} firstTokenMs
 * @property {number} totalMs
 * @property {number} dropped  messages of the conversation that the function did not pass on
 * @property {number} historyTokens  how many tokens of a conversation the function passes on
 * @property {string} [imagesNote]  which images of the conversation the page did not send, and why
 * @property {Failure | null} failure
 * @typedef {Node & AnswerFields} Answer
 *
 * @typedef {Prompt | Answer} Message
 *
 * @typedef {object} Summary  what is stored of a conversation besides its messages
 * @property {string} id
 * @property {string} title
 * @property {number} revision  of two copies, the one with the higher number is newer
 * @property {number} updatedAt  when it was sent to last; milliseconds since 1970
 * @property {string | null} model  null: the function's default
 * @property {string | null} system  null: the function's own
 * @property {number | null} [temperature]  null: the function's own
 * @property {Record<string, string>} selected  for each message with several children, the child that is shown
 * @property {number} deletedAt  milliseconds since 1970; 0 if it is not deleted
 * @property {string} [name]  what the reader calls it, in place of the title; these three are missing in conversations
 *   that earlier releases have stored
 * @property {boolean} [isPinned]
 * @property {number} [labelledAt]  when the name or the pin was changed last; milliseconds since 1970
 *
 * @typedef {Summary & { messages: Message[], isLoaded: boolean }} Conversation  messages: in no particular order
 */

const LONGEST_TITLE = 60;
const UNTITLED = "New conversation";

/** A new id. Not from crypto.randomUUID, which browsers withhold from pages that came by plain HTTP. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @returns {Conversation} */
export function newConversation(now = Date.now()) {
  return {
    id: newId(),
    title: UNTITLED,
    revision: 0,
    updatedAt: now,
    model: null,
    system: null,
    selected: {},
    deletedAt: 0,
    messages: [],
    isLoaded: true,
  };
}

/** @param {string} parentId @returns {Node} */
function newNode(parentId) {
  return { id: newId(), parentId, createdAt: Date.now(), revision: 0 };
}

/** @param {string} parentId @param {string} text @param {import("./attached.js").Attachment[]} attachments @returns {Prompt} */
export function newPrompt(parentId, text, attachments = []) {
  return { ...newNode(parentId), role: "user", text, attachments };
}

/** @param {string} parentId @returns {Answer} */
export function newAnswer(parentId) {
  return {
    ...newNode(parentId),
    role: "assistant",
    text: "",
    reasoning: "",
    reasoningMs: null,
    toolCalls: [],
    citations: [],
    steps: [],
    data: [],
    state: "running",
    owner: null,
    model: null,
    finishReason: null,
    promptTokens: 0,
    completionTokens: 0,
    firstTokenMs: null,
    totalMs: 0,
    dropped: 0,
    historyTokens: 0,
    failure: null,
  };
}

/** The name from the reader, else the first line of the first prompt, else the name of its first attachment. @param {Conversation} conversation */
export function titleOf(conversation) {
  if (conversation.name) return conversation.name;
  const prompt = pathOf(conversation).find((message) => message.role === "user");
  const text = prompt?.text.trim() || (prompt?.role === "user" && prompt.attachments?.[0]?.name) || "";
  const line = text.split("\n", 1)[0].replace(/\s+/g, " ");
  if (!line) return UNTITLED;
  return line.length > LONGEST_TITLE ? `${line.slice(0, LONGEST_TITLE - 1).trimEnd()}…` : line;
}

/** The answers that a tab receives at this moment. @param {Conversation} conversation @returns {Answer[]} */
export function runningAnswers(conversation) {
  return /** @type {Answer[]} */ (conversation.messages.filter((message) => message.role === "assistant" && message.state === "running"));
}

/** True if the answer has text, or something in place of it: an agent's answer may be only a tool call. @param {Answer} answer */
export function hasContent({ text, toolCalls, citations, data }) {
  return text !== "" || [toolCalls, citations, data].some((parts) => parts?.length);
}

/** True if the model can be asked for the rest of this answer. @param {Answer} answer */
export function canGoOn(answer) {
  return answer.text !== "" && (answer.state !== "complete" || answer.finishReason === "length");
}
