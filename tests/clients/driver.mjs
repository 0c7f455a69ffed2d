// Asks as it is told, one JSON line a question on stdin, and tells on stdout what each client makes of the answer.
//
// In:  {"job": 1, "client": "openai", "url": …, "prompt": …, …}, and {"leave": 1} where the reader is to leave early.
// Out: what the client yields, with its job: {"job": 1, "delta": "…"}, {"job": 1, "end": {…}} or {"job": 1, "failed": {…}};
//      then {"job": 1, "over": true}.
import { createInterface } from "node:readline";

// Each is imported when it is asked, because not every folder of packages has all clients.
const modules = {
  openai: "./openai.mjs",
  openaiEndpoints: "./endpoints.mjs",
  openaiProvider: "./providers.mjs",
  openaiResponsesProvider: "./providers.mjs",
  anthropicProvider: "./providers.mjs",
  streamedText: "./ai.mjs",
  chatTransport: "./ai.mjs",
  eventSource: "./events.mjs",
  eventSourceParser: "./events.mjs",
  parsedPieces: "./events.mjs",
  eventSourcePolyfill: "./reconnecting.mjs",
  hiddenTab: "./reconnecting.mjs",
};
const leaving = new Map();

const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");

async function answer({ job, client, ...asked }) {
  const leave = new AbortController();
  leaving.set(job, leave);
  try {
    const { [client]: ask } = await import(modules[client]);
    for await (const told of ask({ ...asked, signal: leave.signal })) say({ job, ...told });
  } catch (error) {
    const { name, status, statusCode, code, message } = error;
    say({ job, failed: { name: name === "Error" ? error.constructor.name : name, status: status ?? statusCode, code, message } });
  }
  leaving.delete(job);
  say({ job, over: true });
}

say({ node: process.version });
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  if ("leave" in asked) leaving.get(asked.leave)?.abort();
  else answer(asked);
}
