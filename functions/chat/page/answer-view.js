/* An answer of the model: thoughts, text, what went wrong, tokens and times. */

import { hasContent } from "./conversation.js";
import { button, element, find, fromTemplate, grouped, setText } from "./element.js";
import { failureText } from "./failures.js";
import { MarkdownView } from "./markdown.js";

/** @type {Record<string, string>} */
const LABELS = { continue: "Continue the answer", retry: "Try again" };

export class AnswerView {
  /**
   * @param {import("./conversation.js").Answer} message
   * @param {(token: string) => void} onToken
   */
  constructor(message, onToken) {
    this.message = message;
    this.element = fromTemplate("answer-template");
    this.failureKey = "null";
    /** @param {string} selector */
    const part = (selector) => find(selector, this.element);
    this.trimmed = part(".answer__trimmed");
    this.reasoning = part(".reasoning");
    this.reasoningTitle = part(".reasoning summary");
    this.reasoningText = new MarkdownView(part(".reasoning__text"));
    this.reasoning.addEventListener("toggle", () => this.#updateReasoning());
    this.activity = part(".activity");
    this.sources = part(".sources");
    this.partsKey = "";
    this.prose = part(".prose");
    this.waiting = part(".waiting");
    this.waitingText = part(".waiting__text");
    this.failure = part(".failure");
    this.tools = part(".tools");
    this.facts = part(".answer__facts");
    this.factsButton = part("[data-facts]");
    this.hasFactsOpen = false;
    this.factsButton.addEventListener("click", () => {
      this.hasFactsOpen = !this.hasFactsOpen;
      this.#showFacts();
    });
    this.versions = part(".versions");
    this.markdown = new MarkdownView(this.prose);
    this.onToken = onToken;
  }

  /** @param {boolean} isQuiet  true if nothing has arrived for a long time */
  update(isQuiet) {
    const { message } = this;
    const isRunning = message.state === "running";
    setText(this.trimmed, [droppedNote(message), message.imagesNote].filter(Boolean).join(" "));
    this.#updateReasoning();
    this.#updateParts();
    if (isRunning) this.markdown.show(message.text);
    else this.markdown.showWhole(message.text);
    this.prose.setAttribute("aria-busy", String(isRunning));
    this.waiting.hidden = !isRunning || (message.text !== "" && !isQuiet);
    this.waitingText.textContent = waitingNote(message, isQuiet);
    this.#updateFailure();
    const isEmpty = !hasContent(message) && !message.reasoning;
    this.tools.hidden = (isRunning || isEmpty) && this.versions.hidden;
    find("[data-do=copy]", this.tools).hidden = isRunning || !message.text;
    find("[data-do=retry]", this.tools).hidden = isRunning || isEmpty || !this.failure.hidden;
    this.facts.textContent = isRunning ? "" : facts(message);
    this.factsButton.hidden = !this.facts.textContent;
    this.#showFacts();
  }

  #showFacts() {
    this.facts.hidden = !this.hasFactsOpen || !this.facts.textContent;
    this.factsButton.setAttribute("aria-expanded", String(!this.facts.hidden));
  }

