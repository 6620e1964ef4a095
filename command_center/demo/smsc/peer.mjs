// The simulated SMSC. It reaches nobody: it answers, journals, and sends back what it is told to.
import smpp from 'smpp'

import { address, INTERNATIONAL } from './journal.mjs'
import { Assembly, split } from './parts.mjs'

const UCS2 = 0x08
const RECEIPT = 0x04
const RETRY_MS = 1000 // after a "temporary application error", which bearerbox gives while it starts
const SUBMIT_STATUS = {
  accept: smpp.ESME_ROK,
  throttle: smpp.ESME_RTHROTTLED,
  refuse: smpp.ESME_RSUBMITFAIL,
}
const RECEIPT_STATES = { DELIVRD: 2, EXPIRED: 3, UNDELIV: 5, REJECTD: 8 }

export const DEFAULT_RULE = {
  submit: 'accept', // accept | throttle | refuse | silent (takes it and never answers)
  count: 0, // how many submits the rule holds for; 0: until it is changed
  receipt: 'DELIVRD', // DELIVRD | UNDELIV | EXPIRED | REJECTD | none
  delay_ms: 300, // from acceptance to receipt
  numbers: [], // only these recipients; empty: all
}

export class Peer {
  #assembly = new Assembly()
  #sessions = new Map() // receiving sessions by their number
  #waiting = [] // deliver_sm PDUs for which nobody was bound
  #server = null
  #counters = { session: 0, message: Math.floor(Date.now() / 1000) * 1000, reference: 0 }

  constructor({ port, user, password, numbers, journal }) {
    Object.assign(this, { port, user, password, journal })
    this.numbers = new RegExp(numbers)
    this.rule = { ...DEFAULT_RULE }
    this.submitted = 0
  }

  get state() {
    return {
      simulator: true,
      listening: this.#server !== null,
      bound: this.#sessions.size,
      waiting: this.#waiting.length,
      submitted: this.submitted,
      rule: this.rule,
    }
  }

