'use client';

import { useQueryClient } from '@tanstack/react-query';
import { api, failureOf } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { Dialog } from '../../../_components/dialog.tsx';
import { Field, fieldControl } from '../../../_components/field.tsx';
import { FailureNotice } from '../../../_components/notice.tsx';
import { useSay } from '../../../_components/toast.tsx';
import type { Channel } from './channel.ts';
import { type Rule, type RuleChoices, type RuleValues, ruleBody, ruleValues } from './rule.ts';
import { RuleMatchFields } from './rule-match-fields.tsx';
import { RuleTimeFields } from './rule-time-fields.tsx';
import { type Errors, useForm } from './use-form.ts';

const FORM = 'rule-form';

interface DialogProps {
  readonly rule: Rule | null;
  readonly choices: RuleChoices;
  readonly channels: readonly Channel[];
  readonly onClose: () => void;
}

export interface RuleFieldsProps {
  readonly values: RuleValues;
  readonly errors: Errors;
  readonly set: (change: Partial<RuleValues>) => void;
}

/** A new rule, or one to change. */
export function RuleDialog({ rule, choices, channels, onClose }: DialogProps) {
  const say = useSay();
  const queries = useQueryClient();
  const form = useForm<RuleValues>({
    initial: ruleValues(rule, choices.timeZone),
    check: ({ name, failuresInARow }) => ({
      ...(!name.trim() && { 'rule-name': 'Give the rule a name.' }),
      ...(!/^[1-9]\d?$/.test(failuresInARow) && { failuresInARow: 'A whole number from 1 to 99.' }),
    }),
    send: async (values) => {
      const body = ruleBody(values);
      if (rule) await api.patch(`/alert-rules/${rule.id}`, body);
      else await api.post('/alert-rules', body);
      await queries.invalidateQueries({ queryKey: ['alert-rules'] });
      await queries.invalidateQueries({ queryKey: ['alert-routes'] });
      say.done(`${body.name} is saved.`);
      onClose();
    },
  });
  const { values, errors, set } = form;
  const nameError = errors['rule-name'] ?? errors.name;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={rule ? `Edit ${rule.name}` : 'Add a rule'}
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button type="submit" form={FORM} kind="primary" busy={form.busy}>
            {rule ? 'Save rule' : 'Add rule'}
          </Button>
        </>
      }
    >
      <form id={FORM} className="fields" onSubmit={form.submit} noValidate>
        <Field id="rule-name" label="Name" error={nameError}>
          <input
            className="input"
            value={values.name}
            onChange={(event) => set({ name: event.target.value })}
            {...fieldControl('rule-name', nameError)}
          />
        </Field>
        <RuleMatchFields values={values} errors={errors} set={set} choices={choices} />
        <fieldset className="plain-set tight-set">
          <legend className="label">Tell</legend>
          {channels.length === 0 && <span className="muted">There is no channel yet: the rule tells nobody.</span>}
          {channels.map(({ id, name }) => (
            <label key={id} className="check">
              <input
                type="checkbox"
                checked={values.channelIds.includes(id)}
                onChange={({ target }) => set({ channelIds: toggled(values.channelIds, id, target.checked) })}
              />
              {name}
            </label>
          ))}
        </fieldset>
        <RuleTimeFields values={values} errors={errors} set={set} />
        {form.refusal !== null && <FailureNotice failure={failureOf(form.refusal)} alert />}
      </form>
    </Dialog>
  );
}

export function toggled(list: readonly string[], item: string, on: boolean): string[] {
  return on ? [...list, item] : list.filter((other) => other !== item);
}
