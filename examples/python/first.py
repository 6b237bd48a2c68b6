from zhifuyun import Client

with Client.from_env() as client:
    for conversation in client.conversations.iter(status="active"):
        print(conversation.id, conversation.created_at)

    ticket = client.tickets.create(title="产品咨询", description="想了解产品价格", priority="high")
    client.tickets.update(ticket.id, status="resolved", comment="问题已解决")
    print("resolved", ticket.id)
