/* The field in which the reader writes, with its buttons and the choice of a model. */

import { find, fitHeight, setText } from "./element.js";
import { once } from "./loading.js";

const MOVE_MS = 260;

export class Composer {
  /**
   * @param {object} callbacks
   * @param {(text: string, attachments: import("./attached.js").Attachment[]) => void} callbacks.onSend
   * @param {() => import("./chat.js").Config | null} callbacks.config
   * @param {(text: string) => void} callbacks.onInput  gets the text, to keep it as a draft
   * @param {(reason: string) => void} callbacks.onRefuse
   */
  constructor(callbacks) {
    this.callbacks = callbacks;
    this.refusal = find("#refusal");
    this.form = /** @type {HTMLFormElement} */ (find("#composer"));
    this.area = /** @type {HTMLTextAreaElement} */ (find("#prompt"));
    this.send = find("#send");
    this.stop = find("#stop");
    this.isBusy = false;
    /** @type {import("./attachments.js").Attachments | null} */
    this.attachments = null;
    /** What the attachments are kept under. */
    this.key = "";
    this.reading = 0; // groups of files that are being added
    this.sendsWhenRead = false;
    this.loadAttachments = once(async () => {
      const { Attachments } = await import("./attachments.js");
      this.attachments = new Attachments(find("#attachments"), () => this.refresh());
      this.attachments.open(this.key);
      return this.attachments;
    });
    this.#takeFiles();
    // Shift + Enter is hard to type on a touch screen, so Enter starts a new line there.
    this.entersByKey = !matchMedia("(pointer: coarse)").matches;
    find("#hint").hidden = !this.entersByKey;
    if (!this.entersByKey) import("./keyboard.js").then(({ followKeyboard }) => followKeyboard(), () => {});
    this.area.addEventListener("input", () => {
      callbacks.onInput(this.text);
      this.refresh();
    });
    this.area.addEventListener("keydown", (event) => this.#key(event));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    // A click next to the text is meant for the text.
    this.form.addEventListener("click", ({ target }) => {
      if (target === this.form || target === find(".composer__row")) this.area.focus();
    });
  }

  /** Shows what was written in a conversation and not sent. @param {string} key @param {string} text */
  open(key, text) {
    this.key = key;
    this.sendsWhenRead = false;
    this.text = text;
    this.refusal.hidden = true;
    this.attachments?.open(key);
  }

  get text() {
    return this.area.value;
  }

  set text(value) {
    this.area.value = value;
    this.refresh();
  }

  /** Puts the composer in the middle of an empty conversation, and below the messages of any other. @param {boolean} isEmpty */
  place(isEmpty) {
    const root = document.documentElement;
    if (root.hasAttribute("data-empty") === isEmpty) return;
    const before = this.form.getBoundingClientRect().top;
    root.toggleAttribute("data-empty", isEmpty);
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches || !root.hasAttribute("data-ready");
    if (isEmpty || isStill) return;
    // In the next frame, because the messages are not in the page yet; before it is painted, so that nothing jumps.
    requestAnimationFrame(() => {
      const movedPx = before - this.form.getBoundingClientRect().top;
      this.form.animate({ transform: [`translateY(${movedPx}px)`, "none"] }, { duration: MOVE_MS, easing: "ease-out" });
    });
  }

  /** @param {boolean} isBusy  true while an answer is coming: the next message can be written, but not sent yet */
  setBusy(isBusy) {
    if (this.isBusy === isBusy) return;
    this.isBusy = isBusy;
    if (!isBusy && document.activeElement === this.stop) this.focus();
    this.stop.hidden = !isBusy;
    this.refusal.hidden = true;
    this.refresh();
  }

  /** Call this when the element that had the focus is gone. */
  focus() {
    if (this.entersByKey) this.area.focus();
    else if (this.isBusy) this.stop.focus(); // the field would bring up the keyboard, which takes half of the screen
  }

  #submit() {
    const text = this.text.trim();
    if (this.isEmpty) return;
    if (this.isBusy) return this.refuse("Not sent: an answer is still coming. Wait until it is complete, or stop it.");
    this.sendsWhenRead = this.reading > 0;
    if (this.sendsWhenRead) return;
    this.refusal.hidden = true;
    this.text = "";
    this.callbacks.onInput("");
    this.callbacks.onSend(text, this.attachments?.take() ?? []);
    this.focus();
  }

  get isEmpty() {
    return !this.text.trim() && !this.attachments?.items.length && !this.reading;
  }

  /** Says why something was not sent or not added. @param {string} reason */
  refuse(reason) {
    setText(this.refusal, reason);
    this.callbacks.onRefuse(reason);
  }

  /** Call this when there is more or less to send, or when sending has become possible or impossible. */
  refresh() {
    fitHeight(this.area);
    this.send.setAttribute("aria-disabled", String(this.isBusy || this.isEmpty));
  }

  /** Takes files that are chosen, pasted, or dropped anywhere on the page. */
  #takeFiles() {
    const chooser = /** @type {HTMLInputElement} */ (find("#files"));
    find("#attach").addEventListener("click", () => chooser.click());
    chooser.addEventListener("change", () => {
      this.#attach([...(chooser.files ?? [])]);
      chooser.value = ""; // so that the same file can be chosen again
    });
    this.area.addEventListener("paste", (event) => {
      const { clipboardData } = event;
      // Office programs copy a picture of the text together with the text.
      if (!clipboardData?.files.length || clipboardData.types.includes("text/plain")) return;
      event.preventDefault();
      this.#attach([...clipboardData.files]);
    });
    const isOver = (/** @type {boolean} */ value) => this.form.classList.toggle("composer--target", value);
    document.addEventListener("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault(); // without this the browser would open the file in place of the page
      isOver(true);
    });
    document.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || isOver(false));
    document.addEventListener("drop", (event) => {
      isOver(false);
      if (!event.dataTransfer?.files.length) return;
      event.preventDefault();
      this.#attach([...event.dataTransfer.files]);
    });
  }

  /** @param {File[]} files */
  async #attach(files) {
    if (!files.length) return;
    this.refusal.hidden = true;
    const { key } = this;
    const config = this.callbacks.config();
    this.reading += 1;
    this.refresh();
    let isComplete = false;
    try {
      const attachments = await this.loadAttachments();
      const remarks = await attachments.add(files, key, config);
      isComplete = !remarks;
      if (remarks) this.refuse(remarks);
    } finally {
      this.reading -= 1;
      this.sendsWhenRead &&= isComplete; // the reader may not want to send the message without a file
      this.refresh();
    }
    this.focus();
    if (this.sendsWhenRead) this.#submit();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== "Enter" || event.isComposing) return;
    const isMeant = this.entersByKey ? !event.shiftKey : event.ctrlKey || event.metaKey;
    if (!isMeant) return;
    event.preventDefault();
    this.#submit();
  }
}

/** The choice of a model, if the function offers several. */
export class ModelChoice {
  /** @param {(model: string) => void} onChoose */
  constructor(onChoose) {
    this.select = /** @type {HTMLSelectElement} */ (find("#model"));
    this.select.addEventListener("change", () => onChoose(this.select.value));
  }

  /** @param {string[]} models */
  offer(models) {
    this.select.replaceChildren(...models.map((name) => new Option(name, name)));
    find("#model-choice").hidden = models.length < 2;
  }

  /** @param {string | null} model */
  show(model) {
    this.select.value = model ?? "";
  }
}
