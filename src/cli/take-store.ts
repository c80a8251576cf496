import { PointsmanError } from '../domain/errors.ts';

const OPTION = '--store';
/** For the help of every command. */
export const STORE_HELP: string = `${OPTION} DIR|postgres://…`;

/**
 * Takes `--store PLACE` out of arguments: every command has it, and it outranks `POINTSMAN_STORE`, as which it goes on: what
 * an address holds is seen in no list of processes but the user's own line.
 * @throws PointsmanError `request-invalid` for none
 */
export function takeStore(argv: readonly string[]): { readonly args: readonly string[]; readonly store?: string } {
  const at = argv.findIndex((arg) => arg === OPTION || arg.startsWith(`${OPTION}=`));
  const given = argv[at];
  if (given === undefined) return { args: argv };
  const isInline = given !== OPTION;
  const store = isInline ? given.slice(OPTION.length + 1) : argv[at + 1];
  if (store === undefined || store === '' || store.startsWith('--')) {
    throw new PointsmanError('request-invalid', `${OPTION} takes a folder, or the address of a PostgreSQL store.`);
  }
  return { args: [...argv.slice(0, at), ...argv.slice(at + (isInline ? 1 : 2))], store };
}
