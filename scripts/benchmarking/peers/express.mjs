// Express with OpenAI's own SDK.
import express from "express";
import OpenAI from "openai";

const client = new OpenAI();
const app = express();

app.post("/", express.text({ type: "*/*" }), async (request, response) => {
  const stream = await client.chat.completions.create({
    model: process.env.openai_model,
    messages: [{ role: "user", content: request.body }],
    stream: true,
  });
  response.on("close", () => stream.controller.abort());
  response.setHeader("Content-Type", "text/event-stream");
  for await (const chunk of stream) {
    const delta = chunk.choices[0]?.delta.content;
    if (delta) response.write(`data: ${delta}\n\n`);
  }
  response.end("data: [DONE]\n\n");
});

app.listen(Number(new URL(process.env.upstream_url).port), "127.0.0.1");
