/* The page: what the reader does goes to the chat, what happens there is shown. */

import { Chat } from "./chat.js";
import { Composer } from "./composer.js";
import { titleOf } from "./conversation.js";
import { copy } from "./copy.js";
import { find, setText } from "./element.js";
import { fileName, toMarkdown } from "./export.js";
import { tell } from "./failures.js";
import { MessageList } from "./messages.js";
import { PromptView } from "./prompt-view.js";
import { Follower } from "./scroll.js";
import { Settings } from "./settings.js";
import { Sidebar } from "./sidebar.js";
import { Conversations, store } from "./storage.js";
import { Toast } from "./toast.js";

const address = location.pathname.replace(/\/+$/, "");
const session = store("sessionStorage");
const tokenKey = `chat:${address}:token`;
const saved = new Conversations(store("localStorage"), address);
const token = {
  get: () => session.getItem(tokenKey),
  set: (/** @type {string} */ value) => session.setItem(tokenKey, value),
};
const chat = new Chat({
  url: `${location.pathname}?format=json`,
  saved,
  token,
  watcher: { onSwitch: showAll, onAsk: asked, onGrow: grown, onEnd: ended, onSave: warnOfRoom },
});
const messages = new MessageList(find("#messages"), {
  onEdit: (prompt, text) => {
    chat.resend(prompt, text);
    composer.focus();
  },
  onToken: (value) => {
    chat.authorize(value);
    composer.focus();
    if (!chat.config) configure();
  },
});
const composer = new Composer((text) => chat.send(text));
const follower = new Follower((isFollowing) => {
  find("#latest").hidden = isFollowing;
});
const settings = new Settings(store("localStorage"), setSystem);
const sidebar = new Sidebar();
const toast = new Toast();
const modelChoice = /** @type {HTMLSelectElement} */ (find("#model"));

// ---- What is shown --------------------------------------------------------------------------------------------------

function showAll() {
  const { conversation } = chat;
  const title = titleOf(conversation);
  find("#title").textContent = title;
  document.title = conversation.messages.length ? `${title} – Chat` : "Chat";
  find("#empty").hidden = conversation.messages.length > 0;
  find("#export").hidden = conversation.messages.length === 0;
  modelChoice.value = conversation.model ?? chat.config?.model ?? "";
  messages.show(conversation.messages);
  composer.setBusy(chat.isBusy);
  showSidebar();
}

function showSidebar() {
  sidebar.show(saved.list(), chat.conversation.id, (id) => chat.running.has(id));
}

/** @param {import("./conversation.js").Conversation} conversation */
function asked(conversation) {
  history.replaceState(null, "", `#${conversation.id}`);
  showAll();
  const answer = chat.lastAnswer;
  if (answer) messages.update(answer, false);
  follower.follow();
  announce("Sent. Waiting for the answer.");
}

let frame = 0;

/** @param {import("./conversation.js").Conversation} conversation @param {import("./conversation.js").Answer} answer */
function grown(conversation, answer) {
  if (conversation !== chat.conversation || frame) return;
  // Once a frame at most, and not at all in a tab that nobody sees.
  frame = requestAnimationFrame(() => {
    frame = 0;
    messages.update(answer, chat.running.get(conversation.id)?.isQuiet ?? false);
    follower.grown();
  });
}

/** @param {import("./conversation.js").Conversation} conversation @param {import("./conversation.js").Answer} answer */
function ended(conversation, answer) {
  if (conversation !== chat.conversation) return showSidebar();
  showAll();
  messages.update(answer, false);
  messages.finish(answer);
  follower.grown();
  const told = tell(answer);
  announce(told ? `${told.title} ${told.detail}` : "The answer is complete.");
}

/** For screen readers, which are not read every token. @param {string} text */
function announce(text) {
  find("#status").textContent = text;
}

/** @param {boolean} isSaved */
function warnOfRoom(isSaved) {
  setText(find("#notice"), isSaved ? "" : "This browser has no room to keep the conversation: export it, or delete others.");
}

// ---- What the reader does -------------------------------------------------------------------------------------------

