// Long messages: their parts carry a user data header (3GPP TS 23.040 §9.2.3.24.1).
import { textOf } from './journal.mjs'

const CONCATENATED_8_BIT = 0x00
const CONCATENATED_16_BIT = 0x08
const UCS2_CHARACTERS = 70
const UCS2_CHARACTERS_PER_PART = 67

export class Assembly {
  #open = new Map()

  // Takes an accepted part; gives the whole message once its last part is there, else null.
  add(pdu, id) {
    const place = placeOf(pdu)
    if (place === null) return { ids: [id], parts: 1, text: textOf(pdu) }
    const key = [pdu.source_addr, pdu.destination_addr, place.reference].join(' ')
    const found = this.#open.get(key) ?? new Map()
    found.set(place.number, { id, text: textOf(pdu) })
    this.#open.set(key, found)
    if (found.size < place.total) return null
    this.#open.delete(key)
    const ordered = [...found.entries()].sort(([a], [b]) => a - b).map(([, part]) => part)
    return {
      ids: ordered.map((part) => part.id),
      parts: place.total,
      text: ordered.map((part) => part.text).join(''),
    }
  }
}

export function placeOf(pdu) {
  for (const element of pdu.short_message?.udh ?? []) {
    if (element[0] === CONCATENATED_8_BIT) {
      return { reference: element[2], total: element[3], number: element[4] }
    }
    if (element[0] === CONCATENATED_16_BIT) {
      return { reference: element.readUInt16BE(2), total: element[4], number: element[5] }
    }
  }
  return null
}

// The short_message of each PDU that carries `text`.
export function split(text, reference) {
  if (text.length <= UCS2_CHARACTERS) return [{ message: text }]
  const total = Math.ceil(text.length / UCS2_CHARACTERS_PER_PART)
  return Array.from({ length: total }, (_, index) => ({
    udh: Buffer.from([5, CONCATENATED_8_BIT, 3, reference & 0xff, total, index + 1]),
    message: text.slice(index * UCS2_CHARACTERS_PER_PART, (index + 1) * UCS2_CHARACTERS_PER_PART),
  }))
}
