import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { applyChanges, makeChanges } from '../../src/domino/apply-changes.ts';
import { dropBackup, undoing } from '../../src/domino/backup.ts';
import { type Change, readIn } from '../../src/domino/change.ts';
import { closeFolder, type Folder, openFolder } from '../../src/domino/folder.ts';
import { dataFolder, snapshot } from './data-folder.ts';

const isRoot = process.getuid?.() === 0;

function inFolder<T>(path: string, act: (folder: Folder) => T): T {
  const folder = openFolder(path, 'data');
  try {
    return act(folder);
  } finally {
    closeFolder(folder);
  }
}

function setting(folder: Folder, path: string, text: string): Change {
  const before = readIn(folder, path);
  return {
    path,
    before,
    after: { ...(before ?? { mode: 0o600, uid: folder.uid, gid: folder.gid }), bytes: Buffer.from(text) },
  };
}

const code = (code: string) => expect.objectContaining({ diagnostic: expect.objectContaining({ code }) });

describe('a change', () => {
  it('keeps owner and mode, gives a new file to the owner of the folder, and is undone', () => {
    const path = dataFolder();
    if (isRoot) {
      chownSync(path, 12_345, 12_346);
      chownSync(join(path, 'notes.ini'), 12_347, 12_348);
    }
    chmodSync(join(path, 'notes.ini'), 0o664);
    const before = snapshot(path);
    inFolder(path, (folder) => {
      applyChanges(folder, 'tls', [setting(folder, 'notes.ini', 'new'), setting(folder, 'keepconfig.d/a.json', '{}')]);
    });
    const { uid, gid } = statSync(path);
    const ini = statSync(join(path, 'notes.ini'));
    expect(snapshot(path)).toEqual({
      'notes.ini': `664 ${ini.uid}:${ini.gid} new`,
      'keepconfig.d/a.json': `600 ${uid}:${gid} {}`,
    });
    if (isRoot) expect([uid, ini.uid, ini.gid]).toEqual([12_345, 12_347, 12_348]);
    for (const name of readdirSync(join(path, 'keepgate-backup'), { recursive: true, encoding: 'utf8' }))
      expect(statSync(join(path, 'keepgate-backup', name)).mode & 0o077).toBe(0);
    inFolder(path, (folder) => makeChanges(folder, undoing(folder, 'tls').changes, 'b'));
    expect(snapshot(path)).toEqual(before);
  });

  it('that fails takes back the ones before it', () => {
    const path = dataFolder();
    const before = snapshot(path);
    inFolder(path, (folder) => {
      const first = setting(folder, 'notes.ini', 'new');
      const second = setting(folder, 'keepconfig.d/a.json', '{}');
      writeFileSync(join(path, 'keepconfig.d/a.json'), 'somebody else');
      expect(() => applyChanges(folder, 'tls', [first, second])).toThrow(code('domino-changed'));
    });
    rmSync(join(path, 'keepconfig.d/a.json'));
    expect(snapshot(path)).toEqual(before);
    expect(readdirSync(join(path, 'keepgate-backup'))).toEqual([]);
  });

  /** A change that finds something else than it expects, after this has happened. */
  const failing = (folder: Folder, happens: () => void): Change => {
    const first = readIn(folder, 'notes.ini')?.bytes.toString();
    return {
      before: undefined,
      after: undefined,
      get path() {
        if (readIn(folder, 'notes.ini')?.bytes.toString() === first) return 'keepconfig.d/a.json';
        happens();
        return 'keepconfig.d/a.json';
      },
    };
  };

  it('that fails, and cannot be taken back either, keeps the backup and says where it is', () => {
    const path = dataFolder({ 'keepconfig.d/a.json': {} });
    inFolder(path, (folder) => {
      const sabotage = failing(folder, () => {
        rmSync(join(path, 'notes.ini'));
        mkdirSync(join(path, 'notes.ini'));
      });
      expect(() => applyChanges(folder, 'tls', [setting(folder, 'notes.ini', 'new'), sabotage])).toThrow(
        expect.objectContaining({
          exitCode: 4,
          diagnostic: expect.objectContaining({
            code: 'domino-half-done',
            help: expect.stringContaining('data/keepgate-backup/0001-tls'),
          }),
        }),
      );
    });
    expect(readFileSync(join(path, 'keepgate-backup/0001-tls/0'), 'utf8')).toBe('[Notes]\nKitType=2\n');
  });

  it('that fails does not remove anything behind a link that lies in the place of its backup by now', () => {
    const path = dataFolder({ 'keepconfig.d/a.json': {} });
    const victim = dataFolder({ '0001-tls/undo.json': 'theirs', '0001-tls/0': 'theirs' });
    inFolder(path, (folder) => {
      const sabotage = failing(folder, () => {
        renameSync(join(path, 'keepgate-backup'), join(path, 'elsewhere'));
        symlinkSync(victim, join(path, 'keepgate-backup'));
      });
      expect(() => applyChanges(folder, 'tls', [setting(folder, 'notes.ini', 'new'), sabotage])).toThrow(
        code('domino-folder'),
      );
    });
    expect(readdirSync(join(victim, '0001-tls')).sort()).toEqual(['0', 'undo.json']);
  });

  it('that is undone leaves what others put beside its backup', () => {
    const path = dataFolder();
    inFolder(path, (folder) => {
      const backup = applyChanges(folder, 'tls', [setting(folder, 'notes.ini', 'new')]);
      mkdirSync(join(path, backup, 'theirs'));
      writeFileSync(join(path, backup, 'theirs/file'), '');
      dropBackup(folder, backup);
      expect(readdirSync(join(path, backup), { recursive: true }).sort()).toEqual(['theirs', 'theirs/file']);
      expect(() => undoing(folder, 'tls')).toThrow(code('domino-nothing-to-undo'));
    });
  });

  it('is not undone over what somebody changed since', () => {
    const path = dataFolder();
    inFolder(path, (folder) => applyChanges(folder, 'tls', [setting(folder, 'keepconfig.d/a.json', '{}')]));
    writeFileSync(join(path, 'keepconfig.d/a.json'), '{"newer": 1}');
    inFolder(path, (folder) => expect(() => undoing(folder, 'tls')).toThrow(code('domino-changed')));
    expect(readFileSync(join(path, 'keepconfig.d/a.json'), 'utf8')).toBe('{"newer": 1}');
  });

  describe('of notes.ini, when Domino has written to the file since,', () => {
    const url = 'KeepManagementURL=https://domino.example.com:8889';
    const made = (before: string, after: string): string => {
      const path = dataFolder({ 'notes.ini': before });
      inFolder(path, (folder) => applyChanges(folder, 'tls', [setting(folder, 'notes.ini', after)]));
      return path;
    };

    it.each([
      ['one that was there', '[Notes]\r\nkeepManagementURL = http://localhost:8889\r\n', '[Notes]\r\nX\r\n'],
      ['a new one', '[Notes]\r\n', '[Notes]\r\nX\r\n'],
    ])('its one line is undone: %s', (_what, before, after) => {
      const line = /keep.*\r\n/.exec(before)?.[0] ?? '';
      const path = made(before, after.replace('X', url));
      writeFileSync(join(path, 'notes.ini'), `[Notes]\r\nM=\xFC\r\n${url}\r\nServerTasks=Update\r\n`, 'latin1');
      chmodSync(join(path, 'notes.ini'), 0o600);
      inFolder(path, (folder) => makeChanges(folder, undoing(folder, 'tls').changes, 'b'));
      expect(readFileSync(join(path, 'notes.ini'), 'latin1')).toBe(
        `[Notes]\r\nM=\xFC\r\n${line}ServerTasks=Update\r\n`,
      );
      expect(statSync(join(path, 'notes.ini')).mode & 0o777).toBe(0o600);
    });

    it.each([
      ['changed', 'KeepManagementURL=https://other.example.com:8889\n'],
      ['taken away', ''],
      ['doubled', `${url}\n${url}\n`],
    ])('a line that was %s stays', (_what, lines) => {
      const path = made('[Notes]\nKeepManagementURL=http://localhost:8889\n', `[Notes]\n${url}\n`);
      writeFileSync(join(path, 'notes.ini'), `[Notes]\n${lines}`);
      inFolder(path, (folder) => expect(() => undoing(folder, 'tls')).toThrow(code('domino-changed')));
    });

    it('a line that was put back by hand is as it was', () => {
      const path = made('[Notes]\nKeepManagementURL=http://localhost:8889\n', `[Notes]\n${url}\n`);
      const byHand = '[Notes]\nA=1\nKeepManagementURL=http://localhost:8889\n';
      writeFileSync(join(path, 'notes.ini'), byHand);
      inFolder(path, (folder) => makeChanges(folder, undoing(folder, 'tls').changes, 'b'));
      expect(readFileSync(join(path, 'notes.ini'), 'utf8')).toBe(byHand);
    });
  });

  it('that was cut off in the middle can be undone', () => {
    const path = dataFolder();
    const before = snapshot(path);
    inFolder(path, (folder) => {
      applyChanges(folder, 'tls', [setting(folder, 'notes.ini', 'new'), setting(folder, 'keepconfig.d/a.json', '{}')]);
      rmSync(join(path, 'keepconfig.d/a.json'));
      makeChanges(folder, undoing(folder, 'tls').changes, 'b');
    });
    expect(snapshot(path)).toEqual(before);
  });

  it('each run is undone for itself, the last one first', () => {
    const path = dataFolder();
    inFolder(path, (folder) => {
      for (let run = 1; run <= 11; run += 1) applyChanges(folder, 'tls', [setting(folder, 'notes.ini', `${run}`)]);
      applyChanges(folder, 'proxy', [setting(folder, 'keepconfig.d/p.json', '{}')]);
      expect(undoing(folder, 'tls').changes[0]?.after?.bytes.toString()).toBe('10');
      expect(undoing(folder, 'tls').backup).toBe('keepgate-backup/0011-tls');
    });
    inFolder(dataFolder(), (folder) => expect(() => undoing(folder, 'tls')).toThrow(code('domino-nothing-to-undo')));
  });

  it.each([
    ['{}'],
    ['null'],
    ['[]'],
    ['no'],
    ['{"version": 1, "files": [{"path": "../etc/passwd", "kept": null, "mode": 0, "after": null}]}'],
    ['{"version": 1, "files": [{"path": "keepconfig.d/../x.json", "kept": null, "mode": 0, "after": null}]}'],
    ['{"version": 1, "files": [{"path": "keepconfig.d/a.json", "kept": "../../x", "mode": 0, "after": null}]}'],
    ['{"version": 1, "files": [{"path": "keepconfig.d/a.json", "kept": "0", "mode": 2541, "after": null}]}'],
    ['{"version": 1, "files": [{"path": "keepconfig.d/a.json", "kept": "7", "mode": 420, "after": null}]}'],
    ['{"version": 1, "files": [{"path": "notes.ini", "kept": "0", "mode": 420, "after": null}]}'],
    [
      '{"version": 1, "files": [{"path": "notes.ini", "kept": "0", "mode": 420, "after": null, "line": {"before": "A\u010AB", "after": null}}]}',
    ],
    [
      '{"version": 1, "files": [{"path": "notes.ini", "kept": "0", "mode": 420, "after": null, "line": {"before": "A\\nB", "after": null}}]}',
    ],
  ])('a record that keepgate did not write is refused: %s', (record) => {
    const path = dataFolder();
    mkdirSync(join(path, 'keepgate-backup/0001-tls'), { recursive: true });
    writeFileSync(join(path, 'keepgate-backup/0001-tls/undo.json'), record);
    writeFileSync(join(path, 'keepgate-backup/0001-tls/0'), 'x');
    inFolder(path, (folder) => expect(() => undoing(folder, 'tls')).toThrow(code('domino-backup-damaged')));
  });
});

