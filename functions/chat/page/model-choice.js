/* The choice of a model, where the function offers several. */

import { find } from "./element.js";

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
