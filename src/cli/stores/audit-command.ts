import { parseArgs } from 'node:util';
import { withAudit } from '../../app/stores/open-audit.ts';
import { ChainCheck, type AuditEntry } from '../../audit/audit-entry.ts';
import { loadConfig } from '../../config/load-config.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { At } from '../../domain/time.ts';
import { spanMs } from '../input/age.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { openFolderGate } from '../input/folder-gate.ts';
import { toNumber } from '../input/job-arguments.ts';
import { AUDIT_CSV_HEAD, auditCsvLine, auditLine, chainsText } from '../text/audit-text.ts';
import { jsonText } from '../text/json-text.ts';

const SHOWN_ENTRIES = 50;

export const command: CliCommand = {
  name: 'audit',
  usage: '[--since 7d] [--limit N] [--verify [--head HASH]] [--jsonl | --csv | --json] [--config FILE]',
  async run(args, io) {
    const asked = parseArguments(args);
    const gate = await openFolderGate(io);
    const { store } = loadConfig({ cwd: io.cwd, env: io.env, file: asked.config, gate });
    return withAudit({ store, gate }, async (trail) => {
      const check = new ChainCheck(asked.head);
      const showing = asked.verify ? verdictOf(asked, io) : SHOWING[asked.form](asked, io);
      for await (const entry of trail.entries()) {
        check.take(entry);
        if (asked.since === undefined || entry.at >= asked.since) showing.take(entry);
        if (io.signal.aborted) throw new PointsmanError('aborted', 'The audit trail was not read to its end.');
      }
      showing.end(check);
      return isWhole(check) ? EXIT.ok : EXIT.failed;
    });
  },
};

interface Asked {
  readonly since: At | undefined;
  readonly limit: number;
  readonly verify: boolean;
  readonly head: string | undefined;
  readonly form: 'text' | 'json' | 'jsonl' | 'csv';
  readonly config: string | undefined;
}

/** One hash in 64 begins with the sign that begins an option. */
function withHeadAttached(args: readonly string[]): string[] {
  const at = args.indexOf('--head');
  const head = args[at + 1];
  if (at === -1 || head === undefined || !/^-[\w-]{42}$/u.test(head)) return [...args];
  return [...args.slice(0, at), `--head=${head}`, ...args.slice(at + 2)];
}

/** @throws PointsmanError `request-invalid` */
function parseArguments(args: readonly string[]): Asked {
  const { values } = parseArgs({
    args: withHeadAttached(args),
    options: {
      since: { type: 'string' },
      limit: { type: 'string' },
      verify: { type: 'boolean', default: false },
      head: { type: 'string' },
      json: { type: 'boolean', default: false },
      jsonl: { type: 'boolean', default: false },
      csv: { type: 'boolean', default: false },
      config: { type: 'string' },
    },
  });
  const { verify, head, config } = values;
  const forms = (['json', 'jsonl', 'csv'] as const).filter((form) => values[form]);
  if (forms.length > 1) throw new PointsmanError('request-invalid', `Say one of --${forms.join(' and --')}.`);
  if (verify && (forms.includes('jsonl') || forms.includes('csv')))
    throw new PointsmanError('request-invalid', '--verify says how the whole stands, as text or with --json.');
  if (head !== undefined && !verify) throw new PointsmanError('request-invalid', '--head is looked for with --verify.');
  return { since: sinceOf(values.since), limit: limitOf(values.limit), verify, head, form: forms[0] ?? 'text', config };
}

function sinceOf(given: string | undefined): At | undefined {
  if (given === undefined) return undefined;
  const span = spanMs(given);
  if (span !== undefined) return Date.now() - span;
  throw new PointsmanError('request-invalid', `--since takes 12h, 7d or 4w; "${given}" is none of these.`);
}

function limitOf(given: string | undefined): number {
  const limit = toNumber('--limit', given) ?? SHOWN_ENTRIES;
  if (Number.isInteger(limit) && limit > 0) return limit;
  throw new PointsmanError('request-invalid', `--limit takes a whole number above 0; ${limit} is none.`);
}

function isWhole({ chains, hasSought }: ChainCheck): boolean {
  return hasSought && chains.every(({ brokenAt }) => brokenAt === undefined);
}

/** A trail as it is read: entry by entry, and then how its chains stand. */
interface Showing {
  take(entry: AuditEntry): void;
  end(check: ChainCheck): void;
}

function verdictOf({ form, head }: Asked, io: CommandIo): Showing {
  return {
    take: () => undefined,
    end: (check) =>
      io.stdout(
        form === 'json'
          ? jsonText('audit', { isWhole: isWhole(check), chains: check.chains })
          : chainsText(check.chains, check.hasSought ? undefined : head),
      ),
  };
}

function complain(io: CommandIo, check: ChainCheck): void {
  if (!isWhole(check)) io.stderr(chainsText(check.chains));
}

const SHOWING: Readonly<Record<Asked['form'], (asked: Asked, io: CommandIo) => Showing>> = {
  text: ({ limit }, io) => {
    const newest = newestOf(limit);
    return {
      take: newest.take,
      end: (check) => {
        for (const entry of newest.entries()) io.stdout(auditLine(entry));
        if (newest.count() > limit) io.stderr(`The newest ${limit} of ${newest.count()}; --limit N shows more.\n`);
        if (newest.count() === 0) io.stdout('Nothing stands on the audit trail.\n');
        complain(io, check);
      },
    };
  },
  json: ({ limit }, io) => {
    const newest = newestOf(limit);
    return {
      take: newest.take,
      end: (check) =>
        io.stdout(
          jsonText('audit', {
            isWhole: isWhole(check),
            chains: check.chains,
            count: newest.count(),
            entries: newest.entries(),
          }),
        ),
    };
  },
  jsonl: (_asked, io) => ({
    take: (entry) => io.stdout(`${JSON.stringify(entry)}\n`, 'verbatim'),
    end: (check) => complain(io, check),
  }),
  csv: (_asked, io) => {
    io.stdout(AUDIT_CSV_HEAD, 'verbatim');
    return { take: (entry) => io.stdout(auditCsvLine(entry), 'verbatim'), end: (check) => complain(io, check) };
  },
};

/** Chains come one after the other: the newest are those of the latest time, whatever their chain. */
function newestOf(limit: number): {
  readonly take: (entry: AuditEntry) => void;
  readonly count: () => number;
  readonly entries: () => readonly AuditEntry[];
} {
  let kept: AuditEntry[] = [];
  let count = 0;
  const sorted = (): AuditEntry[] => kept.toSorted((a, b) => a.at - b.at).slice(-limit);
  return {
    take: (entry) => {
      count += 1;
      kept.push(entry);
      if (kept.length > 2 * limit) kept = sorted();
    },
    count: () => count,
    entries: sorted,
  };
}
