// npm eventsource and eventsource-parser: they report frames, whose meaning depends on the format.
import { EventSource } from "eventsource";
import { EventSourceParserStream } from "eventsource-parser/stream";

const NAMES = ["start", "message", "reasoning", "end"];

export async function* eventSourceParser({ url, prompt, query, headers, signal }) {
  const response = await fetch(`${url}?${new URLSearchParams(query)}`, { method: "POST", body: prompt, headers, signal });
  if (!response.ok) {
    yield { failed: { name: "Response", status: response.status, code: (await response.json()).error.code } };
    return;
  }
  const frames = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
  for await (const { event, data, id } of frames) yield { frame: { event: event ?? "message", data, id } };
}

// A page that closes its EventSource at the answer's end, unless it `stays`, like a page that has forgotten to.
export async function* eventSource({ url, prompt, query, signal, stays }) {
  const source = new EventSource(`${url}?${new URLSearchParams({ ...query, message: prompt })}`);
  const waiting = [];
  let wake = () => {};
  const report = (item) => {
    waiting.push(item);
    wake();
  };
  const frame = ({ type, data, lastEventId }) => report({ frame: { event: type, data, id: lastEventId } });
  for (const name of NAMES) source.addEventListener(name, frame);
  source.addEventListener("error", (event) => {
    if (event.data !== undefined) frame(event);
    else if (source.readyState !== EventSource.CLOSED) report({ state: "reconnecting" });
    else if (event.code === 204) report({ state: "closed" });
    else report({ failed: { name: "ErrorEvent", status: event.code, message: event.message } });
  });
  signal.addEventListener("abort", () => source.close() || wake());
  while (!signal.aborted) {
    if (!waiting.length) await new Promise((resolve) => (wake = resolve));
    for (const item of waiting.splice(0)) {
      yield item;
      const isLast = item.frame && (item.frame.data === "[DONE]" || ["end", "error"].includes(item.frame.event));
      if (item.state === "closed" || item.failed || (isLast && !stays)) {
        source.close();
        return;
      }
    }
  }
}

// The frames of these pieces of bytes, as if the pieces came over a connection.
export async function* parsedPieces({ pieces }) {
  const frames = ReadableStream.from(pieces.map((piece) => Buffer.from(piece, "base64")))
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  for await (const { event, data, id } of frames) yield { frame: { event: event ?? "message", data, id } };
}
