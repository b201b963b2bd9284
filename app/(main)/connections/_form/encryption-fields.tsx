'use client';

import { useState } from 'react';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import { AES_PADDINGS } from '#lib/records/mappers/encryption-modes.ts';
import { Button } from '../../../_components/button.tsx';
import { Field, fieldControl } from '../../../_components/field.tsx';
import { SecretField } from '../../../_components/schema-form/secret-field.tsx';
import { newKey, withMode } from './field-encryption.ts';

interface Props {
  /** `email of people`, for labels. */
  readonly of: string;
  readonly id: string;
  readonly settings: JsonObject;
  readonly onChange: (next: JsonObject) => void;
}

/** The key and the way in which a field is encrypted. */
export function EncryptionFields(props: Props) {
  const { id, settings, onChange } = props;
  const set = (name: string) => (value: JsonValue | undefined) => onChange({ ...settings, [name]: value ?? '' });
  return (
    <fieldset className="stack" aria-label={`Encryption of ${props.of}`}>
      {settings.algorithm === 'RSA' ? <PublicKey {...props} /> : <AesFields {...props} />}
      <Field id={`${id}-suffix`} label="Put behind its name" optional>
        <input
          className="input mono"
          value={String(settings.fieldNameSuffix ?? '')}
          onChange={(event) => set('fieldNameSuffix')(event.target.value.trim())}
          {...fieldControl(`${id}-suffix`)}
        />
      </Field>
    </fieldset>
  );
}

function AesFields({ id, settings, onChange }: Props) {
  const [made, setMade] = useState<string | null>(null);
  const paddings = AES_PADDINGS[String(settings.mode)] ?? [];
  const setKey = (key: JsonValue | undefined) => onChange({ ...settings, key: key ?? '' });
  const make = () => {
    const key = newKey();
    setMade(key);
    setKey(key);
  };
  const description = 'In hexadecimal, of 16, 24 or 32 bytes. Whoever is to read the values needs it.';
  return (
    <>
      <SecretField
        schema={{ type: 'string', title: 'Key', airbyte_secret: true, description }}
        {...{ name: 'key', path: `${id}-key`, required: true }}
        value={settings.key === '' ? undefined : settings.key}
        onChange={setKey}
      />
      {settings.key === '' && (
        <div>
          <Button onClick={make}>Make a key</Button>
        </div>
      )}
      {made !== null && settings.key === made && (
        <p className="small" role="status">
          Copy it now, it is not shown again: <code>{made}</code>
        </p>
      )}
      <div className="row">
        <Choice
          {...{ id: `${id}-mode`, label: 'Mode', options: Object.keys(AES_PADDINGS) }}
          value={String(settings.mode ?? '')}
          onChange={(mode) => onChange(withMode(settings, mode))}
        />
        <Choice
          {...{ id: `${id}-padding`, label: 'Padding', options: paddings }}
          value={String(settings.padding ?? '')}
          onChange={(padding) => onChange({ ...settings, padding })}
        />
      </div>
    </>
  );
}

function PublicKey({ id, settings, onChange }: Props) {
  const hint = 'PEM, or X.509 in hexadecimal. Who has the private key reads the values.';
  return (
    <Field id={`${id}-public`} label="Public key" hint={hint}>
      <textarea
        className="input mono"
        rows={4}
        spellCheck={false}
        value={String(settings.publicKey ?? '')}
        onChange={(event) => onChange({ ...settings, publicKey: event.target.value })}
        {...fieldControl(`${id}-public`, undefined, hint)}
      />
    </Field>
  );
}

interface ChoiceProps {
  readonly id: string;
  readonly label: string;
  readonly options: readonly string[];
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Choice({ id, label, options, value, onChange }: ChoiceProps) {
  return (
    <Field id={id} label={label}>
      <select className="select" value={value} onChange={(event) => onChange(event.target.value)} {...fieldControl(id)}>
        {options.map((one) => (
          <option key={one} value={one}>
            {one === 'PKCS5Padding' ? 'PKCS #5' : one === 'NoPadding' ? 'None' : one}
          </option>
        ))}
      </select>
    </Field>
  );
}
