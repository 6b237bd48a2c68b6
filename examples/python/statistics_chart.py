"""Draws the numbers of the last 90 days to statistics.png. Needs pandas and matplotlib."""

from datetime import date, timedelta

import matplotlib as mpl

mpl.use("Agg")  # a file, no window
import matplotlib.pyplot as plt
from zhifuyun import Client

today = date.today()
with Client.from_env() as client:
    numbers = client.statistics.get(
        type="conversation",
        start_date=today - timedelta(days=90),
        end_date=today,
        group_by="week",
    )

frame = numbers.to_pandas().set_index("date")
figure, axes = plt.subplots(figsize=(9, 4))
axes.plot(range(len(frame)), frame["conversations"], marker="o", label="conversations")
axes.plot(range(len(frame)), frame["tickets"], marker="o", label="tickets")
axes.set_xticks(range(len(frame)), [str(day) for day in frame.index], rotation=45, ha="right")
axes.set_title(f"{numbers.total_conversations} conversations, {numbers.total_tickets} tickets")
axes.legend()
figure.tight_layout()
figure.savefig("statistics.png")
print("statistics.png:", len(frame), "weeks, satisfaction", numbers.satisfaction_rate)
