'use client';

import { useRouter } from 'next/navigation';
import type { AutoDisable } from '#lib/db/schema.ts';
import { api, failureOf } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { Field, fieldControl } from '../../../_components/field.tsx';
import { FailureNotice } from '../../../_components/notice.tsx';
import { Panel, PanelBody } from '../../../_components/panel.tsx';
import { useSay } from '../../../_components/toast.tsx';
import { useForm } from './use-form.ts';

const USUAL: AutoDisable = { failures: 30, days: 7, warnFailures: 20, warnDays: 4 };
const FIELDS = [
  { field: 'warnFailures', label: 'Warn after failures in a row' },
  { field: 'warnDays', label: 'and days without a success' },
  { field: 'failures', label: 'Disable after failures in a row' },
  { field: 'days', label: 'and days without a success ' },
] as const;

/** When a connection that only fails is disabled, and warned of before. */
export function AutoDisableForm({ settings, readOnly }: { settings: AutoDisable | null; readOnly: boolean }) {
  const router = useRouter();
  const say = useSay();
  const { failures, days, warnFailures, warnDays } = settings ?? USUAL;
  const form = useForm({
    initial: {
      on: settings !== null,
      ...{ failures: String(failures), days: String(days) },
      ...{ warnFailures: String(warnFailures), warnDays: String(warnDays) },
    },
    check: () => ({}),
    send: async ({ on, ...texts }) => {
      const numbers = Object.fromEntries(Object.entries(texts).map(([field, text]) => [field, Number(text)]));
      await api.patch('/workspace', { autoDisable: on ? numbers : null });
      say.done('Saved.');
      router.refresh();
    },
  });
  const { values, errors, set } = form;
  return (
    <Panel title="Connections that only fail">
      <PanelBody>
        <form className="fields" onSubmit={form.submit} noValidate>
          <fieldset className="plain-set" disabled={readOnly}>
            <label className="check">
              <input type="checkbox" checked={values.on} onChange={(event) => set({ on: event.target.checked })} />
              Disable a connection that goes on failing, and warn before
            </label>
            {values.on && (
              <div className="g2">
                {FIELDS.map(({ field, label }) => {
                  const error = errors[`autoDisable.${field}`];
                  return (
                    <Field key={field} id={`auto-${field}`} label={label} error={error}>
                      <input
                        className="input"
                        inputMode="numeric"
                        value={values[field]}
                        onChange={(event) => set({ [field]: event.target.value })}
                        {...fieldControl(`auto-${field}`, error)}
                      />
                    </Field>
                  );
                })}
              </div>
            )}
          </fieldset>
          {form.refusal !== null && <FailureNotice failure={failureOf(form.refusal)} alert />}
          {!readOnly && (
            <div className="row">
              <Button type="submit" busy={form.busy}>
                Save
              </Button>
            </div>
          )}
        </form>
      </PanelBody>
    </Panel>
  );
}
