import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';

/** Type of a result that has failed. */
const INVALID = 0;

/**
 * The chunks of a query as they come. The library takes a failure after the first chunks for the end of the rows: here it is thrown. Of a
 * query that is interrupted the signal tells why.
 */
export async function* streamedChunks(
  connection: DuckDBConnection,
  sql: string,
  signal?: AbortSignal,
): AsyncGenerator<DuckDBDataChunk> {
  const result = await connection.stream(sql);
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk())
    yield chunk;
  if (result.returnType !== INVALID) return;
  signal?.throwIfAborted();
  // Why is told only where no rows are streamed: all of them once more, into one sum.
  await connection.run(`select bit_xor(hash(t)) from (${sql}) t`);
  throw new Error('The query broke off in the middle, and does not say why.');
}
