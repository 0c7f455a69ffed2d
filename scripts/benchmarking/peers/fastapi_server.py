# mypy: ignore-errors
# Its packages are in an environment of its own.
"""FastAPI on uvicorn (uvloop, httptools), with AsyncOpenAI and sse-starlette."""

import os
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI, Request
from openai import AsyncOpenAI
from sse_starlette import EventSourceResponse

app = FastAPI()
client = AsyncOpenAI()


@app.post("/")
async def answer(request: Request):
    prompt = (await request.body()).decode()
    return EventSourceResponse(deltas(prompt))


async def deltas(prompt):
    messages = [{"role": "user", "content": prompt}]
    model = os.environ["openai_model"]
    async with await client.chat.completions.create(model=model, messages=messages, stream=True) as chunks:
        async for chunk in chunks:
            if chunk.choices and (delta := chunk.choices[0].delta.content):
                yield {"data": delta}
    yield {"data": "[DONE]"}


if __name__ == "__main__":
    port = urlsplit(os.environ["upstream_url"]).port
    uvicorn.run(app, host="127.0.0.1", port=port, loop="uvloop", http="httptools", log_level="warning")
