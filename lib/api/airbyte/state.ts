import type { JsonObject, JsonValue } from '#lib/json.ts';
import type { NextState } from '#lib/sync/order.ts';
import { connectionStates, setStates } from '#lib/sync/states.ts';
import { type Call, type ConfigRoute, idIn, invalid, listOf, objectOf } from './call.ts';
import { findConnection } from './save-connection.ts';

const input: JsonObject = {
  type: 'object',
  required: ['connectionId'],
  properties: { connectionId: { type: 'string' }, connectionState: { type: 'object' } },
};

/** States as they stand at the destination; one that is set is what the next sync begins from. */
export const configRoutes: ConfigRoute[] = [
  {
    verb: 'state/get',
    role: 'viewer',
    summary: 'The state of every stream',
    input,
    handle: async (call) => {
      const { id } = await findConnection(call, idIn(call.body, 'connectionId', 'connection'));
      return toConnectionState(id, await connectionStates(call.context, call.identity.workspaceId, id));
    },
  },
  ...['state/create_or_update', 'state/create_or_update_safe'].map(
    (verb): ConfigRoute => ({
      verb,
      role: 'editor',
      action: 'connection.set_state',
      summary: 'Sets where the next sync begins; refused while one runs',
      input,
      handle: set,
    }),
  ),
];

async function set(call: Call): Promise<JsonObject> {
  const { context, identity, body } = call;
  const { id } = await findConnection(call, idIn(body, 'connectionId', 'connection'));
  const states = readConnectionState(objectOf(body.connectionState));
  await setStates(context, identity.workspaceId, id, { states, by: identity.actor });
  call.about(`connection:${id}`);
  return toConnectionState(id, await connectionStates(context, identity.workspaceId, id));
}

/** As Airbyte shows the state of a connection whose streams have one each. */
export function toConnectionState(connectionId: string, states: readonly NextState[]): JsonObject {
  if (states.length === 0) return { stateType: 'not_set', connectionId };
  return {
    stateType: 'stream',
    connectionId,
    streamState: states.map(({ name, namespace, state }) => ({
      streamDescriptor: { name, ...(namespace !== '' && { namespace }) },
      streamState: state ?? {},
    })),
  };
}

/** Null or an empty state begins the stream afresh. A global state holds its streams' own. @throws WeirError `invalid_input` */
export function readConnectionState(value: JsonObject): NextState[] {
  const { stateType } = value;
  if (stateType === 'not_set') return [];
  const list = stateType === 'global' ? objectOf(value.globalState).streamStates : value.streamState;
  if (stateType === 'legacy' || !Array.isArray(list))
    throw invalid([{ path: 'connectionState', message: 'Give stateType stream, and streamState as a list.' }]);
  return listOf(list).map((item, index) => readStreamState(item, index));
}

function readStreamState(item: JsonValue, index: number): NextState {
  const { streamDescriptor, streamState } = objectOf(item);
  const { name, namespace } = objectOf(streamDescriptor);
  if (typeof name !== 'string')
    throw invalid([
      { path: `connectionState.streamState.${index}.streamDescriptor.name`, message: 'This is required.' },
    ]);
  const state = objectOf(streamState);
  return {
    name,
    namespace: typeof namespace === 'string' ? namespace : '',
    state: Object.keys(state).length > 0 ? state : null,
  };
}
