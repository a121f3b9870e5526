import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A DynamoDB action without its service, such as `GetItem`. */
export type Action = string;

/** The table whose stream invokes a function, and which of its records do. */
export interface Stream {
  readonly table: string;
  /** A filter of Lambda's for event sources. */
  readonly filter: Record<string, unknown>;
}

/** What a function of the system is reached by, uses and is told. */
export interface FunctionSpec {
  /** Such as `GET wrapup/code/{code_id}`, below `/api/now/` and `/api/now/v1/`. */
  readonly routes?: string[];
  readonly stream?: Stream;
  /** The actions it takes on each table, by the table's name without prefix. */
  readonly dynamodb: Record<string, Action[]>;
  /** The variables that it reads beside those of all functions. */
  readonly environment?: string[];
}

/** What a deployment consists of, as `infra/system.json` lists it. */
export interface System {
  /** By name without prefix. */
  readonly tables: Record<string, { readonly stream?: string }>;
  /** The variables that all functions read. */
  readonly environment: string[];
  readonly functions: Record<string, FunctionSpec>;
}

/** The one list that the code, the templates and the tests are held against. */
export const system: System = JSON.parse(readFileSync(join(__dirname, 'system.json'), 'utf8'));

/** A path below `/api/now/` and `/api/now/v1/`, such as `wrapup/code/{code_id}`, and the function that serves it. */
export interface Route {
  readonly path: string;
  /** HEAD stands beside GET. */
  readonly methods: string[];
  readonly name: string;
}

/** The routes of all functions. Each path is one function's. */
export function routes(): Route[] {
  return Object.entries(system.functions).flatMap(([name, spec]) =>
    (spec.routes ?? []).map((text) => route(name, text)),
  );
}

function route(name: string, text: string): Route {
  const [method = '', path = ''] = text.split(' ');
  return { path, name, methods: method === 'GET' ? ['GET', 'HEAD'] : [method] };
}
