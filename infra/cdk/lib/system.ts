import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A DynamoDB action without its service, such as `GetItem`. */
export type Action = string;

/** The table whose stream invokes a function, and which of its records do. */
export interface Stream {
  readonly table: string;
  /** A filter of Lambda's for event sources. */
  readonly filter: Record<string, unknown>;
  /** Records that it takes at once. */
  readonly batch: number;
  /** How often it tries a record again; -1 for as often as it takes. */
  readonly retries: number;
  /** Hours after which it gives a record up. */
  readonly hours: number;
}

/** A global secondary index: its keys, both texts, and the columns that it shows beside them, if it shows any. */
export interface Index {
  readonly partition: string;
  readonly sort: string;
  readonly shown?: string[];
}

/** A table: what its stream shows, its indexes, and the column that says when a record goes; each where it has that. */
export interface TableSpec {
  readonly stream?: string;
  readonly ttl?: string;
  readonly indexes?: Record<string, Index>;
}

/** A metric of a function's own that says how many seconds it is late, and how many are an alarm. */
export interface Late {
  readonly metric: string;
  readonly seconds: number;
}

/**
 * What a function of the system is reached by, uses and is told. One with `routes` is an endpoint, with `public_routes`
 * one too, with `stream` a consumer, with `schedule` a job; with none it is the authorizer.
 */
export interface FunctionSpec {
  /** Such as `GET wrapup/code/{code_id}`, below `/api/now/` and `/api/now/v1/`. */
  readonly routes?: string[];
  /** Such as `POST /oauth_token.do`: methods and paths as they are, for those too who have not signed in. */
  readonly public_routes?: string[];
  /** The condition of SAM's template under which a deployment has it, where it is there only for who wants it. */
  readonly option?: 'SupervisorPage';
  readonly stream?: Stream;
  /** Another one that it reads, of another table. */
  readonly second_stream?: Stream;
  /** What it reads of `stream` beside, and does with tables, where the deployment learns from what agents pick. */
  readonly learning?: { readonly filters: Stream['filter'][]; readonly dynamodb: Record<string, Action[]> };
  /** When it runs: an expression of EventBridge Scheduler's, such as `rate(1 minute)`. */
  readonly schedule?: string;
  readonly late?: Late;
  /** The actions it takes on each table, by the table's name without prefix, and on each index, as `TABLE/index/NAME`. */
  readonly dynamodb: Record<string, Action[]>;
  /** The actions it takes on each secret. */
  readonly secrets?: Record<string, Action[]>;
  /** The actions it takes on the event bus. */
  readonly bus?: Action[];
  /** The variables that it reads beside those of all functions. */
  readonly environment?: string[];
}

/** What a deployment consists of, as `infra/system.json` lists it. */
export interface System {
  /** By name without prefix. */
  readonly tables: Record<string, TableSpec>;
  readonly secrets: string[];
  /** The variables that all functions read. */
  readonly environment: string[];
  readonly functions: Record<string, FunctionSpec>;
}

/** The one list that the code, the templates and the tests are held against. */
export const system: System = JSON.parse(readFileSync(join(__dirname, 'system.json'), 'utf8'));

/** Whether nobody waits for it: then what it gives up is kept as dead letters, and it has alarms of its own. */
export function inBackground({ stream, schedule }: FunctionSpec): boolean {
  return stream !== undefined || schedule !== undefined;
}

/** Whether it calls an AI provider: then it is there only where a deployment has one. */
export function wantsAi({ environment = [] }: FunctionSpec): boolean {
  return environment.includes('WRAPUP_AI_PROVIDER');
}

/** The streams that a consumer reads. */
export function streams({ stream, second_stream: second }: FunctionSpec): Stream[] {
  return [stream, second].filter((one) => one !== undefined);
}

/**
 * Whether the clock runs it and it reads by an index: then it is there only where a deployment has those. Who calls an
 * endpoint is told that an index lacks, and what a consumer does by one is not all that it does.
 */
export function wantsIndex(spec: FunctionSpec): boolean {
  return spec.schedule !== undefined && Object.keys(spec.dynamodb).some((resource) => resource.includes('/index/'));
}

/** `create-codes` as names in templates are written: `CreateCodes`. */
export function title(name: string): string {
  return name.replaceAll(/(?:^|-)(.)/g, (_, first: string) => first.toUpperCase());
}

/** What the queue of a function is called. The AI filler's was there before there were others. */
export function deadLettersName(name: string): string {
  return name === 'ai-filler' ? 'DeadLetters' : `${title(name)}DeadLetters`;
}

/** A path below `/api/now/` and `/api/now/v1/`, such as `wrapup/code/{code_id}`, and the function that serves it. */
export interface Route {
  readonly path: string;
  /** HEAD stands beside GET, and everywhere POST, which may name another method in X-HTTP-Method-Override. */
  readonly methods: string[];
  readonly name: string;
  /** Whether it refuses what the path is tried with beside the methods that it has. */
  readonly isFirst: boolean;
}

/**
 * The routes of all functions. Of a path that several serve, the first one has the POST that may name another method, unless
 * another serves POST itself, and refuses what none of them has.
 */
export function routes(): Route[] {
  const all = Object.entries(system.functions).flatMap(([name, spec]) =>
    (spec.routes ?? []).map((text) => ({ ...route(name, text), own: text.split(' ')[0] })),
  );
  return all.map(({ own, ...one }, index) => {
    const others = all.filter((other) => other.path === one.path && other.name !== one.name);
    const isFirst = !others.some((other) => all.indexOf(other) < index);
    const mayPost = own === 'POST' || (isFirst && !others.some((other) => other.own === 'POST'));
    return { ...one, isFirst, methods: one.methods.filter((method) => method !== 'POST' || mayPost) };
  });
}

/** The routes of these functions that nobody has to sign in for. */
export function publicRoutes(names: Iterable<string>): Route[] {
  return [...names].flatMap((name) =>
    (system.functions[name]?.public_routes ?? []).map((text) => {
      const one = route(name, text);
      return { ...one, methods: one.methods.filter((method) => method !== 'POST' || text.startsWith('POST')) };
    }),
  );
}

function route(name: string, text: string): Route {
  const [method = '', path = ''] = text.split(' ');
  const methods = method === 'GET' ? ['GET', 'HEAD'] : [method];
  return { path, name, isFirst: true, methods: [...new Set([...methods, 'POST'])] };
}
