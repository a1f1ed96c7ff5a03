/** The systemd units that renew twice a day. Pure. */
import { basename } from 'node:path';
import { challengeRoot } from '../model/store-paths.ts';
import { commandLine, unitPath } from './systemd-quote.ts';

export interface TimerOptions {
  /** Absolute paths of Node.js and of the program that it runs. */
  readonly node: string;
  readonly program: string;
  /** Absolute paths. */
  readonly store: string;
  /** What hooks write to, and nginx for its logs in other places. */
  readonly writable: readonly string[];
}

/** The first line of each: what lacks it was not made here. */
export const marker = '# Made by `keepgate cert timer`. Change it with: systemctl edit keepgate-renew';

export const serviceName = 'keepgate-renew.service';
export const timerName = 'keepgate-renew.timer';

/** Where the administrator's units lie (systemd.unit(5)). */
export const systemUnits = '/etc/systemd/system';

/** The texts by the names of the files. */
export function timerUnits(options: TimerOptions): Readonly<Record<typeof serviceName | typeof timerName, string>> {
  return { [serviceName]: service(options), [timerName]: timer };
}

/** FixedRandomDelay keeps the runs 12 hours apart; a systemd before 247 passes over it. */
const timer = `${marker}
[Unit]
Description=Renew certificates with keepgate twice a day

[Timer]
OnCalendar=*-*-* 00,12:00:00
RandomizedDelaySec=1h
FixedRandomDelay=true
AccuracySec=1min
Persistent=true

[Install]
WantedBy=timers.target
`;

function service({ node, program, store, writable }: TimerOptions): string {
  const command = commandLine(node, [program, 'cert', 'renew', '--store', store]);
  const folders = [
    store,
    ...new Set([challengeRoot, '/var/log/nginx', '/var/lib/nginx', '/var/cache/nginx', ...writable]),
  ];
  // What is not there is passed over, but for the store.
  const paths = folders.map((path, index) => unitPath(index === 0 ? path : `-${path}`)).join(' ');
  return `${marker}
[Unit]
Description=Renew certificates with keepgate
Wants=network-online.target
After=network-online.target nss-lookup.target

[Service]
Type=oneshot
ExecStart=${command}
# 5: the CA asked to wait, and a later run goes on.
SuccessExitStatus=5
TimeoutStartSec=1h

# Nothing can be written but this: the store, challenges, the logs of nginx. For a hook that needs more: --writable DIR.
ProtectSystem=strict
ReadWritePaths=${paths}
# nginx -t makes the pid file where nginx isn't running.
ReadWritePaths=/run
StateDirectory=${basename(challengeRoot)}
StateDirectoryMode=0755
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes

NoNewPrivileges=yes
# Files and ports as root has them, and a look at nginx's processes.
CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID
CapabilityBoundingSet=CAP_KILL CAP_NET_BIND_SERVICE CAP_SETGID CAP_SETUID CAP_SYS_PTRACE
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
`;
}
