'use client';

import { type FormEvent, useState } from 'react';
import { ApiError, api, failureOf } from '../../_components/api.ts';
import { Button } from '../../_components/button.tsx';
import { Field, FieldsToFix, fieldControl } from '../../_components/field.tsx';
import { FailureNotice } from '../../_components/notice.tsx';
import { WhenReady } from '../../_components/when-ready.tsx';
import { PasswordField } from './password-field.tsx';
import { emptyAnswers, type SetUpAnswers, setUpErrors } from './set-up-answers.ts';
import { TimeZoneField } from './time-zone-field.tsx';

type Errors = Partial<Record<keyof SetUpAnswers, string>>;

/** Three answers: who, where, and whether to load the demo. */
export function SetUpForm({ timeZones }: { timeZones: readonly string[] }) {
  const [answers, setAnswers] = useState(emptyAnswers);
  const [errors, setErrors] = useState<Errors>({});
  const [refusal, setRefusal] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  const set = (change: Partial<SetUpAnswers>) => setAnswers((old) => ({ ...old, ...change }));
  const check = (name: keyof SetUpAnswers) => setErrors((old) => ({ ...old, [name]: setUpErrors(answers)[name] }));
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const found = setUpErrors(answers);
    setErrors(found);
    setRefusal(null);
    if (Object.keys(found).length > 0) return focusField(Object.keys(found)[0]);
    setBusy(true);
    try {
      await api.post('/setup', { ...answers, notificationEmail: answers.notificationEmail.trim() || null });
      location.assign('/');
    } catch (error) {
      const byField = issuesByField(error);
      setErrors(byField);
      setRefusal(Object.keys(byField).length > 0 ? null : error);
      setBusy(false);
    }
  };
  const text = (name: keyof SetUpAnswers) => ({
    className: 'input',
    value: String(answers[name]),
    onChange: (event: { target: { value: string } }) => set({ [name]: event.target.value }),
    onBlur: () => check(name),
    ...fieldControl(name, errors[name], true),
  });
  const toFix = Object.entries(errors).flatMap(([name, error]) => (error ? [name] : []));
  return (
    <form onSubmit={submit} noValidate>
      <WhenReady>
        <h1>Set up Weir</h1>
        <p className="muted">Three answers, about a minute. Everything here can be changed in Settings.</p>
        <fieldset>
          <legend>1. Administrator</legend>
          <p className="muted small">The first account. It can change security settings.</p>
          <div className="g2">
            <Field id="name" label="Name" error={errors.name}>
              <input autoComplete="name" {...text('name')} />
            </Field>
            <Field id="email" label="Email" error={errors.email} hint="You sign in with it.">
              <input type="email" autoComplete="username" {...text('email')} />
            </Field>
          </div>
          <PasswordField
            value={answers.password}
            error={errors.password}
            onChange={(password) => set({ password })}
            onBlur={() => check('password')}
          />
        </fieldset>
        <fieldset>
          <legend>2. Workspace</legend>
          <div className="g2">
            <Field
              id="workspaceName"
              label="Name"
              error={errors.workspaceName}
              hint="Seen in the menu and in Slack messages."
            >
              <input autoComplete="organization" {...text('workspaceName')} />
            </Field>
            <TimeZoneField zones={timeZones} value={answers.timeZone} onChange={(timeZone) => set({ timeZone })} />
            <Field
              id="defaultNamespace"
              label="Default namespace"
              error={errors.defaultNamespace}
              hint="The schema that tables go to unless a connection names another."
            >
              <input {...text('defaultNamespace')} className="input mono" spellCheck={false} />
            </Field>
            <Field
              id="notificationEmail"
              label="Address for notifications"
              optional
              error={errors.notificationEmail}
              hint="Named as the contact of this workspace."
            >
              <input type="email" autoComplete="email" {...text('notificationEmail')} />
            </Field>
          </div>
        </fieldset>
        <fieldset>
          <legend>3. Start with</legend>
          <div className="opts">
            <Start value={true} current={answers.loadDemo} onChoose={set} title="The demo">
              Earthquakes and weather, public domain, served by this machine: syncs into Postgres, with checks, one of
              which fails for a true property of the data. Takes about 20 seconds.
            </Start>
            <Start value={false} current={answers.loadDemo} onChoose={set} title="An empty workspace">
              For your own first connector, for Terraform or the API.
            </Start>
          </div>
        </fieldset>
        {refusal !== null && <FailureNotice failure={failureOf(refusal)} alert />}
        <div className="row acts wrap">
          <Button type="submit" kind="primary" size="lg" busy={busy}>
            {answers.loadDemo ? 'Create workspace and load the demo' : 'Create workspace'}
          </Button>
          <FieldsToFix ids={toFix} />
        </div>
      </WhenReady>
    </form>
  );
}

interface StartProps {
  readonly value: boolean;
  readonly current: boolean;
  readonly onChoose: (change: Partial<SetUpAnswers>) => void;
  readonly title: string;
  readonly children: React.ReactNode;
}

function Start({ value, current, onChoose, title, children }: StartProps) {
  return (
    <label className="opt">
      <input type="radio" name="start" checked={current === value} onChange={() => onChoose({ loadDemo: value })} />
      <b>{title}</b>
      <span>{children}</span>
    </label>
  );
}

function issuesByField(error: unknown): Errors {
  const issues = error instanceof ApiError ? error.issues : [];
  return Object.fromEntries(issues.flatMap(({ path, message }) => (path ? [[path, message]] : [])));
}

function focusField(id: string | undefined): void {
  if (id) document.getElementById(id)?.focus();
}
