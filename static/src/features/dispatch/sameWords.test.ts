import { describe, expect, it } from 'vitest'
import type { PreviewRecipient } from '@/api/types'
import { sameWords } from './sameWords'

const to = (name: string, rest: Partial<PreviewRecipient> = {}): PreviewRecipient => ({
  target: { kind: 'unit', id: 1, name: '执法一组' },
  channel: 'sms',
  name,
  address: '10000000001',
  text: '【执法调度】…',
  pages: 2,
  blocked: null,
  held: null,
  ...rest,
})

describe('who gets the same words', () => {
  it('stands together, each with its own address', () => {
    const groups = sameWords([to('李建国'), to('王芳', { address: '10000000002' })])
    expect(groups).toHaveLength(1)
    expect(groups[0]?.to).toEqual([
      { name: '李建国', address: '10000000001' },
      { name: '王芳', address: '10000000002' },
    ])
  })

  it.each([
    ['another text', { text: '其他' }],
    ['another channel', { channel: 'app' as const }],
    ['a recipient that is blocked', { blocked: 'no_phone' }],
    ['another unit', { target: { kind: 'unit' as const, id: 2, name: '执法二组' } }],
  ])('but %s stands alone', (_, other) => {
    expect(sameWords([to('李建国'), to('王芳', other)])).toHaveLength(2)
  })
})
