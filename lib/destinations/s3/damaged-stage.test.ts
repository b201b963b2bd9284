import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { attemptOf, customer, customers, load } from '../fixtures/customers.ts';
import { makeBucket } from './fixtures/bucket.ts';

test.each(['direct', 'basic', 'raw'])(
  'a load that has lost rows on this machine is not published: %s',
  async (layout) => {
    const bucket = await makeBucket();
    const destination = bucket.open({ layout });
    const stage = await (await destination.begin(attemptOf(1))).stage(customers('append'));
    await load(stage, [customer(1), customer(2)], { done: 1 });
    await stage.publish({ complete: false });
    await load(stage, [customer(3), customer(4)], { done: 2 }, 's2');
    const { workDir } = bucket.context;
    const names = await readdir(workDir, { recursive: true });
    const rows = path.join(workDir, names.find((name) => /rows-\d+\.jsonl$/.test(name)) ?? '');
    const lines = (await readFile(rows, 'utf8')).split('\n');
    const kept = lines.filter((line) => !/"id":"4"|\\"id\\":4/.test(line));
    expect(kept.length).toBeLessThan(lines.length);
    await writeFile(rows, kept.join('\n'));
    const before = await bucket.keys();
    await expect(stage.publish({ complete: true })).rejects.toMatchObject({
      code: 'counts_differ',
      message: expect.stringContaining('1 of 2 rows'),
    });
    expect(await bucket.keys()).toEqual(before);
    await destination.close();
  },
);
