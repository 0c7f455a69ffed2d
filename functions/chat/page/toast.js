/* A line that says what was done, and offers to undo it for a while. It stays while the reader points at it. */

import { find } from "./element.js";

const SHOWN_MS = 15_000;

/**
 * @typedef {object} Offer
 * @property {() => void} undo
 * @property {() => void} expire  called once it is too late to undo
 */

class Toast {
  constructor() {
    this.element = find("#toast");
    /** @type {Offer | null} */
    this.offer = null;
    find("#toast-undo").addEventListener("click", () => {
      const { offer } = this;
      this.#close();
      offer?.undo();
    });
    for (const name of ["pointerenter", "focusin"]) this.element.addEventListener(name, () => clearTimeout(this.timer));
    for (const name of ["pointerleave", "focusout"]) this.element.addEventListener(name, () => this.#wait());
  }

  /** Shows a text. Another offer that was shown expires. @param {string} text @param {Offer} offer */
  show(text, offer) {
    if (this.offer !== offer) this.offer?.expire();
    this.offer = offer;
    find("#toast-text").textContent = text;
    this.element.hidden = false;
    this.#wait();
  }

  /** Withdraws this offer. @param {Offer} offer */
  hide(offer) {
    if (this.offer === offer) this.#close();
  }

  #close() {
    clearTimeout(this.timer);
    this.offer = null;
    this.element.hidden = true;
  }

  #wait() {
    clearTimeout(this.timer);
    if (!this.offer) return;
    this.timer = setTimeout(() => {
      const { offer } = this;
      this.#close();
      offer?.expire();
    }, SHOWN_MS);
  }
}

/** The only one: the page has one line for it. */
export const toast = new Toast();
