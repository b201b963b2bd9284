'use client';

import { useQuery } from '@tanstack/react-query';
import { addCheck, hasCheck } from '#quality/suggest/add-check.ts';
import type { LoadingConnection } from '#quality/suggest/other-tables.ts';
import type { TableSuggestions } from '#quality/suggest/profile-new-tables.ts';
import { api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { plural } from '../../../_components/format.ts';
import { Panel, PanelBody, Table } from '../../../_components/panel.tsx';
import { withDataset } from './starting-text.ts';

interface SuggestionsPanelProps {
  readonly connection: LoadingConnection | null;
  readonly text: string;
  readonly onChange: (text: string) => void;
}

/** Checks that follow from what the first load held, each with its evidence; one click puts it into the suite. */
export function SuggestionsPanel({ connection, text, onChange }: SuggestionsPanelProps) {
  const connectionId = connection?.id ?? null;
  const { data: tables } = useQuery({
    queryKey: ['suggestions', connectionId],
    queryFn: () => api.get<TableSuggestions[]>(`/suites/suggestions?connectionId=${connectionId}`),
    enabled: connectionId !== null,
  });
  const dataset = /^dataset:\s*['"]?([^'"#\s]+)/m.exec(text)?.[1] ?? '';
  const table = tables?.find((known) => known.table === dataset || known.table.endsWith(`.${dataset}`));
  const open = table?.suggestions.filter((suggestion) => !hasCheck(text, suggestion)) ?? [];
  if (connection && tables && !table?.suggestions.length)
    return <NoSuggestions connection={connection} isProfiled={table !== undefined} {...{ dataset, text, onChange }} />;
  if (!table || open.length === 0) return null;
  return (
    <Panel
      title="Suggested checks"
      sub={`${plural(open.length, 'check')} that the first load of ${table.table} would pass`}
      side={
        <Button size="s" onClick={() => onChange(open.reduce(addCheck, text))}>
          Add all
        </Button>
      }
    >
      <Table
        className="tight"
        label="Suggested checks"
        head={
          <>
            <th>Check</th>
            <th>Evidence</th>
            <th>
              <span className="vh">Actions</span>
            </th>
          </>
        }
      >
        {open.map((suggestion) => (
          <tr key={`${suggestion.kind} ${JSON.stringify(suggestion.params)}`}>
            <td className="mono">
              {suggestion.kind}: {paramsText(suggestion.params)}
            </td>
            <td className="muted">{suggestion.evidence}</td>
            <td className="r">
              <Button
                size="s"
                aria-label={`Add ${suggestion.kind} ${paramsText(suggestion.params)}`}
                onClick={() => onChange(addCheck(text, suggestion))}
              >
                Add
              </Button>
            </td>
          </tr>
        ))}
      </Table>
    </Panel>
  );
}

interface NoSuggestionsProps extends Omit<SuggestionsPanelProps, 'connection'> {
  readonly connection: LoadingConnection;
  readonly dataset: string;
  readonly isProfiled: boolean;
}

const MOST_OFFERED = 8;

/** Why there are none, and the tables that may have some. */
function NoSuggestions({ connection, dataset, isProfiled, text, onChange }: NoSuggestionsProps) {
  const isOwn = connection.tables.some(({ names }) => names.includes(dataset));
  const others = connection.tables.filter(({ names }) => !names.includes(dataset));
  return (
    <Panel title="Suggested checks" sub={whyNone(dataset || 'the table', connection.name, { isOwn, isProfiled })}>
      {others.length > 0 && (
        <PanelBody>
          <div className="row wrap">
            <span className="muted">{isOwn ? 'Its other tables:' : 'Its tables:'}</span>
            {others.slice(0, MOST_OFFERED).map(({ names: [name = ''] }) => (
              <Button key={name} size="s" onClick={() => onChange(withDataset(text, name))}>
                {name}
              </Button>
            ))}
            {others.length > MOST_OFFERED && <span className="muted">and {others.length - MOST_OFFERED} more</span>}
          </div>
        </PanelBody>
      )}
    </Panel>
  );
}

function whyNone(dataset: string, connection: string, { isOwn, isProfiled }: { isOwn: boolean; isProfiled: boolean }) {
  if (isProfiled) return `None: the first load of ${dataset} had too few rows, or nothing that stands out`;
  if (isOwn) return `None yet: they follow from the first load of ${dataset}`;
  return `None: ${connection} does not load ${dataset}`;
}

function paramsText(params: TableSuggestions['suggestions'][number]['params']): string {
  return Object.entries(params)
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(', ') : String(value)}`)
    .join(', ');
}
