'use client';

import { useQuery } from '@tanstack/react-query';
import { addCheck, hasCheck } from '#quality/suggest/add-check.ts';
import type { TableSuggestions } from '#quality/suggest/profile-new-tables.ts';
import { api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { plural } from '../../../_components/format.ts';
import { Panel, Table } from '../../../_components/panel.tsx';

interface SuggestionsPanelProps {
  readonly connectionId: string | null;
  readonly text: string;
  readonly onChange: (text: string) => void;
}

/** Checks that follow from what the first load held, each with its evidence; one click puts it into the suite. */
export function SuggestionsPanel({ connectionId, text, onChange }: SuggestionsPanelProps) {
  const { data: tables = [] } = useQuery({
    queryKey: ['suggestions', connectionId],
    queryFn: () => api.get<TableSuggestions[]>(`/suites/suggestions?connectionId=${connectionId}`),
    enabled: connectionId !== null,
  });
  const dataset = /^dataset:\s*['"]?([^'"#\s]+)/m.exec(text)?.[1] ?? '';
  const table = tables.find((known) => known.table === dataset || known.table.endsWith(`.${dataset}`));
  const open = table?.suggestions.filter((suggestion) => !hasCheck(text, suggestion)) ?? [];
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

function paramsText(params: TableSuggestions['suggestions'][number]['params']): string {
  return Object.entries(params)
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(', ') : String(value)}`)
    .join(', ');
}
