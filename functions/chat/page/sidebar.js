/* The list of conversations: next to the page if there is room, else over it. */

import { element, find, fromTemplate } from "./element.js";
import { groupsOf } from "./groups.js";

const ROOM = matchMedia("(min-width: 64rem)"); // as in sidebar.css
const FOCUSABLE = "a, button, input";

/** @typedef {import("./conversation.js").Conversation} Conversation */

export class Sidebar {
  /** @param {import("./local-store.js").LocalStore} storage */
  constructor(storage) {
    this.storage = storage;
    this.element = find("#sidebar");
    this.list = find("#conversations");
    this.opener = find(".top__list");
    this.closer = find(".sidebar__close");
    this.shown = "";
    /** True while a conversation is renamed in the list, which then stays as it is. */
    this.isHeld = false;
    ROOM.addEventListener("change", () => this.close());
    this.opener.addEventListener("click", (event) => {
      if (!ROOM.matches) return; // the browser then opens the sidebar over the page
      event.preventDefault();
      this.toggle();
    });
  }

  /**
   * @param {Conversation[]} conversations
   * @param {string} currentId
   * @param {(conversation: Conversation) => boolean} isRunning
   */
  show(conversations, currentId, isRunning) {
    const groups = groupsOf(conversations, new Date());
    const rows = groups.map((group) => [group.title, group.conversations.map((each) => [each.id, each.title, each.id === currentId, isRunning(each)])]);
    const shown = JSON.stringify(rows);
    if (this.isHeld || shown === this.shown) return;
    this.shown = shown;
    const focused = /** @type {HTMLElement} */ (document.activeElement);
    const focusedAt = [...this.list.querySelectorAll(FOCUSABLE)].indexOf(focused);
    this.list.replaceChildren(...groups.flatMap((group, index) => {
      const title = element("h2", "conversations__group", group.title);
      title.id = `group-${index}`;
      const list = element("ol", "", ...group.conversations.map((each) => row(each, each.id === currentId, isRunning(each))));
      list.setAttribute("aria-labelledby", title.id);
      return [title, list];
    }));
    const focusable = /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll(FOCUSABLE)]);
    // The element that had the focus gets it again, wherever it is now; if it is gone, the next one does.
    const same = focusable.find(({ dataset, tagName }) => dataset.id === focused.dataset.id && tagName === focused.tagName);
    if (focusedAt >= 0) (same ?? focusable[Math.min(focusedAt, focusable.length - 1)])?.focus();
    find("#no-conversations").hidden = conversations.length > 0;
  }

  /** Closes the sidebar if it is over the page. */
  close() {
    if (this.element.matches(":popover-open")) this.element.hidePopover();
  }

  /** Shows the sidebar if it is hidden. */
  reveal() {
    if (!this.element.checkVisibility()) this.toggle();
  }

  /** Shows or hides the sidebar. If it is next to the page, the browser remembers the choice. */
  toggle() {
    if (!ROOM.matches) {
      this.element.togglePopover();
      return;
    }
    const { dataset } = document.documentElement;
    const hadFocus = this.element.contains(document.activeElement) || document.activeElement === this.opener;
    dataset.sidebar = dataset.sidebar === "closed" ? "open" : "closed";
    this.storage.set("chat:sidebar", dataset.sidebar);
    if (hadFocus) (dataset.sidebar === "closed" ? this.opener : this.closer).focus();
  }
}

/** @param {Conversation} conversation @param {boolean} isCurrent @param {boolean} isRunning */
function row({ id, title }, isCurrent, isRunning) {
  const item = fromTemplate("conversation-template");
  const link = /** @type {HTMLAnchorElement} */ (find("a", item));
  link.textContent = link.title = title;
  link.href = `#${id}`;
  link.classList.toggle("conversations__link--running", isRunning);
  if (isCurrent) link.setAttribute("aria-current", "page");
  const menu = find("button", item);
  menu.setAttribute("aria-label", `Options for “${title}”`);
  link.dataset.id = menu.dataset.id = id;
  return item;
}
