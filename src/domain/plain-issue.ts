/** A fault that a schema found, as far as it is described here. zod's raw issues have this shape. */
export interface ShapeIssue {
  readonly code?: string | undefined;
  readonly input?: unknown;
  readonly expected?: unknown;
  readonly origin?: unknown;
  readonly minimum?: unknown;
  readonly maximum?: unknown;
  readonly inclusive?: unknown;
  readonly values?: unknown;
}

/** The fault in a person's words, as the end of a sentence that begins with the setting; undefined: say it otherwise. */
export function plainIssue(issue: ShapeIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing';
      return `should be ${named(String(issue.expected))}, not ${given(issue.input)}`;
    case 'too_big':
      return `should ${amount(issue.origin)} ${issue.inclusive === false ? 'less than' : 'at most'} ${bound(issue.maximum, issue.origin)}`;
    case 'too_small':
      if (issue.origin === 'string' && issue.minimum === 1) return 'is empty';
      return `should ${amount(issue.origin)} ${issue.inclusive === false ? 'more than' : 'at least'} ${bound(issue.minimum, issue.origin)}`;
    case 'invalid_value':
      return Array.isArray(issue.values) ? `should be one of ${issue.values.join(', ')}` : undefined;
    case undefined:
    default:
      return undefined;
  }
}

function amount(origin: unknown): string {
  return origin === 'string' || origin === 'array' || origin === 'set' ? 'have' : 'be';
}

function bound(value: unknown, origin: unknown): string {
  const unit = origin === 'string' ? ' characters' : origin === 'array' || origin === 'set' ? ' entries' : '';
  return `${String(value)}${unit}`;
}

const NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of names to values',
  record: 'a mapping of names to values',
};

function named(expected: string): string {
  return (Object.hasOwn(NAMES, expected) ? NAMES[expected] : undefined) ?? expected;
}

function given(input: unknown): string {
  if (input === null) return 'nothing';
  if (typeof input === 'number' && !Number.isFinite(input)) return String(input);
  return named(Array.isArray(input) ? 'array' : typeof input);
}
