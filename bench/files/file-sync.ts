/** `file-sync FILE KIND CONFIG`: our way from a CSV file into a destination. */
import path from 'node:path';
import { runOneSync } from '../one-sync.ts';
import { SCHEMA } from './orders-csv.ts';

const [file = '', kind = '', config = '{}'] = process.argv.slice(2);
await runOneSync({
  manifest: `
version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [orders] }
streams:
  - type: FileStream
    name: orders
    provider: { type: folder, folder: ${JSON.stringify(path.dirname(file))} }
    path: ${path.basename(file)}
    format: { type: csv }
    schema_loader: { type: InlineSchemaLoader, schema: ${JSON.stringify(SCHEMA)} }
`,
  fileRoots: [path.dirname(file)],
  destination: { kind, config: JSON.parse(config) },
  modes: { syncMode: 'full_refresh', destinationSyncMode: 'overwrite', primaryKey: [] },
  connectionId: 'c0ffee00-0000-4000-8000-000000000001',
});
