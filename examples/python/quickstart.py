"""The first steps: list, read, create, update.

Run with ZHIFUYUN_CLIENT_ID and ZHIFUYUN_CLIENT_SECRET set.
"""

from zhifuyun import Client, RateLimitError, ZhifuyunError

with Client.from_env(plan="free", timeout=20) as client:
    page = client.conversations.list(status="active", limit=5)
    print(f"{page.total} conversations are active; the newest:")
    for conversation in page:
        print(" ", conversation.id, conversation.channel, conversation.created_at)

    try:
        ticket = client.tickets.create(title="产品咨询", description="想知道团队版怎么收费", priority="medium")
        ticket = client.tickets.update(ticket.id, status="resolved", comment="已电话答复")
        print(
            "ticket",
            ticket.id,
            "is",
            ticket.status,
            "after",
            ticket.meta.attempts,
            "attempt(s)",
        )
    except RateLimitError as error:
        print("try again in", error.retry_after, "seconds")
    except ZhifuyunError as error:
        if error.maybe_applied:
            print("the write may have happened: look before you repeat it")
        raise
