import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Code, Function as LambdaFunction, FunctionOptions, Runtime } from 'aws-cdk-lib/aws-lambda';
import { RustFunction } from 'cargo-lambda-cdk';
import { Construct } from 'constructs';

/**
 * Where the functions' code comes from: `sources` is a checkout, which cargo-lambda compiles while the app is
 * synthesized; `prebuilt` is a folder as `cargo lambda build --output-format zip` fills it, with
 * `NAME/bootstrap.zip` for each function.
 */
export type FunctionCode = { readonly sources: string } | { readonly prebuilt: string };

/** A function that `code` has no archive of, or whose sources are not where they should be. */
export class NoSuchCode extends Error {
  constructor(
    /** What was looked for. */
    readonly path: string,
    what: string,
  ) {
    super(`${path} does not exist: ${what}`);
    this.name = 'NoSuchCode';
  }
}

/** The Lambda function `name`. */
export function rustFunction(scope: Construct, name: string, code: FunctionCode | undefined, options: FunctionOptions) {
  const from = code ?? { sources: checkout() };
  return 'prebuilt' in from
    ? prebuilt(scope, name, from.prebuilt, options)
    : compiled(scope, name, from.sources, options);
}

function prebuilt(scope: Construct, name: string, folder: string, options: FunctionOptions): LambdaFunction {
  const archive = resolve(folder, name, 'bootstrap.zip');
  if (!existsSync(archive))
    throw new NoSuchCode(archive, 'build it by `cargo lambda build --release --output-format zip`');
  return new LambdaFunction(scope, name, {
    ...options,
    code: Code.fromAsset(archive),
    handler: 'bootstrap',
    runtime: Runtime.PROVIDED_AL2023,
  });
}

function compiled(scope: Construct, name: string, sources: string, options: FunctionOptions): LambdaFunction {
  const manifestPath = resolve(sources, 'Cargo.toml');
  if (!existsSync(manifestPath)) throw new NoSuchCode(manifestPath, 'say where the code comes from by the prop `code`');
  return new RustFunction(scope, name, {
    ...options,
    manifestPath,
    binaryName: name,
    bundling: { cargoLambdaFlags: ['--locked', '--package', PACKAGE] },
  });
}

/**
 * The package that has a binary for each function. It is named, since a build of the whole workspace gives every
 * function what only the command line needs.
 */
const PACKAGE = 'wrapup-functions';

/** The checkout that this package lies in, if it has not been installed elsewhere. */
function checkout(): string {
  return join(__dirname, '..', '..', '..', '..');
}
