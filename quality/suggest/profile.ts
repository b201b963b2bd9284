/** What was found in a table. */
export interface Profile {
  readonly rows: number;
  /** Only the first rows were looked at. */
  readonly isPart: boolean;
  readonly columns: readonly ColumnProfile[];
}

export interface ColumnProfile {
  readonly name: string;
  readonly type: 'number' | 'time' | 'text' | 'other';
  /** Rows with a value, and how many different ones. */
  readonly filled: number;
  readonly distinct: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly stddev: number | null;
  /** Of times, in seconds since 1970. */
  readonly newest: number | null;
  /** Formats that every value has. */
  readonly formats: readonly string[];
  /** All values, where they are few. */
  readonly values: readonly string[];
}
