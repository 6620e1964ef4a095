/**
 * The command bar's language: the same verbs as the buttons, typed.
 *
 *   d <case> <plates and branches…> [sms,fax,app]   compose an order; `.` is the open case
 *   s <plate> <status> [reason]                      report a status on a crew's behalf
 *   j                                                all waiting cases together
 *   t [case]                                         take an alarm
 *   f <text>                                         find a place, a case or a vehicle
 */
import type { AssignmentReport, DispatchChannel, Id, UnitState } from '@/api/types'

export interface Vocabulary {
  cases: { id: Id; caseNo: string; label: string; alarmId: Id | null }[]
  /** The case that is open at the desk. */
  openCase: Id | null
  /** In the order in which they are offered. */
  units: { id: Id; plate: string; label: string; assignmentId: Id | null }[]
  branches: { id: Id; name: string }[]
  /** By which an order may leave here. */
  channels: readonly DispatchChannel[]
}

export type Command =
  | { verb: 'dispatch'; caseId: Id; unitIds: Id[]; branchIds: Id[]; channels: DispatchChannel[] }
  | { verb: 'report'; unitId: Id; assignmentId: Id; state: AssignmentReport; reason: string }
  | { verb: 'duty'; unitId: Id; state: UnitState; reason: string }
  | { verb: 'take'; alarmId: Id }
  | { verb: 'find'; text: string }
  | { verb: 'together' }

export interface Misread {
  problem:
    | 'empty'
    | 'verb'
    | 'case_missing'
    | 'case_unknown'
    | 'case_ambiguous'
    | 'target_missing'
    | 'target_unknown'
    | 'target_ambiguous'
    | 'status_missing'
    | 'status_unknown'
    | 'not_assigned'
    | 'reason_missing'
    | 'alarm_missing'
    | 'text_missing'
  word: string
}

export type Reading = { command: Command } | Misread

const OPEN = '.'

export const ALL_CHANNELS: DispatchChannel[] = ['sms', 'fax', 'app', 'vehicle', 'voice']

const CHANNEL_WORDS: Record<string, DispatchChannel> = {
  sms: 'sms',
  短信: 'sms',
  fax: 'fax',
  传真: 'fax',
  app: 'app',
  移动端: 'app',
  vehicle: 'vehicle',
  车载: 'vehicle',
  终端: 'vehicle',
  voice: 'voice',
  电话: 'voice',
  自动拨号: 'voice',
}

const REPORT_WORDS: Record<string, AssignmentReport> = {
  ack: 'ACKED',
  接令: 'ACKED',
  enroute: 'EN_ROUTE',
  出发: 'EN_ROUTE',
  onscene: 'ON_SCENE',
  到场: 'ON_SCENE',
  handling: 'HANDLING',
  处置: 'HANDLING',
  help: 'NEED_HELP',
  增援: 'NEED_HELP',
  fedback: 'FED_BACK',
  反馈: 'FED_BACK',
  clear: 'CLEARED',
  归队: 'CLEARED',
  cannot: 'CANNOT',
  不能: 'CANNOT',
}

const DUTY_WORDS: Record<string, UnitState> = {
  free: 'FREE',
  空闲: 'FREE',
  off: 'OFF_DUTY',
  下班: 'OFF_DUTY',
  oos: 'OUT_OF_SERVICE',
  停用: 'OUT_OF_SERVICE',
}

/** The words a status may be typed as, in the reader's language first. */
export function statusWords(chinese: boolean): string[] {
  const words = [...Object.keys(REPORT_WORDS), ...Object.keys(DUTY_WORDS)]
  return words.filter((w) => /[a-z]/.test(w) !== chinese)
}

const VERBS: Record<string, (words: string[], v: Vocabulary) => Reading> = {
  d: readDispatch,
  派: readDispatch,
  s: readStatus,
  状态: readStatus,
  t: readTake,
  接: readTake,
  j: () => ({ command: { verb: 'together' } }),
  统: () => ({ command: { verb: 'together' } }),
  f: readFind,
  找: readFind,
}
export const VERB_KEYS = ['d', 's', 't', 'j', 'f'] as const