describe('in the place of a file', () => {
  const odd: readonly (readonly [what: string, make: (path: string, secret: string) => void])[] = [
    ['a symbolic link', (path, secret) => symlinkSync(secret, path)],
    ['a link to nothing', (path, secret) => symlinkSync(`${secret}-no`, path)],
    ['a hard link', (path, secret) => linkSync(secret, path)],
    ['a FIFO', (path) => execFileSync('mkfifo', [path])],
    ['a folder', (path) => mkdirSync(path)],
    ['a large file', (path) => writeFileSync(path, Buffer.alloc(1_000_001, 32))],
  ];

  it.each(odd)('%s is refused, and nothing behind it touched', (_what, make) => {
    const path = dataFolder({ secret: 'a secret' });
    rmSync(join(path, 'notes.ini'));
    make(join(path, 'notes.ini'), join(path, 'secret'));
    inFolder(path, (folder) => {
      expect(() => readIn(folder, 'notes.ini')).toThrow(code('domino-file-kind'));
      expect(() => makeChanges(folder, [{ path: 'notes.ini', before: undefined, after: undefined }], 'b')).toThrow(
        code('domino-file-kind'),
      );
    });
    expect(readFileSync(join(path, 'secret'), 'utf8')).toBe('a secret');
    expect(statSync(path).isDirectory()).toBe(true);
  });

  it('a link in the place of keepconfig.d is refused', () => {
    const path = dataFolder();
    renameSync(join(path, 'keepconfig.d'), join(path, 'elsewhere'));
    symlinkSync(join(path, 'elsewhere'), join(path, 'keepconfig.d'));
    inFolder(path, (folder) => expect(() => readIn(folder, 'keepconfig.d/a.json')).toThrow(code('domino-folder')));
  });

  it('a folder that is exchanged meanwhile does not lead writing astray', () => {
    const path = dataFolder();
    const victim = dataFolder({ 'notes.ini': '[Notes]\nKitType=2\n' });
    inFolder(path, (folder) => {
      const change = setting(folder, 'notes.ini', 'new');
      renameSync(path, `${path}-moved`);
      symlinkSync(victim, path);
      makeChanges(folder, [change], 'b');
    });
    expect(readFileSync(join(victim, 'notes.ini'), 'utf8')).toBe('[Notes]\nKitType=2\n');
    expect(readFileSync(`${path}-moved/notes.ini`, 'utf8')).toBe('new');
  });
});
