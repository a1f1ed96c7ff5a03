import { describe } from 'vitest';
import { twoYears } from './two-years.ts';

describe('a CA that says when to renew (RFC 9773)', () => twoYears('window'));