/** What the line orders, or the first word that cannot be understood. */
export function readLine(line: string, vocabulary: Vocabulary): Reading {
  const [verb, ...words] = wordsOf(line)
  if (verb === undefined) return { problem: 'empty', word: '' }
  const reader = VERBS[verb.toLowerCase()]
  return reader ? reader(words, vocabulary) : { problem: 'verb', word: verb }
}

export function wordsOf(line: string): string[] {
  return line.normalize('NFKC').split(/\s+/).filter(Boolean)
}

function readDispatch(words: string[], v: Vocabulary): Reading {
  const [caseWord, ...rest] = words
  if (caseWord === undefined) return { problem: 'case_missing', word: '' }
  const cases = findCases(caseWord, v)
  const found = cases[0]
  if (!found) return { problem: 'case_unknown', word: caseWord }
  if (cases.length > 1) return { problem: 'case_ambiguous', word: caseWord }
  const unitIds = new Set<Id>()
  const branchIds = new Set<Id>()
  let channels: DispatchChannel[] = []
  for (const word of rest) {
    const named = channelsOf(word)
    if (named) {
      channels = named
      continue
    }
    const units = findUnits(word, v)
    const branches = findBranches(word, v)
    const hits = units.length + branches.length
    if (hits !== 1) return { problem: hits ? 'target_ambiguous' : 'target_unknown', word }
    for (const unit of units) unitIds.add(unit.id)
    for (const branch of branches) branchIds.add(branch.id)
  }
  if (unitIds.size + branchIds.size === 0) return { problem: 'target_missing', word: '' }
  return {
    command: {
      verb: 'dispatch',
      caseId: found.id,
      unitIds: [...unitIds],
      branchIds: [...branchIds],
      channels: channels.length ? channels : [...v.channels],
    },
  }
}

function readStatus(words: string[], v: Vocabulary): Reading {
  const [plate, status, ...rest] = words
  if (plate === undefined) return { problem: 'target_missing', word: '' }
  const units = findUnits(plate, v)
  const unit = units[0]
  if (!unit) return { problem: 'target_unknown', word: plate }
  if (units.length > 1) return { problem: 'target_ambiguous', word: plate }
  if (status === undefined) return { problem: 'status_missing', word: '' }
  const reason = rest.join(' ')
  const duty = DUTY_WORDS[status.toLowerCase()]
  if (duty) return { command: { verb: 'duty', unitId: unit.id, state: duty, reason } }
  const state = REPORT_WORDS[status.toLowerCase()]
  if (!state) return { problem: 'status_unknown', word: status }
  if (unit.assignmentId === null) return { problem: 'not_assigned', word: plate }
  if (state === 'CANNOT' && !reason) return { problem: 'reason_missing', word: '' }
  const assignmentId = unit.assignmentId
  return { command: { verb: 'report', unitId: unit.id, assignmentId, state, reason } }
}

/** Without a case, the alarm on top of the queue. */
function readTake(words: string[], v: Vocabulary): Reading {
  const [caseWord] = words
  const cases = caseWord === undefined ? v.cases : findCases(caseWord, v)
  const alarmed = cases.find((c) => c.alarmId !== null)
  if (!alarmed || alarmed.alarmId === null) return { problem: 'alarm_missing', word: caseWord ?? '' }
  return { command: { verb: 'take', alarmId: alarmed.alarmId } }
}

function readFind(words: string[]): Reading {
  const text = words.join(' ')
  return text ? { command: { verb: 'find', text } } : { problem: 'text_missing', word: '' }
}

