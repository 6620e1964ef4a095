import { describe, expect, it } from 'vitest'
import { catalogue } from '.'

const sources = import.meta.glob<string>(
  ['../**/*.vue', '../**/*.ts', '!../**/*.test.ts', '!../i18n/{zh,en}/*'],
  {
    query: '?raw',
    import: 'default',
    eager: true,
  },
)

function leaves(tree: unknown, path = ''): Map<string, string> {
  if (typeof tree === 'string') return new Map([[path, tree]])
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(tree as Record<string, unknown>)) {
    for (const leaf of leaves(value, path ? `${path}.${key}` : key)) found.set(...leaf)
  }
  return found
}

const placeholders = (text: string): string =>
  [...text.matchAll(/\{(\w+)\}/g)]
    .map(([, name]) => name)
    .sort()
    .join()

describe('the message catalogues', () => {
  const zh = leaves(catalogue('zh'))
  const en = leaves(catalogue('en'))

  it('say the same things in both languages', () => {
    expect([...en.keys()].filter((key) => !zh.has(key))).toEqual([])
    expect([...zh.keys()].filter((key) => !en.has(key))).toEqual([])
  })

  it('ask for the same values in both languages', () => {
    const differing = [...zh].filter(([key, text]) => placeholders(text) !== placeholders(en.get(key) ?? ''))
    expect(differing.map(([key]) => key)).toEqual([])
  })

  it('leave nothing unsaid', () => {
    expect([...zh].filter(([, text]) => text.trim() === '').map(([key]) => key)).toEqual([])
  })

  it('hold every key that a screen names', () => {
    const missing: string[] = []
    for (const [file, text] of Object.entries(sources)) {
      for (const [, key] of text.matchAll(/\b(?:t|translate)\(\s*'([\w.]+)'/g)) {
        if (key && !zh.has(key)) missing.push(`${file}: ${key}`)
      }
    }
    expect(missing).toEqual([])
  })

  it('keep every word on the screens out of the components', () => {
    const spoken = Object.entries(sources).filter(([file, text]) => {
      const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*|<!--[\s\S]*?-->/g, '')
      return file.endsWith('.vue') && /[\u4e00-\u9fff]/.test(code)
    })
    expect(spoken.map(([file]) => file)).toEqual([])
  })
})
