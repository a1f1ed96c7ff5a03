// @ts-check
// The real programs that the demo, the tests and the benchmarks run: installed ones where they suffice, else
// unpacked from Debian into a cache, without root (see debian-bin).
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {'nginx' | 'bwrap' | 'curl' | 'pebble' | 'challtestsrv' | 'named' | 'certbot' | 'strace' | 'java' | 'keytool' | 'apache'} PartName */
/** @typedef {'bullseye' | 'bookworm' | 'trixie' | 'forky'} Suite */
/** @typedef {{ bookworm: string, forky: string }} OfTwo pebble 2.4 and 2.10 */
/** @typedef {{ nginx: { bullseye?: string, bookworm: string, trixie: string, forky: string }, bwrap: string, curl: string, pebble: OfTwo, challtestsrv: OfTwo, named: string, strace: string, java: string, keytool: string }} TestParts */

/** Debian's Java is in a folder with the architecture in its name. */
const java = `/usr/lib/jvm/java-17-openjdk-${process.arch === 'x64' ? 'amd64' : process.arch}/bin`;

/** @type {Record<PartName, { suite: Suite, package: string, program: string }>} */
const debian = {
  nginx: { suite: 'bookworm', package: 'nginx', program: '/usr/sbin/nginx' },
  bwrap: { suite: 'bookworm', package: 'bubblewrap', program: '/usr/bin/bwrap' },
  curl: { suite: 'forky', package: 'curl', program: '/usr/bin/curl' },
  pebble: { suite: 'bookworm', package: 'pebble', program: '/usr/bin/pebble' },
  challtestsrv: { suite: 'bookworm', package: 'pebble', program: '/usr/bin/pebble-challtestsrv' },
  named: { suite: 'bookworm', package: 'bind9', program: '/usr/sbin/named' },
  // A script, that needs the Python which comes with it.
  certbot: { suite: 'bookworm', package: 'certbot', program: '/usr/bin/python3' },
  strace: { suite: 'bookworm', package: 'strace', program: '/usr/bin/strace' },
  // Java that compiles, and what comes with it.
  java: { suite: 'bookworm', package: 'openjdk-17-jdk-headless', program: `${java}/java` },
  apache: { suite: 'bookworm', package: 'apache2-bin', program: '/usr/sbin/apache2' },
  keytool: { suite: 'bookworm', package: 'openjdk-17-jdk-headless', program: `${java}/keytool` },
};

/**
 * The absolute path of each named program; what is not installed is unpacked, with a line on standard error.
 *
 * @template {PartName} N
 * @param {readonly N[]} names
 * @returns {Promise<Record<N, string>>}
 * @throws {Error} when a program is neither installed nor to be had; its message says what to install
 */
export const ensureParts = async (names) => {
  const entries = await Promise.all(names.map(async (name) => [name, installed(name) ?? (await unpack(name))]));
  return Object.fromEntries(entries);
};

/**
 * What the tests need: nginx of four Debian suites, bubblewrap, a curl that speaks HTTP/3, the test CA pebble of two
 * suites with its DNS server, BIND, strace, and Java, all unpacked, so that every machine tests the same programs. Bullseye
 * alone may be missing: mirrors drop old suites.
 *
 * @returns {Promise<TestParts>}
 */
export const testParts = async () => {
  const two = async (/** @type {PartName} */ name) => {
    const [bookworm, forky] = await Promise.all([unpack(name, 'bookworm'), unpack(name, 'forky')]);
    return { bookworm, forky };
  };
  const [bullseye, bookworm, trixie, forky, bwrap, curl, pebble, challtestsrv, named, strace, java, keytool] =
    await Promise.all([
      unpack('nginx', 'bullseye').catch((/** @type {Error} */ error) => skipAloud(error)),
      unpack('nginx', 'bookworm'),
      unpack('nginx', 'trixie'),
      unpack('nginx', 'forky'),
      unpack('bwrap'),
      unpack('curl'),
      two('pebble'),
      two('challtestsrv'),
      unpack('named'),
      unpack('strace'),
      unpack('java'),
      unpack('keytool'),
    ]);
  const nginx = { ...(bullseye && { bullseye }), bookworm, trixie, forky };
  return { nginx, bwrap, curl, pebble, challtestsrv, named, strace, java, keytool };
};

/**
 * Debian's certbot, for the benchmarks alone.
 *
 * @returns {Promise<string[]>} the command that runs it
 * @throws {Error} when it can't be unpacked
 */
export const certbotCommand = async () => {
  const python = await unpack('certbot');
  return [python, join(dirname(python), '../root/usr/bin/certbot')];
};

/**
 * Debian's Apache, for the one test that puts it behind nginx.
 *
 * @returns {Promise<{ program: string, modules: string }>} the program, and the folder of its modules
 * @throws {Error} when it can't be unpacked
 */
export const apacheProgram = async () => {
  const program = await unpack('apache');
  return { program, modules: join(dirname(program), '../root/usr/lib/apache2/modules') };
};

/** @param {Error} error */
const skipAloud = (error) => {
  console.error(
    `\nWARNING: nginx 1.18 (Debian bullseye) can't be had; every test that needs it is SKIPPED.\n${error}\n`,
  );
  return undefined;
};

/** @param {PartName} name */
const installed = (name) => {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
};

/** @param {string} path */
const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const debianBin = fileURLToPath(new URL('debian-bin', import.meta.url));

/**
 * @param {PartName} name
 * @param {Suite} suite
 * @returns {Promise<string>} the path of a wrapper that runs the program
 */
const unpack = (name, suite = debian[name].suite) =>
  new Promise((resolve, reject) => {
    const child = spawn(debianBin, [suite, debian[name].package, debian[name].program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let path = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      path += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(path.trim());
      else reject(new Error(`${name} of Debian ${suite} could not be unpacked; the reason stands above`));
    });
  });
