import { describe, expect, test } from 'vitest';
import { checkRequiredTools } from './required-tools.ts';

const refusal = (required: readonly string[], offered?: readonly string[]): unknown => {
  try {
    checkRequiredTools(required, offered);
    return undefined;
  } catch (thrown) {
    return thrown;
  }
};

describe('tools that a step requires', () => {
  test.each([
    [['Bash', 'Edit'], undefined],
    [['mcp__github__create_issue', 'files__read', 'jira.search'], undefined],
    [['query_db'], ['query_db', 'send_mail']],
    [[], []],
  ])('%j of %j pass', (required, offered) => {
    expect(refusal(required, offered)).toBeUndefined();
  });

  test('a name that exists nowhere is refused with the names that look like it', () => {
    expect(refusal(['read_fiel'])).toMatchObject({
      code: 'request-invalid',
      message: 'There is no tool "read_fiel" that pointsman knows.',
      hint: expect.stringMatching(/Did you mean "read_file"/u) as string,
    });
    expect(refusal(['quer_db'], ['query_db', 'send_mail'])).toMatchObject({
      message: 'There is no tool "quer_db" among those of the session.',
      hint: 'Did you mean "query_db"? The tools are query_db, send_mail.',
    });
  });

  test('without a list of tools the hint says how to give one', () => {
    expect(refusal(['teleport_customer'])).toMatchObject({ hint: expect.stringContaining('"tools"') as string });
  });

  test('a tool of a server counts only where no list says otherwise', () => {
    expect(refusal(['mcp__github__create_isue'], ['mcp__github__create_issue'])).toMatchObject({
      hint: expect.stringContaining('"mcp__github__create_issue"') as string,
    });
  });
});
