import type { ConnectionInput } from '#lib/connections/connections.ts';
import { type Landing, sharedTables } from '#lib/connections/shared-tables.ts';
import { Button } from '../../../_components/button.tsx';
import { Notice } from '../../../_components/notice.tsx';

interface LandingProps {
  readonly input: ConnectionInput;
  readonly others: readonly (Landing & { readonly id: string; readonly name: string })[];
}

/** Says why a prefix stands there that nobody has typed. */
export function OwnPrefix({ input, others, onDrop }: LandingProps & { onDrop: () => void }) {
  const streams = input.streams.map(({ stream }) => stream);
  const [taken] = sharedTables({ ...input, prefix: '', streams }, others);
  if (!taken) return null;
  return (
    <Notice
      state="wait"
      title={`Its tables begin with ${input.prefix}, such as ${input.prefix}${taken.stream}`}
      actions={
        <Button kind="ghost" onClick={onDrop}>
          Without the prefix
        </Button>
      }
    >
      The connection {taken.other.name} loads a table {taken.stream} here already, and two that load one table change
      each other’s rows. The prefix can be another one: it stands below.
    </Notice>
  );
}

/** Two connections that load one table change each other's rows: allowed, and seldom meant. */
export function SharedTables({ input, others }: LandingProps) {
  const shared = sharedTables({ ...input, streams: input.streams.map(({ stream }) => stream) }, others);
  const [first] = shared;
  if (!first) return null;
  const names = shared.map(({ stream }) => `${input.prefix}${stream}`);
  return (
    <Notice
      state="warn"
      title={`${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}: ${first.other.name} loads ${names.length === 1 ? 'this table' : 'these tables'} too`}
    >
      They would change each other’s rows. Give this connection a table prefix or a namespace of its own, unless that is
      what you want.
    </Notice>
  );
}
