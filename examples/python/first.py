from zhifuyun import Client

with Client.from_env() as client:
    for conversation in client.conversations.iter(status="active"):
        print(conversation.id, conversation.created_at)

    ticket = client.tickets.create(title="产品咨询", description="想知道团队版怎么收费", priority="high")
    client.tickets.update(ticket.id, status="resolved", comment="已电话答复")
    print("resolved", ticket.id)
