'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { MenuItem } from '../../../_components/menu.tsx';
import { Empty } from '../../../_components/notice.tsx';
import { Panel, Table } from '../../../_components/panel.tsx';
import { useSay } from '../../../_components/toast.tsx';
import type { Channel } from './channel.ts';
import { RowActions } from './row-actions.tsx';
import { aboutWords, type Rule, type RuleChoices, tellsWords } from './rule.ts';
import { RuleDialog } from './rule-dialog.tsx';

interface RulesProps {
  readonly rules: Rule[];
  readonly choices: RuleChoices;
  readonly readOnly: boolean;
}

/** Who is told of what: the first rule that matches decides. */
export function RulesView({ rules: initial, choices, readOnly }: RulesProps) {
  const [edited, setEdited] = useState<Rule | 'new' | null>(null);
  const { data: rules } = useQuery({
    queryKey: ['alert-rules'],
    queryFn: () => api.get<Rule[]>('/alert-rules'),
    initialData: initial,
  });
  const { data: channels = [] } = useQuery({
    queryKey: ['channels'],
    queryFn: () => api.get<Channel[]>('/channels'),
  });
  const add = (
    <Button icon="plus" onClick={() => setEdited('new')}>
      Add a rule
    </Button>
  );
  return (
    <>
      <Panel
        title="Rules"
        sub={rules.length > 0 && 'The first one that matches decides'}
        side={rules.length > 0 && !readOnly && add}
      >
        {rules.length === 0 ? (
          <Empty action={!readOnly && add}>
            No rule: every channel hears of what it asks for. A rule sends the alerts of some connections elsewhere,
            waits for failures in a row, keeps quiet at night or gathers warnings.
          </Empty>
        ) : (
          <Table className="cards" label="Rules" head={<Head />}>
            {rules.map((rule, index) => (
              <RuleRow
                key={rule.id}
                rule={rule}
                before={rules[index - 1] ?? null}
                words={{ about: aboutWords(rule, choices), ...tellsWords(rule, channels) }}
                readOnly={readOnly}
                onEdit={() => setEdited(rule)}
              />
            ))}
          </Table>
        )}
      </Panel>
      {edited !== null && (
        <RuleDialog
          rule={edited === 'new' ? null : edited}
          choices={choices}
          channels={channels}
          onClose={() => setEdited(null)}
        />
      )}
    </>
  );
}

function Head() {
  return (
    <>
      <th>Rule</th>
      <th>About</th>
      <th>Tells</th>
      <th>
        <span className="vh">Actions</span>
      </th>
    </>
  );
}

interface RowProps {
  readonly rule: Rule;
  /** The rule that is asked before it. */
  readonly before: Rule | null;
  readonly words: { readonly about: string; readonly who: string; readonly when: string };
  readonly readOnly: boolean;
  readonly onEdit: () => void;
}

function RuleRow({ rule, before, words, readOnly, onEdit }: RowProps) {
  const { change, moveUp, remove } = useRuleActions(rule, before);
  return (
    <tr className={rule.enabled ? '' : 'dim'}>
      <td>
        <span className="strong">{rule.name}</span>
        {!rule.enabled && <span className="sub">off</span>}
      </td>
      <td data-k="About">{words.about}</td>
      <td data-k="Tells">
        {words.who}
        <span className="sub">{words.when}</span>
      </td>
      <td className="r">
        {!readOnly && (
          <RowActions
            name={rule.name}
            kind="rule"
            enabled={rule.enabled}
            whenDeleted="What it matched is told by the rules after it, or to every channel that asks for it."
            onEdit={onEdit}
            onEnable={(enabled) => change({ enabled })}
            onDelete={remove}
          >
            {before && <MenuItem onSelect={moveUp}>Ask before {before.name}</MenuItem>}
          </RowActions>
        )}
      </td>
    </tr>
  );
}

function useRuleActions({ id, position }: Rule, before: Rule | null) {
  const say = useSay();
  const queries = useQueryClient();
  const refresh = async () => {
    await queries.invalidateQueries({ queryKey: ['alert-rules'] });
    await queries.invalidateQueries({ queryKey: ['alert-routes'] });
  };
  const change = async (body: object) => {
    await api.patch(`/alert-rules/${id}`, body).catch(say.failed);
    await refresh();
  };
  return {
    change,
    moveUp: async () => {
      if (!before) return;
      // Rules that a folder declared may share a position.
      const target = before.position === position ? position - 1 : before.position;
      await api.patch(`/alert-rules/${before.id}`, { position }).catch(say.failed);
      await change({ position: target });
    },
    remove: async () => {
      await api.delete(`/alert-rules/${id}`);
      await refresh();
    },
  };
}
