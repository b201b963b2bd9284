import Link from 'next/link';
import type { ConnectionInput } from '#lib/connections/connections.ts';
import { Field, fieldControl } from '../../../_components/field.tsx';

/** A source or destination to choose. */
export interface Choice {
  readonly id: string;
  readonly name: string;
}

interface Props {
  readonly input: ConnectionInput;
  readonly set: (change: Partial<ConnectionInput>) => void;
  readonly sources: readonly Choice[];
  readonly destinations: readonly Choice[];
  readonly problem: (path: string) => string | undefined;
}

/** Where a new connection reads and where it writes. */
export function EndsFields({ input, set, sources, destinations, problem }: Props) {
  return (
    <div className="g2">
      <Field
        id="source"
        label="Source"
        error={problem('sourceId')}
        hint={
          <Link className="link" href="/sources/new?then=connection">
            New source
          </Link>
        }
      >
        <ChoiceSelect
          id="source"
          choices={sources}
          value={input.sourceId}
          empty="Choose a source"
          error={problem('sourceId')}
          onChange={(sourceId) => set({ sourceId, streams: [] })}
        />
      </Field>
      <Field
        id="destination"
        label="Destination"
        error={problem('destinationId')}
        hint={
          <Link className="link" href={newDestination(input.sourceId)}>
            New destination
          </Link>
        }
      >
        <ChoiceSelect
          id="destination"
          choices={destinations}
          value={input.destinationId}
          empty="Choose a destination"
          error={problem('destinationId')}
          onChange={(destinationId) => set({ destinationId })}
        />
      </Field>
    </div>
  );
}

function ChoiceSelect({
  id,
  choices,
  value,
  empty,
  error,
  onChange,
}: {
  id: string;
  choices: readonly Choice[];
  value: string;
  empty: string;
  error: string | undefined;
  onChange: (id: string) => void;
}) {
  return (
    <select
      className="select"
      {...fieldControl(id, error, true)}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      <option value="" disabled>
        {empty}
      </option>
      {choices.map((choice) => (
        <option key={choice.id} value={choice.id}>
          {choice.name}
        </option>
      ))}
    </select>
  );
}

function newDestination(sourceId: string): string {
  return `/destinations/new?then=${encodeURIComponent(`/connections/new?source=${sourceId}`)}`;
}
