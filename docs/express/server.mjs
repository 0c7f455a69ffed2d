// Streams answers of a model to a web page: GET /completion for EventSource, POST /completions/chat for fetch.
import express from "express";
import OpenAI from "openai";

const PORT = Number(process.env.PORT || 3000);
const CHAT_MODEL = process.env.OPENAI_MODEL || "gpt-4o-mini";
const COMPLETION_MODEL = process.env.OPENAI_COMPLETION_MODEL || "gpt-3.5-turbo-instruct";

// The SDK reads OPENAI_API_KEY and OPENAI_BASE_URL. It must not retry: the client waits, and a prompt that is sent twice
// is paid for twice.
const client = new OpenAI({ maxRetries: 0 });
const app = express();

app.get("/", (request, response) => {
  response.sendFile("index.html", { root: import.meta.dirname });
});

app.get("/completion", async (request, response) => {
  const prompt = String(request.query.message || "Hello world");
  // An EventSource cannot read the status or the body of an error. So the event stream begins before the call upstream,
  // and an error of upstream becomes an event.
  beginEventStream(response);
  response.flushHeaders();
  await send(response, (options) =>
    client.completions.create({ model: COMPLETION_MODEL, prompt, max_tokens: 1000, stream: true }, options),
  );
});

app.post("/completions/chat", express.json(), async (request, response) => {
  const messages = request.body?.messages;
  if (!Array.isArray(messages) || messages.length === 0) {
    reportError(response, 400, "invalid_request", 'Expected a JSON body like {"messages": [{"role": "user", …}]}.');
    return;
  }
  await send(response, (options) =>
    client.chat.completions.create({ model: CHAT_MODEL, messages, stream: true }, options),
  );
});

// Express calls this function for a body that is not JSON, and for every other error that no handler has caught.
// It recognizes the function by its four parameters.
app.use((error, request, response, next) => {
  if (error.expose) {
    reportError(response, error.status, "invalid_request", error.message); // an error of the client
  } else {
    console.error(error);
    reportError(response, 500, "internal_error", "The server failed.");
  }
});

// There is no access control, so only this machine may connect.
app.listen(PORT, "127.0.0.1", (error) => {
  if (error) throw error;
  console.log(`http://127.0.0.1:${PORT}`);
});

/** Sends each delta of the answer as an event, then `[DONE]`; cancels the call upstream if the client disconnects. */
async function send(response, callUpstream) {
  const upstream = new AbortController();
  response.on("close", () => upstream.abort()); // also emitted after a complete response, when nothing is left to abort
  try {
    const chunks = await callUpstream({ signal: upstream.signal });
    beginEventStream(response);
    for await (const { choices } of chunks) {
      const delta = choices[0]?.delta?.content ?? choices[0]?.text;
      if (delta) response.write(frame(delta));
    }
    // The SDK's iterator also ends without an error if the call was aborted.
    response.end("data: [DONE]\n\n");
  } catch (error) {
    if (upstream.signal.aborted) return;
    console.error(error);
    // Upstream's message is not shown, because it can quote the prompt or a part of the key.
    if (error.status === 429) {
      reportError(response, 429, "rate_limit_exceeded", "The model's server is busy. Please try again later.");
    } else {
      reportError(response, 502, "upstream_error", "The model's server failed. Please try again.");
    }
  }
}

function beginEventStream(response) {
  if (response.headersSent) return;
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache, no-transform" });
}

/** Before the response has begun, the error is its status and its JSON body; after that, it is an event. */
function reportError(response, status, code, message) {
  const error = { code, message };
  if (response.headersSent) {
    response.end(`event: error\ndata: ${JSON.stringify(error)}\n\n`);
  } else {
    response.status(status).json({ error });
  }
}

/** A line break would end the data field, so every line of the text gets a data field of its own. */
function frame(text) {
  return `data: ${text.split(/\r\n|\r|\n/).join("\ndata: ")}\n\n`;
}
