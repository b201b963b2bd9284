import pg from 'pg';

/** No such table. */
const NOT_THERE = '42P01';

/** Looks at a table of a warehouse again and again; `stop` gives the numbers of rows that it held. */
export async function watchTable(url: string, table: string): Promise<{ stop(): Promise<ReadonlySet<number>> }> {
  const client = new pg.Client({ connectionString: url });
  // What is lost is told by the statement that was under way.
  client.on('error', () => undefined);
  await client.connect();
  const seen = new Set<number>();
  let isOver = false;
  const looking = (async () => {
    while (!isOver) {
      const rows = await countOf(client, table);
      // Before the first load there is no table; once there is one, it stays.
      if (rows !== null) seen.add(rows);
      else if (seen.size > 0) throw new Error(`the table ${table} was gone`);
    }
  })();
  const ended = looking.finally(() => client.end());
  // `stop` waits for it and throws its error; until then nobody does, and a rejection without anybody ends the process.
  ended.catch(() => undefined);
  return {
    async stop() {
      isOver = true;
      await ended;
      return seen;
    },
  };
}

async function countOf(client: pg.Client, table: string): Promise<number | null> {
  try {
    const { rows } = await client.query<{ rows: number }>(`select count(*)::int as rows from public."${table}"`);
    return rows[0]?.rows ?? 0;
  } catch (error) {
    if ((error as { code?: string }).code === NOT_THERE) return null;
    throw error;
  }
}