  // Listen on loopback, and nowhere else.
  back() {
    if (this.#server) return Promise.resolve()
    const server = smpp.createServer((session) => this.#welcome(session))
    server.on('error', (error) => this.journal.write('error', { message: error.message }))
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.port, '127.0.0.1', () => {
        this.#server = server
        this.journal.write('listening', { port: this.port })
        resolve()
      })
    })
  }

  // Cut every link and refuse new ones, as an SMSC that is down.
  away() {
    if (!this.#server) return Promise.resolve()
    const server = this.#server
    this.#server = null
    this.journal.write('away')
    return new Promise((resolve) => {
      server.close(() => resolve())
      for (const session of [...server.sessions]) session.destroy()
    })
  }

  setRule(change) {
    const rule = { ...DEFAULT_RULE, ...change }
    if (!(rule.submit in SUBMIT_STATUS) && rule.submit !== 'silent') throw new RangeError('submit')
    if (!(rule.receipt in RECEIPT_STATES) && rule.receipt !== 'none') throw new RangeError('receipt')
    this.rule = rule
    this.journal.write('rule', { rule })
  }

  // A text from a (demo) phone to us; gives true when the other side took every part.
  async inject({ from, to, text }) {
    const parts = split(text, ++this.#counters.reference)
    this.journal.write('inbound', { from, to, text, parts: parts.length })
    const taken = await Promise.all(
      parts.map((short_message) =>
        this.#deliver({
          ...(from.startsWith('+') ? { source_addr_ton: INTERNATIONAL, source_addr_npi: 1 } : {}),
          source_addr: from.replace('+', ''),
          destination_addr: to,
          data_coding: UCS2,
          esm_class: parts.length > 1 ? smpp.ESM_CLASS.UDH_INDICATOR : 0,
          short_message,
        }),
      ),
    )
    return taken.every(Boolean)
  }

  #welcome(session) {
    const number = ++this.#counters.session
    session.on('error', (error) => this.journal.write('error', { session: number, message: error.message }))
    session.on('pdu', (pdu) => this.journal.pdu('received', number, pdu))
    session.on('close', () => {
      this.#sessions.delete(number)
      this.journal.write('closed', { session: number })
    })
    for (const command of ['bind_transceiver', 'bind_receiver', 'bind_transmitter']) {
      session.on(command, (pdu) => this.#bind(session, number, pdu))
    }
    session.on('submit_sm', (pdu) => this.#submit(session, number, pdu))
    session.on('enquire_link', (pdu) => this.#answer(session, number, pdu))
    session.on('unbind', (pdu) => this.#answer(session, number, pdu, {}, () => session.close()))
  }

  #bind(session, number, pdu) {
    if (pdu.system_id !== this.user || pdu.password !== this.password) {
      this.#answer(session, number, pdu, { command_status: smpp.ESME_RBINDFAIL }, () => session.close())
      return
    }
    session.welcome = true
    this.#answer(session, number, pdu, { system_id: 'smsc-simulator' })
    if (pdu.command === 'bind_transmitter') return
    this.#sessions.set(number, session)
    for (const waiting of this.#waiting.splice(0)) this.#deliver(waiting.options).then(waiting.resolve)
  }

  #submit(session, number, pdu) {
    this.submitted += 1
    const status = this.#verdict(session, pdu)
    if (status === null) return
    if (status !== smpp.ESME_ROK) {
      this.#answer(session, number, pdu, { command_status: status })
      return
    }
    const id = String(++this.#counters.message)
    const whole = this.#assembly.add(pdu, id)
    if (whole) {
      this.journal.write('message', {
        from: address(pdu, 'source'),
        to: address(pdu, 'destination'),
        ...whole,
      })
    }
    const receipt = this.#ruleFor(pdu).receipt
    const wanted = (pdu.registered_delivery & 0x03) === 1 && receipt !== 'none'
    this.#answer(session, number, pdu, { message_id: id }, () => {
      if (wanted) setTimeout(() => this.#receipt(pdu, id, receipt), this.rule.delay_ms)
    })
  }

  // The status to answer a submit with; null for silence.
  #verdict(session, pdu) {
    if (!session.welcome) return smpp.ESME_RINVBNDSTS
    if (!this.numbers.test(address(pdu, 'destination'))) return smpp.ESME_RINVDSTADR
    const { submit } = this.#ruleFor(pdu)
    if (submit !== 'accept' && this.rule.count > 0 && --this.rule.count === 0) {
      this.rule = { ...this.rule, submit: 'accept' }
    }
    return submit === 'silent' ? null : SUBMIT_STATUS[submit]
  }

  #ruleFor(pdu) {
    const { numbers } = this.rule
    return !numbers.length || numbers.includes(address(pdu, 'destination')) ? this.rule : DEFAULT_RULE
  }

  #receipt(pdu, id, state) {
    const when = new Date().toISOString().replace(/[-:T]/g, '').slice(2, 12)
    const delivered = state === 'DELIVRD' ? '001' : '000'
    this.#deliver({
      source_addr_ton: pdu.dest_addr_ton,
      source_addr_npi: pdu.dest_addr_npi,
      source_addr: pdu.destination_addr,
      destination_addr: pdu.source_addr,
      esm_class: RECEIPT,
      receipted_message_id: id,
      message_state: RECEIPT_STATES[state],
      short_message:
        `id:${id} sub:001 dlvrd:${delivered} submit date:${when} done date:${when}` +
        ` stat:${state} err:000 text:`,
    })
  }

  // Hand a deliver_sm to a receiving session, now or as soon as one is bound; again when the
  // other side says that it cannot take it yet (SMPP 3.4 §5.1.3, ESME_RX_T_APPN).
  #deliver(options) {
    const [number, session] = [...this.#sessions.entries()].at(-1) ?? []
    return new Promise((resolve) => {
      if (!session) {
        this.#waiting.push({ options, resolve })
        return
      }
      const pdu = new smpp.PDU('deliver_sm', options)
      this.journal.pdu('sent', number, pdu)
      session.send(pdu, ({ command_status: status }) => {
        if (status !== smpp.ESME_RX_T_APPN) resolve(status === smpp.ESME_ROK)
        else setTimeout(() => this.#deliver(options).then(resolve), RETRY_MS)
      })
    })
  }

  #answer(session, number, pdu, options = {}, then = undefined) {
    const response = pdu.response(options)
    this.journal.pdu('sent', number, response)
    session.send(response, then)
  }
}
