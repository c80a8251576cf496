import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aCallRecord, aJobRecord, aStepRecord, anOutcomeRecord } from '../testing/record-builders.ts';
import { checkRecord, type RecordKind } from './read-record.ts';
import { createRedactor } from './redact.ts';

/** Every field name, at every depth. */
function namesIn(value: unknown): readonly string[] {
  if (value === null || typeof value !== 'object') return [];
  const names = Array.isArray(value) ? [] : Object.keys(value);
  return [...names, ...Object.values(value).flatMap(namesIn)];
}

const redactor = createRedactor({ secrets: ['correct horse battery', 'p4ss/w"rd\\x+=', 'short'] });
const glue = (...parts: readonly string[]): string => parts.join('');
/** Made up, each in the shape of its vendor. Put together here, so that no scanner takes this file for a leak. */
const secrets: Readonly<Record<string, string>> = {
  anthropic: `sk-ant-${'api03-Ab1_'.repeat(6)}`,
  oauth: `sk-ant-${'oat01-Ab1_'.repeat(6)}`,
  openai: `sk-${'proj-Ab12'.repeat(5)}`,
  openrouter: `sk-${'or-v1-0a1b'.repeat(5)}`,
  stripe: `sk_${'live_0a1B2c'.repeat(3)}`,
  google: glue('AI', 'za', 'SyA1b2C3-_x'.repeat(3)),
  github: glue('gh', 'p_', 'A1b2C3d4E5'.repeat(4)),
  githubFine: glue('github', '_pat_', 'A1b2C3d4_5'.repeat(4)),
  slack: glue('xo', 'xb-', '1234567890-abcdefghij'),
  aws: glue('AK', 'IA', 'IOSFODNN7EXAMPLE'),
  jwt: glue('ey', 'JhbGciOiJIUzI1NiJ9', '.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4fw'),
  huggingface: glue('hf', '_', 'AbCdEfGhIjKlMnOpQrStUv'),
  sendgrid: glue('SG', '.', 'A1b2C3d4E5f6G7h8I9j0Kl', '.', 'A1b2C3d4_5-'.repeat(4).slice(0, 43)),
  digitalocean: glue('dop', '_v1_', '0a1b2c3d'.repeat(8)),
  azure: glue('Account', 'Key=', 'Ab1+/2Cd3E'.repeat(9).slice(0, 86), '=='),
  azureBus: glue('SharedAccess', 'Key=', 'Ab1+/2Cd3E'.repeat(5).slice(0, 43), '='),
  googleAccess: glue('ya', '29.', 'a0AfB_by-C1'.repeat(8)),
  googleRefresh: glue('1/', '/0', 'gAb1_Cd2-E'.repeat(8)),
  azureClient: glue('aB1', '8Q', '~', 'Ab1_-.Cd2~'.repeat(4).slice(0, 34)),
  slackHook: glue('hooks.', 'slack.com/services', '/T0A1B2C3D/B0A1B2C3D/', 'A1b2C3d4E5f6G7h8I9j0K1l2'),
  telegram: glue('1234567890', ':AA', 'A1b2C3-_d4E'.repeat(3)),
  discord: glue('MT', 'A1b2C3d4E5f6G7h8I9j0Kl', '.Gabc1d.', 'A1b2C3-_d4E'.repeat(3)),
  gitlabRunner: glue('gl', 'rt-', 'A1b2C3d4E5-_f6G7h8I9'),
  stripeRestricted: glue('rk', '_live_', 'A1b2C3d4E5'.repeat(3)),
  groq: glue('gs', 'k_', 'A1b2C3d4E5'.repeat(5)),
  vault: glue('hv', 's.', 'CAESA1b2-_'.repeat(9)),
  pypi: glue('pypi', '-AgE', 'IcHlwaS5vcmcCJ'.repeat(5)),
  docker: glue('dckr', '_pat_', 'A1b2C3-_d4'.repeat(3)),
  databricks: glue('da', 'pi', '0a1b2c3d'.repeat(4)),
  shopify: glue('sh', 'pat_', '0a1b2c3d'.repeat(4)),
  atlassian: glue('ATA', 'TT3', 'xFfGF0-_T1'.repeat(18)),
  known: 'correct horse battery',
  knownOdd: 'p4ss/w"rd\\x+=',
};

