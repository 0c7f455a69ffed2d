/* The list of conversations: beside the page where there is room, over it where there is not. */

import { find, fromTemplate } from "./element.js";

const ROOM = "(min-width: 64rem)"; // as in app.css

export class Sidebar {
  constructor() {
    this.element = find("#sidebar");
    this.list = find("#conversations");
    this.note = find("#no-conversations");
    this.shown = "";
    matchMedia(ROOM).addEventListener("change", () => this.close());
  }

  /**
   * @param {import("./conversation.js").Conversation[]} conversations
   * @param {string} currentId
   * @param {(conversation: import("./conversation.js").Conversation) => boolean} isRunning
   */
  show(conversations, currentId, isRunning) {
    const shown = JSON.stringify(conversations.map((each) => [each.id, each.title, each.id === currentId, isRunning(each)]));
    if (shown === this.shown) return;
    this.shown = shown;
    const items = conversations.map((conversation) => {
      const { id, title } = conversation;
      const item = fromTemplate("conversation-template");
      const link = /** @type {HTMLAnchorElement} */ (find("a", item));
      link.textContent = title;
      link.href = `#${id}`;
      link.title = title;
      link.classList.toggle("conversations__link--running", isRunning(conversation));
      if (id === currentId) link.setAttribute("aria-current", "page");
      const remove = find("button", item);
      remove.dataset.id = id;
      remove.setAttribute("aria-label", `Delete “${title}”`);
      remove.title = "Delete";
      return item;
    });
    const focusedAt = [...this.list.querySelectorAll("a, button")].indexOf(/** @type {Element} */ (document.activeElement));
    this.list.replaceChildren(...items);
    const focusable = /** @type {NodeListOf<HTMLElement>} */ (this.list.querySelectorAll("a, button"));
    if (focusedAt >= 0) focusable[Math.min(focusedAt, focusable.length - 1)]?.focus();
    this.note.hidden = conversations.length > 0;
  }

  close() {
    if (this.element.matches(":popover-open")) this.element.hidePopover();
  }
}
