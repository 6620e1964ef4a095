import { describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import type { Order, OrderIssue, OrderPreview } from '@/api/types'
import { keyOf } from '@/lib/hits'
import { useComposer } from './useComposer'

const recipient = {
  target: { kind: 'unit', id: 11, name: '京A·10012' },
  channel: 'sms',
  name: '李建国',
  address: '100001',
  text: '【执法调度】…',
  pages: 2,
  blocked: null,
  held: null,
} as const
const words: OrderPreview = {
  needs_approval: false,
  closed: false,
  recipients: [recipient],
  warnings: [],
  words: [],
  policy: {
    id: null,
    urgency: 1,
    version: 0,
    signed: false,
    channels: ['app', 'sms'],
    limits: { ack: 300, depart: 600, arrive: 3_600, feedback: 28_800 },
    steps: [],
  },
}
const order = { id: 5, order_no: 'DD202603010001' } as Order

function composer(answer: Partial<OrderPreview> = {}) {
  const preview = vi.fn().mockResolvedValue({ ...words, ...answer })
  const issue = vi.fn<(o: OrderIssue) => Promise<Order>>().mockResolvedValue(order)
  const made = useComposer({ preview, issue }, () => Date.parse('2026-03-01T08:10:00Z'))
  made.begin(1)
  return { ...made, preview: made.preview, api: { preview, issue } }
}

describe('composing an order', () => {
  it('asks for nothing until somebody is to receive it over some channel', async () => {
    const c = composer()
    await c.ask()
    expect(c.api.preview).not.toHaveBeenCalled()
    c.toggleUnit(11)
    for (const channel of ['sms', 'fax', 'app', 'vehicle', 'voice'] as const) c.toggleChannel(channel)
    expect(c.canAsk.value).toBe(false)
  })

  it('offers only what something serves', () => {
    const api = { preview: vi.fn(), issue: vi.fn() }
    const c = useComposer(api, Date.now, () => ['sms', 'fax'])
    c.begin(1)
    expect(c.chosen.channels).toEqual(['sms', 'fax'])
    c.toggleChannel('voice')
    expect(c.chosen.channels).toEqual(['sms', 'fax'])
  })

  it('shows the words, then sends; one without the other is impossible', async () => {
    const c = composer()
    c.toggleUnit(11)
    expect(await c.send()).toBeNull()
    await c.ask()
    expect(c.api.preview.mock.calls[0]?.[0]).toEqual({
      case_id: 1,
      unit_ids: [11],
      branch_ids: [],
      channels: ['sms', 'fax', 'app', 'vehicle', 'voice'],
      kind: 'inspect',
      closed: null,
      note: '',
    })
    expect(c.phase.value).toBe('reading')
    expect(await c.send()).toBe(order)
    expect(c.api.issue).toHaveBeenCalledTimes(1)
    expect(c.phase.value).toBe('choosing')
    expect(c.chosen.unitIds).toEqual([])
  })

  it('takes the preview away as soon as anything is changed', async () => {
    const c = composer()
    c.toggleUnit(11)
    await c.ask()
    c.toggleBranch(21)
    expect(c.phase.value).toBe('choosing')
    expect(c.preview.value).toBeNull()
  })

  it('ignores words that come back after a change of mind', async () => {
    const c = composer()
    c.toggleUnit(11)
    const asking = c.ask()
    c.toggleUnit(12)
    await asking
    expect(c.phase.value).toBe('choosing')
  })

  it('sends once however often the key is struck', async () => {
    const c = composer()
    c.toggleUnit(11)
    await c.ask()
    await Promise.all([c.send(), c.send()])
    expect(c.api.issue).toHaveBeenCalledTimes(1)
  })

  it('repeats a send of unknown outcome under the same key', async () => {
    const c = composer()
    c.toggleUnit(11)
    await c.ask()
    c.api.issue.mockRejectedValueOnce(new ApiError({ status: 0, code: 'network', message: '' }))
    expect(await c.send()).toBeNull()
    expect(c.phase.value).toBe('reading')
    await c.send()
    const [first, second] = c.api.issue.mock.calls.map(([body]) => body.idempotency_key)
    expect(first).toBe(second)
  })

  it('waits for the commander on line unless an oral approval names who and when', async () => {
    const c = composer({ needs_approval: true })
    c.toggleUnit(11)
    await c.ask()
    expect(c.waitsForApproval.value).toBe(true)
    c.oral.value = { approverId: null, minutesAgo: 0 }
    expect(c.lacks.value).toBe('approver')
    c.oral.value = { approverId: 3, minutesAgo: 4 }
    await c.send()
    expect(c.api.issue.mock.calls[0]?.[0].approval).toEqual({
      mode: 'oral',
      approver_id: 3,
      at: '2026-03-01T08:06:00.000Z',
    })
  })

  it('goes by the call in which a leader approved', async () => {
    const c = composer({ needs_approval: true })
    c.toggleUnit(11)
    await c.ask()
    c.byCall.value = 12
    expect(c.waitsForApproval.value).toBe(false)
    await c.send()
    expect(c.api.issue.mock.calls[0]?.[0].approval).toEqual({ mode: 'call', conference_id: 12 })
    expect(c.byCall.value).toBe(null)
  })

  it('asks why when the server wants a reason, and sends it', async () => {
    const c = composer()
    c.toggleUnit(11)
    await c.ask()
    const refusal = new ApiError({ status: 422, code: 'required', message: '', field: 'override_reason' })
    c.api.issue.mockRejectedValueOnce(refusal)
    await c.send()
    expect(c.lacks.value).toBe('reason')
    c.overrideReason.value = '该组熟悉此店'
    expect(await c.send()).toBe(order)
    expect(c.api.issue.mock.calls[1]?.[0].override_reason).toBe('该组熟悉此店')
  })

  it('cannot send when every recipient is blocked', async () => {
    const c = composer({ recipients: [{ ...recipient, blocked: 'demo_recipient' }] })
    c.toggleUnit(11)
    await c.ask()
    expect(c.lacks.value).toBe('recipients')
  })

  it('waits until each place that leads to a person was looked at, and says which were', async () => {
    const hit = { field: 'note', kind: 'phone', digest: 'd1', start: 0, end: 11, refused: false }
    const typed = { field: 'note', text: '13812345678', hits: [hit] }
    const c = composer({ words: [typed] })
    c.toggleUnit(11)
    await c.ask()
    expect(c.lacks.value).toBe('words')
    expect(await c.send()).toBeNull()
    c.toggleHit(keyOf(hit))
    expect(await c.send()).toBe(order)
    expect(c.api.issue.mock.calls[0]?.[0].confirmed).toEqual([{ field: 'note', kind: 'phone', digest: 'd1' }])
  })

  it('never sends what may not leave, whoever ticks it', async () => {
    const hit = { field: 'note', kind: 'phone', digest: 'd1', start: 0, end: 11, refused: true }
    const c = composer({ words: [{ field: 'note', text: '13812345678', hits: [hit] }] })
    c.toggleUnit(11)
    await c.ask()
    c.toggleHit(keyOf(hit))
    expect(c.lacks.value).toBe('forbidden')
  })
})

describe('the channels of an order', () => {
  it('are those of the policy, in the order in which they always stand', () => {
    const c = composer()
    c.usually(['vehicle', 'app', 'sms'])
    expect(c.chosen.channels).toEqual(['sms', 'app', 'vehicle'])
  })

  it('stay as the dispatcher has chosen them, until the next order', async () => {
    const c = composer()
    c.usually(['app', 'sms'])
    c.toggleChannel('fax')
    c.usually(['app'])
    expect(c.chosen.channels).toEqual(['sms', 'fax', 'app'])
    c.toggleUnit(11)
    await c.ask()
    await c.send()
    expect(c.chosen.channels).toEqual(['app'])
  })

  it('do not change under words that are being read', async () => {
    const c = composer()
    c.usually(['app', 'sms'])
    c.toggleUnit(11)
    await c.ask()
    c.usually(['app'])
    expect(c.chosen.channels).toEqual(['sms', 'app'])
  })

  it('are all of them for a case whose policy is not known yet', () => {
    const c = composer()
    c.usually(['app'])
    c.begin(2)
    expect(c.chosen.channels).toEqual(['sms', 'fax', 'app', 'vehicle', 'voice'])
  })
})
