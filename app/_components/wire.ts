/** A read model as JSON carries it: every Date is its ISO text. */
export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? Wire<Item>[]
    : T extends object
      ? { [Key in keyof T]: Wire<T[Key]> }
      : T;

/** What the API would have answered: lets a page hand its first data to the query that keeps it fresh. */
export function toWire<T>(model: T): Wire<T> {
  return JSON.parse(JSON.stringify(model ?? null));
}
