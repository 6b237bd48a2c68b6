"""Receives webhooks with Flask: flask --app webhook_flask run"""

from flask import Flask
from zhifuyun.ext.flask import webhook_blueprint
from zhifuyun.webhooks import Event, Webhooks

hooks = Webhooks.from_env()


@hooks.on("ticket.created")
def ticket_created(event: Event) -> None:
    print("new ticket", event.data.ticket_id)


app = Flask(__name__)
app.register_blueprint(webhook_blueprint(hooks, "/zhifuyun"))