/** @type {Record<string, (button: HTMLElement) => void>} */
const ACTIONS = {
  new: () => open(""),
  stop: () => chat.stop(),
  retry: () => act(() => chat.retry()),
  continue: () => act(() => chat.goOn()),
  latest: () => {
    follower.follow();
    composer.focus();
  },
  settings: () => settings.open(chat.conversation.system ?? chat.config?.system_prompt ?? ""),
  export: () => download(fileName(chat.conversation), toMarkdown(chat.conversation)),
  remove: (button) => remove([button.dataset.id ?? ""]),
  "delete-all": () => {
    settings.dialog.close();
    remove(saved.list().map((entry) => entry.id));
  },
  copy: (button) => copied(button, messages.at(button)?.message.text ?? ""),
  "copy-code": (button) => copied(button, button.closest(".code")?.querySelector("code")?.textContent ?? ""),
  edit: (button) => edit(button, true),
  "cancel-edit": (button) => edit(button, false),
};

document.addEventListener("click", ({ target }) => {
  const pressed = target instanceof Element ? target.closest("[data-do]") : null;
  if (pressed instanceof HTMLElement) ACTIONS[pressed.dataset.do ?? ""]?.(pressed);
});

document.addEventListener("keydown", (event) => {
  const isMeant = event.key === "Escape" && !event.isComposing;
  if (isMeant && chat.isBusy && !document.querySelector("dialog[open], :popover-open")) chat.stop();
});

/** Does what makes the pressed button vanish. @param {() => void} action */
function act(action) {
  action();
  composer.focus();
}

/** @param {string} id */
function open(id) {
  if (`#${id}` !== (location.hash || "#")) history.pushState(null, "", id ? `#${id}` : location.pathname);
  chat.open(id);
  sidebar.close();
  window.scrollTo(0, document.documentElement.scrollHeight);
  composer.focus();
}

/** @param {HTMLElement} button @param {boolean} isEditing */
function edit(button, isEditing) {
  const view = messages.at(button)?.view;
  if (view instanceof PromptView) view.edit(isEditing);
}

/** @param {string[]} ids */
function remove(ids) {
  const currentId = chat.conversation.id;
  const removed = ids.map((id) => chat.remove(id)).filter((found) => found !== null);
  if (ids.includes(currentId)) open("");
  else showSidebar();
  if (!removed.length) return;
  toast.show(removed.length === 1 ? "Conversation deleted." : `${removed.length} conversations deleted.`, () => {
    removed.forEach((conversation) => chat.save(conversation));
    if (ids.includes(currentId)) open(currentId);
    else showSidebar();
  });
}

/** @param {HTMLElement} button @param {string} text */
async function copied(button, text) {
  const isCopied = await copy(text);
  button.textContent = isCopied ? "Copied" : "Not allowed";
  announce(isCopied ? "Copied." : "The browser does not allow copying.");
  setTimeout(() => (button.textContent = "Copy"), 2_000);
}

/** @param {string} name @param {string} text */
function download(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/markdown" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** @param {string} system */
function setSystem(system) {
  const { config, conversation } = chat;
  if (!config?.system_prompt_editable) return;
  conversation.system = system === config.system_prompt ? null : system;
  if (conversation.messages.length) chat.save();
}

modelChoice.addEventListener("change", () => {
  chat.conversation.model = modelChoice.value;
  if (chat.conversation.messages.length) chat.save();
});

// ---- The world around it --------------------------------------------------------------------------------------------

async function configure() {
  const bearer = token.get();
  const headers = bearer ? { Authorization: `Bearer ${bearer}` } : undefined;
  const response = await fetch("?asset=config.json", { headers }).catch(() => null);
  if (!response?.ok) return; // the first message says why, and the function's defaults hold until then
  const config = /** @type {import("./chat.js").Config} */ (await response.json());
  chat.config = config;
  modelChoice.replaceChildren(...config.models.map((name) => new Option(name, name)));
  modelChoice.value = chat.conversation.model ?? config.model;
  find("#model-choice").hidden = config.models.length < 2;
  if (config.system_prompt_editable) settings.offerSystem(config.system_prompt);
}

function showConnection() {
  find("#offline").hidden = navigator.onLine;
}

addEventListener("online", showConnection);
addEventListener("offline", showConnection);
addEventListener("popstate", () => open(location.hash.slice(1)));
addEventListener("pagehide", () => chat.leave());
addEventListener("storage", ({ key }) => {
  if (!saved.owns(key)) return;
  chat.reload();
  showSidebar();
});

showConnection();
open(location.hash.slice(1));
composer.text = new URLSearchParams(location.search).get("message") ?? "";
configure();
