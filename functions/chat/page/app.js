/* Connects the page with the chat: passes on what the reader does, and shows what changes. */

import { Chat } from "./chat.js";
import { Composer, ModelChoice } from "./composer.js";
import { requestModules } from "./answer-request.js";
import { STORAGE_NOTICES } from "./conversations.js";
import { find, setText } from "./element.js";
import { failureText } from "./failures.js";
import { once, whenIdle } from "./loading.js";
import { Drafts, entry, localStore } from "./local-store.js";
import { MessageList } from "./messages.js";
import { PromptView } from "./prompt-view.js";
import { Follower } from "./scroll.js";
import { listenForShortcuts } from "./shortcuts.js";
import { Sidebar } from "./sidebar.js";

/**
 * @typedef {import("./conversation.js").Answer} Answer
 * @typedef {import("./conversation.js").Conversation} Conversation
 * @typedef {import("./conversation.js").Message} Message
 */

const NAME = document.title; // the function's own
const SHOW_EVERY_MS = 30;
const prefix = `chat:${location.pathname.replace(/\/+$/, "")}:`;
const local = localStore("localStorage");
const session = localStore("sessionStorage");
const drafts = new Drafts(prefix, [session, local]);
const token = entry(session, `${prefix}token`);
const chat = new Chat({
  url: `${location.pathname}?format=json`,
  prefix,
  token,
  lastModel: entry(local, `${prefix}model`),
  callbacks: { onSwitch: showAll, onAsk, onGrow, onEnd, onChange, onPurge, onStorageProblem: warn },
});
const follower = new Follower((isFollowing) => {
  find("#latest").hidden = isFollowing;
});
const messages = new MessageList(find("#messages"), {
  onEdit: (prompt, text) => act(() => chat.resend(prompt, text)),
  onToken: (value) => {
    act(() => chat.authorize(value));
    if (!chat.config) configure();
  },
  onFill: () => follower.isFollowing && follower.grown(),
});
const composer = new Composer({
  onSend: async (text, attachments) => {
    await isOpened;
    chat.send(text, attachments);
  },
  config: () => chat.config,
  onInput: (text) => {
    if (isReady && !drafts.set(draftKey(), text)) warn("missing");
  },
  onRefuse: announce,
});
const sidebar = new Sidebar(local);
const modelChoice = new ModelChoice((model) => chat.chooseModel(model));
/** Parts of the page that are loaded when they are first needed, or when the page is idle. */
const parts = {
  clipboard: once(() => import("./clipboard.js")),
  deletions: once(async () => new (await import("./deletions.js")).Deletions(chat, open, showSidebar)),
  export: once(() => import("./export.js")),
  request: once(requestModules),
  settings: once(async () => new (await import("./settings.js")).Settings(local, setChoices)),
};
/** Menu, search, transfer and shortcuts, which weigh too much to be loaded before they are used. */
const library = once(async () => {
  const download = async (/** @type {Conversation} */ each) => (await parts.export()).download(each);
  return new (await import("./library.js")).Library({ chat, sidebar, messages, follower, open, remove, showSidebar, announce, download });
});
let isReady = false;

// ---- What is shown --------------------------------------------------------------------------------------------------

function showAll() {
  const { conversation } = chat;
  const isEmpty = conversation.messages.length === 0;
  find("#title").textContent = conversation.title;
  document.title = isEmpty ? NAME : `${conversation.title} – ${NAME}`;
  composer.place(isEmpty);
  find("#export").hidden = find("#copy-all").hidden = isEmpty;
  modelChoice.show(chat.model);
  messages.show(conversation);
  messages.updateAll(isQuiet);
  composer.setBusy(chat.isBusy);
  showSidebar();
}

function showSidebar() {
  sidebar.show(chat.conversations.list(), chat.conversation.id, (conversation) => chat.isRunning(conversation));
}

/** @param {Message} message */
function isQuiet(message) {
  return message.role === "assistant" && chat.running.isQuiet(message);
}

/** @param {Conversation} conversation */
function onAsk(conversation) {
  history.replaceState(null, "", `${location.pathname}#${conversation.id}`);
  showAll();
  composer.open(draftKey(), composer.text); // a new conversation has its id from now on
  follower.follow();
  announce("Sent. Waiting for the answer.");
}

let frame = 0;
let shownAt = 0;

/** @param {Conversation} conversation @param {Answer} answer */
function onGrow(conversation, answer) {
  if (conversation !== chat.conversation || frame) return;
  // At most in every other frame, and not at all in a tab that nobody sees.
  frame = requestAnimationFrame(function show(now) {
    if (now - shownAt < SHOW_EVERY_MS) {
      frame = requestAnimationFrame(show);
      return;
    }
    frame = 0;
    shownAt = now;
    messages.update(answer, isQuiet(answer));
    follower.grown();
  });
}

/** @param {Conversation} conversation @param {Answer} answer */
function onEnd(conversation, answer) {
  if (conversation !== chat.conversation) return showSidebar();
  showAll();
  follower.grown();
  const text = failureText(answer);
  announce(text ? `${text.title} ${text.detail}` : "The answer is complete.");
}

/** Another tab has changed a conversation. @param {Conversation} conversation */
function onChange(conversation) {
  parts.deletions().then((deletions) => deletions.follow(conversation));
  if (conversation !== chat.conversation) return showSidebar();
  showAll();
  follower.grown();
}

/** Conversations are gone for good. @param {string[]} ids */
async function onPurge(ids) {
  (await parts.deletions()).purged(ids);
}