describe('a secret is taken out', () => {
  const places: readonly (readonly [string, (secret: string) => string])[] = [
    ['alone', (secret) => secret],
    ['in a sentence', (secret) => `the key is ${secret}, keep it.`],
    ['in JSON', (secret) => JSON.stringify({ a: [{ b: secret }] })],
    ['in JSON in JSON', (secret) => JSON.stringify({ a: JSON.stringify({ b: secret }) })],
    ['after an equals sign', (secret) => `X=${secret}`],
    ['in a query', (secret) => `https://h/x?k=${encodeURIComponent(secret)}&b=1`],
    ['between lines', (secret) => `a\n${secret}\nb`],
    ['after an underscore', (secret) => `my_${secret}`],
  ];
  for (const [name, secret] of Object.entries(secrets)) {
    test.each(places)(`${name}, %s`, (_place, put) => {
      const text = redactor.text(put(secret));
      expect(text).not.toContain(secret);
      expect(text).not.toContain(secret.slice(-8));
      expect(text).toContain('[redacted:');
    });
  }

  test.each([
    'Authorization: Basic dXNlcjpwYXNzd29yZA==',
    'authorization: Bearer abcdefgh.ijkl',
    'Proxy-Authorization: Digest abcdefgh',
    '{"x-api-key":"abcdefgh"}',
    '{\\"x-api-key\\":\\"abcdefgh\\"}',
    "curl -H 'X-Api-Key: abcdefgh'",
    'x-goog-api-key: abcdefgh',
    'Cookie: session=abcdefgh; theme=abcdefgh2',
    'set-cookie: sid=abcdefgh; Path=/',
    'https://user:abcdefgh@host/path',
    'postgres://user:abcdefgh@host:5432/db',
    'redis://:abcdefgh@host',
    'MY_SERVICE_TOKEN=abcdefgh',
    'export AWS_SECRET_ACCESS_KEY="abcdefgh"',
    'client_secret=abcdefgh&x=1',
    'aws_secret_access_key = abcdefgh',
    'aws_session_token=abcdefgh',
    'secretAccessKey: "abcdefgh"',
    '{"refresh_token": "abcdefgh"}',
    glue('-----BEGIN RSA ', 'PRIVATE KEY-----\nabcdefgh\n-----END RSA PRIVATE KEY-----'),
    glue('-----BEGIN ', 'PRIVATE KEY-----\\nabcdefgh\\ncut off'),
  ])('from %s', (text) => {
    expect(redactor.text(text)).not.toContain('abcdefgh');
  });
});

test('what plainly is code stays, and a secret beside it still goes', () => {
  const lines = [
    'const password = form.password.value;',
    'const client = new Client({ apiKey: process.env.SERVICE_KEY });',
    'headers: { Authorization: `Bearer ${token}` }',
    'api_key=os.getenv("SERVICE_KEY")',
    'curl -H "Authorization: Bearer $TOKEN" https://localhost/',
    'function login(user: string, password: string): void {}',
    'const accessToken = readToken(file);',
    'return { password: account.credentials.current, id };',
    'if (apiKey === undefined) throw new Error("x");',
  ];
  for (const line of lines) {
    expect(redactor.text(line)).toBe(line);
    for (const secret of Object.values(secrets)) {
      const text = redactor.text(`${line} ${secret}; ${line}\n${secret}`);
      expect(text).not.toContain(secret);
      expect(text.split(line)).toHaveLength(3);
    }
  }
});

test.each([
  'password: my.dotted.secret',
  'password=hunter.two.three',
  'DB_PASSWORD=correct.horse',
  'Authorization: `Bearer abcdefgh12345678`',
  'password: "form.password.value"',
  'apiKey: abcdefghijkl;',
])('in doubt a value is a secret: %s', (line) => {
  expect(redactor.text(line)).toContain('[redacted:');
});

