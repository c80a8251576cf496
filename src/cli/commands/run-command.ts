import type { CliCommand } from '../input/command.ts';
import { JOB_USAGE, parseJobArguments } from '../input/job-arguments.ts';
import { withPointsman } from '../input/open-pointsman.ts';
import { answerPauses } from '../jobs/answer-pauses.ts';
import { followJob } from '../jobs/follow-job.ts';
import { warnOfFolderStore } from '../stores/merge-store.ts';
import { exitOf, jobText } from '../text/job-text.ts';
import { jsonText } from '../text/json-text.ts';

export const command: CliCommand = {
  name: 'run',
  usage: JOB_USAGE,
  async run(args, io) {
    const { request, json, ...options } = parseJobArguments(args, io.cwd);
    return withPointsman(io, { ...options, workspace: request.workspace }, async (pointsman, { store }) => {
      await warnOfFolderStore(store, io.cwd, io);
      const report = await followJob(io, json, async (options, progress) =>
        answerPauses(await pointsman.runJob(request, options), { io, pointsman, progress }),
      );
      io.stdout(json ? jsonText('run', report) : jobText(report, io));
      return exitOf(report, io);
    });
  },
};
