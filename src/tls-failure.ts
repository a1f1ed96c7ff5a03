/** What OpenSSL and Node.js call the failures of TLS, in sentences. Their own words are for who looks into their sources. */

/** Why a chain is not trusted: the names of X509_V_ERR_…, which Node gives as codes. They go on from "…: ". */
const untrusted: Readonly<Record<string, string>> = {
  UNABLE_TO_GET_ISSUER_CERT: 'its chain is not complete: the certificate of an issuer is missing',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'its chain is not complete, or ends in a CA that is not known here: the certificate of an issuer is missing',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'the certificate of its issuer was not sent along and is not known here: the chain is not complete, or the CA is not a known one',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed: no CA vouches for it',
  SELF_SIGNED_CERT_IN_CHAIN: 'its chain ends in a root CA that is not known here',
  CERT_HAS_EXPIRED: 'it has expired, or another certificate of its chain has',
  CERT_NOT_YET_VALID: 'it is not valid yet; see whether the clock here is right',
  CERT_REVOKED: 'it was revoked',
  CERT_UNTRUSTED: 'its CA is not trusted for servers here',
  CERT_REJECTED: 'its CA is rejected here',
  CERT_SIGNATURE_FAILURE: 'a signature in its chain is wrong',
  CERT_CHAIN_TOO_LONG: 'its chain is too long',
  PATH_LENGTH_EXCEEDED: 'its chain is longer than one of its CAs allows',
  INVALID_CA: 'a certificate in its chain is none of a CA',
  INVALID_PURPOSE: 'it is not for servers',
  HOSTNAME_MISMATCH: 'it is not for this name',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is not for this name',
};

/** What a server, or nobody, answers: the system's codes. */
const unanswered: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was closed during the handshake',
  EPIPE: 'the connection was closed during the handshake',
  ECONNABORTED: 'the connection was closed during the handshake',
  EPROTO: 'the handshake failed',
  ETIMEDOUT: 'there is no answer in time',
  EHOSTUNREACH: 'no way leads there',
  ENETUNREACH: 'no way leads there',
  EADDRNOTAVAIL: 'no way leads there',
  ENOTFOUND: 'the name is not known to the DNS',
  EAI_AGAIN: 'the name could not be looked up',
  EACCES: 'this user may not connect there',
  EPERM: 'a firewall of this machine forbids the connection',
};

const noTls = 'what answers there does not speak TLS';
const noVersion = 'both sides have no version of TLS in common';
const noCipher = 'both sides have no cipher, or no kind of certificate, in common';
const asksForClient =
  'the server asks for a certificate of the client, and refuses the one it was shown, or was shown none';

/** Reasons in the words of OpenSSL, with what they mean. */
const reasons: readonly (readonly [RegExp, string])[] = [
  [
    /wrong version number|http request|https proxy request|unknown protocol|packet length too long|record layer failure/,
    noTls,
  ],
  [/unsupported protocol|protocol version|unsupported version|no protocols available|version too low/, noVersion],
  [/no shared cipher|no ciphers available|handshake failure|insufficient security|no suitable/, noCipher],
  [/unrecognized name/, 'the server has no site of this name'],
  [/no application protocol/, 'both sides have no protocol above TLS, such as HTTP/2, in common'],
  [
    /certificate required|bad certificate|certificate unknown|unknown ca|access denied|peer did not return/,
    asksForClient,
  ],
  [/alert internal error/, 'the server failed on its own side; its log says why'],
  [/unexpected eof|shutdown while in init/, 'the connection was closed during the handshake'],
  [/certificate verify failed/, 'its certificate is not trusted here'],
  [/key values mismatch|key type mismatch/, 'the certificate and the private key do not belong together'],
  [/(key|md|ee key|dh key) too (small|weak)/, 'a key or a signature of the certificate is too weak'],
  [
    /bad decrypt|bad password read|problems getting password|pkcs12 pbe crypto error/,
    'the private key is encrypted, or the password is another one',
  ],
  [
    /^unsupported$|no start line|bad base64 decode|bad end line|asn1|wrong tag|decode error|too long|not enough data/,
    'the file, or what was sent, is damaged or of another format',
  ],
];

/** One error of OpenSSL's queue, such as `0A00010B:SSL routines::wrong version number:…`. */
const queued = /\b[0-9A-F]{6,}:[^:]*(?:routines|library):[^:]*:([^:()]*)/i;

/**
 * Why a connection or a certificate failed: of an error of Node's tls or https, or of the code in `authorizationError`. Never a code or
 * a function of OpenSSL.
 */
export function tlsFailure(error: unknown): string {
  const { code = '', message = '' } =
    error instanceof Error
      ? { code: 'code' in error ? String(error.code) : '', message: error.message }
      : { code: String(error) };
  const known = untrusted[code] ?? reasonOf(reasonIn(message) ?? wordsOf(code)) ?? unanswered[code];
  return known ?? reasonIn(message) ?? (plainText(message) || wordsOf(code));
}

/** A text of another program, such as nginx, with what OpenSSL says in it in words: `(SSL: error:0B080074:…)` becomes `(…)`. */
export function withoutOpensslCodes(text: string): string {
  return text.replace(/\(SSL: (.*?error:[0-9A-F]{8,}:.*)\)/gi, (_, said: string) => {
    const reason = reasonIn(said);
    return `(${(reason && reasonOf(reason)) ?? reason ?? 'OpenSSL refuses it'})`;
  });
}

const reasonIn = (text: string): string | undefined => queued.exec(text)?.[1]?.trim() || undefined;
const reasonOf = (words: string): string | undefined => reasons.find(([sign]) => sign.test(words.toLowerCase()))?.[1];
const wordsOf = (code: string): string =>
  code
    .replace(/^ERR_(SSL|TLS)_/, '')
    .replaceAll('_', ' ')
    .toLowerCase();

/** Node's own sentence, where it is one. */
const plainText = (message: string): string => (/^[A-Z][a-z]/.test(message) ? (message.split('\n')[0] ?? '') : '');
