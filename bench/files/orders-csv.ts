import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { finished } from 'node:stream/promises';

/** Columns of the file, with their types in Postgres. */
export const COLUMNS: Readonly<Record<string, string>> = {
  id: 'bigint',
  customer: 'varchar',
  city: 'varchar',
  amount: 'numeric',
  quantity: 'bigint',
  active: 'boolean',
  ordered_on: 'date',
  created_at: 'timestamptz',
};

/** The same as a JSON schema. */
export const SCHEMA = {
  type: 'object',
  properties: {
    id: { type: ['null', 'integer'] },
    customer: { type: ['null', 'string'] },
    city: { type: ['null', 'string'] },
    amount: { type: ['null', 'number'] },
    quantity: { type: ['null', 'integer'] },
    active: { type: ['null', 'boolean'] },
    ordered_on: { type: ['null', 'string'], format: 'date' },
    created_at: { type: ['null', 'string'], format: 'date-time', airbyte_type: 'timestamp_with_timezone' },
  },
};

const CITIES = ['Berlin', 'New York', 'São Paulo', '"Washington, D.C."', 'Tokyo', ''];
const PIECE_CHARACTERS = 1024 * 1024;

/** A CSV file of so many orders, the same ones each time; made once per folder. Every fifth city or so needs quotes or is null. */
export async function ordersCsv(folder: string, rows: number): Promise<{ file: string; bytes: number }> {
  const file = path.join(folder, `orders-${rows}.csv`);
  if (!existsSync(file)) await write(file, rows);
  return { file, bytes: (await stat(file)).size };
}

async function write(file: string, rows: number): Promise<void> {
  const out = createWriteStream(file);
  out.write(`${Object.keys(COLUMNS).join(',')}\n`);
  const next = numbers(42);
  let piece = '';
  for (let id = 1; id <= rows; id++) {
    piece += row(id, next);
    if (piece.length < PIECE_CHARACTERS) continue;
    if (!out.write(piece)) await once(out, 'drain');
    piece = '';
  }
  out.end(piece);
  await finished(out);
}

function row(id: number, next: (below: number) => number): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const day = `${2015 + next(10)}-${two(1 + next(12))}-${two(1 + next(28))}`;
  const time = `${two(next(24))}:${two(next(60))}:${two(next(60))}`;
  const amount = (next(1_000_000) / 100).toFixed(2);
  return `${id},customer ${next(1_000_000)},${CITIES[next(CITIES.length)]},${amount},${next(100)},${next(2) === 0},${day},${day}T${time}Z\n`;
}

/** Numbers that look random and are the same each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
}
