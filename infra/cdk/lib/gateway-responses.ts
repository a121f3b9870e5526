import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ResponseType, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { PlatformError, bodies, mappedHeaders } from './platform-error';

/** What API Gateway answers in place of a function, by its name for the occasion: `infra/gateway-responses.json`. */
export const gatewayResponses: Record<string, PlatformError> = JSON.parse(
  readFileSync(join(__dirname, 'gateway-responses.json'), 'utf8'),
);

/**
 * Gives API Gateway's own responses the platform's form, in JSON and in XML. API Gateway cannot tell pages apart, and what
 * it says by itself holds no data: the first of the pages that may call may read it.
 */
export function addGatewayResponses(api: RestApi, [origin]: string[]): void {
  for (const [type, error] of Object.entries(gatewayResponses)) {
    api.addGatewayResponse(type, {
      type: ResponseType.of(type),
      statusCode: error.status?.toString(),
      responseHeaders: mappedHeaders(error, origin),
      templates: bodies(error),
    });
  }
}
