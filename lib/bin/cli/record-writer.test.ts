import { expect, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { parseJson } from '#lib/json.ts';
import { RecordWriter } from './record-writer.ts';

const AT = 1_700_000_000_000;

/** As read by one who is given the bytes at once, or only at the end. */
function written(records: readonly JsonObject[], { references, gone = true }: Given = {}) {
  const pieces: Buffer[] = [];
  const out = (bytes: Buffer) => {
    pieces.push(gone ? Buffer.from(bytes) : bytes);
    return gone;
  };
  new RecordWriter({ name: 'orders', namespace: 'shop' }, out).write(records, AT, references);
  return Buffer.concat(pieces)
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => parseJson(line));
}

interface Given {
  readonly references?: readonly (JsonObject | null)[];
  readonly gone?: boolean;
}

test('each record is a message on a line', () => {
  const messages = written([{ id: 1 }, { id: 12345678901234567890n, name: 'Zoë\n"x"' }]);
  expect(messages).toEqual([
    { type: 'RECORD', record: { stream: 'orders', namespace: 'shop', data: { id: 1 }, emitted_at: AT } },
    {
      type: 'RECORD',
      record: {
        ...{ stream: 'orders', namespace: 'shop', emitted_at: AT },
        data: { id: 12345678901234567890n, name: 'Zoë\n"x"' },
      },
    },
  ]);
});

test.each([true, false])('records of any size come whole and in order (written at once: %s)', (gone) => {
  const records = [300, 200_000, 90, 700_000, 200_000, 1].map((length, id) => ({ id, text: 'ß'.repeat(length) }));
  const messages = written(records, { gone }) as { record: { data: JsonObject } }[];
  expect(messages.map(({ record }) => record.data)).toEqual(records);
});

test('a file of a record is told beside it', () => {
  const messages = written([{ id: 1 }, { id: 2 }], { references: [null, { file_size_bytes: 5 }] });
  expect(messages.map((message) => (message as { record: JsonObject }).record.file_reference)).toEqual([
    undefined,
    { file_size_bytes: 5 },
  ]);
});
