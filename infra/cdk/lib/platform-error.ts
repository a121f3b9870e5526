/** A response of API Gateway's own, in the words of the functions (`shared/src/api/answer.rs`). */
export interface PlatformError {
  readonly message: string;
  /** Goes into JSON and XML as it is: nothing escapes what API Gateway puts in place of a variable. */
  readonly detail: string;
  /** Without it API Gateway's own for the occasion. */
  readonly status?: number;
  readonly headers?: Record<string, string>;
}

/** The body in JSON. */
export function asJson({ message, detail }: PlatformError): string {
  return JSON.stringify({ error: { message, detail }, status: 'failure' });
}

/** What a page may read of an answer, beside what every page may (`shared/src/api/origins.rs`). */
const EXPOSED_HEADERS = 'Accept-Encoding, Allow, Retry-After, WWW-Authenticate';

/**
 * The body by what the answer's Content-Type says, which is looked for in Accept: where that finds nothing, the first body
 * is taken. XML stands there without an encoding too, so that whoever accepts XML never gets JSON.
 */
export function bodies(error: PlatformError): Record<string, string> {
  const { message, detail } = error;
  const xml =
    '<?xml version="1.0" encoding="UTF-8"?><response><error>' +
    `<message>${message}</message><detail>${detail}</detail></error><status>failure</status></response>`;
  return {
    'application/json; charset=UTF-8': asJson(error),
    'application/xml; charset=UTF-8': xml,
    'text/xml; charset=UTF-8': xml,
    'application/xml': xml,
    'text/xml': xml,
  };
}

/**
 * The headers that every response has, the ones of this one, and what lets a page of `origin` read it, as API Gateway's
 * mappings write fixed values.
 */
export function mappedHeaders({ headers }: PlatformError, origin?: string): Record<string, string> {
  const common = {
    'Cache-Control': 'no-store',
    Vary: 'Accept, Accept-Language, Authorization, Origin',
    'X-Content-Type-Options': 'nosniff',
  };
  const toPages = origin && {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Expose-Headers': EXPOSED_HEADERS,
  };
  const all = { ...common, ...headers, ...toPages };
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, `'${value}'`]));
}
