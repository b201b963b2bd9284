import type { JsonObject, JsonValue } from '#lib/json.ts';
import type { NamedList } from './find-lists.ts';

/** One request of an API, and its answer where there is one. Bodies are parsed where they are JSON. */
export interface Call {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: JsonValue;
  readonly answer?: Answered;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Text where it is no JSON. */
  readonly body: JsonValue;
}

/** Something that was found out, and what it was seen by. */
export interface Found<Value> {
  readonly value: Value;
  /** A sentence for people. */
  readonly evidence: string;
}

/** How requests prove who asks: the component, the settings that it needs, and those settings as the call had them. */
export interface DraftAuth {
  readonly authenticator: JsonObject;
  /** JSON schema of each setting, by name. */
  readonly settings: Readonly<Record<string, JsonObject>>;
  /** Values seen in the call, to test with; they never go into the manifest. */
  readonly values: Readonly<Record<string, string>>;
}

export interface DraftCursor {
  readonly field: string;
  readonly datetimeFormat: string;
  /** Parameter by which the API filters; null where Weir leaves out what is known. */
  readonly parameter: string | null;
}

/** A stream as it will stand in the manifest. Null is "nothing was found". */
export interface DraftStream {
  readonly name: string;
  /** What stands behind it: records, an answer without any, a document that describes them; or nothing, as where the API refused. */
  readonly seen: 'records' | 'answer' | 'document' | 'nothing';
  readonly method: string;
  /** Below the draft's address; may hold templates such as `{{ config['account'] }}`. */
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonValue;
  readonly recordPath: Found<readonly string[]>;
  readonly paginator: Found<JsonObject> | null;
  readonly primaryKey: Found<readonly string[]> | null;
  readonly cursor: Found<DraftCursor> | null;
  readonly schema: JsonObject | null;
  /** The router of a stream below another one, such as the orders of each user. */
  readonly router?: JsonObject;
}

/** A connector in the making. */
export interface Draft {
  readonly baseUrl: string;
  readonly auth: Found<DraftAuth> | null;
  /** More settings of the source, by name. */
  readonly settings: Readonly<Record<string, JsonObject>>;
  readonly streams: readonly DraftStream[];
  readonly unread: Unread | null;
  readonly lists: readonly NamedList[];
}

/** Why nothing could be read off the API's answer. */
export interface Unread {
  readonly reason: 'refused' | 'failed' | 'no_json';
  /** What happened, in a sentence. */
  readonly says: string;
  /** The API's own words, where it has some. */
  readonly words: string | null;
  readonly hint: string;
}

/** A manifest to edit, why it is as it is, and values to test it with. */
export interface Drafted {
  readonly manifest: string;
  readonly findings: readonly Finding[];
  readonly values: Readonly<Record<string, string>>;
  /** Null where an answer was read, or a document. */
  readonly unread: Unread | null;
  /** Lists that the answer names, where it is none itself. */
  readonly lists: readonly NamedList[];
}

export interface Finding {
  /** Null for what holds for the whole connector. */
  readonly stream: string | null;
  readonly part: 'authentication' | 'records' | 'pagination' | 'primary key' | 'cursor' | 'schema';
  /** What was put into the manifest, in a few words. */
  readonly says: string;
  readonly evidence: string;
}
