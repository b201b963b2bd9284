import { Field, fieldControl } from '../../../_components/field.tsx';
import type { ChannelField } from './channel.ts';

interface Props {
  readonly fields: readonly ChannelField[];
  readonly texts: Readonly<Record<string, string>>;
  readonly errors: Readonly<Record<string, string>>;
  /** Whether secrets are stored already: they are not shown, and stay when left empty. */
  readonly saved: boolean;
  readonly onChange: (name: string, text: string) => void;
}

/** The fields of one type of channel. */
export function ChannelFields({ fields, texts, errors, saved, onChange }: Props) {
  return fields.map((field) => {
    const { name, label, kind, required = false } = field;
    const hint = saved && kind === 'secret' ? 'Saved, not shown. Fill in to replace it.' : field.hint;
    const error = errors[name] ?? errors[`config.${name}`];
    return (
      <Field key={name} id={name} label={label} error={error} hint={hint} optional={!required && kind !== 'choice'}>
        <Control field={field} text={texts[name] ?? ''} error={error} onChange={(text) => onChange(name, text)} />
      </Field>
    );
  });
}

function Control({
  field: { name, kind, options = [] },
  text,
  error,
  onChange,
}: {
  field: ChannelField;
  text: string;
  error: string | undefined;
  onChange: (text: string) => void;
}) {
  const shared = {
    className: 'input',
    value: text,
    onChange: (event: { target: { value: string } }) => onChange(event.target.value),
    ...fieldControl(name, error, true),
  };
  if (kind === 'lines') return <textarea rows={3} {...shared} />;
  if (kind === 'choice')
    return (
      <select {...shared}>
        {options.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    );
  return <input type={kind === 'secret' ? 'password' : 'text'} autoComplete="off" {...shared} />;
}
