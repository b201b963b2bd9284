'use client';

import { Fragment, useRef } from 'react';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { Button } from '../button.tsx';
import { Field, FieldNote } from '../field.tsx';
import { Description } from './description.tsx';
import { type NestingProps, useFormContext } from './field-props.ts';
import {
  resolve,
  type Schema,
  shownProperties,
  startValue,
  switchVariant,
  titleOf,
  variantIndex,
  variantsOf,
} from './schema.ts';
import { useFieldParts } from './simple-fields.tsx';

type RenderField = NestingProps['renderField'];

/** The fields of an object, without a frame. */
export function Properties({
  schema,
  path,
  value,
  onChange,
  renderField,
}: {
  schema: Schema;
  path: string;
  value: JsonObject;
  onChange: (value: JsonObject) => void;
  renderField: RenderField;
}) {
  const { root } = useFormContext();
  return shownProperties(schema, root).map(({ name, schema, required }) => (
    <Fragment key={name}>
      {renderField({
        schema,
        name,
        path: path ? `${path}.${name}` : name,
        value: value[name],
        required,
        onChange: (next) => onChange(withProperty(value, name, next)),
      })}
    </Fragment>
  ));
}

/** What is emptied is left out of the config. */
export function withProperty(object: JsonObject, name: string, value: JsonValue | undefined): JsonObject {
  const { [name]: _old, ...rest } = object;
  return value === undefined ? rest : { ...object, [name]: value };
}

export function ObjectField({ renderField, ...props }: NestingProps) {
  const { frame } = useFieldParts(props);
  const { schema, path, value, onChange } = props;
  return (
    <fieldset className="group" id={frame.id}>
      <legend>
        {frame.label}
        {frame.optional && <span className="opt-mark"> optional</span>}
      </legend>
      <FieldNote id={frame.id} hint={frame.hint} error={frame.error} />
      <Properties
        schema={schema}
        path={path}
        value={value && isJsonObject(value) ? value : {}}
        onChange={(next) => onChange(Object.keys(next).length === 0 && frame.optional ? undefined : next)}
        renderField={renderField}
      />
    </fieldset>
  );
}

/** One of several shapes: a choice, and below it the fields of what was chosen. */
export function VariantField({ renderField, ...props }: NestingProps) {
  const { root } = useFormContext();
  const { frame, control } = useFieldParts(props);
  const { schema, path, value, required, onChange } = props;
  const variants = (variantsOf(schema) ?? []).map((variant) => resolve(variant, root));
  const index = variantIndex(variants, value);
  const variant = variants[index];
  const choose = (next: number) => {
    const chosen = variants[next];
    onChange(chosen && switchVariant(chosen, value, root));
  };
  return (
    <div className="items">
      <Field {...frame}>
        <select className="select" value={index} onChange={(event) => choose(Number(event.target.value))} {...control}>
          {((!required && schema.default === undefined) || index < 0) && (
            <option value={-1}>{required ? 'Choose…' : 'None'}</option>
          )}
          {variants.map((choice, number) => (
            <option key={variantName(choice, number)} value={number}>
              {variantName(choice, number)}
            </option>
          ))}
        </select>
      </Field>
      {variant && shownProperties(variant, root).length > 0 && (
        // biome-ignore lint/a11y/useSemanticElements: the choice above is its legend
        <div className="variant" role="group" aria-label={variantName(variant, index)}>
          {variant.description && (
            <span className="hint">
              <Description text={variant.description} example={null} />
            </span>
          )}
          <Properties
            schema={variant}
            path={path}
            value={value && isJsonObject(value) ? value : {}}
            onChange={onChange}
            renderField={renderField}
          />
        </div>
      )}
    </div>
  );
}

/** An alternative without a title goes by its constant. */
function variantName(variant: Schema, index: number): string {
  const fixed = Object.values(variant.properties ?? {}).find((property) => property.const !== undefined)?.const;
  return variant.title ?? (fixed === undefined ? `Option ${index + 1}` : titleOf({}, String(fixed)));
}

export function ListField({ renderField, ...props }: NestingProps) {
  const { root } = useFormContext();
  const { frame } = useFieldParts(props);
  const { schema, path, value, onChange } = props;
  const items = Array.isArray(value) ? value : [];
  const keys = useItemKeys(items.length);
  const item = resolve(schema.items ?? {}, root);
  const singular = titleOf(item, frame.label.replace(/ies$/, 'y').replace(/s$/, ''));
  const set = (index: number, next: JsonValue | undefined) => onChange(items.with(index, next ?? ''));
  const remove = (index: number) => {
    keys.remove(index);
    onChange(items.length === 1 ? undefined : items.toSpliced(index, 1));
  };
  return (
    <fieldset className="group" id={frame.id}>
      <legend>
        {frame.label}
        {frame.optional && <span className="opt-mark"> optional</span>}
      </legend>
      <FieldNote id={frame.id} hint={frame.hint} error={frame.error} />
      {items.map((entry, index) => (
        <div className="item" key={keys.list[index]}>
          {renderField({
            schema: { ...item, title: `${singular} ${index + 1}` },
            name: String(index),
            path: `${path}.${index}`,
            value: entry,
            required: true,
            onChange: (next) => set(index, next),
          })}
          <Button
            kind="ghost"
            icon="trash"
            aria-label={`Remove ${singular} ${index + 1}`}
            onClick={() => remove(index)}
          />
        </div>
      ))}
      <div>
        <Button size="s" icon="plus" onClick={() => onChange([...items, startValue(item, root) ?? ''])}>
          Add {singular.toLowerCase()}
        </Button>
      </div>
    </fieldset>
  );
}

/** Keys that stay with their entry when another is removed. */
function useItemKeys(length: number) {
  const keys = useRef<number[]>([]);
  const last = useRef(0);
  while (keys.current.length < length) keys.current.push(++last.current);
  keys.current.length = length;
  return {
    list: keys.current,
    remove: (index: number) => {
      keys.current.splice(index, 1);
    },
  };
}
