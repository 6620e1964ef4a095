import { isApiError } from '@/api/errors'
import { STAGES } from '@/lib/limits'
import type {
  Id,
  Organisation,
  Policies,
  Policy,
  PolicyContent,
  PolicyStep,
  PolicyVersion,
  Urgency,
} from '@/api/types'

/** A step as it is edited; `key` tells the lines apart while they change places. */
export interface StepLine extends PolicyStep {
  key: number
}

export interface PolicyForm extends Omit<PolicyContent, 'steps'> {
  steps: StepLine[]
}

let keys = 0

export function toForm({ channels, limits, steps }: PolicyContent): PolicyForm {
  return {
    channels: [...channels],
    limits: { ...limits },
    steps: steps.map((step) => ({ ...step, channels: [...step.channels], key: (keys += 1) })),
  }
}

/** What is saved: a step says nothing that its act has no use for. */
export function toBody({ channels, limits, steps }: PolicyForm): PolicyContent {
  return {
    channels: [...channels],
    limits: { ...limits },
    steps: steps.map(({ after, act, channels: by, reach, every, rung }) => {
      const sends = act === 'send'
      return {
        after,
        act,
        channels: sends ? [...by] : [],
        reach: sends ? reach : 'all',
        every: sends && reach === 'next' ? every : 0,
        rung: act === 'ring' ? rung || 'DISP' : '',
      }
    }),
  }
}

export const isSame = (form: PolicyForm, content: PolicyContent): boolean =>
  JSON.stringify(toBody(form)) === JSON.stringify(toBody(toForm(content)))

/** By time; what comes at the same moment stays as it stands, and sending stops last. */
export function inOrder(steps: readonly StepLine[]): StepLine[] {
  return [...steps].sort((a, b) => a.after - b.after || Number(a.act === 'stop') - Number(b.act === 'stop'))
}

const A_MINUTE = 60
const LONGEST = 86_400

/** One more step, a minute after the last that is not the end. */
export function withStep(form: PolicyForm): StepLine[] {
  const before = form.steps.filter(({ act }) => act !== 'stop').at(-1)?.after ?? 0
  const step: StepLine = {
    after: Math.min(before + A_MINUTE, LONGEST),
    act: 'send',
    channels: [...form.channels],
    reach: 'all',
    every: 0,
    rung: '',
    key: (keys += 1),
  }
  return inOrder([...form.steps, step])
}

/** Each organisation's path from the root, as policies name it. */
export function pathsOf(organisations: readonly Organisation[]): Map<Id, string> {
  const byId = new Map(organisations.map((one) => [one.id, one]))
  const path = (id: Id): string => {
    const parent = byId.get(id)?.parent_id
    return `${parent == null ? '/' : path(parent)}${id}/`
  }
  return new Map(organisations.map(({ id }) => [id, path(id)]))
}

/** The policy that holds there: its own, else that of the nearest above, else the house's. */
export function holding(policies: Policies, path: string, urgency: Urgency): PolicyVersion | Policy | null {
  const own = policies.items
    .filter((one) => one.urgency === urgency && path.startsWith(one.organisation_path))
    .sort((a, b) => b.organisation_path.length - a.organisation_path.length)
  return own[0] ?? policies.house.find((one) => one.urgency === urgency) ?? null
}

export const ownOf = (policies: Policies, path: string, urgency: Urgency): PolicyVersion | null =>
  policies.items.find((one) => one.urgency === urgency && one.organisation_path === path) ?? null

export const sendsUnits = ({ steps }: PolicyContent): boolean => steps.some(({ act }) => act === 'unit')

export interface Refusal {
  part: 'channels' | 'limits' | 'steps'
  code: string
  /** The step or the limit that it is about, where the server names one. */
  step: number | null
  stage: (typeof STAGES)[number] | null
}

/** What of the form was refused; null where it was not about the form. */
export function refusalOf(error: unknown): Refusal | null {
  if (!isApiError(error) || !error.field) return null
  const [part, which] = error.field.split('.')
  if (part !== 'channels' && part !== 'limits' && part !== 'steps') return null
  const step = part === 'steps' && which !== undefined ? Number(which) : null
  const stage = (part === 'limits' && STAGES.find((one) => one === which)) || null
  return { part, code: error.code, step, stage }
}