test('a secret at the start of a line goes from JSON inside JSON too', () => {
  const file = `HOST=localhost\nDB_PASSWORD=correct-horse-battery\n\tBearer abcdefgh12345678\r\nghp_${'a1'.repeat(12)}`;
  const nested = JSON.stringify({ arguments: JSON.stringify({ content: file }) });
  for (const text of [file, JSON.stringify(file), nested, JSON.stringify(nested)]) {
    const shown = redactor.text(text);
    for (const secret of ['correct-horse-battery', 'abcdefgh12345678', 'a1a1a1']) expect(shown).not.toContain(secret);
  }
});

test('what is no secret stays as it is', () => {
  const texts = [
    'a task-force of desk-workers takes a risk-based-approach-to-everything',
    'maxOutputTokens=32000 MAX_TOKENS: 4096 cacheReadTokens: 100',
    'see https://host:8080/path?key=value and mail a@b.c',
    'sk-short, ghp_short, xoxb, AKIA, eyJ.a.b, the bearer of news, Authorization required',
    'function token(): string { return password; }',
    'short',
    'SG.short.short dop_v1_short AccountKey=fromVault ya29.short 1//0 http://host:1//0/a the AccountKey: see the vault',
    'glrt-short hooks.slack.com/services/ rk_live_x secret_manager_of_the_project hvs.token gsk_model fc-cache key-0a1b2c3d4e5f',
    'claude-opus-5-5 gpt-5.6 sha256:9f86d081884c7d659a2feaa0c55ad015',
  ];
  for (const text of texts) expect(redactor.text(text)).toBe(text);
});

describe('in values', () => {
  test('every depth is reached, keys too, and the shape stays', () => {
    const key = secrets['anthropic'] ?? '';
    const value = { a: [{ b: { c: [key, 1, null, true, undefined] } }], [key]: 'x', n: 0 };
    const safe = redactor.value(value);
    expect(JSON.stringify(safe)).not.toContain(key);
    expect(safe.a[0]?.b.c).toEqual(['[redacted:anthropickey]', 1, null, true, undefined]);
    expect(value.a[0]?.b.c[0]).toBe(key);
  });

  test('no field of a record is taken for a secret that reads like it: with each of them as a secret, records still read', () => {
    const records = { job: aJobRecord(), step: aStepRecord(), call: aCallRecord(), outcome: anOutcomeRecord() };
    for (const [kind, record] of Object.entries(records)) {
      const names = namesIn(record).filter((name) => name.length >= 8);
      expect(names.length).toBeGreaterThan(1);
      for (const name of names) {
        const safe = createRedactor({ secrets: [name] }).record(record);
        expect(namesIn(safe)).toEqual(namesIn(record));
        expect(() => checkRecord(kind as RecordKind, safe), `${kind}: ${name}`).not.toThrow();
      }
    }
  });

  test('names that others chose are looked at: in a job’s result, and in whatever is no record', () => {
    const hostile = { 'correct horse battery': 1, inner: [{ 'correct horse battery': 2 }] };
    const job = redactor.record({ ...aJobRecord(), result: hostile });
    expect(JSON.stringify(job)).not.toContain('correct horse battery');
    expect(JSON.stringify(redactor.value(hostile))).not.toContain('correct horse battery');
    const part = { type: 'tool-call', toolName: 'x', input: hostile };
    expect(JSON.stringify(redactor.record(part, new Set(['input'])))).not.toContain('correct horse battery');
  });

  test('under a telling name every string goes, whatever it looks like', () => {
    const value = {
      headers: { Authorization: 'x', 'X-API-Key': ['y'], cookie: { a: 'z' }, host: 'h' },
      password: '',
      token: 5,
      apiKey: 'k',
    };
    expect(redactor.value(value)).toEqual({
      headers: {
        Authorization: '[redacted:field]',
        'X-API-Key': ['[redacted:field]'],
        cookie: { a: '[redacted:field]' },
        host: 'h',
      },
      password: '',
      token: 5,
      apiKey: '[redacted:field]',
    });
  });

  test('a value without secrets is given back itself, keys in their order', () => {
    const value = { z: 1, a: [{ text: 'nothing to hide here' }] };
    expect(redactor.value(value)).toBe(value);
    const changed = redactor.value({ z: secrets['jwt'], a: 1 });
    expect(Object.keys(changed)).toEqual(['z', 'a']);
  });

  test('errors, dates, bytes, circles and depths are survived', () => {
    const circle: Record<string, unknown> = { a: 1 };
    circle['self'] = [circle, circle];
    expect(redactor.value(circle)).toEqual({ a: 1, self: ['[redacted:circular]', '[redacted:circular]'] });
    let deep: unknown = secrets['aws'];
    for (let depth = 0; depth < 5000; depth += 1) deep = [deep];
    expect(JSON.stringify(redactor.value(deep))).not.toContain(secrets['aws']);
    const error = new Error(`bad ${secrets['github']}`, { cause: new Error(secrets['slack']) });
    const safe = JSON.stringify(redactor.value(Object.assign(error, { headers: { cookie: 'c' } })));
    for (const hidden of [secrets['github'], secrets['slack'], '"c"']) expect(safe).not.toContain(hidden);
    expect(safe).toContain('bad [redacted:githubtoken]');
    expect(redactor.value({ at: new Date(0), bytes: Buffer.from(secrets['aws'] ?? '') })).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      bytes: '[redacted:bytes]',
    });
  });
});