/** `12`, `0012`, `TS0012` or `TS…0012` all mean the case whose number ends so. */
export function findCases(word: string, v: Vocabulary): Vocabulary['cases'] {
  if (word === OPEN) return v.cases.filter((c) => c.id === v.openCase)
  const wanted = word.normalize('NFKC').toUpperCase()
  const exact = v.cases.filter((c) => c.caseNo === wanted)
  if (exact.length) return exact
  const [, kind = '', digits = ''] = /^([A-Z]{0,2})\.*(\d+)$/.exec(wanted) ?? []
  if (!digits) return []
  const ofKind = v.cases.filter((c) => c.caseNo.startsWith(kind))
  const bySerial = ofKind.filter((c) => Number(c.caseNo.slice(-5)) === Number(digits))
  const matches = digits.length <= 5 ? bySerial : ofKind.filter((c) => c.caseNo.endsWith(digits))
  return matches.length ? matches : ofKind.filter((c) => c.caseNo.endsWith(digits))
}

function findUnits(word: string, v: Vocabulary): Vocabulary['units'] {
  const wanted = plateKey(word)
  const exact = v.units.filter((u) => plateKey(u.plate) === wanted)
  if (exact.length || wanted.length < 2) return exact
  return v.units.filter((u) => plateKey(u.plate).endsWith(wanted))
}

function findBranches(word: string, v: Vocabulary): Vocabulary['branches'] {
  const exact = v.branches.filter((b) => b.name === word)
  if (exact.length || word.length < 2) return exact
  return v.branches.filter((b) => b.name.includes(word))
}

/** Plates are typed with and without the dot, in either width and case. */
function plateKey(text: string): string {
  return text
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s·.•-]/g, '')
}

function channelsOf(word: string): DispatchChannel[] | null {
  const parts = word
    .toLowerCase()
    .split(/[,，、]/)
    .filter(Boolean)
  const named = parts.map((p) => CHANNEL_WORDS[p])
  if (!parts.length || named.includes(undefined)) return null
  return ALL_CHANNELS.filter((c) => named.includes(c))
}

export interface Completion {
  /** The whole line after this completion is taken. */
  line: string
  word: string
  hint: string
}

const MOST = 8

/** What the word under the cursor (the last one) could become. */
export function complete(line: string, v: Vocabulary, chinese: boolean): Completion[] {
  const words = wordsOf(line)
  if (!/\s$/.test(line) || !words.length) {
    const last = words.pop() ?? ''
    return offer(words, last, v, chinese)
  }
  return offer(words, '', v, chinese)
}

function offer(before: string[], partial: string, v: Vocabulary, chinese: boolean): Completion[] {
  const choices = choicesFor(before, v, chinese)
  const wanted = plateKey(partial)
  const typed = new Set(before.map(plateKey))
  const fits = (c: Choice) => plateKey(c.word).includes(wanted) || c.hint.includes(partial)
  return choices
    .filter((c) => !typed.has(plateKey(c.word)) && (!partial || fits(c)))
    .slice(0, MOST)
    .map((c) => ({ ...c, line: [...before, c.word, ''].join(' ') }))
}

interface Choice {
  word: string
  hint: string
}

function choicesFor(before: string[], v: Vocabulary, chinese: boolean): Choice[] {
  const verb = before[0]?.toLowerCase()
  if (verb === undefined) return VERB_KEYS.map((word) => ({ word, hint: word }))
  const cases = v.cases.map((c) => ({ word: c.caseNo, hint: c.label }))
  const units = v.units.map((u) => ({ word: u.plate, hint: u.label }))
  if (VERBS[verb] === readDispatch) {
    if (before.length === 1)
      return [...findCases(OPEN, v).map((c) => ({ word: OPEN, hint: c.label })), ...cases]
    const branches = v.branches.map((b) => ({ word: b.name, hint: '' }))
    const channels = ['sms,fax', ...v.channels].map((word) => ({ word, hint: '' }))
    return [...units, ...branches, ...channels]
  }
  if (VERBS[verb] === readStatus) {
    if (before.length === 1) return units
    return before.length === 2 ? statusWords(chinese).map((word) => ({ word, hint: '' })) : []
  }
  if (VERBS[verb] === readTake && before.length === 1) {
    return v.cases.filter((c) => c.alarmId !== null).map((c) => ({ word: c.caseNo, hint: c.label }))
  }
  return []
}
