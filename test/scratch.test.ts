import { it } from 'vitest';
import { startPebble } from './pebble.ts';
import { runKeepgate } from './run-keepgate.ts';
import { mkdtempSync } from 'node:fs';
it('x', async () => {
  const p = await startPebble({ suite: 'forky' });
  const cwd = mkdtempSync('/tmp/scr-');
  const r = await runKeepgate(['cert','issue','--host','a.example.com','--directory',p.directory,'--ca-file',p.caFile,'--agree-tos','--store','store','--http-port',String(p.httpPort),'--skip-preflight','--no-reload'],{cwd,timeout:60000});
  console.log(r);
  const r2 = await runKeepgate(['cert','renew','--store','store','--http-port',String(p.httpPort),'--skip-preflight','--no-reload'],{cwd,timeout:60000});
  console.log(r2);
  await p.stop();
}, 100000);
