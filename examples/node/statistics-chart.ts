// A month as a chart: node dist/statistics-chart.js 2025-12-01 2025-12-31 chart.svg
import { writeFileSync } from 'node:fs';
import { Client } from '@zhifuyun/sdk';

const [startDate = '2025-12-01', endDate = '2025-12-31', file = 'chart.svg'] = process.argv.slice(2);
await using client = Client.fromEnv();
const statistics = await client.statistics.get({ type: 'conversation', startDate, endDate, groupBy: 'day' });

const days = statistics.trends.map((t) => ({
  date: t.date ?? '',
  conversations: t.conversations ?? 0,
  tickets: t.tickets ?? 0,
}));
const most = Math.max(1, ...days.map((d) => Math.max(d.conversations, d.tickets)));
const [width, height, step] = [720, 240, 720 / Math.max(1, days.length)];

const bar = (x: number, value: number, colour: string, title: string) => {
  const h = (value / most) * height;
  const box = `x="${x.toFixed(1)}" y="${(height - h).toFixed(1)}" width="${(step * 0.4).toFixed(1)}" height="${h.toFixed(1)}"`;
  return `<rect ${box} fill="${colour}"><title>${title}</title></rect>`;
};
const bars = days.flatMap((day, n) => [
  bar(n * step, day.conversations, '#2b6cb0', `${day.date}: ${day.conversations} conversations`),
  bar((n + 0.45) * step, day.tickets, '#dd6b20', `${day.date}: ${day.tickets} tickets`),
]);
writeFileSync(
  file,
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 -30 ${width} ${height + 40}" font-family="sans-serif" font-size="14">
<text y="-10">${startDate} to ${endDate}: conversations and tickets by day, at most ${most}</text>
${bars.join('\n')}
</svg>
`,
);

const rate = statistics.satisfactionRate;
console.log(`conversations     ${statistics.totalConversations ?? '?'}`);
console.log(`tickets           ${statistics.totalTickets ?? '?'}`);
console.log(`average response  ${statistics.avgResponseTime ?? '?'}`);
console.log(`satisfaction      ${rate === undefined ? '?' : `${(rate * 100).toFixed(1)} %`}`);
console.log(`${days.length} days drawn in ${file}`);
