import type { DestinationSyncMode, SyncMode } from '#lib/catalog.ts';
import type { Schedule } from '#lib/db/schema.ts';

/** What the demo consists of, as data: load-demo.ts makes it. */
export interface DemoConnector {
  readonly name: string;
  /** Below `manifests/`. */
  readonly file: string;
  readonly source: string;
}

export interface DemoConnection {
  readonly name: string;
  readonly source: string;
  readonly schedule: Schedule;
  readonly streams: readonly { name: string; syncMode: SyncMode; destinationSyncMode: DestinationSyncMode }[];
  /** Below `quality/demo/`. */
  readonly suite?: { name: string; file: string };
}

const timeZone = 'UTC';
const hourly: Schedule = { type: 'hourly', every: 1, timeZone };
const daily = (at: string): Schedule => ({ type: 'daily', at, timeZone });
const whole = { syncMode: 'full_refresh', destinationSyncMode: 'overwrite' } as const;

export const DEMO_CONNECTORS: readonly DemoConnector[] = [
  { name: 'Demo API', file: 'demo-api.yaml', source: 'Demo API' },
  { name: 'Demo files', file: 'demo-files.yaml', source: 'Demo files' },
];

export const DEMO_CONNECTIONS: readonly DemoConnection[] = [
  {
    name: 'Earthquakes',
    source: 'Demo API',
    schedule: hourly,
    streams: [{ name: 'earthquakes', syncMode: 'incremental', destinationSyncMode: 'append_dedup' }],
    suite: { name: 'Earthquakes', file: 'earthquakes.yaml' },
  },
  {
    name: 'Seattle weather',
    source: 'Demo API',
    schedule: daily('02:00'),
    streams: [{ name: 'weather', ...whole }],
    suite: { name: 'Seattle weather', file: 'weather.yaml' },
  },
  {
    name: 'Sensor readings',
    source: 'Demo API',
    schedule: daily('02:30'),
    streams: [{ name: 'readings', ...whole }],
    suite: { name: 'Sensor readings', file: 'readings.yaml' },
  },
  {
    name: 'Files of the week',
    source: 'Demo files',
    schedule: { type: 'weekly', days: [1], at: '03:00', timeZone },
    streams: [
      { name: 'weather_csv', ...whole },
      { name: 'earthquakes_parquet', ...whole },
      { name: 'earthquakes_jsonl', ...whole },
    ],
  },
];
