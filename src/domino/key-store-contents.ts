/** Whether the REST API can open its key store: with this password, and with a key in it that has its certificate. */
import { createHash, type X509Certificate } from 'node:crypto';
import { formatOf } from '../certs/bundle-format.ts';
import { nameOf, orderProblem } from '../certs/chain.ts';
import { type Bundle, readBundle } from '../certs/read-bundle.ts';
import { type Diagnostic, KeepgateError } from '../diagnostic.ts';
import { readRegularFile } from '../files/regular-file.ts';
import type { StoreKind } from './installation.ts';

export interface OpenedKeyStore {
  /** The certificate of the key; undefined where it can't be told, which is always so with a JKS. */
  readonly leaf?: X509Certificate;
  readonly diagnostics: readonly Diagnostic[];
}

const help =
  'The REST API would not load it. Export it again (keepgate cert export), or name its password with --password-file.';
const nothingFound: OpenedKeyStore = { diagnostics: [] };

/**
 * Opens the files, absolute paths, of which with `pem` the second one is the chain. Files that can't be read are others' to
 * tell. `password`: undefined where it isn't known here.
 */
export async function openKeyStore(
  as: Exclude<StoreKind, 'certmgr'>,
  paths: readonly string[],
  password: string | undefined,
): Promise<OpenedKeyStore> {
  const files = paths.map((path) => ({ path, contents: readRegularFile(path) }));
  const read = files.flatMap(({ path, contents }) =>
    contents.state === 'read' ? [{ path, bytes: contents.bytes }] : [],
  );
  const [first] = read;
  if (first === undefined || read.length < files.length) return nothingFound;
  if (as === 'jks' && isJks(first.bytes)) return openJks(first.path, first.bytes, password);
  // Java opens a PFX as a JKS, too.
  if (as !== 'pem' && formatOf(first.bytes) !== 'pkcs12')
    return refused(`${first.path} is no ${as.toUpperCase()} file`);
  const bundles: Bundle[] = [];
  for (const { path, bytes } of read)
    try {
      bundles.push(await readBundle(path, bytes, async () => password));
    } catch (error) {
      if (error instanceof KeepgateError && error.diagnostic.code === 'openssl-missing')
        return unopened(path, error.message);
      throw error;
    }
  const [problem] = bundles.flatMap(({ diagnostics }) => diagnostics);
  const isClosed = problem?.code === 'import-password-needed' && password === undefined;
  if (problem && !isClosed) return refused(problem.message);
  const [keyFile, chainFile] = bundles;
  const swapped = as === 'pem' && keyFile && chainFile ? rolesProblem(paths, keyFile, chainFile) : undefined;
  if (swapped !== undefined) return refused(swapped);
  if (isClosed) return unopened(first.path, 'its password is not known here');
  return as === 'pem' && keyFile && chainFile ? pemPair(paths, keyFile, chainFile) : pairIn(first.path, bundles);
}

/** Why the first file is not the private key and the second one not the chain. A key that is closed is one, all the same. */
function rolesProblem([path, chainPath]: readonly string[], keyFile: Bundle, chainFile: Bundle): string | undefined {
  const hasKey = ({ keys, diagnostics }: Bundle): boolean => keys.length > 0 || diagnostics.length > 0;
  const isExchanged = !hasKey(keyFile) && hasKey(chainFile) && chainFile.certificates.length === 0;
  if (isExchanged && keyFile.certificates.length > 0)
    return `${path} holds the certificates and ${chainPath} the private key: exchange what --file and --chain name`;
  if (!hasKey(keyFile)) return `${path} holds no private key`;
  return chainFile.certificates.length === 0 ? `${chainPath} holds no certificate` : undefined;
}

/** The API sends the chain as it is, and takes the first certificate for its own. */
function pemPair([path = '', chainPath = '']: readonly string[], keyFile: Bundle, chainFile: Bundle): OpenedKeyStore {
  const [key] = keyFile.keys;
  const [leaf, ...others] = chainFile.certificates;
  if (key === undefined || leaf === undefined) return nothingFound;
  const own = [leaf, ...others].find((certificate) => certificate.checkPrivateKey(key));
  if (own === undefined) return refused(`no certificate in ${chainPath} belongs to the private key in ${path}`);
  const order = orderProblem({ path: chainPath, certificates: [leaf, ...others] });
  if (order) return refused(order.message, order.help);
  if (own === leaf) return { leaf, diagnostics: [] };
  return refused(`${chainPath}: the certificate of the private key, "${nameOf(own)}", does not stand first`);
}

function pairIn(path: string, bundles: readonly Bundle[]): OpenedKeyStore {
  const keys = bundles.flatMap((bundle) => bundle.keys);
  const certificates = bundles.flatMap((bundle) => bundle.certificates);
  if (keys.length === 0) return refused(`${path} holds no private key`);
  const leaf = certificates.find((certificate) => keys.some((key) => certificate.checkPrivateKey(key)));
  if (leaf === undefined) return refused(`no certificate there belongs to the private key in ${path}`);
  return { leaf, diagnostics: [] };
}

const isJks = (bytes: Buffer): boolean => bytes.length > 32 && bytes.readUInt32BE(0) === 0xfeedfeed;

/** Its last 20 bytes are a SHA-1 over the password as UTF-16, two words of Java's, and all that comes before. */
function openJks(path: string, bytes: Buffer, password: string | undefined): OpenedKeyStore {
  if (password === undefined) return unopened(path, 'its password is not known here');
  const contents = bytes.subarray(0, -20);
  const secret = Buffer.from(password, 'utf16le').swap16();
  const sum = createHash('sha1').update(secret).update('Mighty Aphrodite').update(contents).digest();
  return sum.equals(bytes.subarray(-20)) ? nothingFound : refused(`${path} is damaged, or has another password`);
}

const refused = (message: string, wayOut = help): OpenedKeyStore => ({
  diagnostics: [{ code: 'domino-key-store', severity: 'error', message, help: wayOut }],
});

const unopened = (path: string, why: string): OpenedKeyStore => ({
  diagnostics: [
    {
      code: 'domino-key-store',
      severity: 'info',
      message: `${path} was not opened: ${why}`,
      help: 'Whether its password and its certificate are the right ones, keepgate domino doctor shows after the reload.',
    },
  ],
});
