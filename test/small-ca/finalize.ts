/** From a ready order to a certificate (RFC 8555, section 7.4). */
import { X509Certificate } from 'node:crypto';
import { fieldsOf, type Handler, owned } from './answer.ts';
import { type CertificateRequest, readRequest } from './csr.ts';
import { orderStatus, shown } from './orders.ts';
import { Problem } from './problem.ts';
import { type Ca, type IssuedCertificate, newUrl, type Order } from './records.ts';

export const finalize: Handler = (ca, post) => {
  const order = owned(ca.orders.get(post.path.replace('/finalize/', '/order/')), post);
  const status = orderStatus(ca, order);
  if (status !== 'ready') throw new Problem(403, 'orderNotReady', `the order is ${status}`);
  const request = requestOf(fieldsOf(post)?.csr, order);
  if (post.fault?.fault === 'invalid-order') {
    const { fault, ...error } = post.fault;
    order.status = 'invalid';
    order.error = error;
    return shown(ca, order, 200);
  }
  const forEver = post.fault?.fault === 'processing';
  order.polls = forEver ? Number.POSITIVE_INFINITY : ca.policy.processing.polls;
  order.status = order.polls > 0 ? 'processing' : 'valid';
  if (!forEver) issue(ca, order, request);
  return shown(ca, order, 200);
};

function requestOf(csr: unknown, order: Order): CertificateRequest {
  const request = read(csr);
  const asked = [...new Set([...request.names, ...(request.commonName ? [request.commonName] : [])])].sort();
  const ordered = order.identifiers.map(({ value }) => value);
  if (asked.join() !== ordered.join()) {
    throw new Problem(400, 'badCSR', `the request is for ${asked.join(', ')}, the order for ${ordered.join(', ')}`);
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: { namedCurve, modulusLength = 0 } = {} } = request.publicKey;
  if (!(type === 'rsa' ? modulusLength >= 2048 : ['prime256v1', 'secp384r1'].includes(namedCurve ?? ''))) {
    throw new Problem(400, 'badCSR', 'the key is too weak, or of an unknown kind');
  }
  if (request.publicKey.equals(order.account.key)) throw new Problem(400, 'badCSR', 'the key is the account’s own');
  return request;
}

function read(csr: unknown): CertificateRequest {
  try {
    return readRequest(Buffer.from(String(csr), 'base64url'));
  } catch (error) {
    throw new Problem(400, 'badCSR', `the request is not readable: ${(error as Error).message}`);
  }
}

function issue(ca: Ca, order: Order, { publicKey }: CertificateRequest): void {
  const at = ca.now();
  const { lifetime = ca.policy.lifetime, commonName = true } = ca.policy.profiles?.[order.profile ?? ''] ?? {};
  const notBefore = wholeSeconds(at.getTime() - ca.policy.backdate);
  // RFC 5280, section 4.1.2.5: the second of notAfter is still within.
  const notAfter = wholeSeconds(notBefore.getTime() + lifetime - 1000);
  const names = order.identifiers.map(({ value }) => value);
  const subject = names.find((name, index) => order.identifiers[index]?.type === 'dns' && name.length <= 64);
  const certificate = ca.authorities.sign({
    publicKey,
    names,
    ...(commonName && subject ? { commonName: subject } : {}),
    notBefore,
    notAfter,
  });
  const issued: IssuedCertificate = {
    url: newUrl(ca, 'certificate', ca.issued),
    serial: new X509Certificate(certificate).serialNumber,
    names,
    notBefore,
    notAfter,
    at,
    certificate,
    publicKey,
    account: order.account,
    order: order.url,
    ...(order.profile ? { profile: order.profile } : {}),
    ...(order.replaces ? { replaces: order.replaces.serial } : {}),
  };
  ca.issued.push(issued);
  order.certificate = issued;
  const predecessor = ca.issued.find(({ serial }) => serial === order.replaces?.serial);
  if (predecessor) predecessor.replacedBy = issued.serial;
}

const wholeSeconds = (milliseconds: number): Date => new Date(Math.floor(milliseconds / 1000) * 1000);
