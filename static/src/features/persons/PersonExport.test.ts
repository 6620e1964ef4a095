import { flushPromises, mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { persons as api, type ExportedCase } from '@/api/archive'
import { ApiError } from '@/api/errors'
import { i18n } from '@/i18n'
import { exportText } from './exportFile'
import PersonExport from './PersonExport.vue'

const NAME = '诸葛青禾'
const told = (more: Partial<ExportedCase>): ExportedCase => ({
  case_no: 'TS11000020260922000001',
  kind: 'TS',
  state: 'REGISTERED',
  received_at: '2026-09-22T01:00:00Z',
  closed_at: null,
  person: { phone: '13900007788', name: NAME },
  narrative: '酸奶过期。',
  question: null,
  answer: null,
  demands: [],
  details: { goods: '酸奶', nothing: null },
  disposition: '',
  steps: [{ at: '2026-09-22T01:00:00Z', kind: 'registered' }],
  ...more,
})
const report = told({ case_no: 'JB11000020260922000002', kind: 'JB' })

describe("one person's own data", () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.spyOn(api, 'export').mockResolvedValue({ cases: [told({}), report] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  async function asked(second = false) {
    const wrapper = mount(PersonExport, { global: { plugins: [i18n, createPinia()] } })
    const write = (id: string, text: string) => wrapper.get(`[data-testid=${id}]`).setValue(text)
    await write('proof-0-no', 'ts11000020260922000001 ')
    await write('proof-0-code', '123456')
    if (second) {
      await wrapper.get('[data-testid=proof-add]').trigger('click')
      await write('proof-1-no', report.case_no)
      expect(wrapper.get('[data-testid=person-export-go]').attributes('disabled')).toBeDefined()
      await write('proof-1-code', '654321')
    }
    await write('export-reason', 'access')
    await wrapper.get('[data-testid=person-export]').trigger('submit')
    await flushPromises()
    return wrapper
  }

  it('is asked with one proof, and with one more for each report', async () => {
    const wrapper = await asked(true)
    expect(api.export).toHaveBeenCalledWith(
      { case_no: 'TS11000020260922000001', query_code: '123456' },
      [{ case_no: report.case_no, query_code: '654321' }],
      'access',
    )
    expect(wrapper.text()).toContain('其中举报 1 件，已按查看身份记录')
    expect(wrapper.get(`[data-testid=exported-${report.case_no}]`).text()).toContain(NAME)
    expect(wrapper.get<HTMLInputElement>('[data-testid=proof-0-code]').element.value).toBe('')
  })

  it('leaves an unfilled line out', async () => {
    const wrapper = mount(PersonExport, { global: { plugins: [i18n, createPinia()] } })
    await wrapper.get('[data-testid=proof-add]').trigger('click')
    await wrapper.get('[data-testid=proof-0-no]').setValue('TS1')
    await wrapper.get('[data-testid=proof-0-code]').setValue('123456')
    await wrapper.get('[data-testid=export-reason]').setValue('access')
    await wrapper.get('[data-testid=person-export]').trigger('submit')
    expect(api.export).toHaveBeenCalledWith({ case_no: 'TS1', query_code: '123456' }, [], 'access')
  })

  it('goes from the page after ten minutes, or when asked to', async () => {
    const wrapper = await asked()
    vi.advanceTimersByTime(10 * 60_000)
    await flushPromises()
    expect(wrapper.text()).not.toContain(NAME)
    const second = await asked()
    await second.get('[data-testid=export-hide]').trigger('click')
    expect(second.text()).not.toContain(NAME)
  })

  it('does not say whether number or code was wrong', async () => {
    vi.mocked(api.export).mockRejectedValue(
      new ApiError({ status: 422, code: 'not_proven', message: '', field: 'query_code' }),
    )
    const alert = (await asked()).get('[role=alert]')
    expect(alert.text()).toBe('编号与查询码不符，没有导出任何内容。')
  })

  it('is saved as the server told it, with when and why', () => {
    const text = exportText([told({})], '2026-09-22T02:00:00.000Z', 'access')
    expect(JSON.parse(text)).toMatchObject({
      exported_at: '2026-09-22T02:00:00.000Z',
      reason: 'access',
      cases: [{ person: { name: NAME } }],
    })
  })
})
