// npm event-source-polyfill and @microsoft/fetch-event-source, which reconnect by themselves.
import polyfill from "event-source-polyfill";
import fetchEventSource from "@microsoft/fetch-event-source";

// What fetch-event-source needs of a page. Without `window.document`, other packages still see that this is Node.
class Page extends EventTarget {
  hidden = false;

  turn(hidden) {
    this.hidden = hidden;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}
globalThis.window ??= { fetch, setTimeout, clearTimeout };
globalThis.document ??= new Page();

const SHOWN_AGAIN_MS = 200;
const RECONNECTS = 3;

// A tab that is hidden at the first event of its answer, and shown again. docs/clients.md shows these callbacks.
export async function* hiddenTab({ url, prompt, query, signal }) {
  const reports = [];
  let isHidden = false;
  const answer = fetchEventSource.fetchEventSource(`${url}?${new URLSearchParams(query)}`, {
    method: "POST",
    body: prompt,
    signal,
    async onopen(response) {
      reports.push({ state: `opened ${response.status}` });
      if (response.status !== 200) throw new Error("gone");
    },
    onmessage({ event, data, id }) {
      reports.push({ frame: { event: event || "message", data, id } });
      if (isHidden) return;
      isHidden = true;
      setTimeout(() => document.turn(true));
      setTimeout(() => document.turn(false), SHOWN_AGAIN_MS); // the aborted request has to be settled by then
    },
    onerror(error) {
      throw error; // otherwise it sends the request again, once per second
    },
  });
  await answer.catch((error) => reports.push({ state: error.message }));
  yield* reports;
}

// A page that closes its source only after some reconnects. Each sends the last id in the query. With fetch, the
// package fails on the empty body of a 204, and reconnects again.
export async function* eventSourcePolyfill({ url, prompt, query, signal }) {
  const source = new polyfill.EventSourcePolyfill(`${url}?${new URLSearchParams({ ...query, message: prompt })}`);
  const reports = [];
  let reconnects = 0;
  await new Promise((resolve) => {
    signal.addEventListener("abort", resolve);
    source.addEventListener("message", ({ data, lastEventId: id }) => reports.push({ frame: { event: "message", data, id } }));
    source.addEventListener("error", ({ data }) => {
      if (data !== undefined) return;
      reports.push({ state: "reconnecting" });
      if (++reconnects === RECONNECTS || source.readyState === source.CLOSED) resolve();
    });
  });
  source.close();
  yield* reports;
}
