'use client';

import { useQueryClient } from '@tanstack/react-query';
import { api, failureOf } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { Dialog } from '../../../_components/dialog.tsx';
import { Field, fieldControl } from '../../../_components/field.tsx';
import { FailureNotice } from '../../../_components/notice.tsx';
import { useSay } from '../../../_components/toast.tsx';
import { CHANNEL_FORMS, type Channel, type ChannelType, channelForm, configOf, EVENTS, fieldTexts } from './channel.ts';
import { ChannelFields } from './channel-fields.tsx';
import { useForm } from './use-form.ts';

const FORM = 'channel-form';

interface Values extends Readonly<Record<string, unknown>> {
  readonly type: ChannelType;
  readonly name: string;
  readonly texts: Record<string, string>;
  readonly events: string[];
}

/** A new channel, or one to change. */
export function ChannelDialog({ channel, onClose }: { channel: Channel | null; onClose: () => void }) {
  const say = useSay();
  const queries = useQueryClient();
  const type = channel?.type ?? 'slack';
  const form = useForm<Values>({
    initial: {
      type,
      name: channel?.name ?? '',
      texts: fieldTexts(type, channel),
      events: channel ? [...channel.events] : EVENTS.filter(({ usual }) => usual).map(({ event }) => event),
    },
    check: (values) => channelErrors(values, channel === null),
    send: async ({ type, name, texts, events }) => {
      const config = configOf(type, texts);
      if (channel) await api.patch(`/channels/${channel.id}`, { name, events, config });
      else await api.post('/channels', { type, name, events, config });
      await queries.invalidateQueries({ queryKey: ['channels'] });
      say.done(`${name} is saved.`);
      onClose();
    },
  });
  const { values, errors, set } = form;
  const toggle = (event: string, on: boolean) =>
    set({ events: on ? [...values.events, event] : values.events.filter((other) => other !== event) });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={channel ? `Edit ${channel.name}` : 'Add a channel'}
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button type="submit" form={FORM} kind="primary" busy={form.busy}>
            {channel ? 'Save channel' : 'Add channel'}
          </Button>
        </>
      }
    >
      <form id={FORM} className="fields" onSubmit={form.submit} noValidate>
        {!channel && (
          <TypeChoice
            type={values.type}
            onChange={(next) => set({ type: next, texts: { ...fieldTexts(next, null), ...values.texts } })}
          />
        )}
        <Field id="channel-name" label="Name" error={errors.name} hint="As you call it here, such as #data-alerts.">
          <input
            className="input"
            value={values.name}
            onChange={(event) => set({ name: event.target.value })}
            {...fieldControl('channel-name', errors.name, true)}
          />
        </Field>
        <ChannelFields
          fields={channelForm(values.type).fields}
          texts={values.texts}
          errors={errors}
          saved={channel !== null}
          onChange={(name, text) => set({ texts: { ...values.texts, [name]: text } })}
        />
        {channel?.type === 'slack_bot' && (
          <Field
            id="request-url"
            label="Request URL"
            hint="For the app’s “Interactivity & Shortcuts”, so that its buttons reach Weir."
          >
            <input
              className="input mono"
              readOnly
              value={`${window.location.origin}/api/weir/v1/slack/${channel.id}`}
              {...fieldControl('request-url', undefined, true)}
            />
          </Field>
        )}
        <fieldset className="plain-set tight-set">
          <legend className="label">Tell of</legend>
          {EVENTS.map(({ event, label }) => (
            <label key={event} className="check">
              <input
                type="checkbox"
                checked={values.events.includes(event)}
                onChange={(change) => toggle(event, change.target.checked)}
              />
              {label}
            </label>
          ))}
        </fieldset>
        {form.refusal !== null && <FailureNotice failure={failureOf(form.refusal)} alert />}
      </form>
    </Dialog>
  );
}

function TypeChoice({ type, onChange }: { type: ChannelType; onChange: (type: ChannelType) => void }) {
  return (
    <Field id="channel-type" label="Type">
      <select
        className="input"
        value={type}
        onChange={(event) => onChange(event.target.value as ChannelType)}
        {...fieldControl('channel-type')}
      >
        {CHANNEL_FORMS.map((form) => (
          <option key={form.type} value={form.type}>
            {form.label}
          </option>
        ))}
      </select>
    </Field>
  );
}

function channelErrors({ type, name, texts }: Values, isNew: boolean) {
  const errors: Record<string, string> = {};
  if (!name.trim()) errors.name = 'Give the channel a name.';
  for (const field of channelForm(type).fields) {
    const isKept = !isNew && field.kind === 'secret';
    if (field.required && !isKept && !texts[field.name]?.trim()) errors[field.name] = `Enter ${field.label}.`;
  }
  return errors;
}
