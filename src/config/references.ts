import type { Environment } from '../domain/environment.ts';
import { faultAt, type YamlDocument, type YamlPath } from '../policy/yaml-document.ts';
import { Secret } from './secret.ts';

/** Puts variables of the environment where a file refers to them. */
export interface References {
  /**
   * `text` with every `${NAME}` replaced.
   * @throws PointsmanError `config-invalid` when a variable is not set
   */
  expand(text: string, path: YamlPath): string;
  /** The same as a secret: what came from the environment is not for printing. */
  expandSecret(text: string, path: YamlPath): Secret;
}

const REFERENCE = /\$\{([^}]*)\}/gu;

export function createReferences(document: YamlDocument, env: Environment): References {
  const expand = (text: string, path: YamlPath): string =>
    text.replaceAll(REFERENCE, (_whole, name: string) => {
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
