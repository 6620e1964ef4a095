import { describe, expect, it } from 'vitest'
import type { Hit } from '@/api/types'
import { anyOpen, anyRefused, confirmedOf, keyOf, segments, toggled, wordsOf } from './hits'

const hit = (start: number, end: number, more: Partial<Hit> = {}): Hit => ({
  field: 'note',
  kind: 'phone',
  start,
  end,
  digest: `${start}`,
  refused: false,
  ...more,
})

describe('what leads to a person', () => {
  it('is cut out of the text where the server saw it, whole characters counted', () => {
    const text = '𠮷田13812345678。'
    expect(segments(text, [hit(2, 13)]).map((part) => part.text)).toEqual(['𠮷田', '13812345678', '。'])
    expect(wordsOf(text, hit(2, 13))).toBe('13812345678')
  })

  it('is drawn once where two ways saw it', () => {
    expect(segments('abcdef', [hit(2, 5), hit(1, 4)]).map((part) => part.text)).toEqual(['a', 'bcd', 'ef'])
  })

  it('is open until each place was looked at', () => {
    const typed = [{ field: 'note', text: 'abcdef', hits: [hit(0, 2), hit(3, 5)] }]
    let accepted: ReadonlySet<string> = new Set()
    expect(anyOpen(typed, accepted)).toBe(true)
    accepted = toggled(toggled(accepted, keyOf(hit(0, 2))), keyOf(hit(3, 5)))
    expect(anyOpen(typed, accepted)).toBe(false)
    expect(confirmedOf(typed, accepted)).toEqual([
      { field: 'note', kind: 'phone', digest: '0' },
      { field: 'note', kind: 'phone', digest: '3' },
    ])
    expect(anyOpen(typed, toggled(accepted, keyOf(hit(0, 2))))).toBe(true)
    expect(anyRefused(typed)).toBe(false)
  })
})
