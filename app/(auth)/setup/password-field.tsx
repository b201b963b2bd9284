import { Field, fieldControl } from '../../_components/field.tsx';
import { plural } from '../../_components/format.ts';
import { PASSWORD_LENGTH } from './set-up-answers.ts';

interface PasswordFieldProps {
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (value: string) => void;
  readonly onBlur: () => void;
}

/** Length is the only rule, so length is what the meter shows. */
export function PasswordField({ value, error, onChange, onBlur }: PasswordFieldProps) {
  const hint =
    value.length >= PASSWORD_LENGTH
      ? `Good: ${plural(value.length, 'character')}.`
      : `${PASSWORD_LENGTH} characters are the minimum, nothing else is required.`;
  return (
    <Field id="password" label="Password" error={error} hint={hint}>
      <input
        className="input"
        type="password"
        autoComplete="new-password"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onBlur={onBlur}
        {...fieldControl('password', error, hint)}
      />
      <div className="meter" aria-hidden="true">
        {[1, PASSWORD_LENGTH, PASSWORD_LENGTH + 6, PASSWORD_LENGTH + 12].map((length) => (
          <i key={length} className={value.length >= length ? 'on' : ''} />
        ))}
      </div>
    </Field>
  );
}
