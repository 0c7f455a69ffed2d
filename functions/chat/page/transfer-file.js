/* The file in which conversations are exported and imported; docs/conversations.md describes it. A file may come from
 * anybody, so the page uses nothing in it that it has not checked. */

/** The version of the file's format. A page refuses files of a higher version. */
export const VERSION = 1;
export const LARGEST_FILE = 256 * 1024 * 1024;
const DEEPEST = 60;
const LONGEST = { id: 64, line: 2_000, text: 20_000_000 };
const LATEST_MS = 8.64e15; // of a date
const KINDS = ["unreachable", "unauthorized", "rate_limited", "refused", "empty", "cut", "failed", "left"];

/**
 * @typedef {import("./conversation.js").Conversation} Conversation
 * @typedef {(value: any, path: string) => any} Check  returns what is kept of a value; throws FileProblem
 */

/** What is wrong with a file, as a sentence for the reader. */
export class FileProblem extends Error {}

/** The pieces of a file. @param {Conversation[]} conversations  with all their messages @param {Date} now @returns {string[]} */
export function write(conversations, now) {
  const head = JSON.stringify({ format: "chat-conversations", version: VERSION, exportedAt: now.toISOString() });
  const items = conversations.map((conversation) => JSON.stringify(exported(conversation)));
  return [`${head.slice(0, -1)},"conversations":[\n`, items.join(",\n"), "\n]}\n"];
}

/** A conversation without the fields that mean something in this browser only. @param {Conversation} conversation */
function exported({ isLoaded, deletedAt, messages, ...summary }) {
  return { ...summary, messages: messages.map((each) => ({ ...each, owner: undefined, conversationId: undefined })) };
}

/** The conversations of a file. Throws FileProblem. @param {string} text @returns {Conversation[]} */
export function read(text) {
  let file;
  try {
    file = JSON.parse(text);
  } catch {
    throw new FileProblem("The file is not JSON, or a part of it is missing. Choose a file that “Export all” has written.");
  }
  if (file?.format !== "chat-conversations") throw new FileProblem("The file has no conversations of this page. Choose a file that “Export all” has written.");
  if (Number.isInteger(file.version) && file.version > VERSION) {
    throw new FileProblem(`The file has version ${file.version}, and this page reads version ${VERSION}. Export it from an older page, or import it into a newer one.`);
  }
  if (file.version !== VERSION) throw new FileProblem(`The file’s version is ${shown(file.version)}: expected ${VERSION}.`);
  refuseHostile(file, "the file", 0);
  /** @type {Conversation[]} */
  const conversations = list(conversationOf)(file.conversations, "conversations");
  refuseRepeatedIds(conversations, "conversations");
  conversations.forEach(({ messages }, index) => refuseRepeatedIds(messages, `conversations[${index}].messages`));
  return conversations;
}

/** @type {Check} */
function id(value, path) {
  if (typeof value === "string" && value.length <= LONGEST.id && /^[A-Za-z0-9-]+$/.test(value)) return value;
  throw problem(path, value, `an id of up to ${LONGEST.id} letters, digits and hyphens`);
}

/** @type {Check} */
const parentId = (value, path) => (value === "" ? "" : id(value, path));

/** @param {number} longest @returns {Check} */
function text(longest) {
  return (value, path) => {
    if (typeof value === "string" && value.length <= longest) return value;
    throw problem(path, value, `a text of up to ${longest.toLocaleString("en")} characters`);
  };
}

/** @param {number} most @returns {Check} */
function number(most = Number.MAX_SAFE_INTEGER) {
  return (value, path) => {
    if (typeof value === "number" && value >= 0 && value <= most) return value;
    throw problem(path, value, `a number from 0 to ${most.toLocaleString("en")}`);
  };
}

/** @type {Check} */
function flag(value, path) {
  if (typeof value === "boolean") return value;
  throw problem(path, value, "true or false");
}

/** @param {string[]} values @returns {Check} */
function oneOf(values) {
  return (value, path) => {
    if (values.includes(value)) return value;
    throw problem(path, value, `one of ${values.join(", ")}`);
  };
}

/** @param {Check} check @returns {Check} */
function nullable(check) {
  return (value, path) => (value === null ? null : check(value, path));
}

/** @type {Check} */
const anything = (value) => value;

/** @param {Check} check @returns {Check} */
function list(check) {
  return (value, path) => {
    if (!Array.isArray(value)) throw problem(path, value, "a list");
    return value.map((item, index) => check(item, `${path}[${index}]`));
  };
}

