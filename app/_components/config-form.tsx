'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import type { Issue } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { ApiError, api, failureOf } from './api.ts';
import { Button } from './button.tsx';
import { type CheckAnswer, CheckOutcome } from './check-outcome.tsx';
import { Confirm } from './confirm.tsx';
import { ConsentPanel, type FormConsent } from './consent-panel.tsx';
import { Field, FieldsToFix, fieldControl } from './field.tsx';
import { FailureNotice } from './notice.tsx';
import { configErrors, SchemaForm, startConfig } from './schema-form/schema-form.tsx';
import type { FieldErrors } from './schema-form/validate.ts';
import { testValuesOf } from './test-values.ts';
import { useSay } from './toast.tsx';
import { useProbe } from './use-probe.ts';

interface Props {
  readonly noun: 'source' | 'destination';
  /** JSON schema of the config. */
  readonly spec: JsonObject;
  readonly initial: { readonly name: string; readonly config: JsonObject };
  /** Where to save: POST a new one, PATCH one that is there. */
  readonly id: string | null;
  /** What goes along: `{ connectorId }` or `{ type }`. */
  readonly fixed: Readonly<Record<string, string>>;
  /** Where to go after saving a new one; `:id` is filled in. */
  readonly then: string;
  /** Where the connector's config can be filled by signing in at its provider. */
  readonly consent?: FormConsent | null;
  readonly usedBy?: readonly { readonly id: string; readonly name: string }[];
}

/** Name and config of a source or destination: test it as it stands, then save it. Secrets come masked and stay unless replaced. */
export function ConfigForm({ noun, spec, initial, id, fixed, then, consent = null, usedBy = [] }: Props) {
  const [name, setName] = useState(initial.name);
  const [config, setConfig] = useState(
    id === null ? { ...startConfig(spec), ...initial.config, ...testValuesOf(fixed.connectorId) } : initial.config,
  );
  const [errors, setErrors] = useState<FieldErrors>({});
  const [nameError, setNameError] = useState<string>();
  const [refused, setRefused] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const probe = useProbe<CheckAnswer>();
  // What was tested last: a refusal counts for these values alone.
  const [tested, setTested] = useState<string>();
  const [asking, setAsking] = useState(false);
  const router = useRouter();
  const say = useSay();

  const [submitted, setSubmitted] = useState(false);
  const toFix = submitted ? configErrors(spec, config) : [];
  const valid = (): boolean => {
    setErrors({});
    setSubmitted(true);
    return configErrors(spec, config).length === 0;
  };
  // Masks of a form that has come back from a consent stand for what that one keeps.
  const filled = consent?.back ? { consentId: consent.back.id } : {};
  const showIssues = (issues: readonly Issue[]) =>
    setErrors(Object.fromEntries(issues.map(({ path, message }) => [(path ?? '').replace(/^config\.?/, ''), message])));
  const check = () => {
    if (!valid()) return;
    setTested(JSON.stringify(config));
    void probe.ask({ kind: `check_${noun}`, ...fixed, config, ...filled, ...(id && { [`${noun}Id`]: id }) });
  };
  const said = probe.failure?.message ?? (probe.result?.ok === false ? probe.result.message : null);
  const isRefused = said !== null && tested === JSON.stringify(config);
  const submit = () => {
    setNameError(name.trim() === '' ? 'Give it a name.' : undefined);
    if (!valid() || name.trim() === '') return;
    if (isRefused) setAsking(true);
    else void save();
  };
  const save = async () => {
    setBusy(true);
    setRefused(null);
    try {
      if (id !== null) await api.patch(`/${noun}s/${id}`, { name, config, ...filled });
      const saved = id ?? (await api.post<{ id: string }>(`/${noun}s`, { name, config, ...filled, ...fixed })).id;
      say.done(`${name} saved`);
      router.push(then.replace(':id', saved));
      router.refresh();
    } catch (error) {
      setRefused(error);
      if (error instanceof ApiError) {
        showIssues(error.issues);
        setNameError(error.issues.find((issue) => issue.path === 'name')?.message);
      }
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      className="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Field id="config-name" label="Name" error={nameError} hint={`How people find this ${noun}.`}>
        <input
          className="input"
          {...fieldControl('config-name', nameError, true)}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </Field>
      <SchemaForm schema={spec} value={config} onChange={setConfig} errors={errors} showErrors={submitted} />
      {consent && (
        <ConsentPanel
          {...consent}
          connectorId={fixed.connectorId ?? ''}
          sourceId={id}
          name={name}
          config={config}
          onIssues={showIssues}
        />
      )}
      <CheckOutcome probe={probe} reason={`${noun} ${name}`} onAllowed={check} />
      {refused !== null && <FailureNotice failure={failureOf(refused)} alert />}
      <div className="acts">
        <Button type="submit" kind="primary" busy={busy}>
          Save {noun}
        </Button>
        <Button onClick={check} busy={probe.status === 'running'}>
          Test {noun}
        </Button>
        <FieldsToFix ids={toFix.map((field) => field.id)} />
        <span className="grow" />
        {id !== null && (
          <Button kind="danger" onClick={() => setDeleting(true)}>
            Delete {noun}…
          </Button>
        )}
      </div>
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title={`Save ${name} although its test failed`}
        description={`With these settings the test said: ${said ?? ''}`}
        verb="Save anyway"
        keep="Go back"
        onConfirm={save}
      />
      <Confirm
        open={deleting}
        onOpenChange={setDeleting}
        title={`Delete ${initial.name}`}
        description={
          usedBy.length > 0
            ? `It is used by ${usedBy.map((item) => item.name).join(', ')}: delete ${usedBy.length === 1 ? 'that connection' : 'those connections'} first.`
            : 'Its settings are lost. Data that was loaded stays where it is.'
        }
        verb={`Delete ${noun}`}
        onConfirm={async () => {
          await api.delete(`/${noun}s/${id}`);
          router.push(`/${noun}s`);
          router.refresh();
        }}
      />
    </form>
  );
}
