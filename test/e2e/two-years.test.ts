import { describe } from 'vitest';
import { twoYears } from './two-years.ts';

describe('a CA that does not say when to renew', () => twoYears('none'));
