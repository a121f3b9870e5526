/** A response of API Gateway's own, in the words of the functions (`shared/src/api/answer.rs`). */
export interface PlatformError {
  readonly message: string;
  /** Goes into JSON and XML as it is: nothing escapes what API Gateway puts in place of a variable. */
  readonly detail: string;
  /** Without it API Gateway's own for the occasion. */
  readonly status?: number;
  readonly headers?: Record<string, string>;
}

/** One with a status. */
export type StatusError = PlatformError & { readonly status: number };

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
  const all = { 'Cache-Control': 'no-store', Vary: 'Accept, Accept-Language, Authorization', ...headers };
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, `'${value}'`]));
}

/** No such path. */
export const unknownPath: StatusError = {
  status: 404,
  message: 'Not Found',
  detail: 'Requested URI does not represent any resource',
};

/** A path of the API below a version other than v1. */
export const unknownVersion: StatusError = {
  status: 400,
  message: 'Unknown API version',
  detail: 'The only version is v1',
};

/** A path that takes other methods. */
export function wrongMethod(allowed: string[]): StatusError {
  const allow = [...allowed].sort().join(', ');
  return {
    status: 405,
    message: 'Method Not Allowed',
    detail: `$context.httpMethod is not supported here; allowed: ${allow}`,
    headers: { Allow: allow },
  };
}
