// npm ai: `streamText` through an OpenAI-compatible provider, and the transport of `useChat`.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { DefaultChatTransport, readUIMessageStream, streamText } from "ai";

export async function* streamedText({ url, prompt, model = "m", query, headers, token, signal }) {
  const provider = createOpenAICompatible({
    name: "function",
    baseURL: url,
    apiKey: token,
    queryParams: query,
    headers,
    includeUsage: true,
  });
  yield* read(provider.chatModel(model), prompt, signal);
}

export async function* read(model, prompt, signal) {
  const { fullStream } = streamText({
    model,
    prompt,
    maxRetries: 0,
    abortSignal: signal,
    onError: () => {}, // it comes as a part too
  });
  for await (const part of fullStream) {
    if (part.type === "text-delta") yield { delta: part.text };
    if (part.type === "error") {
      const { name, statusCode, message } = part.error;
      yield { failed: { name: name ?? typeof part.error, status: statusCode, message: message ?? String(part.error) } };
    }
    if (part.type === "finish") {
      yield { end: { reason: part.finishReason, tokens: part.totalUsage.totalTokens } };
    }
  }
}

export async function* chatTransport({ url, prompt, query, headers, signal }) {
  const transport = new DefaultChatTransport({ api: `${url}?${new URLSearchParams(query)}`, headers });
  const stream = await transport.sendMessages({
    chatId: "chat-1",
    messages: [{ id: "1", role: "user", parts: [{ type: "text", text: prompt }] }],
    trigger: "submit-message",
    abortSignal: signal,
  });
  let seen = "";
  let reasoned = "";
  let last;
  for await (const message of readUIMessageStream({ stream, terminateOnError: true })) {
    last = message;
    const text = written(message, "text");
    if (text !== seen) yield { delta: text.slice(seen.length) };
    seen = text;
    reasoned = written(message, "reasoning");
  }
  const citations = last.parts.filter((part) => part.type === "source-url").map(({ url, title }) => ({ url, title }));
  const { finishReason, usage } = last.metadata ?? {};
  const calls = last.parts.filter((part) => part.toolCallId).map(({ type, toolName, input }) => ({ type, toolName, input }));
  const results = last.parts.filter((part) => part.toolCallId).map(({ state, output }) => ({ state, output }));
  const steps = last.parts.filter((part) => part.type === "data-step").map(({ data }) => `${data.name} ${data.state}`);
  yield {
    end: { reason: finishReason, tokens: usage?.total_tokens, usage, citations, calls, results, steps, reasoning: reasoned },
  };
}

const written = (message, type) => message.parts.filter((part) => part.type === type).map((part) => part.text).join("");
