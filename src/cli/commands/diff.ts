import type { Argv } from 'yargs';
import { fileChanges } from '../../deploy/file-changes.ts';
import { planFolder, refusals } from '../../deploy/plan.ts';
import { survey } from '../../deploy/survey.ts';
import { type Diagnostic, reaches } from '../../diagnostic.ts';
import type { Command } from '../command.ts';
import { type InstallOptions, installOptions, missingCertificates, prepare } from '../installation.ts';
import { exitCode, type Io, wantsColor } from '../io.ts';
import { say } from '../report/say.ts';

interface Options extends InstallOptions {
  format: 'text' | 'json';
}

function options(yargs: Argv): Argv<Options> {
  return installOptions(yargs)
    .option('format', { choices: ['text', 'json'] as const, default: 'text' as const, describe: 'json: one document' })
    .example('keepgate diff', 'what apply would change of what the installed nginx reads')
    .example('keepgate diff specs/ --root /mnt/image', 'in the file system of an image')
    .example(
      'keepgate diff --root etc/nginx --format json',
      'in a pipeline; 3 says that there is a difference',
    ) as unknown as Argv<Options>;
}

async function run(argv: Options, io: Io): Promise<number> {
  const { format } = argv;
  const prepared = await prepare(argv, io);
  if (!prepared.ok) {
    await say({ format, ...prepared.findings }, io);
    return exitCode.wrong;
  }
  const { installation } = prepared;
  const { place, rendered, configuration } = installation;
  const plan = planFolder(rendered, survey(place.folder, rendered));
  const changes = fileChanges(place.folder, plan);
  const certificates = missingCertificates(installation);
  const conflicts = refusals(plan, place.shown, false).map(asFinding);
  const diagnostics = [...configuration.diagnostics, ...conflicts];
  const { unified, unifiedText } = await import('../report/unified.ts');
  const product = {
    root: place.shown,
    changes: changes.map((change) => ({
      path: change.path,
      action: change.action,
      handEdited: change.conflict === 'hand-edited',
      diff: unified(change),
    })),
    certificates,
  };
  await say({ format, diagnostics, ignored: configuration.ignored, product }, io);
  if (format === 'text') {
    io.stdout.write(unifiedText(changes, place.shown, wantsColor(io.stdout, io.env)));
    io.stdout.write(certificates.map((name) => `# new: a stand-in for the certificate ${name}\n`).join(''));
    if (changes.length + certificates.length === 0) io.stderr.write(`${place.shown} is as the spec asks\n`);
  }
  if (reaches(diagnostics, 'error')) return exitCode.wrong;
  return changes.length + certificates.length === 0 ? exitCode.done : exitCode.differs;
}

/** Nothing was to be written; a change by hand is what a diff is there to show. */
function asFinding(diagnostic: Diagnostic): Diagnostic {
  const severity = diagnostic.code === 'hand-edited' ? 'warning' : 'error';
  return { ...diagnostic, severity, message: diagnostic.message.replace(/; nothing was written$/, '') };
}

export const command: Command<Options> = { options, run };
