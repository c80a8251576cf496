import type { PointsmanError } from '../domain/errors.ts';
import { faultAt, type YamlDocument, type YamlPath } from '../policy/yaml-document.ts';
import type { Environment } from './environment.ts';
import { Secret } from './secret.ts';

/** Puts variables of the environment where a file refers to them. */
export interface References {
  /**
   * `text` with every `${NAME}` replaced.
   * @throws PointsmanError `config-invalid` when a variable is not set, or the file may not read the environment
   */
  expand(text: string, path: YamlPath): string;
  /** The same as a secret: what came from the environment is not for printing. */
  expandSecret(text: string, path: YamlPath): Secret;
}

const REFERENCE = /\$\{([^}]*)\}/gu;

export function createReferences(document: YamlDocument, env: Environment, trusted: boolean): References {
  const expand = (text: string, path: YamlPath): string =>
    text.replaceAll(REFERENCE, (_whole, name: string) => {
      if (!trusted) throw untrusted(document, path, `\${${name.slice(0, 80)}} reads the environment`);
      const value = env[name];
      if (value === undefined || value === '') {
        throw faultAt(document, path, `the variable ${name.slice(0, 80)} is not set.`, 'Set it, or take the line out.');
      }
      return value;
    });
  return {
    expand,
    expandSecret: (text, path) => {
      const names = [...text.matchAll(REFERENCE)].map((match) => match[1] ?? '');
      return new Secret(expand(text, path), names.length === 0 ? 'the configuration' : `env ${names.join(', ')}`);
    },
  };
}

/** A folder's own file is written by whoever wrote the folder, and must not lead the user's keys away. */
export function untrusted(document: YamlDocument, path: YamlPath, what: string): PointsmanError {
  return faultAt(
    document,
    path,
    `${what}, but this file came with the folder and nobody has said that it is trusted.`,
    `If you wrote it yourself, name it: --config ${document.file} (or POINTSMAN_CONFIG).`,
  );
}
