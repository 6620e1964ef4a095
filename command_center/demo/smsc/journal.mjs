// The witness: one JSON line for every PDU and for every message put together from its parts.
import { appendFileSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

export class Journal {
  constructor(file) {
    this.file = file
    mkdirSync(dirname(file), { recursive: true })
  }

  // Written before the peer answers, so that what it acknowledged is always in the file.
  write(event, facts = {}) {
    appendFileSync(
      this.file,
      JSON.stringify({ at: new Date().toISOString(), event, ...facts }) + '\n',
    )
  }

  pdu(direction, session, pdu) {
    this.write(direction, {
      session,
      command: pdu.command,
      sequence: pdu.sequence_number,
      status: pdu.command_status,
      ...pick(pdu, ['message_id', 'source_addr', 'destination_addr', 'esm_class', 'data_coding']),
      ...(pdu.short_message ? { text: textOf(pdu) } : {}),
    })
  }
}

export const INTERNATIONAL = 1

// The number as people write it: SMPP moves the plus sign into the type of number.
export function address(pdu, side) {
  const ton = side === 'source' ? pdu.source_addr_ton : pdu.dest_addr_ton
  return (ton === INTERNATIONAL ? '+' : '') + pdu[`${side}_addr`]
}

export function textOf(pdu) {
  const content = pdu.short_message?.message ?? pdu.short_message ?? ''
  return Buffer.isBuffer(content) ? content.toString('hex') : String(content)
}

function pick(object, keys) {
  return Object.fromEntries(keys.filter((key) => key in object).map((key) => [key, object[key]]))
}
