/* The tabs that show this function's page, and the messages between them. A page that came by plain HTTP has no Web Locks,
 * so a tab that does not answer counts as gone there. */

import { newId } from "./conversation.js";

const REPLY_MS = 1_500;
const PING_EVERY_MS = 2_000;
const PINGS = 3; // a busy tab may miss one

export class Tabs {
  /** @param {string} name @param {(message: any) => void} onMessage */
  constructor(name, onMessage) {
    this.name = name;
    this.id = newId();
    /** When each other tab was heard last. @type {Map<string, number>} */
    this.heardAt = new Map();
    this.channel = channel(name);
    this.channel.onmessage = ({ data }) => {
      this.heardAt.set(data.from, Date.now());
      if (data.type === "ping") {
        if (data.to === this.id) this.post({ type: "pong" });
      } else if (data.type !== "pong") {
        onMessage(data);
      }
    };
    navigator.locks?.request(this.#lock(this.id), () => new Promise(() => {})); // held until the tab is gone
  }

  /** Sends a message to all other tabs. @param {Record<string, unknown>} message */
  post(message) {
    this.channel.postMessage({ ...message, from: this.id });
  }

  /** Resolves once the tab is gone. @param {string} id */
  async gone(id) {
    if (navigator.locks) return navigator.locks.request(this.#lock(id), () => {});
    for (let missed = 0; missed < PINGS; ) {
      const askedAt = Date.now();
      this.post({ type: "ping", to: id });
      await delay(REPLY_MS);
      const isHeard = (this.heardAt.get(id) ?? 0) >= askedAt;
      missed = isHeard ? 0 : missed + 1;
      if (isHeard) await delay(PING_EVERY_MS);
    }
  }

  /** @param {string} id */
  #lock(id) {
    return `${this.name}:${id}`;
  }
}

/** @param {string} name @returns {Pick<BroadcastChannel, "postMessage" | "onmessage">} */
function channel(name) {
  try {
    return new BroadcastChannel(name);
  } catch {
    return { postMessage: () => {}, onmessage: null }; // without BroadcastChannel, a tab sees what others have changed after a reload
  }
}

/** @param {number} ms */
export function delay(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
