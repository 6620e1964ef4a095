import { describe, expect, it } from 'vitest'
import { ApiError } from '@/api/errors'
import type { Organisation, Policies, Policy, PolicyContent, PolicyVersion } from '@/api/types'
import {
  holding,
  inOrder,
  isSame,
  ownOf,
  pathsOf,
  refusalOf,
  sendsUnits,
  toBody,
  toForm,
  withStep,
} from './form'

const content: PolicyContent = {
  channels: ['app', 'sms'],
  limits: { ack: 120, depart: 300, arrive: 2_400, feedback: 14_400 },
  steps: [
    { after: 45, act: 'send', channels: ['sms', 'fax'], reach: 'next', every: 30, rung: '' },
    { after: 120, act: 'ring', channels: [], reach: 'all', every: 0, rung: 'CMD' },
    { after: 120, act: 'unit', channels: [], reach: 'all', every: 0, rung: '' },
    { after: 600, act: 'stop', channels: [], reach: 'all', every: 0, rung: '' },
  ],
}

describe('a policy that is edited', () => {
  it('is saved as it was read, when nothing was changed', () => {
    expect(toBody(toForm(content))).toEqual(content)
    expect(isSame(toForm(content), content)).toBe(true)
  })

  it('leaves what it was read from alone', () => {
    const form = toForm(content)
    form.channels.push('fax')
    form.limits.ack = 1
    form.steps[0]?.channels.pop()
    expect(content.channels).toEqual(['app', 'sms'])
    expect(content.limits.ack).toBe(120)
    expect(content.steps[0]?.channels).toEqual(['sms', 'fax'])
    expect(isSame(form, content)).toBe(false)
  })

  it('says nothing that a step’s act has no use for', () => {
    const form = toForm(content)
    Object.assign(form.steps[0] ?? {}, { act: 'ring' })
    Object.assign(form.steps[1] ?? {}, { act: 'send', channels: ['fax'], every: 60 })
    expect(toBody(form).steps.slice(0, 2)).toEqual([
      { after: 45, act: 'ring', channels: [], reach: 'all', every: 0, rung: 'DISP' },
      { after: 120, act: 'send', channels: ['fax'], reach: 'all', every: 0, rung: '' },
    ])
  })
})

describe('its steps', () => {
  it('stand in the order of their times, and sending stops last', () => {
    const [send, ring, unit, stop] = toForm(content).steps
    if (!send || !ring || !unit || !stop) throw new Error('four steps')
    const mixed = inOrder([{ ...stop, after: 120 }, unit, ring, { ...send, after: 200 }])
    expect(mixed.map(({ act, after }) => `${act} ${after}`)).toEqual([
      'unit 120',
      'ring 120',
      'stop 120',
      'send 200',
    ])
  })

  it('grow by one a minute after the last, before the end', () => {
    const steps = withStep(toForm(content))
    expect(steps.map(({ act, after }) => `${act} ${after}`)).toEqual([
      'send 45',
      'ring 120',
      'unit 120',
      'send 180',
      'stop 600',
    ])
    expect(new Set(steps.map(({ key }) => key)).size).toBe(5)
  })

  it('want a signature where one sends another unit', () => {
    expect(sendsUnits(content)).toBe(true)
    expect(sendsUnits({ ...content, steps: content.steps.slice(0, 2) })).toBe(false)
  })
})

describe('the policy that holds', () => {
  const organisation = (id: number, parent_id: number | null): Organisation =>
    ({ id, parent_id }) as Organisation
  const version = (organisation_path: string, urgency: number): PolicyVersion =>
    ({ organisation_path, urgency }) as PolicyVersion
  const bureau = version('/1/', 1)
  const branch = version('/1/4/', 1)
  const house = { urgency: 1 } as Policy
  const policies: Policies = { items: [bureau, branch], house: [house, { urgency: 2 } as Policy] }

  it('is named by the way from the root', () => {
    const paths = pathsOf([organisation(12, 4), organisation(1, null), organisation(4, 1)])
    expect(paths.get(12)).toBe('/1/4/12/')
  })

  it.each([
    ['/1/4/', 1, branch],
    ['/1/4/12/', 1, branch],
    ['/1/', 1, bureau],
    ['/1/5/', 1, bureau],
    ['/1/41/', 1, bureau],
    ['/9/', 1, house],
    ['/1/4/', 2, policies.house[1]],
  ] as const)('at %s for %i is its own, the nearest above, or the house’s', (path, urgency, held) => {
    expect(holding(policies, path, urgency)).toBe(held)
  })

  it('is its own only where it stands', () => {
    expect(ownOf(policies, '/1/4/', 1)).toBe(branch)
    expect(ownOf(policies, '/1/4/12/', 1)).toBeNull()
  })
})

describe('what the server refuses', () => {
  const refused = (field: string, code = 'bad_time') =>
    refusalOf(new ApiError({ status: 422, code, message: '', field }))

  it('is said beside what it is about', () => {
    expect(refused('steps')).toMatchObject({ part: 'steps', code: 'bad_time', step: null })
    expect(refused('steps.2.after')).toMatchObject({ part: 'steps', step: 2 })
    expect(refused('limits.arrive')).toMatchObject({ part: 'limits', stage: 'arrive' })
    expect(refused('limits', 'not_in_order')).toMatchObject({ part: 'limits', stage: null })
    expect(refused('channels', 'required')).toMatchObject({ part: 'channels' })
  })

  it('is said of the whole where it is about nothing in the form', () => {
    expect(refused('organisation_id')).toBeNull()
    expect(refusalOf(new Error('away'))).toBeNull()
  })
})
