import { Stack, Token } from 'aws-cdk-lib';

/** Refuses a deployment by what is wrong with it, before anything is made. */
export function refuse(wrong: boolean, why: string): void {
  if (wrong) throw new RangeError(why);
}

/** Whether a text is known by now and does not match. What only a deployment knows is taken as it comes. */
export function unlike(text: string, pattern: RegExp): boolean {
  return !Token.isUnresolved(text) && !pattern.test(text);
}

/** Whether a number is known by now, and no whole one from `least` to `most`. */
export function outside(number: number, least: number, most: number): boolean {
  return !Token.isUnresolved(number) && !(Number.isInteger(number) && number >= least && number <= most);
}

/** Refuses a choice between two things that has both. The types let it pass: either's properties are known to them. */
export function refuseBoth(what: string, given: object, ...[one, other]: [string, string]): void {
  refuse(one in given && other in given, `${what} has ${one} or ${other}, not both: leave one of them out`);
}

/** Bytes that Lambda takes of a function's variables, as the JSON object that it measures. */
const MOST = 4096;

/** Refuses more variables than Lambda takes, by what is known of them: the rest, such as ARNs, counts for nothing. */
export function refuseVariables(name: string, environment: Record<string, string>, stack: Stack): void {
  const known = Object.entries(environment).map(([key, value]) => [key, literals(stack.resolve(value))]);
  const bytes = Buffer.byteLength(JSON.stringify(Object.fromEntries(known)));
  const [[longest = ''] = []] = known.sort(([, one = ''], [, other = '']) => other.length - one.length);
  refuse(
    bytes > MOST,
    `${name}: its variables have ${bytes} bytes in JSON, and Lambda takes ${MOST}: the longest is ${longest}`,
  );
}

/** What is known of a value by now. */
function literals(resolved: unknown): string {
  if (typeof resolved === 'string') return resolved;
  const joined = (resolved as { 'Fn::Join'?: [string, unknown[]] })['Fn::Join'];
  return joined ? joined[1].map(literals).join(joined[0]) : '';
}
