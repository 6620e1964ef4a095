import { flushPromises, mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { persons as api } from '@/api/archive'
import { ApiError } from '@/api/errors'
import { i18n } from '@/i18n'
import type { Codes } from '@/api/types'
import { useConfig } from '@/stores/config'
import PhoneSearch from './PhoneSearch.vue'

const NUMBER = '13900007788'
const CASE_NO = 'JB11000020260922000001'

function hidden(is: boolean): void {
  Object.defineProperty(document, 'hidden', { configurable: true, value: is })
  document.dispatchEvent(new Event('visibilitychange'))
}

describe('a phone among informants', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    localStorage.clear()
    sessionStorage.clear()
    vi.spyOn(api, 'search').mockResolvedValue({ cases: [{ id: 7, case_no: CASE_NO }] })
  })
  afterEach(() => {
    hidden(false)
    vi.useRealTimers()
  })

  async function asked() {
    const pinia = createPinia()
    useConfig(pinia).codes = {
      reveal_reasons: [{ code: 'verify', zh: '核查', en: 'Check' }],
    } as unknown as Codes
    const wrapper = mount(PhoneSearch, {
      global: { plugins: [i18n, pinia], stubs: { CaseDrawer: true } },
    })
    const go = wrapper.get('[data-testid=phone-search-go]')
    expect(go.attributes('disabled')).toBeDefined()
    await wrapper.get('[data-testid=phone-number]').setValue(` ${NUMBER}`)
    expect(go.attributes('disabled')).toBeDefined()
    await wrapper.get('[data-testid=phone-reason]').setValue('verify')
    await wrapper.get('[data-testid=phone-search]').trigger('submit')
    await flushPromises()
    return wrapper
  }

  it('is asked with a reason; every hit is told to be a reveal, and leads to its case', async () => {
    const wrapper = await asked()
    expect(api.search).toHaveBeenCalledWith(NUMBER, 'verify', '')
    expect(wrapper.text()).toContain(CASE_NO)
    expect(wrapper.text()).toContain('已按查看身份记录')
    await wrapper.get('[data-testid=found-7] button').trigger('click')
    expect(wrapper.findComponent({ name: 'CaseDrawer' }).props('caseId')).toBe(7)
  })

  it('says that nobody was found, and that the search is on record', async () => {
    vi.mocked(api.search).mockResolvedValue({ cases: [] })
    expect((await asked()).text()).toContain('这次查询已记录并报警')
  })

  it('forgets number and result when the page is hidden, and after ten minutes', async () => {
    const wrapper = await asked()
    expect(wrapper.get<HTMLInputElement>('[data-testid=phone-number]').element.value).toBe('')
    hidden(true)
    await flushPromises()
    expect(wrapper.text()).not.toContain(CASE_NO)
    const second = await asked()
    vi.advanceTimersByTime(10 * 60_000)
    await flushPromises()
    expect(second.text()).not.toContain(CASE_NO)
  })

  it('keeps neither anywhere', async () => {
    await asked()
    const kept = JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state, location.href])
    expect(kept).not.toContain(NUMBER)
    expect(kept).not.toContain(CASE_NO)
  })

  it('says beside the field what was refused', async () => {
    vi.mocked(api.search).mockRejectedValue(
      new ApiError({ status: 422, code: 'facts_contain_identity', message: '', field: 'note' }),
    )
    const wrapper = await asked()
    expect(wrapper.get('[data-testid=phone-note]').element.parentElement?.textContent).toContain('暴露')
  })
})
