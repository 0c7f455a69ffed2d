/* What can be done with one conversation of the list: its menu, and the field for its name. */

import { titleOf } from "./conversation.js";
import { button, element, find } from "./element.js";

const LONGEST_NAME = 100;
const GAP_PX = 4;

/**
 * @typedef {import("./conversation.js").Conversation} Conversation
 *
 * @typedef {object} Page
 * @property {import("./chat.js").Chat} chat
 * @property {import("./sidebar.js").Sidebar} sidebar
 * @property {() => void} showSidebar
 * @property {(conversations: Conversation[]) => void} remove
 * @property {(conversation: Conversation) => void} download
 */

export class ConversationMenu {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.id = "";
    this.pin = this.#item("pin");
    this.element = element("div", "menu", this.#item("rename", "Rename"), this.pin, this.#item("download", "Export as Markdown"), this.#item("remove", "Delete"));
    this.element.setAttribute("role", "menu");
    this.element.popover = "auto";
    this.element.addEventListener("click", (event) => this.#choose(event));
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("toggle", (event) => {
      const opener = this.#opener();
      opener?.setAttribute("aria-expanded", String(event.newState === "open"));
      if (event.newState === "closed" && document.activeElement === document.body) opener?.focus();
    });
    // Inside the sidebar, because a popover elsewhere would close the sidebar.
    page.sidebar.element.append(this.element);
  }

  /** Opens the menu next to the button of a conversation. @param {HTMLElement} opener */
  open(opener) {
    this.id = opener.dataset.id ?? "";
    const conversation = this.#conversation();
    if (!conversation) return;
    this.pin.textContent = conversation.isPinned ? "Unpin" : "Pin";
    this.element.setAttribute("aria-label", opener.getAttribute("aria-label") ?? "");
    this.element.showPopover();
    this.#place(opener.getBoundingClientRect());
    this.#items()[0].focus();
  }

  /** Shows a field for the name of a conversation in the list. @param {string} id */
  async rename(id) {
    const conversation = await this.page.chat.conversations.load(id); // without a name its title is that of its messages
    if (!conversation) return;
    this.page.sidebar.reveal();
    this.id = id;
    const item = this.#opener()?.closest("li");
    if (!item || this.page.sidebar.isHeld) return;
    this.page.sidebar.isHeld = true;
    const field = element("input", "conversations__name");
    Object.assign(field, { value: conversation.title, maxLength: LONGEST_NAME, autocomplete: "off", enterKeyHint: "done" });
    field.setAttribute("aria-label", "Name of the conversation");
    field.placeholder = titleOf({ ...conversation, name: "" });
    const children = [...item.children];
    item.replaceChildren(field);
    field.focus();
    field.select();
    /** @param {boolean} isKept @param {boolean} isByKey */
    const end = (isKept, isByKey) => {
      if (!this.page.sidebar.isHeld) return;
      this.page.sidebar.isHeld = false;
      const name = field.value.replace(/\s+/g, " ").trim();
      item.replaceChildren(...children);
      if (isByKey) this.#opener()?.focus();
      if (isKept && name !== conversation.title) this.#label(conversation, { name: name === field.placeholder ? "" : name });
      this.page.showSidebar(); // what has changed meanwhile
    };
    field.addEventListener("blur", () => end(true, false));
    field.addEventListener("keydown", (event) => {
      if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
      event.preventDefault();
      event.stopPropagation();
      end(event.key === "Enter", true);
    });
  }

  /** @param {Conversation} conversation @param {{ name: string } | { isPinned: boolean }} labels */
  #label(conversation, labels) {
    const { chat } = this.page;
    Object.assign(conversation, labels, { labelledAt: Math.max(Date.now(), (conversation.labelledAt ?? 0) + 1) });
    chat.conversations.save(conversation);
    if (conversation === chat.conversation) chat.callbacks.onSwitch(); // its title is at the top of the page
    else this.page.showSidebar();
  }

  /** @param {MouseEvent} event */
  #choose({ target }) {
    const does = target instanceof HTMLElement ? target.dataset.item : undefined;
    const conversation = this.#conversation();
    if (!does || !conversation) return;
    this.element.hidePopover();
    this.#opener()?.focus();
    if (does === "rename") this.rename(conversation.id);
    if (does === "pin") this.#label(conversation, { isPinned: !conversation.isPinned });
    if (does === "download") this.#download(conversation.id);
    if (does === "remove") this.page.remove([conversation]);
  }

  /** @param {string} id */
  async #download(id) {
    const conversation = await this.page.chat.conversations.load(id);
    if (conversation) this.page.download(conversation);
  }

  /** As in every menu: arrows, Home and End move, Tab leaves. @param {KeyboardEvent} event */
  #key(event) {
    const items = this.#items();
    const index = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const last = items.length - 1;
    const next = { ArrowDown: index === last ? 0 : index + 1, ArrowUp: index <= 0 ? last : index - 1, Home: 0, End: last }[event.key];
    if (event.key === "Tab") {
      this.element.hidePopover();
      this.#opener()?.focus();
    } else if (next !== undefined) {
      event.preventDefault();
      items[next].focus();
    }
  }

  /** Places the menu below the button, or above it if there is no room below. @param {DOMRect} opener */
  #place({ top, bottom, right }) {
    const { offsetWidth, offsetHeight, style } = this.element;
    const isBelow = bottom + GAP_PX + offsetHeight <= window.innerHeight;
    style.left = `${Math.max(GAP_PX, right - offsetWidth)}px`;
    style.top = `${isBelow ? bottom + GAP_PX : Math.max(GAP_PX, top - GAP_PX - offsetHeight)}px`;
  }

  /** @param {string} does @param {string} [text] */
  #item(does, text = "") {
    const item = button(text, "", "menu__item");
    delete item.dataset.do;
    item.dataset.item = does;
    item.tabIndex = -1;
    item.setAttribute("role", "menuitem");
    return item;
  }

  #items() {
    return /** @type {HTMLElement[]} */ ([...this.element.querySelectorAll(".menu__item")]);
  }

  #conversation() {
    return this.page.chat.conversations.list().find(({ id }) => id === this.id);
  }

  /** The button of the conversation in the list, which may have been drawn again. @returns {HTMLElement | null} */
  #opener() {
    const buttons = /** @type {NodeListOf<HTMLElement>} */ (find("#conversations").querySelectorAll("[data-do=menu]"));
    return [...buttons].find(({ dataset }) => dataset.id === this.id) ?? null;
  }
}
