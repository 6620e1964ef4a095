import { describe, expect, it } from 'vitest'
import { isCreditCode } from './creditCode'

describe('a unified social credit code', () => {
  it.each(['91350100M000100Y43', '91110000802100433B', '91440300708461136T', ' 91440300708461136t '])(
    'is accepted with its right check character: %s',
    (code) => expect(isCreditCode(code)).toBe(true),
  )
  it.each(['91350100M000100Y44', '9144030070846113', '91440300708461136I', '914403007084611360T', ''])(
    'is refused otherwise: %s',
    (code) => expect(isCreditCode(code)).toBe(false),
  )
})
