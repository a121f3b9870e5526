import { Redaction } from './props';
import { FunctionSpec } from './system';

/** The variables by which a function knows what to redact; one that the deployment does not set is left out. */
export function redactionEnvironment(
  { environment = [] }: FunctionSpec,
  { notes, personal }: Redaction = {},
): Record<string, string> {
  const all = {
    ...(notes && { WRAPUP_REDACT_NOTES: 'on' }),
    ...(personal && { WRAPUP_REDACT_PERSONAL: personal.join() || 'none' }),
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => environment.includes(name)));
}
