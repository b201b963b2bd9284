import { Duration } from './duration.ts';

export const MICROS_PER_DAY = 86_400_000_000n;
/** Years 1 to 9999, as Python's datetime. */
const EARLIEST = -62_135_596_800_000_000n;
const LATEST = 253_402_300_799_999_999n;

/** Parts of a date and time as a clock on the wall shows them. */
export interface CivilTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly microsecond: number;
}

/** An instant to the microsecond with the offset it was written in; without one (naive) it counts as UTC. */
export class DateTime {
  /** Microseconds since 1970 in UTC. */
  readonly micros: bigint;
  /** Seconds east of UTC; null when naive. */
  readonly offset: number | null;

  constructor(micros: bigint, offset: number | null = 0) {
    if (micros < EARLIEST || micros > LATEST) throw new RangeError('date value out of range');
    this.micros = micros;
    this.offset = offset;
  }

  static fromDate(date: Date): DateTime {
    return new DateTime(BigInt(date.getTime()) * 1000n);
  }

  static fromCivil(civil: CivilTime, offset: number | null): DateTime {
    return new DateTime(civilMicros(civil) - BigInt(offset ?? 0) * 1_000_000n, offset);
  }

  get civil(): CivilTime {
    return toCivil(this.micros + BigInt(this.offset ?? 0) * 1_000_000n);
  }

  /** The same instant with another offset. */
  withOffset(offset: number | null): DateTime {
    return new DateTime(this.micros, offset);
  }

  /** Later by the duration; its months are the calendar's, and a day that the month lacks becomes its last. */
  plus(duration: Duration, sign: 1 | -1 = 1): DateTime {
    const months = duration.months * sign;
    const moved = months === 0 ? this : DateTime.fromCivil(addMonths(this.civil, months), this.offset);
    return new DateTime(moved.micros + duration.micros * BigInt(sign), this.offset);
  }

  since(other: DateTime): Duration {
    return new Duration(0, this.micros - other.micros);
  }
}

/** Microseconds of a civil time read as UTC. @throws RangeError for a day or time that does not exist */
export function civilMicros({ year, month, day, hour, minute, second, microsecond }: CivilTime): bigint {
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month))
    throw new RangeError('day is out of range for month');
  if (hour > 23 || minute > 59 || second > 59) throw new RangeError('time is out of range');
  const seconds = hour * 3600 + minute * 60 + second;
  return BigInt(daysFromCivil(year, month, day)) * MICROS_PER_DAY + BigInt(seconds) * 1_000_000n + BigInt(microsecond);
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Monday is 0, as Python counts. */
export function weekday({ year, month, day }: Pick<CivilTime, 'year' | 'month' | 'day'>): number {
  return (((daysFromCivil(year, month, day) + 3) % 7) + 7) % 7;
}

export function dayOfYear({ year, month, day }: Pick<CivilTime, 'year' | 'month' | 'day'>): number {
  return daysFromCivil(year, month, day) - daysFromCivil(year, 1, 1) + 1;
}

export function addMonths(civil: CivilTime, months: number): CivilTime {
  const total = civil.year * 12 + civil.month - 1 + months;
  const year = Math.floor(total / 12);
  const month = (((total % 12) + 12) % 12) + 1;
  return { ...civil, year, month, day: Math.min(civil.day, daysInMonth(year, month)) };
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYearFromMarch = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYearFromMarch;
  return era * 146_097 + dayOfEra - 719_468;
}

function toCivil(micros: bigint): CivilTime {
  const days = Number(floorDiv(micros, MICROS_PER_DAY));
  const rest = Number(micros - BigInt(days) * MICROS_PER_DAY);
  const seconds = Math.floor(rest / 1e6);
  return {
    ...civilFromDays(days),
    hour: Math.floor(seconds / 3600),
    minute: Math.floor((seconds % 3600) / 60),
    second: seconds % 60,
    microsecond: rest % 1_000_000,
  };
}

function civilFromDays(days: number): Pick<CivilTime, 'year' | 'month' | 'day'> {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYearFromMarch = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYearFromMarch + 2) / 153);
  const day = dayOfYearFromMarch - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}
