/** Gives the wait in ms before attempt `n` (from 0): doubling, capped, with up to 30 % jitter. */
export function backoffMs(
  n: number,
  { first = 500, cap = 10_000, random = Math.random }: Partial<BackoffOptions> = {},
): number {
  const base = Math.min(cap, first * 2 ** Math.min(n, 16))
  return Math.round(base * (0.7 + 0.3 * random()))
}

interface BackoffOptions {
  first: number
  cap: number
  random: () => number
}
