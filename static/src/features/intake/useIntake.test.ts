import { nextTick } from 'vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { cases as api } from '@/api/endpoints'
import { ApiError } from '@/api/errors'
import type { Submission } from '@/api/types'
import { useIntake, type Intake } from './useIntake'

const STORE = 'cc.intake.draft'
const away = new ApiError({ status: 0, code: 'network', message: '' })

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
})
