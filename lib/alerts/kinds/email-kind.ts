import { isIP } from 'node:net';
import { createTransport } from 'nodemailer';
import { type Failure, type Issue, WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import type { Message } from '../message.ts';
import type { ChannelKind, Reach } from './channel-kind.ts';
import { guardIssues } from './guard-issues.ts';

const TIMEOUT_MS = 15_000;
const RECIPIENTS = 20;
const SUBJECT_LENGTH = 200;
const BODY_LENGTH = 20_000;
const SECURITY = ['tls', 'starttls', 'none'];
const ADDRESS = /^[^\s@<>,;"]{1,64}@[^\s@<>,;"]{1,190}$/;

/** A mail by SMTP. The server's address is checked and is the one connected to; its certificate is always verified. */
export const emailKind: ChannelKind = {
  type: 'email',
  title: 'The mail server',
  spec: {
    type: 'object',
    required: ['host', 'port', 'from', 'to'],
    properties: {
      host: { type: 'string', title: 'SMTP server' },
      port: { type: 'integer', title: 'Port', default: 587 },
      security: { enum: SECURITY, default: 'starttls', title: 'Encryption' },
      username: { type: 'string', title: 'User name' },
      password: { type: 'string', title: 'Password', airbyte_secret: true },
      from: { type: 'string', title: 'From' },
      to: { type: 'array', items: { type: 'string' }, title: 'To' },
    },
  },
  shape: ({ host, port, security, username, password, from, to }) => ({
    host: textOf(host),
    port: typeof port === 'number' ? port : Number(port ?? 587),
    security: security ?? 'starttls',
    username: textOf(username),
    password: typeof password === 'string' || isJsonObject(password) ? password : '',
    from: textOf(from),
    to: Array.isArray(to) ? to.map(textOf).filter(Boolean) : [],
  }),
  issues: mailIssues,
  render: toMail,
  post: async (config, payload, { guard, deliveryId }) => {
    try {
      await sendMail(config, payload, { guard, deliveryId });
      return null;
    } catch (error) {
      return { failure: readMailError(error), retryAfterS: null };
    }
  },
};

async function sendMail(
  { host, port, security, username, password, from, to }: JsonObject,
  { subject, text }: JsonObject,
  { guard, deliveryId }: { guard: Reach['guard']; deliveryId: string },
): Promise<void> {
  const name = String(host);
  const { address } = await guard(name, Number(port));
  const transport = createTransport({
    host: address,
    port: Number(port),
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(username && { auth: { user: String(username), pass: String(password) } }),
    tls: isIP(name) ? {} : { servername: name },
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    await transport.sendMail({
      from: String(from),
      to: Array.isArray(to) ? to.map(String) : [],
      subject: String(subject),
      text: String(text),
      // Nobody's holiday reply answers to it, and a mail that is tried again is known as the same one.
      headers: { 'auto-submitted': 'auto-generated' },
      messageId: `<${deliveryId}@weir>`,
    });
  } finally {
    transport.close();
  }
}

/** Plain text: every client shows it, and data can draw nothing in it. */
function toMail({ headline, lines, link, footer }: Message): JsonObject {
  const subject = headline.replace(/\s+/g, ' ').trim();
  const body = [
    headline,
    '',
    ...lines,
    ...(link ? ['', `${link.text}: ${link.url}`] : []),
    ...(footer ? ['', footer] : []),
  ];
  return {
    subject: subject.length > SUBJECT_LENGTH ? `${subject.slice(0, SUBJECT_LENGTH - 1)}…` : subject,
    text: body.join('\n').slice(0, BODY_LENGTH),
  };
}

async function mailIssues(config: JsonObject, { guard }: Reach): Promise<Issue[]> {
  const { host, port, security, username, password, from, to } = config;
  const at = (field: string, wrong: unknown, message: string): Issue[] =>
    wrong ? [{ path: `config.${field}`, message }] : [];
  const isPort = Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65_535;
  const people = Array.isArray(to) ? to.map(String) : [];
  return [
    ...at('host', !host, 'Enter the name of the mail server.'),
    ...at('port', !isPort, 'A port is a whole number from 1 to 65535; most mail servers use 587.'),
    ...at('security', !SECURITY.includes(String(security)), `One of: ${SECURITY.join(', ')}.`),
    ...at('password', security === 'none' && password, 'A password is sent only over an encrypted connection.'),
    ...at('password', username && !password, 'Enter the password of this user.'),
    ...at('from', !ADDRESS.test(String(from)), 'Enter one mail address.'),
    ...at('to', people.length === 0 || people.length > RECIPIENTS, `Enter 1 to ${RECIPIENTS} mail addresses.`),
    ...people
      .filter((one) => !ADDRESS.test(one))
      .slice(0, 1)
      .flatMap((one) => at('to', true, `“${one}” is no mail address.`)),
    ...(host && isPort ? await guardIssues('config.host', guard(String(host), Number(port))) : []),
  ];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

/** SMTP's 4xx says “later”, 5xx “never”; a certificate that does not hold, or a wrong password, no second try mends. */
function readMailError(error: unknown): Failure {
  if (error instanceof WeirError) return error.toJSON();
  const { responseCode, code, message = '' } = error as { responseCode?: number; code?: string; message?: string };
  const said = message.replace(/\s+/g, ' ').trim().slice(0, 300);
  if (code === 'EAUTH' && (responseCode === undefined || responseCode >= 500))
    return refusal(`The mail server refused the sign-in: ${said}.`, 'Check user name and password.');
  if (code === 'ETLS' || /certificate|self-signed|altnames|wrong version number/i.test(said))
    return refusal(
      `The connection to the mail server could not be encrypted: ${said}.`,
      'Check the encryption and the port, and that its certificate is valid for this host. NODE_EXTRA_CA_CERTS names a file of your own authorities.',
    );
  if (responseCode !== undefined && responseCode >= 500)
    return refusal(`The mail server refused the message: ${said}.`, 'Check the sender and the recipients.');
  if (responseCode !== undefined)
    return { kind: 'transient', code: 'mail_busy', message: `The mail server asks to wait: ${said}.` };
  const hint = 'Check host, port and encryption, and that this machine may reach the server.';
  return {
    kind: 'transient',
    code: 'mail_unreachable',
    message: 'The mail server could not be reached in time.',
    hint,
  };
}

function refusal(message: string, hint: string): Failure {
  return { kind: 'config', code: 'mail_refused', message, hint };
}
