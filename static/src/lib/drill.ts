import type { DispatchChannel, Drill, Drilled, DrillBoard, DrilledBranch } from '@/api/types'

const all = (drill: Drill): Drilled[] => drill.branches.flatMap(({ calls }) => calls)

/** Gives how many numbers there are, of how many something is known, and how many work. */
export function standing(drill: Drill): { all: number; done: number; ok: number } {
  const calls = all(drill)
  return {
    all: calls.length,
    done: calls.filter(({ outcome }) => outcome !== 'waiting').length,
    ok: calls.filter(({ outcome }) => outcome === 'ok').length,
  }
}

/** The channels that were tried, in the order in which they were. */
export const channelsOf = ({ branches }: Drill): DispatchChannel[] => [
  ...new Set(branches.flatMap(({ calls }) => calls.map(({ channel }) => channel))),
]

/** The numbers that somebody has to put right, each with its branch. */
export const deadNumbers = ({ branches }: Drill): (Drilled & { name: string })[] =>
  branches.flatMap(({ name, calls }) =>
    calls.filter(({ outcome }) => outcome === 'dead').map((call) => ({ ...call, name })),
  )

/** Whether a branch can be reached: over every number, some, none; or not known yet. */
export type Readiness = 'all' | 'some' | 'none' | 'unknown'

export function readiness({ calls }: DrilledBranch): { readiness: Readiness; ok: number; all: number } {
  const ok = calls.filter(({ outcome }) => outcome === 'ok').length
  const open = calls.some(({ outcome }) => ['waiting', 'unknown', 'stopped'].includes(outcome))
  const all = calls.length
  if (ok) return { readiness: ok === all ? 'all' : 'some', ok, all }
  return { readiness: open ? 'unknown' : 'none', ok, all }
}

/** Whether one goes on. */
export const isRunning = (board: DrillBoard | null): boolean => board?.drill?.ended_at === null
