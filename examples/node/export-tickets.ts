// All tickets into a CSV file: node dist/export-tickets.js tickets.csv [status]
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Client, type Ticket } from '@zhifuyun/sdk';

const [file = 'tickets.csv', status] = process.argv.slice(2);
const columns = ['id', 'title', 'status', 'priority', 'assigneeId', 'customerEmail', 'createdAt', 'updatedAt'] as const;

// Spreadsheets take text that begins with these for a formula.
const safe = (text: string) => (/^[=+\-@\t]/.test(text) ? `'${text}` : text);
const cell = (value: Ticket[(typeof columns)[number]]) => {
  const text = value instanceof Date ? value.toISOString() : safe(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

await using client = Client.fromEnv();
// `strict` loses no ticket, also if tickets change while they are read.
const tickets = client.tickets.iter({ status }, { consistency: 'strict' });

async function* rows() {
  yield `\ufeff${columns.join(',')}\r\n`;
  for await (const ticket of tickets) yield `${columns.map((name) => cell(ticket[name])).join(',')}\r\n`;
}
await pipeline(rows, createWriteStream(file));

const { items, requests, duplicates } = tickets.report;
console.log(`${items} tickets in ${file}: ${requests} requests, ${duplicates} seen twice and written once`);
