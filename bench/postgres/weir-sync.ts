/** `weir-sync API DATABASE SCHEMA`: our way from the API into Postgres. */
import { runOneSync } from '../one-sync.ts';
import { ordersManifest } from './manifest.ts';

const [api = '', database = '', schema = ''] = process.argv.slice(2);
const { hostname, port, username, password, pathname } = new URL(database);
await runOneSync({
  manifest: ordersManifest(api),
  destination: {
    kind: 'postgres',
    config: { host: hostname, port: Number(port), username, password, database: pathname.slice(1), schema },
  },
  modes: { syncMode: 'incremental', destinationSyncMode: 'append_dedup', primaryKey: [['id']] },
  connectionId: schema,
});
