import type { RawColumnType } from '../raw-tables.ts';

const bigintMax = 9_223_372_036_854_775_807n;

/**
 * Reads a non-empty field. Returns its text for COPY, or undefined if it is not of the type; explainField then says
 * why.
 */
export type FieldReader = (text: string) => string | undefined;

export const fieldReaders: Readonly<Record<RawColumnType, FieldReader>> = {
  bigint: readBigint,
  'numeric(18,4)': readNumeric,
  timestamptz: readTimestamp,
  'varchar(256)': (text) => readText(text, 256),
  'varchar(1024)': (text) => readText(text, 1024),
};

function readBigint(text: string): string | undefined {
  const trimmed = text.trim();
  if (!/^[+-]?\d{1,40}$/.test(trimmed)) return undefined;
  // Fast path: any number of up to 18 digits fits, in the form that PostgreSQL writes.
  if (/^[1-9]\d{0,17}$/.test(trimmed)) return trimmed;
  const value = BigInt(trimmed.replace('+', ''));
  return value <= bigintMax && value >= -bigintMax - 1n ? value.toString() : undefined;
}

function readNumeric(text: string): string | undefined {
  const match = /^([+-]?)(\d{0,40})(?:\.(\d{0,40}))?$/.exec(text.trim());
  if (match === null) return undefined;
  const [, sign = '', digits = '', decimals = ''] = match;
  if (digits === '' && decimals === '') return undefined;
  const whole = digits.replace(/^0+(?=\d)/, '');
  if (whole.length > 14 || /[1-9]/.test(decimals.slice(4))) return undefined;
  return `${sign === '-' ? '-' : ''}${whole === '' ? '0' : whole}.${decimals.slice(0, 4).padEnd(4, '0')}`;
}

const timestampPattern =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))? ?(?:([Zz])|([+-])(\d\d)(?::?(\d\d))?)?$/;
const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function readTimestamp(text: string): string | undefined {
  const match = timestampPattern.exec(text.trim());
  if (match === null) return undefined;
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction = '', , sign, oh, om] = match;
  const y = Number(year);
  if (y < 1 || Number(day) < 1 || Number(day) > daysOf(y, Number(month))) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const offsetHours = Number(oh ?? 0);
  const offsetMinutes = Number(om ?? 0);
  if (offsetHours > 15 || offsetMinutes > 59) return undefined;
  // An offset can move the first and last days of the calendar out of it, in UTC.
  if ((y === 1 || y === 9999) && sign !== undefined) {
    const minutes = (sign === '-' ? -1 : 1) * (offsetHours * 60 + offsetMinutes);
    const utc = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:00Z`) - minutes * 60_000;
    const utcYear = new Date(utc).getUTCFullYear();
    if (utcYear < 1 || utcYear > 9999) return undefined;
  }
  const offset = sign === undefined ? '+00' : `${sign}${oh}:${om ?? '00'}`;
  return `${year}-${month}-${day} ${hour}:${minute}:${second}${fraction === '' ? '' : `.${fraction}`}${offset}`;
}

/** Whether a timestamp accepted by readTimestamp has no offset, so that it is read as UTC. */
export function lacksOffset(text: string): boolean {
  return !/(?:[Zz]|[+-]\d\d(?::?\d\d)?)$/.test(text.trimEnd().slice(11));
}

function daysOf(year: number, month: number): number {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return (monthDays[month - 1] ?? 0) + (leap ? 1 : 0);
}

/** @param longest in bytes of UTF-8, as Redshift counts. */
function readText(text: string, longest: number): string | undefined {
  if (text.includes('\0')) return undefined;
  // A UTF-16 code unit is at most three bytes of UTF-8, so most texts need not be measured.
  if (text.length > longest / 3 && Buffer.byteLength(text) > longest) return undefined;
  return text;
}

/** Explains why the type's reader rejected a field. */
export function explainField(type: RawColumnType, text: string): string {
  const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
  switch (type) {
    case 'bigint':
      return /^\s*[+-]?\d+\s*$/.test(text) ? `${shown} does not fit a 64-bit integer` : `${shown} is not an integer`;
    case 'numeric(18,4)':
      return /^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$/.test(text)
        ? `${shown} has more than 14 digits before or 4 digits after the decimal point`
        : `${shown} is not a decimal number like 12.5000`;
    case 'timestamptz':
      return timestampPattern.test(text.trim())
        ? `${shown} is not a valid date and time from 0001-01-01 to 9999-12-31`
        : `${shown} is not a timestamp like 2026-01-08T10:18:24.372261Z or 2026-01-08 10:18:24.372261+00`;
    case 'varchar(256)':
    case 'varchar(1024)':
      return text.includes('\0')
        ? `${shown} contains a NUL character`
        : `${shown} is longer than ${type === 'varchar(256)' ? 256 : 1024} bytes`;
  }
}

/** Escapes a value for COPY's text format. */
export function copyField(value: string): string {
  if (!/[\\\t\n\r]/.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}
