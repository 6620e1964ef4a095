import type { Policy, PolicyStep, StepDetails, TakenStep } from '@/api/types'
import { translate, word } from '.'
import { duration, series } from './format'

/** What a step does, in words. */
export function stepWords(step: PolicyStep, signed: boolean): string {
  switch (step.act) {
    case 'send': {
      const channels = channelWords(step.channels)
      if (step.reach === 'all') return translate('policy.step.sendAll', { channels })
      if (!step.every) return translate('policy.step.sendNext', { channels })
      return translate('policy.step.sendEach', { channels, every: duration(step.every) })
    }
    case 'ring':
      return translate('policy.step.ring', { rung: word('words.rung', step.rung) })
    case 'unit':
      return translate(signed ? 'policy.step.unitSent' : 'policy.step.unitProposed')
    case 'stop':
      return translate('policy.step.stop')
  }
}

export const channelWords = (channels: readonly string[]): string =>
  series(channels.map((channel) => word('words.dispatchChannel', channel)))

/** What became of a step, in words. */
export function takenWords({ act, outcome, position, details }: TakenStep, policy: Policy | null): string {
  const step = policy?.steps[position]
  const planned = step && policy ? stepWords(step, policy.signed) : word('policy.act', act)
  const said = {
    to: sentTo(details.to),
    name: details.name ?? '',
    rung: word('words.rung', details.rung),
    planned,
  }
  return translate(outcome === 'late' ? 'policy.taken.late' : `policy.taken.${act}.${outcome}`, said)
}

/** The same channel's names after one another: `SMS Li, Wang · fax …`. */
function sentTo(to: StepDetails['to']): string {
  const byChannel = new Map<string, string[]>()
  for (const { channel, name } of to) byChannel.set(channel, [...(byChannel.get(channel) ?? []), name])
  return [...byChannel]
    .map(([channel, names]) => `${word('words.dispatchChannel', channel)} ${series(names)}`)
    .join(' · ')
}
