/**
 * Where routes to one backend ask different things of a client, nginx and the backend have to mean the same path: what nginx
 * takes for an open path must not be a guarded one to the backend. Such a site refuses paths that backends read in other ways
 * (`strictPaths`), guards every spelling of a guarded path before any other regular expression is asked, and takes what is
 * open below a guard in its plain spelling alone.
 */
import { type Guard, implies, isOpen } from './guard.ts';
import {
  asWritten,
  everySpelling,
  everySpellingOfExact,
  isAtOrBelow,
  literalStart,
  mayOverlap,
  plainPrefix,
  widened,
} from './path-spelling.ts';

export interface GuardedRoute {
  readonly key: string;
  readonly sign: '' | '=' | '~' | '~*';
  readonly path: string;
  readonly guard: Guard;
  /** The ports of its backend's servers; empty where nginx answers by itself. */
  readonly ports: ReadonlySet<string>;
}

/** How a location is matched. */
export interface Match {
  readonly modifier: '=' | '~' | '~*' | null;
  readonly path: string;
  /** A regular expression that `$request_uri` has to match; null for none. */
  readonly asWritten: string | null;
}

/** The places of a route's locations: among the exact and prefix ones, before the spec's regular expressions, or among these. */
export interface Placing {
  readonly matches: readonly Match[];
  readonly among: 'paths' | 'guards' | 'regexes';
}

export interface Refusal {
  readonly code: 'guard-spelling' | 'guard-overlap' | 'guard-too-long';
  readonly message: string;
}

/**
 * Whether a client whom one route lets pass could reach what another one guards, by another spelling of its path. A regular
 * expression that answers with an error is no reason: it is mostly there to spare the backend what nobody should ask for.
 */
export function needStrictPaths(routes: readonly GuardedRoute[]): boolean {
  const guarded = routes.filter((route) => !isOpen(route.guard) && !(route.guard.closed && isRegex(route)));
  const passing = routes.filter(({ ports }) => ports.size > 0);
  return guarded.some((one) =>
    passing.some((other) => !implies(other.guard, one.guard) && (mayBeOneBackend(one, other) || takesFrom(other, one))),
  );
}

/** A server may have several names and addresses, but has one port. */
function mayBeOneBackend(one: GuardedRoute, other: GuardedRoute): boolean {
  return one.ports.size === 0 || [...one.ports].some((port) => other.ports.has(port));
}

/** nginx prefers a regular expression to the path that it takes a request from. */
function takesFrom(other: GuardedRoute, one: GuardedRoute): boolean {
  return isRegex(other) && one.sign === '' && mayOverlap(other.path, one.path);
}

/** The locations of a route where nothing has to be strict. `exactToo`: no other route has this very path as an exact one. */
export function plainPlacing({ sign, path }: Pick<GuardedRoute, 'sign' | 'path'>, exactToo: boolean): Placing {
  if (sign === '~' || sign === '~*') return { matches: [{ modifier: sign, path, asWritten: null }], among: 'regexes' };
  return { matches: pathMatches(sign, path, exactToo, null), among: 'paths' };
}

function pathMatches(sign: '' | '=', path: string, exactToo: boolean, written: string | null): Match[] {
  if (sign === '=') return [{ modifier: '=', path, asWritten: written }];
  if (path === '/') return [{ modifier: null, path, asWritten: written }];
  const exact: Match[] = exactToo ? [{ modifier: '=', path, asWritten: written }] : [];
  return [...exact, { modifier: null, path: `${path}/`, asWritten: written }];
}

/** The routes of a site with strict paths. */
export class StrictRoutes {
  readonly #routes: readonly GuardedRoute[];
  readonly #guarded: readonly GuardedRoute[];
  readonly #matrix: boolean;
  readonly #spellings: readonly { readonly of: GuardedRoute; readonly regex: RegExp }[];

