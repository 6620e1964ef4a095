import { expect, it } from 'vitest'
import { geoUri } from './geoUri'

it('names the pin and carries no more than a tenth of a metre', () => {
  expect(geoUri(39.91234567, 116.4, '老王饭店(东四)')).toBe(
    'geo:39.912346,116.400000?q=39.912346,116.400000(%E8%80%81%E7%8E%8B%E9%A5%AD%E5%BA%97(%E4%B8%9C%E5%9B%9B))',
  )
})
