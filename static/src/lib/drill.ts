import type { DispatchChannel, Drill, Drilled, DrillBoard, DrilledBranch } from '@/api/types'

const all = (drill: Drill): Drilled[] => drill.branches.flatMap(({ calls }) => calls)

/** The branch's own numbers. */
export const ownOf = ({ calls }: DrilledBranch): Drilled[] => calls.filter(({ person }) => !person)

/** The mobiles of whoever works there: counted apart, for a branch is not reached by them. */
export const mobilesOf = ({ calls }: DrilledBranch): Drilled[] => calls.filter(({ person }) => person)

/** How many addresses there are, of how many something is known, and how many work. */
export interface Standing {
  all: number
  done: number
  ok: number
}

export function count(calls: readonly Drilled[]): Standing {
  return {
    all: calls.length,
    done: calls.filter(({ outcome }) => outcome !== 'waiting').length,
    ok: calls.filter(({ outcome }) => outcome === 'ok').length,
  }
}

/** The same of everything that a drill tried. */
export const standing = (drill: Drill): Standing => count(all(drill))

/** The channels over which branches were tried, in the order in which they were. */
export const channelsOf = ({ branches }: Drill): DispatchChannel[] => [
  ...new Set(branches.flatMap(ownOf).map(({ channel }) => channel)),
]

/** The numbers that somebody has to put right, each with its branch. */
export const deadNumbers = ({ branches }: Drill): (Drilled & { name: string })[] =>
  branches.flatMap(({ name, calls }) =>
    calls.filter(({ outcome }) => outcome === 'dead').map((call) => ({ ...call, name })),
  )

/** Whether a branch can be reached: over every number, some, none; or not known yet. */
export type Readiness = 'all' | 'some' | 'none' | 'unknown'

export function readiness(branch: DrilledBranch): { readiness: Readiness; ok: number; all: number } {
  const calls = ownOf(branch)
  const { ok, all } = count(calls)
  const open = calls.some(({ outcome }) => ['waiting', 'unknown', 'stopped'].includes(outcome))
  if (ok) return { readiness: ok === all ? 'all' : 'some', ok, all }
  return { readiness: open ? 'unknown' : 'none', ok, all }
}

/** Whether one goes on. */
export const isRunning = (board: DrillBoard | null): boolean => board?.drill?.ended_at === null
