import { Validations } from 'aws-cdk-lib';
import {
  AuthorizationType,
  IResource,
  Integration,
  IntegrationType,
  Method,
  PassthroughBehavior,
} from 'aws-cdk-lib/aws-apigateway';
import { StatusError, bodies, mappedHeaders, unknownPath, unknownVersion, wrongMethod } from './platform-error';

/** What request bodies come as. API Gateway itself answers 415 to a body of another type. */
const CONTENT_TYPES = [
  'application/json',
  'application/xml',
  'text/xml',
  'text/plain',
  'application/x-www-form-urlencoded',
  'application/octet-stream',
];

/** Answers every method of a path that has no integration of its own with 405, without invoking a function. */
export function refuseOtherMethods(path: IResource, allowed: string[]): void {
  const error = wrongMethod(allowed);
  mock(path, [error], JSON.stringify({ statusCode: error.status }));
}

/** Answers 404 to every path that nothing else matches. */
export function refuseOtherPaths(root: IResource): void {
  mock(root.addResource('{path+}'), [unknownPath], JSON.stringify({ statusCode: unknownPath.status }));
}

/** Answers 400 to the paths of the API below another version than v1, and 404 to what is unknown below v1. */
export function refuseOtherVersions(now: IResource): void {
  const anyPath = now.addResource('{api_version}').addResource('wrapup').addResource('{path+}');
  const status = (error: StatusError) => JSON.stringify({ statusCode: error.status });
  // API Gateway comes here too with a path below v1 that nothing else matches.
  const choice = `#if($input.params('api_version') == 'v1')${status(unknownPath)}#else${status(unknownVersion)}#end`;
  mock(anyPath, [unknownVersion, unknownPath], choice);
}

function mock(path: IResource, responses: StatusError[], template: string): void {
  const integration = new Integration({
    type: IntegrationType.MOCK,
    options: {
      passthroughBehavior: PassthroughBehavior.NEVER,
      requestTemplates: Object.fromEntries(CONTENT_TYPES.map((type) => [type, template])),
      integrationResponses: responses.map((error) => ({
        statusCode: `${error.status}`,
        selectionPattern: `${error.status}`,
        responseParameters: ofResponse(mappedHeaders(error)),
        responseTemplates: bodies(error),
      })),
    },
  });
  const methodResponses = responses.map((error) => ({
    statusCode: `${error.status}`,
    responseParameters: ofResponse(declared(mappedHeaders(error))),
  }));
  withoutCredentials(
    path.addMethod('ANY', integration, { methodResponses, authorizationType: AuthorizationType.NONE }),
  );
}

/** Keys as methods and integrations name a response's headers. */
function ofResponse<T>(headers: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [`method.response.header.${name}`, value]));
}

function declared(headers: Record<string, string>): Record<string, boolean> {
  return Object.fromEntries(Object.keys(headers).map((name) => [name, true]));
}

function withoutCredentials(method: Method): void {
  for (const id of ['AwsSolutions-APIG4', 'AwsSolutions-COG4']) {
    const reason =
      'A fixed answer that tells nothing and invokes nothing: path and method are judged before credentials.';
    Validations.of(method).acknowledge({ id, reason });
  }
}
