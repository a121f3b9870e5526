import { Token } from 'aws-cdk-lib';

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
