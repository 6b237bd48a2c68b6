"""Receives webhooks with Django: this is an urls.py."""

from django.urls import path
from zhifuyun.ext.django import webhook_view
from zhifuyun.webhooks import Event, Webhooks

hooks = Webhooks.from_env()


@hooks.on("ticket.created")
def ticket_created(event: Event) -> None:
    print("new ticket", event.data.ticket_id)


urlpatterns = [path("zhifuyun", webhook_view(hooks))]