  /** Shows the reasoning if it is unfolded: most readers leave it folded, and it can be long. */
  #updateReasoning() {
    const { reasoning, reasoningMs, state, text } = this.message;
    this.reasoning.hidden = !reasoning;
    const isReasoning = state === "running" && !text;
    this.reasoningTitle.textContent = isReasoning ? "Thinking" : reasoningMs ? `Thought for ${time(reasoningMs)}` : "Thoughts";
    if (!/** @type {HTMLDetailsElement} */ (this.reasoning).open) return;
    if (isReasoning) this.reasoningText.show(reasoning);
    else this.reasoningText.showWhole(reasoning);
  }

  /** Shows tool calls, steps, data and sources. */
  async #updateParts() {
    const { toolCalls = [], citations = [], steps = [], data = [], state } = this.message;
    if (![toolCalls, citations, steps, data].some(({ length }) => length)) return;
    const key = JSON.stringify([toolCalls, citations, steps, data, state === "running"]);
    if (key === this.partsKey) return;
    this.partsKey = key;
    const { showActivity, showSources } = await import("./answer-parts.js");
    showActivity(this.activity, this.message);
    showSources(this.sources, citations);
  }

  #updateFailure() {
    const text = failureText(this.message);
    const key = JSON.stringify(text);
    if (key === this.failureKey) return; // a token is being typed there, or a button has the focus
    this.failureKey = key;
    this.failure.hidden = !text;
    clearInterval(this.countdown);
    if (!text) return;
    this.failure.classList.toggle("failure--bad", Boolean(text.isBad));
    find(".failure__title", this.failure).textContent = text.title;
    setText(find(".failure__detail", this.failure), text.detail);
    const buttons = text.remedies
      .filter((remedy) => remedy !== "token")
      .map((remedy, index) => button(LABELS[remedy], remedy, index ? "button" : "button button--main"));
    const isLocked = text.remedies.includes("token");
    find(".failure__actions", this.failure).replaceChildren(...(isLocked ? [this.#tokenForm()] : buttons));
    if (text.retryAt) this.#countDown(text.retryAt, buttons);
  }

  #tokenForm() {
    const form = fromTemplate("token-template");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.onToken(/** @type {HTMLInputElement} */ (find("input", form)).value.trim());
    });
    return form;
  }

  /** @param {number} retryAt @param {HTMLButtonElement[]} buttons */
  #countDown(retryAt, buttons) {
    const note = element("span", "small-print failure__countdown");
    find(".failure__actions", this.failure).append(note);
    const tick = () => {
      const seconds = Math.ceil((retryAt - Date.now()) / 1000);
      for (const each of buttons) each.disabled = seconds > 0;
      note.textContent = seconds > 0 ? `Try again in ${duration(seconds)}.` : "You can try again now.";
      if (seconds <= 0) clearInterval(this.countdown);
    };
    this.countdown = setInterval(tick, 250);
    tick();
  }
}

/** @param {import("./conversation.js").Answer} message */
function droppedNote({ dropped, historyTokens }) {
  if (!dropped) return "";
  const limit = historyTokens ? `at most about ${grouped(historyTokens)} tokens of a conversation` : "only the end of a long conversation";
  return `This function sends the model ${limit}, so it left out the ${dropped === 1 ? "oldest message" : `${dropped} oldest messages`}.`;
}

/** @param {import("./conversation.js").Answer} message @param {boolean} isQuiet */
function waitingNote(message, isQuiet) {
  if (isQuiet) return "Nothing has arrived for a while. You can wait, or stop the answer.";
  return message.reasoning ? "Thinking" : "Waiting for the first word";
}

/** @param {import("./conversation.js").Answer} message */
function facts(message) {
  const { model, promptTokens, completionTokens, firstTokenMs, totalMs } = message;
  const parts = [];
  if (model) parts.push(model);
  if (promptTokens || completionTokens) parts.push(`${grouped(promptTokens)} tokens in, ${grouped(completionTokens)} out`);
  if (firstTokenMs !== null) {
    parts.push(`first token after ${time(firstTokenMs)}`, `${time(totalMs)} in total`);
    const perSecond = (completionTokens / (totalMs - firstTokenMs)) * 1_000;
    if (completionTokens > 1 && Number.isFinite(perSecond)) parts.push(`${grouped(rounded(perSecond))} tokens per second`);
  }
  return parts.join("\u00a0· "); // no line begins with a dot
}

/** Two digits, or more before the decimal point. @param {number} value */
function rounded(value) {
  return value < 10 ? Math.round(value * 10) / 10 : Math.round(value);
}

/** @param {number} ms */
function time(ms) {
  if (ms < 1_000) return `${Math.round(ms / 10) * 10} ms`;
  return `${(ms / 1_000).toFixed(ms < 9_950 ? 1 : 0)} s`;
}

/** @param {number} s */
function duration(s) {
  return s < 60 ? `${s} s` : `${Math.floor(s / 60)} min ${s % 60} s`;
}
