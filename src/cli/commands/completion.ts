import type { Argv } from 'yargs';
import type { Command } from '../command.ts';
import { exitCode, type Io } from '../io.ts';
import { UsageError } from '../usage-error.ts';
import { commandNames } from './index.ts';

interface Options {
  shell?: string;
}

function options(yargs: Argv): Argv<Options> {
  return yargs
    .positional('shell', { type: 'string', describe: 'the shell it is for: bash or zsh' })
    .example('keepgate completion bash > /etc/bash_completion.d/keepgate', 'for everyone on this machine')
    .example('source <(keepgate completion zsh)', 'for this shell') as unknown as Argv<Options>;
}

async function run({ shell = 'bash' }: Options, io: Io): Promise<number> {
  if (shell !== 'bash' && shell !== 'zsh') throw new UsageError(`completion is for bash or zsh, not "${shell}"`);
  const compatibility = shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : '';
  io.stdout.write(`# keepgate's completion for ${shell}: commands and options, from keepgate itself, then files.
${compatibility}_keepgate() {
  local word=\${COMP_WORDS[COMP_CWORD]} command=\${COMP_WORDS[1]} file
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commandNames.join(' ')} --help --version" -- "$word"))
  elif [ "\${word#-}" != "$word" ]; then
    COMPREPLY=($(compgen -W "$(keepgate "$command" --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]+' | sort -u)" -- "$word"))
  else
    COMPREPLY=()
    while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "$word")
  fi
}
complete -o filenames -F _keepgate keepgate
`);
  return exitCode.done;
}

export const command: Command<Options> = { options, run };
