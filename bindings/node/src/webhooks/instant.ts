// Times as the server and its webhooks write them.

const MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const ISO8601 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)? *(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)$/;
const EPOCH = /^(?:\d{10}|\d{13})$/;

/** A date of the years that every language has. */
function within(date: Date): Date | undefined {
  const year = date.getUTCFullYear();
  return year >= 1 && year <= 9999 ? date : undefined;
}

/** Two digits, or -1. */
function two(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

/**
 * The time between two places of a text, if it has the usual form, `2024-01-01T10:00:00Z`; nothing for other forms and
 * where a field runs over.
 */
export function usual(text: string, begin: number, end: number): Date | undefined {
  const marked =
    end - begin === 20 &&
    text.charCodeAt(begin + 4) === 45 &&
    text.charCodeAt(begin + 7) === 45 &&
    text.charCodeAt(begin + 10) === 84 &&
    text.charCodeAt(begin + 13) === 58 &&
    text.charCodeAt(begin + 16) === 58 &&
    text.charCodeAt(begin + 19) === 90;
  if (!marked) return undefined;
  const century = two(text, begin);
  const rest = two(text, begin + 2);
  const month = two(text, begin + 5);
  const day = two(text, begin + 8);
  const hour = two(text, begin + 11);
  const minute = two(text, begin + 14);
  const second = two(text, begin + 17);
  if (century < 1 || rest < 0 || month < 1 || month > 12 || hour < 0 || hour > 23) return undefined;
  if (minute < 0 || minute > 59 || second < 0 || second > 59 || day < 1) return undefined;
  // Leap days are left to the other form.
  if (day > 28 && (month === 2 || day > (MONTHS[month - 1] as number))) return undefined;
  // Years begin in March, so that a leap day is the last.
  const year = century * 100 + rest - (month > 2 ? 0 : 1);
  const leaps = (year >> 2) - ((year / 100) | 0) + ((year / 400) | 0);
  const months = ((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) | 0;
  const days = 365 * year + leaps + months + day - 719_469;
  return new Date((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000);
}

/** An instant: ISO 8601 with an offset, or epoch seconds (milliseconds where seconds would mean a year after 5138). */
export function instant(value: unknown): Date | undefined {
  if (typeof value === 'number') {
    // By way of microseconds, like the other languages: 0.123 s are 123 ms and not 122.
    const micros = Math.round(value * (Math.abs(value) < 1e11 ? 1e6 : 1e3));
    return within(new Date(Math.floor(micros / 1000)));
  }
  if (typeof value !== 'string') return undefined;
  return usual(value, 0, value.length) ?? written(value.trim());
}

/** An instant as text of any form. */
function written(text: string): Date | undefined {
  if (EPOCH.test(text)) return instant(Number(text));
  const m = ISO8601.exec(text);
  if (!m) return undefined;
  const [, year, month, day, hour, minute, second = '0', fraction, sign, offsetHour = '0', offsetMinute = '0'] = m;
  const parts = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [y, mo, d, h, mi, s] = parts;
  if (mo < 1 || mo > 12 || d < 1 || d > (MONTHS[mo - 1] as number) || h > 23 || mi > 59 || s > 60) return undefined;
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined;
  const ms = Number((fraction ?? '').padEnd(3, '0').slice(0, 3));
  const date = new Date(0);
  date.setUTCFullYear(y, mo - 1, d);
  if (date.getUTCDate() !== d) return undefined;
  date.setUTCHours(h, mi, s, ms);
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000;
  return within(new Date(date.getTime() - (sign === '-' ? -offset : offset)));
}