  /** `matrix`: paths may carry parameters after a semicolon. */
  constructor(routes: readonly GuardedRoute[], matrix: boolean) {
    this.#routes = routes;
    this.#guarded = routes.filter(({ guard }) => !isOpen(guard));
    this.#matrix = matrix;
    this.#spellings = this.#guarded
      .filter((route) => !isRegex(route) && route.path !== '/')
      .map((of) => ({ of, regex: new RegExp(this.#everySpelling(of), 'i') }));
  }

  /** Where a route stands; the reason when nginx can't hold what it and the others ask for. */
  place(route: GuardedRoute, exactToo: boolean): Placing | Refusal {
    const refusal = isRegex(route) ? this.#regexRefusal(route) : this.#spellingRefusal(route);
    if (refusal) return refusal;
    const placing = isRegex(route) ? placeRegex(route) : this.#placePath(route, exactToo);
    if (!placing.matches.some((match) => isTooLong(match.path) || isTooLong(match.asWritten ?? ''))) return placing;
    const message = `the route "${route.key}" is too long for nginx to guard it in every spelling; guard a shorter path`;
    return { code: 'guard-too-long', message };
  }

  #placePath(route: GuardedRoute, isOnlyExact: boolean): Placing {
    const { sign, path, guard, ports } = route;
    // nginx prefers an exact location to every regular expression, a guarded one too
    const exactToo = isOnlyExact && !this.#guarded.some((of) => !implies(guard, of.guard) && isMatchedBy(of, path));
    const above = this.#routes.filter((over) => over !== route && isAbove(over, route));
    const stricter = above.filter((over) => !implies(guard, over.guard));
    const first = goesFirst(route, above);
    if (stricter.length === 0 && !first) return plainPlacing(route, exactToo);
    // what a client of this route may not reach answers to the other spellings, or nobody does
    const othersAreSafe = above.every((over) => implies(over.guard, guard));
    const written = stricter.length > 0 && ports.size > 0 ? asWritten(path, sign === '=') : null;
    if (first && (stricter.length === 0 || !othersAreSafe))
      return { matches: [{ modifier: '~*', path: this.#everySpelling(route), asWritten: written }], among: 'guards' };
    if (!first || sign === '=')
      return { matches: pathMatches(sign === '=' ? '=' : '', path, exactToo, written), among: 'paths' };
    return { matches: [{ modifier: '~', path: plainPrefix(path), asWritten: written }], among: 'guards' };
  }

  #everySpelling({ sign, path }: GuardedRoute): string {
    return sign === '=' ? everySpellingOfExact(path, this.#matrix) : everySpelling(path, this.#matrix);
  }

  #spellingRefusal(route: GuardedRoute): Refusal | undefined {
    if (this.#matrix && route.sign === '=' && route.path === '/' && !isOpen(route.guard)) {
      const message = `the guard of "= /" can't hold where semicolons are allowed in paths; take "semicolons: allow" out, or guard "/"`;
      return { code: 'guard-overlap', message };
    }
    if (route.ports.size === 0) return undefined;
    const other = this.#spellings.find(
      ({ of, regex }) =>
        of !== route &&
        !implies(route.guard, of.guard) &&
        !isAbove(of, route) &&
        of.path !== route.path &&
        regex.test(route.path),
    )?.of;
    const taken = other ?? this.#guarded.find((of) => !implies(route.guard, of.guard) && isSpellingFor(of, route));
    if (!taken) return undefined;
    const message = `many backends take "${route.key}" for "${taken.key}", which asks more of a client; give both the same guard, or take one out`;
    return { code: 'guard-spelling', message };
  }

  #regexRefusal(route: GuardedRoute): Refusal | undefined {
    const { key, path, guard, ports } = route;
    const refuse = (message: string): Refusal => ({ code: 'guard-overlap', message });
    const root = this.#routes.find((other) => other.sign === '' && other.path === '/');
    if (root && ports.size > 0 && !implies(guard, root.guard) && mayBeOneBackend(root, route))
      return refuse(
        `"${key}" asks less of a client than "/", and nobody can tell which paths the backend takes for one that it matches; write it as plain paths`,
      );
    if (isOpen(guard)) return undefined;
    if (this.#matrix)
      return refuse(
        `the guard of "${key}" can't hold where semicolons are allowed in paths; guard a plain path, or take "semicolons: allow" out`,
      );
    if (widened(path) === undefined)
      return refuse(
        `the guard of "${key}" can't hold for every spelling, because a part of it says what does not match; write it without, or guard a plain path`,
      );
    const before = this.#routes.slice(0, this.#routes.indexOf(route));
    const first = this.#routes.find(
      (other) =>
        other.ports.size > 0 &&
        !implies(other.guard, guard) &&
        (isRegex(other)
          ? !isOpen(other.guard) && before.includes(other) && mayOverlap(path, literalStart(other.path))
          : this.#isFirst(other) && mayOverlap(path, other.path)),
    );
    if (!first) return undefined;
    return refuse(
      `"${key}" may match paths of "${first.key}", which goes first and asks other things of a client; give both the same guard, or let the expression begin with a path of its own`,
    );
  }

  #isFirst(route: GuardedRoute): boolean {
    return goesFirst(
      route,
      this.#guarded.filter((over) => over !== route && isAbove(over, route)),
    );
  }
}

function placeRegex({ sign, path, guard }: GuardedRoute): Placing {
  if (isOpen(guard) || (sign !== '~' && sign !== '~*')) return plainPlacing({ sign, path }, false);
  return { matches: [{ modifier: '~*', path: widened(path) ?? path, asWritten: null }], among: 'guards' };
}

/** Whether a path stands before the spec's regular expressions: it is guarded, or lies below such a one. */
function goesFirst({ path, guard }: GuardedRoute, above: readonly GuardedRoute[]): boolean {
  if (path === '/') return false;
  return !isOpen(guard) || above.some((over) => over.path !== '/' && !isRegex(over) && !isOpen(over.guard));
}

/** Whether a request for a route would be another one's, were it not there. */
function isAbove(over: GuardedRoute, route: GuardedRoute): boolean {
  if (over.sign === '') return isAtOrBelow(route.path, over.path);
  return isRegex(over) && route.sign === '=' && mayOverlap(over.path, route.path);
}

/**
 * Whether an exact path, which nginx prefers to every regular expression, is for a guarded one another spelling of what it matches.
 * What can't be told in JavaScript's regular expressions may be one.
 */
function isSpellingFor({ sign, path }: GuardedRoute, route: GuardedRoute): boolean {
  if (route.sign !== '=' || (sign !== '~' && sign !== '~*') || !mayOverlap(path, route.path)) return false;
  const written = compiled(path, sign === '~*' ? 'i' : '');
  return isMatchedBy({ sign, path }, route.path) && !(written?.test(route.path) ?? false);
}

/** Whether a guarded regular expression, as it is written for every spelling, matches a path; what can't be told may. */
function isMatchedBy({ sign, path: text }: Pick<GuardedRoute, 'sign' | 'path'>, path: string): boolean {
  if ((sign !== '~' && sign !== '~*') || !mayOverlap(text, path)) return false;
  return compiled(widened(text) ?? text, 'i')?.test(path) ?? true;
}

function compiled(text: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(text, flags);
  } catch {
    return undefined;
  }
}

function isRegex({ sign }: Pick<GuardedRoute, 'sign'>): boolean {
  return sign === '~' || sign === '~*';
}

/** nginx reads tokens of up to 4,094 bytes, in which a backslash is two. */
function isTooLong(text: string): boolean {
  return Buffer.byteLength(text.replaceAll('\\', '\\\\')) > 4000;
}