/** Says to screen readers what happens. They do not read each token of an answer. @param {string} text */
function announce(text) {
  find("#status").textContent = text;
}

/** @param {import("./conversations.js").StorageProblem} problem */
function warn(problem) {
  setText(find("#notice"), STORAGE_NOTICES[problem]);
}

// ---- What the reader does -------------------------------------------------------------------------------------------

/** @type {Record<string, (button: HTMLElement) => void>} */
const ACTIONS = {
  new: () => open(""),
  stop: () => chat.stop(),
  retry: () => act(() => chat.retry()),
  continue: () => act(() => chat.goOn()),
  sidebar: () => sidebar.toggle(),
  latest: () => act(() => follower.follow()),
  suggest: (button) => act(() => chat.send(button.textContent ?? "")),
  settings: async () => (await parts.settings()).open(chat.conversation, chat.config),
  export: async () => (await parts.export()).download(chat.conversation),
  "delete-all": async () => (await parts.settings()).confirmDeletion(chat.conversations.list().length, () => remove(chat.conversations.list())),
  "copy-all": async (button) => copy(button, (await parts.export()).toMarkdown(chat.conversation)),
  copy: (button) => copy(button, messages.at(button)?.message.text ?? ""),
  "copy-code": (button) => copy(button, button.closest(".code")?.querySelector("code")?.textContent ?? ""),
  unfold: (button) => promptView(button)?.toggleFold(),
  edit: (button) => promptView(button)?.edit(true),
  "cancel-edit": (button) => promptView(button)?.edit(false),
  "version-before": (button) => showVersion(button, -1),
  "version-after": (button) => showVersion(button, 1),
};

document.addEventListener("click", ({ target }) => {
  const pressed = target instanceof Element ? target.closest("[data-do]") : null;
  if (pressed instanceof HTMLElement) perform(pressed.dataset.do ?? "", pressed);
});

listenForShortcuts((does) => perform(does, document.body), () => chat.isBusy);

/** @param {string} does @param {HTMLElement} pressed */
async function perform(does, pressed) {
  if (does in ACTIONS) ACTIONS[does](pressed);
  else (await library()).actions[does]?.(pressed);
}

/** Does something that may remove the pressed button, and moves the focus. @param {() => void} action */
function act(action) {
  action();
  composer.focus();
}

/** @param {string} id */
async function open(id) {
  if (`#${id}` !== (location.hash || "#")) history.pushState(null, "", id ? `#${id}` : location.pathname);
  await chat.open(id);
  composer.open(draftKey(), drafts.get(draftKey()) ?? "");
  sidebar.close();
  window.scrollTo(0, document.documentElement.scrollHeight);
  composer.focus();
}

/** A new conversation has no id that survives a reload. */
function draftKey() {
  return chat.conversation.messages.length ? chat.conversation.id : `new${location.search}`;
}

/** @param {HTMLElement} button */
function promptView(button) {
  const view = messages.at(button)?.view;
  return view instanceof PromptView ? view : null;
}

/** @param {HTMLElement} button @param {number} step */
function showVersion(button, step) {
  const pressed = messages.at(button);
  if (!pressed) return;
  const position = messages.path.indexOf(pressed.message);
  chat.showVersion(pressed.message, step);
  messages.focusVersions(position, button.dataset.do ?? "");
}

/** @param {HTMLElement} button @param {string} text */
async function copy(button, text) {
  (await parts.clipboard()).copyWith(button, text, announce);
}

/** @param {Conversation[]} conversations */
async function remove(conversations) {
  (await parts.deletions()).delete(conversations);
}

/** @param {string} system @param {number | null} temperature */
function setChoices(system, temperature) {
  if (chat.config?.system_prompt_editable) chat.chooseSystem(system === chat.config.system_prompt ? null : system);
  if (chat.config?.temperature_editable) chat.chooseTemperature(temperature);
}

// ---- The function and the browser -----------------------------------------------------------------------------------

async function configure() {
  const bearer = token.get();
  const headers = bearer ? { Authorization: `Bearer ${bearer}` } : undefined;
  const response = await fetch("?asset=config.json", { headers }).catch(() => null);
  if (!response?.ok) return; // the first message says why, and the function's defaults hold until then
  const config = /** @type {import("./chat.js").Config} */ (await response.json());
  chat.config = config;
  modelChoice.offer(config.models);
  modelChoice.show(chat.model);
  document.documentElement.dataset.configured = "";
}

function showConnection() {
  find("#offline").hidden = navigator.onLine;
  messages.updateAll(isQuiet); // an error that says “You are offline.”
}

async function start() {
  await chat.conversations.start();
  await chat.open(location.hash.slice(1));
  isReady = true;
  if (composer.text) drafts.set(draftKey(), composer.text); // it was typed before the scripts were ready
  else composer.open(draftKey(), drafts.get(draftKey()) ?? new URLSearchParams(location.search).get("message") ?? "");
  window.scrollTo(0, document.documentElement.scrollHeight);
  composer.focus();
  document.documentElement.dataset.ready = "";
  performance.mark("ready");
  // Loaded now, because later the connection, or this release of the function, may be gone.
  whenIdle(() => Object.values(parts).forEach((load) => load()));
}

for (const name of ["online", "offline"]) addEventListener(name, showConnection);
addEventListener("online", () => announce("You are online again."));
addEventListener("popstate", () => open(location.hash.slice(1)));
addEventListener("pagehide", () => chat.running.leave());
addEventListener("pageshow", ({ persisted }) => persisted && chat.wake());
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  showConnection();
  chat.wake();
});

const isOpened = start();
showConnection();
configure();
