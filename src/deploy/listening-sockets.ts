/** Where a process listens: proc_pid_fd(5) and proc_pid_net(5). Linux alone has it. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** An address that a handshake can go to. */
export interface Socket {
  readonly address: string;
  readonly port: number;
}

const listening = '0A';

/** The TCP sockets that the process listens on, those for any address as loopback; none where this user may not look. */
export function listeningSockets(pid: number): Socket[] {
  const held = new Set(descriptors(pid));
  const found = ['tcp', 'tcp6'].flatMap((table) =>
    lines(`/proc/${pid}/net/${table}`)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === listening && held.has(`socket:[${fields[9]}]`))
      .map((fields) => socketOf(fields[1] ?? '')),
  );
  return [...new Map(found.map((socket) => [`${socket.address} ${socket.port}`, socket])).values()];
}

/** `0100007F:01BB`: four-byte words in the machine's order, here little-endian, and the port. */
function socketOf(local: string): Socket {
  const [hex = '', port = ''] = local.split(':');
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => [...Buffer.from(word, 'hex').reverse()]);
  const any = bytes.every((byte) => byte === 0);
  const address =
    bytes.length === 4
      ? any
        ? '127.0.0.1'
        : bytes.join('.')
      : any
        ? '::1'
        : (Buffer.from(bytes).toString('hex').match(/.{4}/g) ?? []).join(':');
  return { address, port: Number.parseInt(port, 16) };
}

function descriptors(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${name}`);
      } catch {
        return []; // closed meanwhile
      }
    });
  } catch {
    return [];
  }
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, 'latin1').split('\n').slice(1);
  } catch {
    return [];
  }
}
