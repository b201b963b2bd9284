import { api } from './api.ts';

/** Names under which the service sends events of a probe, a sync or the overview. */
const NAMES = [
  ...['message', 'page', 'exchange', 'log', 'state', 'templates', 'recording', 'test'],
  ...['result', 'failure', 'progress', 'overview', 'changed', 'same', 'done'],
];

/**
 * Follows a stream of server-sent events until one of type `done`. A broken connection is taken up where it broke
 * (the browser sends the last event's id). Returns what ends it.
 */
export function followEvents<Event extends { type: string }>(
  path: string,
  onEvent: (event: Event) => void,
): () => void {
  const source = new EventSource(api.url(path));
  for (const name of NAMES) {
    source.addEventListener(name, (message) => {
      const data = JSON.parse(message.data || '{}');
      const event = (name === 'message' ? data : { ...data, type: name }) as Event;
      if (event.type === 'done') source.close();
      onEvent(event);
    });
  }
  return () => source.close();
}
