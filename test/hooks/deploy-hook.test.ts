import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { runDeployHook } from '../../src/hooks/deploy-hook.ts';
import { hookFolder } from './hook-folder.ts';

const { at, script } = hookFolder();

/** A store with one certificate in it, and a hook for that. */
function renewed(body: string) {
  mkdirSync(at('store/certificates/api/versions/1'), { recursive: true });
  mkdirSync(at('store/live'));
  symlinkSync('../certificates/api/versions/1', at('store/live/api'));
  for (const name of ['fullchain', 'privkey', 'cert', 'chain'])
    writeFileSync(at(`store/live/api/${name}.pem`), `${name} of 1\n`);
  const domains = ['api.example.com', '*.example.com'];
  return { command: script(body), store: at('store'), name: 'api', domains };
}

it.each([
  ['ours', 'cat "$KEEPGATE_CERTIFICATE" "$KEEPGATE_KEY" "$KEEPGATE_LIVE/cert.pem"; echo $KEEPGATE_NAME'],
  ['of certbot', 'cd "$RENEWED_LINEAGE" && cat fullchain.pem privkey.pem cert.pem; echo $KEEPGATE_NAME'],
  [
    'of lego',
    'cat "$LEGO_CERT_PATH" "$LEGO_CERT_KEY_PATH" "$(dirname "$LEGO_CERT_PATH")/cert.pem"; echo $KEEPGATE_NAME',
  ],
])('finds the certificate by the variables %s', async (_, body) => {
  const hook = renewed(`{ ${body}; } > ${at('seen')}; diff ${at('seen')} ${at('expected')}`);
  writeFileSync(at('expected'), 'fullchain of 1\nprivkey of 1\ncert of 1\napi\n');
  expect(await runDeployHook(hook)).toEqual([]);
});

it('is told the names, as certbot and lego do', async () => {
  const hook = renewed(`set -f; for name in $RENEWED_DOMAINS; do [ "$name" != '*.example.com' ] || wildcard=yes; done
[ "$wildcard" = yes ] && [ "$KEEPGATE_DOMAINS" = "$RENEWED_DOMAINS" ] && [ "$LEGO_CERT_DOMAIN" = api.example.com ]`);
  expect(await runDeployHook(hook)).toEqual([]);
});

it('says how it failed, in one harmless line', async () => {
  const hook = renewed("printf 'first\\nlast \\033[31mred\\n' >&2; exit 3");
  expect(await runDeployHook(hook)).toEqual([
    expect.objectContaining({
      code: 'deploy-hook-failed',
      severity: 'error',
      message: `the deploy hook ${hook.command} of api ended with exit code 3: first last red`,
    }),
  ]);
  const slow = renewedAgain('sleep 60');
  expect(await runDeployHook({ ...hook, command: slow, timeLimit: 200 })).toMatchObject([
    { message: `the deploy hook ${slow} of api did not end within 0.2 s and was ended` },
  ]);
});

const renewedAgain = (body: string) => script(body, 'again');
