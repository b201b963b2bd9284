'use client';

import { Button } from '../../../_components/button.tsx';
import { Field, fieldControl } from '../../../_components/field.tsx';
import { atDemoHost, isDemoAddress } from './demo-address.ts';

/** A list of the demo's API, to try this with. */
export interface DemoList {
  readonly url: string;
  readonly token: string;
}

export interface Address {
  readonly url: string;
  readonly token: string;
}

interface Props {
  readonly address: Address;
  readonly onAddress: (address: Address) => void;
  readonly demo: DemoList;
  readonly error: string | undefined;
  /** The API refused what was sent. */
  readonly refused: boolean;
}

export const TOKEN_FIELD = 'draft-token';

/** The address of an API and its token; who enters the demo's address is told the demo's token. */
export function AddressFields({ address, onAddress, demo, error, refused }: Props) {
  const refusal = refused ? 'The API refused: enter its token here, and propose again.' : undefined;
  const isDemo = isDemoAddress(address.url, demo.url);
  return (
    <>
      <Field
        id="draft-url"
        label="Address of a list"
        error={error}
        hint="Weir calls it, and once more for the next page. The answers are not stored."
      >
        <input
          className="input"
          inputMode="url"
          autoComplete="off"
          placeholder="https://api.example.com/v1/orders"
          value={address.url}
          onChange={(event) => onAddress({ ...address, url: event.target.value })}
          {...fieldControl('draft-url', error, true)}
        />
      </Field>
      <Field
        id={TOKEN_FIELD}
        label="Token"
        optional
        error={refusal}
        hint="Sent as a bearer token. It becomes a setting of the source."
      >
        <input
          className="input"
          type="password"
          autoComplete="off"
          value={address.token}
          onChange={(event) => onAddress({ ...address, token: event.target.value })}
          {...fieldControl(TOKEN_FIELD, refusal, true)}
        />
      </Field>
      {isDemo && address.token !== demo.token && (
        <p className="row small">
          <span>
            This is the demo’s API. Its token here: <code>{demo.token}</code>
          </span>
          <Button size="s" onClick={() => onAddress({ url: atDemoHost(address.url, demo.url), token: demo.token })}>
            Use it
          </Button>
        </p>
      )}
    </>
  );
}
