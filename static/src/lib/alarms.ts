import type { Alarm, Rung } from '@/api/types'

/** The ladder that an untaken alarm climbs. */
export const RUNGS: readonly Rung[] = ['DISP', 'SHIFT', 'CMD', 'DEPUTY', 'HEAD']

/** Orders alarms as they are to be answered: untaken first, then level, then the oldest. */
export function byUrgency(a: Alarm, b: Alarm): number {
  return (
    Number(a.taken_by !== null) - Number(b.taken_by !== null) ||
    b.level - a.level ||
    a.raised_at.localeCompare(b.raised_at)
  )
}

const FOR_APPROVERS = new Set<Alarm['kind']>([
  'approval_pending',
  'oral_unconfirmed',
  'identity_rate',
  'identity_outside_chain',
  'identity_search',
  'identity_words',
])

/** Whether these permissions let one do what the alarm asks for; taking it otherwise would silence it. */
export function isAnswerable({ kind }: Alarm, may: (permission: string) => boolean): boolean {
  return may(FOR_APPROVERS.has(kind) ? 'order.approve' : 'alarm.take')
}

/** Alarms that end with their cause alone: nobody resolves them by hand. */
const LASTING = new Set<Alarm['kind']>(['outbound_paused'])
export const isResolvable = ({ kind, taken_by }: Alarm): boolean => taken_by !== null && !LASTING.has(kind)

/** Gives the list with this alarm put in or replaced. */
export function withAlarm(list: readonly Alarm[], alarm: Alarm): Alarm[] {
  return [...list.filter((item) => item.id !== alarm.id), alarm].sort(byUrgency)
}
