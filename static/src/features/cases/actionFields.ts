import type { CaseAction, Codes } from '@/api/types'
import { momentOf } from '@/i18n/format'

export type Control =
  | { type: 'text' | 'line' | 'lines' | 'money' | 'days' | 'date' | 'moment' }
  | { type: 'code'; table: keyof Codes }
  | { type: 'unit' }
  | { type: 'pause' }
  | { type: 'words'; group: string; options: readonly string[] }
  | { type: 'ticks'; options: readonly string[] }

const CODED: Record<string, keyof Codes> = { agency: 'transfer_agencies', channel: 'channels' }
const TEXTS = new Set(['text', 'reason', 'statement'])
const DATES = new Set(['due', 'paused_from', 'paused_to'])
export const MEDIATION_MODES = ['onsite', 'phone', 'internet', 'video'] as const
/** Consumer law art. 39: what else a complainant may do when a complaint is rejected. */
export const REMEDIES = ['settle', 'association', 'agency', 'arbitration', 'court'] as const

/** Gives how one needed datum is asked for; null for what the page knows by itself. */
export function controlFor(need: string, action: CaseAction): Control | null {
  if (need === 'approval_id') return null
  if (need === 'organisation_id') return { type: 'unit' }
  if (need === 'pause') return { type: 'pause' }
  if (need === 'mode') return { type: 'words', group: 'mediationMode', options: MEDIATION_MODES }
  if (need === 'remedies') return { type: 'ticks', options: REMEDIES }
  if (need === 'materials') return { type: 'lines' }
  if (need === 'amount_recovered') return { type: 'money' }
  if (need === 'days') return { type: 'days' }
  if (DATES.has(need)) return { type: 'date' }
  if (need === 'happened_at') return { type: 'moment' }
  const table = need === 'reason_code' ? (action.choices ?? undefined) : CODED[need]
  if (table) return { type: 'code', table }
  return { type: TEXTS.has(need) ? 'text' : 'line' }
}

/** Gives what is sent for a typed value: numbers as numbers, lists without their empty lines. */
export function valueOf(control: Control, raw: string | string[]): unknown {
  if (control.type === 'ticks') return raw
  const text = String(raw).trim()
  if (['money', 'unit', 'pause', 'days'].includes(control.type)) return Number(text)
  if (control.type === 'moment') return new Date(momentOf(text)).toISOString()
  if (control.type === 'lines')
    return text
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean)
  return text
}

/** Whether a needed datum has been given. */
export function isGiven(control: Control, raw: string | string[] | undefined): boolean {
  if (raw === undefined) return false
  if (Array.isArray(raw)) return raw.length > 0
  const text = raw.trim()
  if (control.type === 'money') return text !== '' && Number.isFinite(Number(text)) && Number(text) >= 0
  if (control.type === 'days') return /^[1-9]\d{0,2}$/.test(text) && Number(text) <= 366
  return text !== ''
}

const QUIET = new Set([
  'return',
  'merge',
  'pause_clock',
  'move_pause_end',
  'take_back_pause',
  'extend_clock',
  'extend_collectively',
  'take_measure',
  'declare_emergency',
  'not_ours',
  'withdraw',
  'refuse_closure',
  'refuse_transfer',
  'reject',
  'not_file',
  'terminate',
])

/** Sorts the steps as they are offered: those that carry the case on first, then the others. */
export function inOrder(actions: readonly CaseAction[]): { forward: CaseAction[]; other: CaseAction[] } {
  return {
    forward: actions.filter((item) => !QUIET.has(item.action)),
    other: actions.filter((item) => QUIET.has(item.action)),
  }
}
