// Simulated SMSC: SMPP for Kannel on one loopback port, JSON over HTTP to steer it on another.
//
//   GET  /state                          who is bound, which rule holds
//   POST /inbound  {from, to, text}      a text message from a phone to us
//   POST /rule     {submit, count, ...}  see DEFAULT_RULE in peer.mjs; {} restores it
//   POST /away, POST /back               the SMSC goes away and comes back
import { createServer } from 'node:http'

import { Journal } from './journal.mjs'
import { Peer } from './peer.mjs'

const { SMSC_PORT, SMSC_CONTROL_PORT, SMSC_USER, SMSC_PASSWORD, SMSC_NUMBERS, SMSC_JOURNAL } = process.env
const DELIVERY_MS = 5000

const journal = new Journal(SMSC_JOURNAL)
const peer = new Peer({
  port: Number(SMSC_PORT),
  user: SMSC_USER,
  password: SMSC_PASSWORD,
  numbers: SMSC_NUMBERS,
  journal,
})

const verbs = {
  'GET /state': () => [200, peer.state],
  'POST /inbound': async (message) => {
    for (const key of ['from', 'to', 'text']) {
      if (typeof message[key] !== 'string' || !message[key]) throw new RangeError(key)
    }
    const late = new Promise((resolve) => setTimeout(() => resolve(null), DELIVERY_MS).unref())
    const taken = await Promise.race([peer.inject(message), late])
    return taken === null ? [202, { taken: false, waiting: true }] : [200, { taken }]
  },
  'POST /rule': (rule) => {
    peer.setRule(rule)
    return [200, peer.state]
  },
  'POST /away': async () => {
    await peer.away()
    return [200, peer.state]
  },
  'POST /back': async () => {
    await peer.back()
    return [200, peer.state]
  },
}

async function bodyOf(request) {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text ? JSON.parse(text) : {}
}

async function answer(request) {
  const verb = verbs[`${request.method} ${request.url}`]
  if (!verb) return [404, { error: 'unknown verb' }]
  try {
    return await verb(await bodyOf(request))
  } catch (error) {
    return [400, { error: `${error.name}: ${error.message}` }]
  }
}

const control = createServer(async (request, response) => {
  const [status, body] = await answer(request)
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
})

function stop() {
  journal.write('stopped')
  process.exit(0)
}

process.on('SIGTERM', stop)
process.on('SIGINT', stop)
await peer.back()
control.listen(Number(SMSC_CONTROL_PORT), '127.0.0.1')
