"""Receives webhooks with FastAPI: uvicorn webhook_receiver:app

Set ZHIFUYUN_WEBHOOK_SECRET to the secret that the console shows. Every event is handled once; what is not signed
well is answered with 4xx; a handler that raises makes the sender try again.
"""

from fastapi import FastAPI
from zhifuyun.ext.fastapi import webhook_router
from zhifuyun.webhooks import Event, Webhooks

hooks = Webhooks.from_env()


@hooks.on("ticket.created", "ticket.updated")
def ticket_changed(event: Event) -> None:
    print(event.type, event.data.ticket_id, event.data.priority)


@hooks.on("conversation.created")
async def conversation_created(event: Event) -> None:
    print("a conversation with", event.data.user_id)


@hooks.fallback
def other(event: Event) -> None:
    print("not interested in", event.type)


app = FastAPI()
app.include_router(webhook_router(hooks, path="/zhifuyun"))
