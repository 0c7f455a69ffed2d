// npm eventsource and eventsource-parser: they give frames, which mean what the format says.
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

// A page that closes at the answer's end, unless it `stays`, as one would that has forgotten to.
export async function* eventSource({ url, prompt, query, signal, stays }) {
  const source = new EventSource(`${url}?${new URLSearchParams({ ...query, message: prompt })}`);
  const waiting = [];
  let wake = () => {};
  const tell = (told) => {
    waiting.push(told);
    wake();
  };
  const frame = ({ type, data, lastEventId }) => tell({ frame: { event: type, data, id: lastEventId } });
  for (const name of NAMES) source.addEventListener(name, frame);
  source.addEventListener("error", (event) => {
    if (event.data !== undefined) frame(event);
    else if (source.readyState !== EventSource.CLOSED) tell({ state: "reconnecting" });
    else if (event.code === 204) tell({ state: "closed" });
    else tell({ failed: { name: "ErrorEvent", status: event.code, message: event.message } });
  });
  signal.addEventListener("abort", () => source.close() || wake());
  while (!signal.aborted) {
    if (!waiting.length) await new Promise((resolve) => (wake = resolve));
    for (const told of waiting.splice(0)) {
      yield told;
      const isLast = told.frame && (told.frame.data === "[DONE]" || ["end", "error"].includes(told.frame.event));
      if (told.state === "closed" || told.failed || (isLast && !stays)) {
        source.close();
        return;
      }
    }
  }
}

// Frames of bytes that are given, piece by piece, as if they came over a connection.
export async function* parsedPieces({ pieces }) {
  const frames = ReadableStream.from(pieces.map((piece) => Buffer.from(piece, "base64")))
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  for await (const { event, data, id } of frames) yield { frame: { event: event ?? "message", data, id } };
}