describe('whatever comes', () => {
  const piece = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom(...Object.values(secrets)),
    fc.constantFrom(
      'Authorization: ',
      'cookie=',
      'api_key:',
      '"',
      '\\"',
      ';',
      '://',
      '@',
      ':',
      'Bearer ',
      '[redacted:field]',
      '[redacted:',
      '-----BEGIN PRIVATE KEY-----',
      '-----END PRIVATE KEY-----',
      ' ',
      '\n',
      'A_TOKEN=',
    ),
  );
  const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

  test('redacting twice is redacting once', () => {
    fc.assert(
      fc.property(text, (input) => {
        const once = redactor.text(input);
        expect(redactor.text(once)).toBe(once);
      }),
      { numRuns: 3000 },
    );
  });

  test('no secret that stands by itself is left', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(...Object.values(secrets)), text, (before, secret, after) => {
        expect(redactor.text(`${before} ${secret}`)).not.toContain(secret);
        expect(redactor.text(`${secret} ${after}`).startsWith(secret)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  test('a JSON value stays one, of the same shape', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const safe = redactor.value(value);
        expect(JSON.stringify(redactor.value(safe))).toBe(JSON.stringify(safe));
      }),
    );
  });

  test('a hostile text takes no longer than its length deserves', () => {
    const long = 200_000;
    const hostile = [
      'A_'.repeat(long / 2),
      'Bearer '.repeat(long / 7),
      `Bearer ${' '.repeat(long)}`,
      '://a:'.repeat(long / 5),
      'cookie:'.repeat(long / 7),
      '-----BEGIN PRIVATE KEY-----'.repeat(long / 27),
      'eyJaaaaaaaa.'.repeat(long / 12),
      `cookie=${'aaaaaa;'.repeat(long / 7)}`,
      '\\'.repeat(long),
      `password${'\\'.repeat(long)}`,
      'password'.repeat(long / 8),
      'AccountKey='.repeat(long / 11),
      `AccountKey${'\\'.repeat(long)}`,
      `AccountKey=${'%'.repeat(long)}`,
      `1${'\\'.repeat(long)}`,
      '1//0'.repeat(long / 4),
      `SG.${'a'.repeat(long)}`,
      'SG.'.repeat(long / 3),
      'ya29.'.repeat(long / 5),
    ];
    for (const input of hostile) expect(redactor.text(input).length).toBeGreaterThan(0);
  });
});

test('secrets that are no proper text, or too short, do no harm', () => {
  const odd = createRedactor({ secrets: ['', 'a', '\uD800abcdefgh', '.*.*.*.*', '(((((((('] });
  expect(odd.text('a.b.c((((((((d .*.*.*.* e')).toBe('a.b.c[redacted:secret]d [redacted:secret] e');
});
