/* The dialog in which the reader searches: a field, and below it the conversations that match. */

import { element } from "./element.js";
import { Search, wordsOf } from "./search.js";

const MOST = 50;

/**
 * @typedef {import("./search.js").Result} Result
 * @typedef {(result: Result, words: string[]) => void} OnOpen
 */

export class SearchDialog {
  /** @param {import("./conversations.js").Conversations} conversations @param {OnOpen} onOpen */
  constructor(conversations, onOpen) {
    this.conversations = conversations;
    this.onOpen = onOpen;
    this.field = element("input", "search__field");
    Object.assign(this.field, { type: "text", placeholder: "Search conversations", maxLength: 200, autocomplete: "off", enterKeyHint: "go", spellcheck: false });
    this.list = element("ul", "search__list");
    this.list.id = "search-results";
    this.note = element("p", "small-print search__note");
    this.close = element("button", "icon-button", "✕");
    for (const [name, value] of Object.entries({ role: "combobox", "aria-label": "Search conversations", "aria-autocomplete": "list", "aria-controls": this.list.id, "aria-expanded": "true" })) this.field.setAttribute(name, value);
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Conversations");
    this.note.setAttribute("role", "status");
    this.close.type = "button";
    this.close.setAttribute("aria-label", "Close");
    this.dialog = element("dialog", "search", element("div", "search__head", this.field, this.close), this.list, this.note);
    this.dialog.setAttribute("aria-label", "Search");
    document.body.append(this.dialog);
    this.search = new Search(conversations);
    this.running = new AbortController();
    /** @type {Result[]} */
    this.results = [];
    this.selected = 0;
    this.field.addEventListener("input", () => this.#run());
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
    this.close.addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("click", ({ target }) => {
      if (target === this.dialog) return this.dialog.close(); // outside of it
      const option = target instanceof Element ? target.closest("[role=option]") : null;
      if (option) this.#open([...this.list.children].indexOf(option));
    });
    this.dialog.addEventListener("close", () => {
      this.running.abort();
      this.search = new Search(conversations); // frees the messages that the search has read
    });
  }

  open() {
    this.dialog.showModal();
    this.field.select();
    this.#run();
  }

  /** Shows what matches, result by result; without words, the newest conversations. */
  async #run() {
    this.running.abort();
    const { signal } = (this.running = new AbortController());
    const words = wordsOf(this.field.value);
    this.results = [];
    this.selected = 0;
    /** @type {HTMLElement[]} */
    const options = [];
    if (words.length) {
      const timer = setTimeout(() => (this.note.textContent = "Searching …"), 300);
      let isCutOff = false;
      for await (const result of this.search.results(this.field.value, signal)) {
        isCutOff = this.results.length === MOST;
        if (isCutOff) break;
        this.results.push(result);
        options.push(option(result, options.length));
        // The results of the words before stay until there are new ones: the list does not flicker.
        if (options.length === 1) this.list.replaceChildren();
        this.list.append(options[options.length - 1]);
        this.#select(this.selected);
      }
      clearTimeout(timer);
      if (signal.aborted) return;
      const count = options.length;
      this.note.textContent = isCutOff ? `Only the ${MOST} newest conversations are shown. Add a word to narrow the search.` : !count ? "Nothing matches." : count === 1 ? "1 conversation" : `${count} conversations`;
    } else {
      for (const conversation of this.conversations.list().slice(0, MOST)) {
        const result = { conversation, title: [{ text: conversation.title, isMatch: false }], message: null, excerpt: [] };
        this.results.push(result);
        options.push(option(result, options.length));
      }
      this.note.textContent = options.length ? "" : "There are no conversations yet.";
    }
    this.list.replaceChildren(...options);
    this.list.hidden = !options.length;
    this.#select(this.selected);
  }

  /** @param {number} index */
  #select(index) {
    this.selected = index;
    [...this.list.children].forEach((each, position) => each.setAttribute("aria-selected", String(position === index)));
    const option = this.list.children[index];
    this.field.setAttribute("aria-expanded", String(this.list.children.length > 0));
    if (option) this.field.setAttribute("aria-activedescendant", option.id);
    else this.field.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing) return;
    const last = this.results.length - 1;
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.stopPropagation();
      this.dialog.close();
    }
    if (event.target !== this.field || last < 0) return;
    if (event.key === "Enter") {
      event.preventDefault();
      this.#open(this.selected);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = this.selected + (event.key === "ArrowDown" ? 1 : -1);
      this.#select(next < 0 ? last : next > last ? 0 : next);
    }
  }

  /** @param {number} index */
  #open(index) {
    const result = this.results[index];
    if (!result) return;
    this.dialog.close();
    this.onOpen(result, wordsOf(this.field.value));
  }
}

/** @param {Result} result @param {number} index */
function option({ conversation, title, message, excerpt }, index) {
  const date = new Date(conversation.updatedAt);
  const isToday = date.toDateString() === new Date().toDateString();
  const year = date.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  const when = isToday ? date.toLocaleTimeString("en-GB", { timeStyle: "short" }) : date.toLocaleDateString("en-GB", { day: "numeric", month: "short", year });
  const made = element("li", "search__option", element("span", "search__title", ...marks(title)), element("span", "search__date", when));
  if (message) made.append(element("span", "search__excerpt", message.role === "user" ? "You: " : "", ...marks(excerpt)));
  made.id = `search-result-${index}`;
  made.setAttribute("role", "option");
  return made;
}

/** @param {import("./search.js").Piece[]} pieces */
function marks(pieces) {
  return pieces.map(({ text, isMatch }) => (isMatch ? element("mark", "", text) : text));
}
