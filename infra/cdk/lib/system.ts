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

/** Methods by path, such as `wrapup/code/{code_id}`: the method and the function that serves it. */
export function routesByPath(): Map<string, Map<string, string>> {
  const paths = new Map<string, Map<string, string>>();
  for (const [name, { routes = [] }] of Object.entries(system.functions)) {
    for (const route of routes) {
      const [method = '', path = ''] = route.split(' ');
      const methods = paths.get(path) ?? new Map<string, string>();
      methods.set(method, name);
      // A function that serves GET answers HEAD too.
      if (method === 'GET') methods.set('HEAD', name);
      paths.set(path, methods);
    }
  }
  return paths;
}
