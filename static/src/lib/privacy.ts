export interface PersonTraits {
  name?: string
  phone?: string
  address?: string
  id_number?: string
}
export type Trace = 'name' | 'phone' | 'address' | 'id_number' | 'phone_pattern' | 'id_pattern'

const MOBILE = /(?<!\d)1[\s-]?[3-9](?:[\s-]?\d){9}(?!\d)/
const LANDLINE = /(?<![\d.])0\d{2,3}[\s-]?[2-9]\d{6,7}(?!\d)/
const ID_NUMBER =
  /(?<!\d)[1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])/

/**
 * Gives what in a text would point to a person, so that a clerk sees it while typing. The server
 * has the last word; this only warns early.
 */
export function personalTrace(text: string, person: PersonTraits = {}): Trace | null {
  const plain = squeeze(text)
  const own = (['name', 'phone', 'id_number', 'address'] as const).find((key) => {
    const value = squeeze(person[key] ?? '')
    return value.length >= LEAST[key] && plain.includes(value)
  })
  if (own) return own
  const wide = text.normalize('NFKC')
  if (ID_NUMBER.test(wide)) return 'id_pattern'
  if (MOBILE.test(wide) || LANDLINE.test(wide)) return 'phone_pattern'
  return null
}

const LEAST = { name: 2, phone: 7, id_number: 8, address: 6 } as const

function squeeze(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[\s,，.。;；:：、()（）\-·_/#]+/g, '')
    .toUpperCase()
}
