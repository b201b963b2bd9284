'use client';

import { useQueryClient } from '@tanstack/react-query';
import { api, failureOf } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { Dialog } from '../../../_components/dialog.tsx';
import { Field, fieldControl } from '../../../_components/field.tsx';
import { FailureNotice } from '../../../_components/notice.tsx';
import { useSay } from '../../../_components/toast.tsx';
import { type Channel, EVENTS } from './channel.ts';
import { useForm } from './use-form.ts';

const FORM = 'channel-form';

/** A new channel, or one to change. A saved webhook is not shown: left empty, it stays. */
export function ChannelDialog({ channel, onClose }: { channel: Channel | null; onClose: () => void }) {
  const say = useSay();
  const queries = useQueryClient();
  const form = useForm({
    initial: {
      name: channel?.name ?? '',
      webhookUrl: '',
      events: channel ? [...channel.events] : EVENTS.map(({ event }) => event as string),
    },
    check: (values) => channelErrors(values, channel === null),
    send: async ({ name, webhookUrl, events }) => {
      const config = webhookUrl.trim() && { config: { webhookUrl: webhookUrl.trim() } };
      if (channel) await api.patch(`/channels/${channel.id}`, { name, events, ...config });
      else await api.post('/channels', { type: 'slack', name, events, ...config });
      await queries.invalidateQueries({ queryKey: ['channels'] });
      say.done(`${name} is saved.`);
      onClose();
    },
  });
  const { values, errors, set } = form;
  const webhookError = errors.webhookUrl ?? errors['config.webhookUrl'];
  const toggle = (event: string, on: boolean) =>
    set({ events: on ? [...values.events, event] : values.events.filter((other) => other !== event) });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={channel ? `Edit ${channel.name}` : 'Add a Slack channel'}
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
        <Field id="channel-name" label="Name" error={errors.name} hint="As you call it here, such as #data-alerts.">
          <input
            className="input"
            value={values.name}
            onChange={(event) => set({ name: event.target.value })}
            {...fieldControl('channel-name', errors.name, true)}
          />
        </Field>
        <Field
          id="webhookUrl"
          label="Webhook address"
          error={webhookError}
          hint={
            channel ? 'Saved, not shown. Fill in to replace it.' : 'From Slack: Incoming webhooks. Kept as a secret.'
          }
        >
          <input
            className="input"
            type="url"
            autoComplete="off"
            placeholder="https://hooks.slack.com/services/…"
            value={values.webhookUrl}
            onChange={(event) => set({ webhookUrl: event.target.value })}
            {...fieldControl('webhookUrl', webhookError, true)}
          />
        </Field>
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

function channelErrors({ name, webhookUrl }: { name: string; webhookUrl: string }, isNew: boolean) {
  const errors: Record<string, string> = {};
  if (!name.trim()) errors.name = 'Give the channel a name.';
  if (!webhookUrl.trim() && isNew) errors.webhookUrl = 'Paste the address of the webhook.';
  else if (webhookUrl.trim() && !URL.canParse(webhookUrl.trim()))
    errors.webhookUrl = 'Paste the whole address, with https://.';
  return errors;
}
