/** A response of API Gateway's own, in the words of the functions (`shared/src/api/answer.rs`). */
export interface PlatformError {
  readonly message: string;
  /** Goes into JSON and XML as it is: nothing escapes what API Gateway puts in place of a variable. */
  readonly detail: string;
  /** Without it API Gateway's own for the occasion. */
  readonly status?: number;
  readonly headers?: Record<string, string>;
}

/** The body by media type. */
export function bodies({ message, detail }: PlatformError): Record<string, string> {
  const json = JSON.stringify({ error: { message, detail }, status: 'failure' });
  const xml =
    '<?xml version="1.0" encoding="UTF-8"?><response><error>' +
    `<message>${message}</message><detail>${detail}</detail></error><status>failure</status></response>`;
  return { 'application/json': json, 'application/xml': xml, 'text/xml': xml };
}

/** The headers that every response has, and the ones of this one, as API Gateway's mappings write fixed values. */
export function mappedHeaders({ headers }: PlatformError): Record<string, string> {
  const common = {
    'Cache-Control': 'no-store',
    Vary: 'Accept, Accept-Language, Authorization',
    'X-Content-Type-Options': 'nosniff',
  };
  const all = { ...common, ...headers };
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, `'${value}'`]));
}