/** Unknown fields are left out. @param {Record<string, Check>} required @param {Record<string, Check>} [optional] @returns {Check} */
function record(required, optional = {}) {
  return (value, path) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw problem(path, value, "an object");
    const present = Object.entries(optional).filter(([name]) => value[name] !== undefined && Object.hasOwn(value, name));
    return Object.fromEntries([...Object.entries(required), ...present].map(([name, check]) => [name, check(Object.hasOwn(value, name) ? value[name] : undefined, `${path}.${name}`)]));
  };
}

/** @type {Check} */
function selection(value, path) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw problem(path, value, "an object");
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [parentId(key, `a key of ${path}`), id(child, `${path}.${key}`)]));
}

/** @type {Check} */
function image(value, path) {
  if (typeof value === "string" && value.length <= LONGEST.text && /^data:image\/[a-z0-9.+-]+[;,]/i.test(value)) return value;
  throw problem(path, value, "an image as a data URL");
}

const line = text(LONGEST.line);
const long = text(LONGEST.text);
const attachedImage = record({ name: line, url: image, width: number(), height: number() });
const attachedFile = record({ name: line, text: long });
const node = { id, parentId, createdAt: number(LATEST_MS), revision: number(1e12), text: long };
const prompt = record({ ...node, role: oneOf(["user"]) }, {
  isHidden: flag,
  attachments: list((value, path) => (value?.url === undefined ? attachedFile : attachedImage)(value, path)),
});
const answer = record({ ...node, role: oneOf(["assistant"]), state: oneOf(["complete", "stopped", "failed"]) }, {
  isHidden: flag,
  reasoning: long,
  reasoningMs: nullable(number()),
  toolCalls: list(record({ index: number(), id: line, name: line, arguments: long }, { result: anything, error: anything })),
  citations: list(record({}, { url: nullable(long), title: nullable(long), file: nullable(long), snippet: nullable(long) })),
  steps: list(record({ name: line, state: oneOf(["started", "finished"]) })),
  data: list(anything),
  model: nullable(line),
  finishReason: nullable(line),
  promptTokens: number(),
  completionTokens: number(),
  firstTokenMs: nullable(number()),
  totalMs: number(),
  dropped: number(),
  historyTokens: number(),
  imagesNote: long,
  failure: nullable(record({ kind: oneOf(KINDS) }, { code: nullable(line), message: nullable(long), status: number(), retryAt: number(LATEST_MS) })),
});
/** The fields that every answer has, without a value. */
const EMPTY = { reasoning: "", model: null, finishReason: null, promptTokens: 0, completionTokens: 0, firstTokenMs: null, totalMs: 0, dropped: 0, historyTokens: 0, failure: null };

/** @type {Check} */
function message(value, path) {
  if (value?.role !== "assistant") return prompt(value, path);
  // The tab that received a running answer cannot send it here.
  const ended = value.state === "running" ? { ...value, state: "failed", failure: { kind: "left" } } : value;
  return { ...EMPTY, ...answer(ended, path), owner: null };
}

const summaryAndMessages = record(
  { id, revision: number(1e12), updatedAt: number(LATEST_MS), messages: list(message) },
  { title: long, model: nullable(line), system: nullable(long), temperature: nullable(number()), selected: selection, name: line, isPinned: flag, labelledAt: number(LATEST_MS) },
);

/** @type {Check} */
function conversationOf(value, path) {
  return { title: "", model: null, system: null, selected: {}, deletedAt: 0, isLoaded: true, ...summaryAndMessages(value, path) };
}

/** Refuses a key that changes what objects inherit, and a depth that no page writes. @param {unknown} value @param {string} path @param {number} depth */
function refuseHostile(value, path, depth) {
  if (typeof value !== "object" || value === null) return;
  if (depth > DEEPEST) throw new FileProblem(`The file is nested too deeply: expected at most ${DEEPEST} levels.`);
  for (const [key, child] of Object.entries(value)) {
    if (key === "__proto__") throw new FileProblem(`The file has the key “__proto__” in ${path}, which no page has written.`);
    refuseHostile(child, depth ? `${path}.${key}`.slice(0, 200) : key, depth + 1);
  }
}

/** @param {{ id: string }[]} items @param {string} path */
function refuseRepeatedIds(items, path) {
  if (new Set(items.map((item) => item.id)).size < items.length) throw new FileProblem(`Two of ${path} have the same id.`);
}

/** @param {string} path @param {unknown} value @param {string} expected */
function problem(path, value, expected) {
  return new FileProblem(`${path.slice(0, 200)} is ${shown(value)}: expected ${expected}.`);
}

/** @param {unknown} value */
function shown(value) {
  if (value === undefined) return "missing";
  if (typeof value === "string" && value.length > 60) return `a text of ${value.length.toLocaleString("en")} characters`;
  return Array.isArray(value) ? "a list" : typeof value === "object" && value ? "an object" : JSON.stringify(value);
}
