const ISO =
  /^([+-])?P(?!$)(?:(\d+(?:\.\d+)?)Y)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?=\d)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** A span of time: calendar months, and microseconds beside them. Days and weeks are exact. */
export class Duration {
  readonly months: number;
  readonly micros: bigint;

  constructor(months: number, micros: bigint) {
    this.months = months;
    this.micros = micros;
  }

  static ofDays(days: number): Duration {
    return new Duration(0, BigInt(Math.round(days * 86_400e6)));
  }

  get isZero(): boolean {
    return this.months === 0 && this.micros === 0n;
  }

  negated(): Duration {
    return new Duration(-this.months, -this.micros);
  }

  times(factor: number): Duration {
    return new Duration(this.months * factor, BigInt(Math.round(Number(this.micros) * factor)));
  }

  plus(other: Duration): Duration {
    return new Duration(this.months + other.months, this.micros + other.micros);
  }

  get seconds(): number {
    return Number(this.micros) / 1e6;
  }
}

/** An ISO 8601 duration such as `P1M`, `PT0.000001S`, `-P1D`. @throws RangeError */
export function parseDuration(text: string): Duration {
  const match = ISO.exec(text.trim());
  if (match === null) throw new RangeError(`${JSON.stringify(text)} is no ISO 8601 duration such as P30D or PT1H`);
  const [years, months, weeks, days, hours, minutes] = match.slice(2, 8).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const wholeSeconds = (weeks * 7 + days) * 86_400 + hours * 3600 + minutes * 60;
  const micros = BigInt(Math.round(wholeSeconds * 1e6)) + BigInt(Math.round(Number(match[8] ?? 0) * 1e6));
  const duration = new Duration(years * 12 + months, micros);
  return match[1] === '-' ? duration.negated() : duration;
}
