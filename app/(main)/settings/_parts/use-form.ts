'use client';

import { type FormEvent, useState } from 'react';
import { ApiError } from '../../../_components/api.ts';

export type Errors = Readonly<Record<string, string>>;

/**
 * What forms share: the values, what to repair by field, and the refusal that belongs to no field.
 * `check` finds errors here, `send` saves; what the service refuses is shown at its field.
 */
export function useForm<Values extends Readonly<Record<string, unknown>>>(options: {
  readonly initial: Values;
  readonly check: (values: Values) => Errors;
  readonly send: (values: Values) => Promise<void>;
}) {
  const [values, setValues] = useState(options.initial);
  const [errors, setErrors] = useState<Errors>({});
  const [refusal, setRefusal] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const found = options.check(values);
    setErrors(found);
    setRefusal(null);
    const first = Object.keys(found)[0];
    if (first) return document.getElementById(first)?.focus();
    setBusy(true);
    try {
      await options.send(values);
    } catch (error) {
      const byField = issuesByField(error);
      setErrors(byField);
      setRefusal(Object.keys(byField).length > 0 ? null : error);
    } finally {
      setBusy(false);
    }
  };
  return {
    values,
    errors,
    refusal,
    busy,
    submit,
    set: (change: Partial<Values>) => setValues((old) => ({ ...old, ...change })),
    reset: () => setValues(options.initial),
    leave: (name: string) => setErrors((old) => withError(old, name, options.check(values)[name])),
  };
}

/** Refused input by field; empty when the refusal is about no field. */
export function issuesByField(error: unknown): Errors {
  const issues = error instanceof ApiError ? error.issues : [];
  return Object.fromEntries(issues.flatMap(({ path, message }) => (path ? [[path, message]] : [])));
}

function withError(errors: Errors, name: string, error: string | undefined): Errors {
  const { [name]: _old, ...rest } = errors;
  return error ? { ...rest, [name]: error } : rest;
}
