import { nextTick } from 'vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { cases as api, strangers } from '@/api/endpoints'
import { ApiError } from '@/api/errors'
import type { StrangerText, Submission, SubmittedCase } from '@/api/types'
import { useIntake, type Intake } from './useIntake'
import { useTexts } from './useTexts'

const STORE = 'cc.intake.draft'
const away = new ApiError({ status: 0, code: 'network', message: '' })

const TEXT: StrangerText = {
  id: 7,
  channel: 'sms',
  pages: 0,
  sender: '+99913899999999',
  text: '老王饭店卖过期羊肉',
  received_at: '2026-09-22T01:00:00.000Z',
}

function saved(kind: SubmittedCase['kind']): SubmittedCase {
  return { id: 1, case_no: `${kind}1`, kind, state: 'REGISTERED', query_code: '123456' }
}

function fill(intake: Intake): void {
  Object.assign(intake.draft.person, { name: '张三', phone: '+99913800000000', address: '演示路1号' })
  Object.assign(intake.draft.subject, { name: '老王面馆', address: '大屯路190号' })
  intake.draft.dispatch_facts = '出售过期牛奶'
  intake.draft.demands = ['refund']
}

describe('the intake form', () => {
  let intake: Intake

  beforeEach(() => {
    sessionStorage.clear()
    intake = useIntake()
    intake.next()
    intake.setTab('TS')
  })

  it('asks the server nothing while something is missing', async () => {
    const submit = vi.spyOn(api, 'submit')
    expect(await intake.save()).toBeNull()
    expect(submit).not.toHaveBeenCalled()
    expect(intake.shown.value['person.name']).toBe('required')
  })

  it('sends the same key again after a lost line, so that nothing is registered twice', async () => {
    const keys: string[] = []
    vi.spyOn(api, 'submit').mockImplementation((body: Submission) => {
      keys.push(body.idempotency_key)
      return keys.length === 1 ? Promise.reject(away) : Promise.resolve({ cases: [] })
    })
    fill(intake)
    expect(await intake.save()).toBeNull()
    expect(intake.draft.dispatch_facts).toBe('出售过期牛奶')
    expect(await intake.save()).not.toBeNull()
    expect(keys[0]).toBe(keys[1])
    intake.next()
    expect(intake.draft.idempotency_key).not.toBe(keys[0])
  })

  it('shows a refusal at its field', async () => {
    const refusal = { status: 422, code: 'facts_contain_identity', message: '', field: 'dispatch_facts' }
    vi.spyOn(api, 'submit').mockRejectedValue(new ApiError(refusal))
    fill(intake)
    await intake.save()
    expect(intake.refused.value).toEqual({ dispatch_facts: 'facts_contain_identity' })
  })

  it('leaves nothing of an informant in the tab, and nothing at all once registered', async () => {
    vi.spyOn(api, 'submit').mockResolvedValue({ cases: [] })
    fill(intake)
    intake.setTab('JB')
    await nextTick()
    const kept = sessionStorage.getItem(STORE) ?? ''
    expect(kept).toContain('出售过期牛奶')
    expect(kept).not.toContain('张三')
    expect(kept).not.toContain('演示路1号')
    await intake.save()
    await nextTick()
    expect(sessionStorage.getItem(STORE)).toBeNull()
  })

  it('keeps what was told when the kind changes', () => {
    fill(intake)
    intake.setTab('BOTH')
    expect(intake.draft.person.name).toBe('张三')
    intake.setTab('ZX')
    expect(intake.draft.dispatch_facts).toBe('出售过期牛奶')
  })

  it("takes a citizen's text into an empty form, and keeps none of it in the tab", async () => {
    intake.fill(TEXT)
    await nextTick()
    const { draft } = intake
    expect([draft.channel, draft.caller_number, draft.person.phone]).toEqual([
      'sms',
      TEXT.sender,
      TEXT.sender,
    ])
    expect([draft.sealed_narrative, draft.dispatch_facts]).toEqual([TEXT.text, ''])
    expect(sessionStorage.getItem(STORE)).toBeNull()
    intake.next()
    expect([draft.channel, draft.sealed_narrative, intake.source.value]).toEqual(['phone', '', null])
  })

  it('takes a text as the question where it is a consultation, and no word for a number', () => {
    intake.setTab('ZX')
    intake.fill({ ...TEXT, sender: 'HACKER' })
    expect([intake.draft.question, intake.draft.person.phone]).toEqual([TEXT.text, ''])
  })

  it.each([
    [['TS'], 'TS1'],
    [['JB'], ''],
    [['TS', 'JB'], ''],
  ] as const)('settles the text once %s is registered', async (kinds, number) => {
    const settle = vi.spyOn(strangers, 'settle').mockResolvedValue(TEXT)
    settle.mockClear()
    vi.spyOn(api, 'submit').mockResolvedValue({ cases: kinds.map(saved) })
    intake.fill(TEXT)
    fill(intake)
    await intake.save()
    const [id, note] = settle.mock.calls[0] ?? []
    expect(id).toBe(TEXT.id)
    expect(note).toBeTruthy()
    // No report's number ever stands beside the number of whoever sent it.
    expect(/TS1|JB1/.exec(note ?? '')?.[0] ?? '').toBe(number)
  })

  it('offers a registered text for closing again, not for registering, when the line was lost', async () => {
    const { load, registered, settle, texts } = useTexts()
    vi.spyOn(strangers, 'texts').mockResolvedValue([TEXT])
    const asked = vi.spyOn(strangers, 'settle').mockRejectedValue(away)
    vi.spyOn(api, 'submit').mockResolvedValue({ cases: [saved('TS')] })
    await load()
    intake.fill(TEXT)
    fill(intake)
    await intake.save()
    await nextTick()
    await load()
    expect([texts.value.length, registered.has(TEXT.id)]).toEqual([1, true])
    asked.mockResolvedValue(TEXT)
    await settle(TEXT.id, registered.get(TEXT.id) ?? '')
    expect([texts.value.length, registered.size]).toEqual([0, 0])
  })

  it('forgets what was registered once somebody else has closed the text', async () => {
    const { close, load, registered } = useTexts()
    vi.spyOn(strangers, 'settle').mockRejectedValue(away)
    vi.spyOn(strangers, 'texts').mockResolvedValue([])
    await close(TEXT.id, [saved('TS')])
    expect(registered.size).toBe(1)
    await load()
    expect(registered.size).toBe(0)
  })
})
