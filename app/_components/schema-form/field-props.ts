import { createContext, type ReactNode, useContext } from 'react';
import type { JsonValue } from '#lib/json.ts';
import type { Schema } from './schema.ts';
import type { FieldErrors } from './validate.ts';

/** What every kind of field is given. */
export interface FieldProps {
  readonly schema: Schema;
  /** Its key in the object, or its number in the list. */
  readonly name: string;
  readonly path: string;
  readonly value: JsonValue | undefined;
  readonly required: boolean;
  readonly onChange: (value: JsonValue | undefined) => void;
}

/** Fields that hold fields are given how to draw them, which keeps imports one-way. */
export interface NestingProps extends FieldProps {
  readonly renderField: (props: FieldProps) => ReactNode;
}

interface FormValues {
  readonly root: Schema;
  /** Errors to show now: of fields that were left, or of all after a submit. */
  readonly errors: FieldErrors;
  readonly idPrefix: string;
  leave(path: string): void;
}

export const FormContext = createContext<FormValues>({ root: {}, errors: {}, idPrefix: 'config', leave: () => {} });

export function useFormContext(): FormValues {
  return useContext(FormContext);
}

/** A field's id, which links of `1 field to fix` lead to. */
export function fieldId(prefix: string, path: string): string {
  return `${prefix}-${path.replace(/[^\w-]/g, '-')}`;
}
